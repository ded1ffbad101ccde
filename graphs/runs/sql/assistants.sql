-- name: assistant_insert
INSERT INTO assistants(tenant, assistant_id, version, created, updated) VALUES (?, ?, ?, ?, ?)
ON CONFLICT(tenant, assistant_id) DO NOTHING

-- name: assistant_version_insert
INSERT INTO assistant_versions(tenant, assistant_id, version, created, graph_id, name, description, config, context,
  metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: assistant_get
SELECT assistant_id, v.graph_id, v.name, a.created, a.updated, v.description, v.config, v.context, v.metadata, version
FROM assistants a JOIN assistant_versions v USING (tenant, assistant_id, version)
WHERE tenant = ?1 AND assistant_id = ?2

-- name: assistant_last
SELECT max(version) FROM assistant_versions WHERE tenant = ? AND assistant_id = ?

-- name: assistant_use
UPDATE assistants SET version = ?3, updated = ?4 WHERE tenant = ?1 AND assistant_id = ?2
  AND EXISTS(SELECT 1 FROM assistant_versions v WHERE v.tenant = ?1 AND v.assistant_id = ?2 AND v.version = ?3)

-- name: assistant_versions
-- Newest first. ?3 the metadata as a JSON object that must be contained.
SELECT assistant_id, graph_id, name, created, created, description, config, context, metadata, version
FROM assistant_versions WHERE tenant = ?1 AND assistant_id = ?2
  AND NOT EXISTS(SELECT 1 FROM json_each(?3) w WHERE NOT EXISTS(
    SELECT 1 FROM json_each(metadata) h WHERE h.key = w.key AND h.type = w.type AND h.value IS w.value))
ORDER BY version DESC LIMIT ?4 OFFSET ?5

-- name: assistant_delete
DELETE FROM assistants WHERE tenant = ? AND assistant_id = ?

-- name: assistant_delete_versions
DELETE FROM assistant_versions WHERE tenant = ? AND assistant_id = ?

-- name: assistant_search
-- The tenant's own, and those of ?2 (a JSON list of rows) that it has not changed. ?3 the graph or NULL, ?4 a part of
-- the name in lower case or NULL, ?5 the metadata as a JSON object that must be contained.
SELECT * FROM (
  SELECT assistant_id, v.graph_id AS graph_id, v.name AS name, a.created AS created, a.updated AS updated,
    v.description AS description, v.config AS config, v.context AS context, v.metadata AS metadata, version
  FROM assistants a JOIN assistant_versions v USING (tenant, assistant_id, version)
  WHERE tenant = ?1
  UNION ALL
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9
  FROM json_each(?2)
  WHERE NOT EXISTS(SELECT 1 FROM assistants o WHERE o.tenant = ?1 AND o.assistant_id = value ->> 0)
) WHERE (?3 IS NULL OR graph_id = ?3) AND (?4 IS NULL OR instr(lower(name), ?4))
  AND NOT EXISTS(SELECT 1 FROM json_each(?5) w WHERE NOT EXISTS(
    SELECT 1 FROM json_each(metadata) h WHERE h.key = w.key AND h.type = w.type AND h.value IS w.value))
