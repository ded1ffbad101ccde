-- name: run_insert
INSERT INTO runs(run_id, thread_id, tenant, assistant_id, graph_id, created, updated, status, metadata, request, epoch,
  attempt, owner, lease_until, first_seq, user, due, webhook)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: run_get
SELECT run_id, thread_id, tenant, assistant_id, graph_id, created, updated, status, metadata, request, epoch, attempt,
  error, user FROM runs WHERE run_id = ?1 AND tenant = ?2 AND (?3 IS NULL OR thread_id = ?3)

-- name: run_list
-- Newest first. ?2 the thread or NULL, ?3 the status or NULL.
SELECT run_id, thread_id, tenant, assistant_id, graph_id, created, updated, status, metadata, request, epoch, attempt,
  error, user FROM runs WHERE tenant = ?1 AND (?2 IS NULL OR thread_id = ?2) AND (?3 IS NULL OR status = ?3)
ORDER BY ordinal DESC LIMIT ?4 OFFSET ?5

-- name: run_live
-- Pending and running runs of one thread, oldest first.
SELECT run_id, status, due FROM runs WHERE status IN ('pending', 'running') AND thread_id = ? ORDER BY ordinal

-- name: run_state
SELECT status, epoch, thread_id, tenant, cancel FROM runs WHERE run_id = ?

-- name: run_key
SELECT run_id, fingerprint FROM idempotency_keys WHERE tenant = ? AND key = ?

-- name: run_key_insert
INSERT INTO idempotency_keys(tenant, key, run_id, fingerprint, created) VALUES (?, ?, ?, ?, ?)

-- name: run_candidates
-- Runs whose turn it is at ?1: the oldest live one of its thread among those that are due, pending, or running under a
-- lease that ran out or whose owner is known to be dead (?2, a JSON list).
SELECT run_id, status FROM runs r WHERE status IN ('pending', 'running') AND due <= ?1
  AND NOT EXISTS(SELECT 1 FROM runs o WHERE o.thread_id = r.thread_id AND o.ordinal < r.ordinal
    AND o.status IN ('pending', 'running') AND o.due <= ?1)
  AND NOT EXISTS(SELECT 1 FROM runs o WHERE o.thread_id = r.thread_id AND o.ordinal > r.ordinal AND o.status = 'running')
  AND (status = 'pending' OR lease_until < ?1 OR owner IN (SELECT value FROM json_each(?2)))
ORDER BY ordinal LIMIT ?3

-- name: run_next_due
SELECT min(due) FROM runs WHERE status = 'pending' AND due > ?

-- name: run_owners
SELECT DISTINCT owner FROM runs WHERE status = 'running'

-- name: run_lease
UPDATE runs SET status = 'running', epoch = epoch + 1, attempt = attempt + 1, owner = ?2, lease_until = ?3, updated = ?4
WHERE run_id = ?1

-- name: run_renew
UPDATE runs SET lease_until = ?1 WHERE owner = ?2 AND status = 'running'

-- name: run_release
UPDATE runs SET status = 'pending', owner = NULL, lease_until = NULL, updated = ?2 WHERE run_id = ?1

-- name: run_end
UPDATE runs SET status = ?2, error = ?3, updated = ?4, owner = NULL, lease_until = NULL, cancel = NULL, last_seq = ?5
WHERE run_id = ?1

-- name: run_cancel
-- A rollback outweighs an interrupt that was asked before.
UPDATE runs SET cancel = CASE WHEN cancel = 'rollback' THEN cancel ELSE ?2 END, updated = ?3 WHERE run_id = ?1

-- name: run_cancellations
SELECT run_id, cancel FROM runs WHERE status = 'running' AND owner = ? AND cancel IS NOT NULL

-- name: run_delete
DELETE FROM runs WHERE run_id = ?

-- name: run_delete_key
DELETE FROM idempotency_keys WHERE run_id = ?

-- name: run_span
SELECT first_seq, last_seq FROM runs WHERE run_id = ?
