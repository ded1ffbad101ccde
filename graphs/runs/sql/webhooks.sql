-- name: webhook_add
-- A run has ended: somebody wants to be told, or nothing happens.
INSERT INTO webhooks(run_id, thread_id, tenant, url, created, updated, next_attempt)
SELECT run_id, thread_id, tenant, webhook, ?2, ?2, ?2 FROM runs WHERE run_id = ?1 AND webhook IS NOT NULL
ON CONFLICT(run_id) DO NOTHING

-- name: webhook_next_due
-- Of all tenants: what the deliveries sleep for.
SELECT min(next_attempt) FROM webhooks WHERE next_attempt IS NOT NULL

-- name: webhook_due
-- Of all tenants, earliest first.
SELECT run_id, thread_id, tenant, url, attempts, next_attempt, outcome, body FROM webhooks
WHERE next_attempt <= ?1 ORDER BY next_attempt LIMIT ?2

-- name: webhook_claim
UPDATE webhooks SET attempts = attempts + 1, next_attempt = ?2 WHERE run_id = ?1

-- name: webhook_body
-- Every later attempt sends the same.
UPDATE webhooks SET body = ?3 WHERE run_id = ?1 AND attempts = ?2

-- name: webhook_settle
-- ?2 the attempt that this is the outcome of, ?5 when to try again or NULL: it is over, and what was sent goes.
UPDATE webhooks SET outcome = ?3, updated = ?4, next_attempt = ?5, body = CASE WHEN ?5 IS NULL THEN NULL ELSE body END
WHERE run_id = ?1 AND attempts = ?2

-- name: webhook_forget
-- Over, and of a run that is gone.
DELETE FROM webhooks WHERE run_id = ?1 AND next_attempt IS NULL
  AND NOT EXISTS(SELECT 1 FROM runs r WHERE r.run_id = ?1)

-- name: webhook_get
SELECT run_id, thread_id, tenant, url, attempts, next_attempt, outcome, body FROM webhooks
WHERE run_id = ?1 AND tenant = ?2

-- name: webhook_waiting
-- Of all tenants, for the metrics.
SELECT count(*) FROM webhooks WHERE next_attempt IS NOT NULL

-- name: webhook_delete_run
-- What has begun to be told is told to its end.
DELETE FROM webhooks WHERE run_id = ? AND (next_attempt IS NULL OR attempts = 0)

-- name: webhook_delete_thread
DELETE FROM webhooks WHERE thread_id = ? AND (next_attempt IS NULL OR attempts = 0)
