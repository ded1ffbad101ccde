-- name: cron_insert
INSERT INTO crons(tenant, cron_id, user, assistant_id, thread_id, schedule, timezone, end_time, enabled,
  on_run_completed, metadata, request, created, updated, next_run)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: cron_get
SELECT tenant, cron_id, user, assistant_id, thread_id, schedule, timezone, end_time, enabled, on_run_completed,
  metadata, request, created, updated, next_run
FROM crons WHERE tenant = ?1 AND cron_id = ?2

-- name: cron_change
UPDATE crons SET schedule = ?3, timezone = ?4, end_time = ?5, enabled = ?6, on_run_completed = ?7, metadata = ?8,
  request = ?9, updated = ?10, next_run = ?11
WHERE tenant = ?1 AND cron_id = ?2

-- name: cron_delete
DELETE FROM crons WHERE tenant = ? AND cron_id = ?

-- name: cron_delete_thread
DELETE FROM crons WHERE thread_id = ?

-- name: cron_search
-- ?2 the assistant, ?3 the thread, ?4 whether enabled, each or NULL; ?5 the metadata as a JSON object that must be
-- contained.
SELECT tenant, cron_id, user, assistant_id, thread_id, schedule, timezone, end_time, enabled, on_run_completed,
  metadata, request, created, updated, next_run
FROM crons WHERE tenant = ?1 AND (?2 IS NULL OR assistant_id = ?2) AND (?3 IS NULL OR thread_id = ?3)
  AND (?4 IS NULL OR enabled = ?4)
  AND NOT EXISTS(SELECT 1 FROM json_each(?5) w WHERE NOT EXISTS(
    SELECT 1 FROM json_each(metadata) h WHERE h.key = w.key AND h.type = w.type AND h.value IS w.value))

-- name: cron_next_due
-- Of all tenants: what the scheduler sleeps for.
SELECT min(next_run) FROM crons WHERE next_run IS NOT NULL

-- name: cron_due
-- Of all tenants, earliest first.
SELECT tenant, cron_id, user, assistant_id, thread_id, schedule, timezone, end_time, enabled, on_run_completed,
  metadata, request, created, updated, next_run
FROM crons WHERE next_run <= ?1 ORDER BY next_run, cron_id LIMIT ?2

-- name: cron_fire
-- ?5 the next firing. Nothing when somebody else has fired or changed it since it was read.
UPDATE crons SET next_run = ?5 WHERE tenant = ?1 AND cron_id = ?2 AND next_run = ?3 AND updated = ?4
