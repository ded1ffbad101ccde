// Looking entities up by what else they are called.

// name: entities_called
// The entities that a reader may see under any of these aliases, as written.
MATCH (n:Entity {tenant: $tenant}) WHERE n.audience IN $audiences AND any(alias IN n.aliases WHERE alias IN $names)
RETURN n {.id, .audience, .name, .kind, .aliases} AS row
ORDER BY n.name, n.id;
