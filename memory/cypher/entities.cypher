// Entities: what else they are called, and what claims relate them to.

// name: entities_called
// The entities that a reader may see under any of these aliases, as written.
UNWIND $audiences AS audience
MATCH (n:Entity {tenant: $tenant, aliased: audience}) WHERE any(alias IN n.aliases WHERE alias IN $names)
RETURN n {.id, .audience, .name, .kind, .aliases} AS row
ORDER BY n.name, n.id;

// name: known_entities
// Those of the entities that are there.
CYPHER replan=skip
UNWIND $ids AS id
MATCH (e:Entity {tenant: $tenant, id: id})
RETURN collect(id) AS ids;

// name: put_entities
// A batch of new entities.
CYPHER replan=skip
UNWIND $rows AS row
CREATE (e:Entity {tenant: $tenant, id: row.id, audience: row.audience, name: row.name, kind: row.kind,
                  aliases: row.aliases, aliased: row.aliased});

// name: put_aliases
// What a batch of known entities is called too, each alias once.
CYPHER replan=skip
UNWIND $rows AS row
MATCH (e:Entity {tenant: $tenant, id: row.id})
SET e.aliases = e.aliases + [alias IN row.aliases WHERE NOT alias IN e.aliases], e.aliased = e.audience;

// name: put_relations
// A batch of what claims relate. Nothing is written for a claim of another audience than the writer's, or a thing that
// this audience does not see.
UNWIND $rows AS row
MATCH (c:Claim {tenant: $tenant, id: row.claim_id}) WHERE c.audience = row.audience
MATCH (subject:Entity {tenant: $tenant, id: row.subject_id}) WHERE subject.audience IN row.audiences
MATCH (object:Entity {tenant: $tenant, id: row.object_id}) WHERE object.audience IN row.audiences
MERGE (subject)-[r:RELATES_TO {claim_id: row.claim_id}]->(object)
ON CREATE SET r.predicate = row.predicate, r.audience = row.audience;

// name: relations
// What supported claims relate a thing to, from either end, the newest claim first: some of it, and how much there is.
MATCH (e:Entity {tenant: $tenant, id: $id})-[r:RELATES_TO]-(:Entity)
WHERE r.audience IN $audiences
WITH DISTINCT r
MATCH (c:Claim {tenant: $tenant, id: r.claim_id}) WHERE c.supported
WITH r, c, startNode(r) AS subject, endNode(r) AS object ORDER BY c.recorded_at DESC, c.id
WITH collect({subject_id: subject.id, subject: subject.name, predicate: r.predicate, object_id: object.id,
              object: object.name, claim_id: c.id, text: c.text}) AS rows
RETURN size(rows) AS total, rows[$offset..$offset + $limit] AS rows;
