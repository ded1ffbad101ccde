-- Looking entities up by what else they are called.

-- name: entities_called
-- The entities that a reader may see under any of these aliases, as written.
SELECT tenant, id, audience, name, kind, aliases FROM entity
WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND aliases <> '[]'
AND EXISTS (SELECT 1 FROM json_each(entity.aliases) AS alias WHERE alias.value IN (SELECT value FROM json_each(:names)))
ORDER BY name, id;
