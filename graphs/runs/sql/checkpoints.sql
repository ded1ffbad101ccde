-- name: checkpoint_put
INSERT INTO checkpoints(thread_id, ns, checkpoint_id, parent_id, run_id, checkpoint, metadata)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET parent_id = excluded.parent_id, run_id = excluded.run_id,
  checkpoint = excluded.checkpoint, metadata = excluded.metadata

-- name: blob_put
INSERT INTO blobs(thread_id, ns, channel, version, kind, value) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING

-- name: write_put
INSERT INTO writes(thread_id, ns, checkpoint_id, task_id, idx, path, channel, kind, value, run_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING

-- name: write_replace
INSERT INTO writes(thread_id, ns, checkpoint_id, task_id, idx, path, channel, kind, value, run_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET path = excluded.path, channel = excluded.channel,
  kind = excluded.kind, value = excluded.value, run_id = excluded.run_id

-- name: checkpoint_get
SELECT thread_id, ns, checkpoint_id, parent_id, run_id, checkpoint, metadata FROM checkpoints
WHERE thread_id = ? AND ns = ? AND checkpoint_id = ?

-- name: checkpoint_latest
SELECT thread_id, ns, checkpoint_id, parent_id, run_id, checkpoint, metadata FROM checkpoints
WHERE thread_id = ? AND ns = ? ORDER BY checkpoint_id DESC LIMIT 1

-- name: checkpoint_list
SELECT thread_id, ns, checkpoint_id, parent_id, run_id, checkpoint, metadata FROM checkpoints
WHERE (?1 IS NULL OR thread_id = ?1) AND (?2 IS NULL OR ns = ?2) AND (?3 IS NULL OR checkpoint_id = ?3)
  AND (?4 IS NULL OR checkpoint_id < ?4) ORDER BY checkpoint_id DESC

-- name: checkpoint_list_thread
-- The same for one thread, so that it is read along the primary key.
SELECT thread_id, ns, checkpoint_id, parent_id, run_id, checkpoint, metadata FROM checkpoints
WHERE thread_id = ?1 AND (?2 IS NULL OR ns = ?2) AND (?3 IS NULL OR checkpoint_id = ?3)
  AND (?4 IS NULL OR checkpoint_id < ?4) ORDER BY checkpoint_id DESC

-- name: blob_get
-- ?3 is a JSON list of [channel, version].
SELECT b.channel, b.kind, b.value FROM json_each(?3) w JOIN blobs b ON b.thread_id = ?1 AND b.ns = ?2
  AND b.channel = w.value ->> 0 AND b.version = w.value ->> 1

-- name: write_get
-- The order in which a superstep applies its tasks' writes.
SELECT task_id, channel, kind, value FROM writes WHERE thread_id = ? AND ns = ? AND checkpoint_id = ?
ORDER BY path, task_id, idx

-- name: checkpoint_delete_thread
DELETE FROM checkpoints WHERE thread_id = ?

-- name: blob_delete_thread
DELETE FROM blobs WHERE thread_id = ?

-- name: write_delete_thread
DELETE FROM writes WHERE thread_id = ?

-- name: checkpoint_runs_threads
SELECT DISTINCT thread_id FROM checkpoints WHERE run_id IN (SELECT value FROM json_each(?))

-- name: write_delete_runs
-- What these runs wrote, and what anybody wrote onto their checkpoints.
DELETE FROM writes WHERE run_id IN (SELECT value FROM json_each(?1)) OR (thread_id, ns, checkpoint_id) IN (
  SELECT thread_id, ns, checkpoint_id FROM checkpoints WHERE run_id IN (SELECT value FROM json_each(?1)))

-- name: write_delete_run
-- The same for one run of one thread, along the primary key.
DELETE FROM writes WHERE thread_id = ?1 AND (run_id = ?2 OR (ns, checkpoint_id) IN (
  SELECT ns, checkpoint_id FROM checkpoints WHERE thread_id = ?1 AND run_id = ?2))

-- name: checkpoint_delete_runs
DELETE FROM checkpoints WHERE run_id IN (SELECT value FROM json_each(?))

-- name: checkpoint_copy
INSERT INTO checkpoints(thread_id, ns, checkpoint_id, parent_id, run_id, checkpoint, metadata)
SELECT ?2, ns, checkpoint_id, parent_id, run_id, checkpoint, metadata FROM checkpoints WHERE thread_id = ?1
ON CONFLICT DO NOTHING

-- name: blob_copy
INSERT INTO blobs(thread_id, ns, channel, version, kind, value)
SELECT ?2, ns, channel, version, kind, value FROM blobs WHERE thread_id = ?1 ON CONFLICT DO NOTHING

-- name: write_copy
INSERT INTO writes(thread_id, ns, checkpoint_id, task_id, idx, path, channel, kind, value, run_id)
SELECT ?2, ns, checkpoint_id, task_id, idx, path, channel, kind, value, run_id FROM writes WHERE thread_id = ?1
ON CONFLICT DO NOTHING

-- name: checkpoint_prune
-- ?2 is a JSON list of [ns, checkpoint_id] to keep.
DELETE FROM checkpoints WHERE thread_id = ?1
  AND (ns, checkpoint_id) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))

-- name: write_prune
DELETE FROM writes WHERE thread_id = ?1
  AND (ns, checkpoint_id) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))

-- name: checkpoint_bodies
SELECT ns, checkpoint FROM checkpoints WHERE thread_id = ?

-- name: blob_keys
SELECT ns, channel, version FROM blobs WHERE thread_id = ?

-- name: blob_delete
DELETE FROM blobs WHERE thread_id = ? AND ns = ? AND channel = ? AND version = ?
