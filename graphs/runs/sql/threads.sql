-- name: thread_insert
INSERT INTO threads(thread_id, tenant, created, updated, metadata, status, temporary) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(thread_id) DO NOTHING

-- name: thread_get
-- A thread is busy while it has a live run, whatever its last run left behind.
SELECT thread_id, tenant, created, updated, metadata,
  CASE WHEN EXISTS(SELECT 1 FROM runs r WHERE r.thread_id = t.thread_id AND r.status IN ('pending', 'running'))
    THEN 'busy' ELSE status END AS state, interrupts
FROM threads t WHERE thread_id = ?1 AND tenant = ?2

-- name: thread_tenant
SELECT tenant FROM threads WHERE thread_id = ?

-- name: thread_search
-- ?2 the ids as a JSON list or NULL, ?3 the status or NULL, ?4 the metadata as a JSON object that must be contained.
SELECT * FROM (
  SELECT thread_id, tenant, created, updated, metadata,
    CASE WHEN EXISTS(SELECT 1 FROM runs r WHERE r.thread_id = t.thread_id AND r.status IN ('pending', 'running'))
      THEN 'busy' ELSE status END AS state, interrupts
  FROM threads t WHERE tenant = ?1 AND (?2 IS NULL OR thread_id IN (SELECT value FROM json_each(?2)))
) WHERE (?3 IS NULL OR state = ?3)
  AND NOT EXISTS(SELECT 1 FROM json_each(?4) w WHERE NOT EXISTS(
    SELECT 1 FROM json_each(metadata) h WHERE h.key = w.key AND h.type = w.type AND h.value IS w.value))

-- name: thread_patch
UPDATE threads SET metadata = ?1, updated = ?2 WHERE thread_id = ?3

-- name: thread_touch
UPDATE threads SET updated = ?1 WHERE thread_id = ?2

-- name: thread_mark
UPDATE threads SET status = ?1, interrupts = ?2, updated = ?3 WHERE thread_id = ?4

-- name: thread_graph
-- The graph of the latest run; before the first, the one its creator named.
SELECT coalesce((SELECT graph_id FROM runs WHERE thread_id = ?1 ORDER BY ordinal DESC LIMIT 1), metadata ->> 'graph_id')
FROM threads WHERE thread_id = ?1

-- name: thread_delete
DELETE FROM threads WHERE thread_id = ?

-- name: thread_delete_keys
DELETE FROM idempotency_keys WHERE run_id IN (SELECT run_id FROM runs WHERE thread_id = ?)

-- name: thread_delete_runs
DELETE FROM runs WHERE thread_id = ?

-- name: thread_delete_events
DELETE FROM events WHERE thread_id = ?
