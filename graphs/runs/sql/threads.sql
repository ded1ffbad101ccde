-- name: thread_insert
INSERT INTO threads(thread_id, tenant, created, updated, state_updated, metadata, status, temporary, ttl_minutes,
  ttl_strategy, user) VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT(thread_id) DO NOTHING

-- name: thread_get
-- A thread is busy while it has a live run, whatever its last run left behind. A discarded one is there until then.
SELECT thread_id, tenant, created, updated, metadata,
  CASE WHEN EXISTS(SELECT 1 FROM runs r WHERE r.thread_id = t.thread_id AND r.status IN ('pending', 'running'))
    THEN 'busy' ELSE status END AS state, interrupts, ttl_minutes, ttl_strategy
FROM threads t WHERE thread_id = ?1 AND tenant = ?2 AND (temporary < 2 OR state = 'busy')

-- name: thread_interrupts
SELECT interrupts FROM threads WHERE thread_id = ?

-- name: thread_tenant
SELECT tenant FROM threads WHERE thread_id = ?

-- name: thread_search
-- ?2 the ids as a JSON list or NULL, ?3 the status or NULL, ?4 the metadata as a JSON object that must be contained.
SELECT * FROM (
  SELECT thread_id, tenant, created, updated, metadata,
    CASE WHEN EXISTS(SELECT 1 FROM runs r WHERE r.thread_id = t.thread_id AND r.status IN ('pending', 'running'))
      THEN 'busy' ELSE status END AS state, interrupts, ttl_minutes, ttl_strategy, state_updated
  FROM threads t WHERE tenant = ?1 AND temporary = 0 AND (?2 IS NULL OR thread_id IN (SELECT value FROM json_each(?2)))
) WHERE (?3 IS NULL OR state = ?3)
  AND NOT EXISTS(SELECT 1 FROM json_each(?4) w WHERE NOT EXISTS(
    SELECT 1 FROM json_each(metadata) h WHERE h.key = w.key AND h.type = w.type AND h.value IS w.value))

-- name: thread_patch
-- ?4 the time to live in minutes or NULL, which leaves it as it is.
UPDATE threads SET metadata = ?1, updated = ?2, ttl_minutes = coalesce(?4, ttl_minutes),
  ttl_strategy = CASE WHEN ?4 IS NULL THEN ttl_strategy ELSE ?5 END WHERE thread_id = ?3

-- name: thread_touch
-- A run begins: ?3 is what its thread's metadata says of it.
UPDATE threads SET updated = ?1, state_updated = ?1, metadata = json_patch(metadata, ?3) WHERE thread_id = ?2

-- name: thread_mark
UPDATE threads SET status = ?1, interrupts = ?2, updated = ?3, state_updated = ?3 WHERE thread_id = ?4

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

-- name: thread_copy
-- What is copied is still that of the same person.
INSERT INTO threads(thread_id, tenant, created, updated, state_updated, metadata, status, interrupts, ttl_minutes,
  ttl_strategy, user)
SELECT ?2, tenant, ?3, ?3, ?3, metadata, status, interrupts, ttl_minutes, ttl_strategy, CASE WHEN user <> '' THEN user
  ELSE coalesce((SELECT r.user FROM runs r WHERE r.thread_id = ?1 ORDER BY ordinal DESC LIMIT 1), '') END
FROM threads WHERE thread_id = ?1

-- name: thread_copy_disown_checkpoints
-- What was copied is no run's any more: deleting the run of the original would delete it too.
UPDATE checkpoints SET run_id = NULL WHERE thread_id = ?

-- name: thread_copy_disown_writes
UPDATE writes SET run_id = NULL WHERE thread_id = ?

-- name: thread_expired
-- ?1 now, ?2 the time before which stateless runs have ended, ?3 how many.
SELECT thread_id, tenant, CASE WHEN temporary > 0 THEN 'delete' ELSE ttl_strategy END FROM threads t
WHERE (ttl_minutes IS NOT NULL OR temporary > 0)
  AND (temporary > 0 AND updated < ?2
    OR ttl_minutes IS NOT NULL AND updated + ttl_minutes * 60 < ?1 AND (ttl_strategy = 'delete' OR swept < updated))
  AND NOT EXISTS(SELECT 1 FROM runs r WHERE r.thread_id = t.thread_id AND r.status IN ('pending', 'running'))
ORDER BY updated LIMIT ?3

-- name: thread_swept
UPDATE threads SET swept = ?2 WHERE thread_id = ?1
