-- What is kept of a person beside memory. ?1 the tenant, ?2 the user, empty for the whole tenant.

-- name: erasure_threads
-- Their threads: those that they made or ran on, and those that say whose they are; and whether others ran there too.
SELECT thread_id, ?2 <> '' AND EXISTS(SELECT 1 FROM runs r WHERE r.thread_id = t.thread_id AND r.user <> ?2)
FROM threads t WHERE tenant = ?1 AND (?2 IN ('', user)
  OR EXISTS(SELECT 1 FROM runs r WHERE r.thread_id = t.thread_id AND r.user = ?2)
  OR EXISTS(SELECT 1 FROM json_each(t.metadata) m WHERE m.key IN ('owner', 'user', 'user_id') AND m.value = ?2))
ORDER BY thread_id

-- name: erasure_runs
-- Their runs, wherever their threads are: what was asked, and what went wrong.
SELECT run_id, thread_id, status IN ('pending', 'running'), request, metadata, error FROM runs
WHERE tenant = ?1 AND (?2 = '' OR user = ?2) ORDER BY ordinal DESC

-- name: erasure_of_threads
-- How much there is of some threads (?1, a JSON list), by table.
SELECT 'threads', count(*) FROM threads WHERE thread_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT 'runs', count(*) FROM runs WHERE thread_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT 'events', count(*) FROM events WHERE thread_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT 'checkpoints', count(*) FROM checkpoints WHERE thread_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT 'blobs', count(*) FROM blobs WHERE thread_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT 'writes', count(*) FROM writes WHERE thread_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT 'webhooks', count(*) FROM webhooks WHERE thread_id IN (SELECT value FROM json_each(?1))
UNION ALL SELECT 'idempotency_keys', count(*) FROM idempotency_keys
  WHERE run_id IN (SELECT run_id FROM runs WHERE thread_id IN (SELECT value FROM json_each(?1)))

-- name: erasure_of_person
-- How much there is that is on no thread, by table.
SELECT 'crons', count(*) FROM crons WHERE tenant = ?1 AND (?2 = '' OR user = ?2)
UNION ALL SELECT 'api_keys', count(*) FROM api_keys WHERE tenant = ?1 AND (?2 = '' OR user = ?2)
UNION ALL SELECT 'assistants', count(DISTINCT assistant_id) FROM assistant_versions v WHERE tenant = ?1 AND (?2 = ''
  OR EXISTS(SELECT 1 FROM json_each(v.metadata) m WHERE m.key IN ('owner', 'user', 'user_id') AND m.value = ?2))

-- name: erasure_samples
-- What was said on some threads (?1, a JSON list): the newest rows of each, as far as they are text.
SELECT data FROM events WHERE thread_id IN (SELECT value FROM json_each(?1)) AND length(data) < 65536
ORDER BY at DESC LIMIT 100

-- name: erasure_webhooks
-- Also those that have begun to be told: who is erased is not told of any more.
DELETE FROM webhooks WHERE thread_id = ?

-- name: erasure_crons
DELETE FROM crons WHERE tenant = ?1 AND (?2 = '' OR user = ?2)

-- name: erasure_keys
DELETE FROM api_keys WHERE tenant = ?1 AND (?2 = '' OR user = ?2)

-- name: erasure_assistants
DELETE FROM assistants WHERE tenant = ?1 AND assistant_id IN (SELECT assistant_id FROM assistant_versions v
  WHERE v.tenant = ?1 AND (?2 = ''
  OR EXISTS(SELECT 1 FROM json_each(v.metadata) m WHERE m.key IN ('owner', 'user', 'user_id') AND m.value = ?2)))

-- name: erasure_versions
-- After erasure_assistants: versions of what is gone.
DELETE FROM assistant_versions WHERE tenant = ?1 AND NOT EXISTS(SELECT 1 FROM assistants a
  WHERE a.tenant = assistant_versions.tenant AND a.assistant_id = assistant_versions.assistant_id)

-- name: erasure_stray_keys
-- Idempotency keys of runs that are gone.
DELETE FROM idempotency_keys WHERE tenant = ?1 AND NOT EXISTS(SELECT 1 FROM runs r
  WHERE r.run_id = idempotency_keys.run_id)

-- name: erasure_others
-- What others said and were told: what holds text of threads that are not these (?1, a JSON list), and of crons that are
-- not those of a person (?2, ?3).
SELECT request FROM runs WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT metadata || coalesce(error, '') || user || coalesce(webhook, '') FROM runs
  WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT metadata || interrupts FROM threads WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT data FROM events WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT ns FROM events WHERE thread_id NOT IN (SELECT value FROM json_each(?1)) AND ns <> ''
UNION ALL SELECT checkpoint FROM checkpoints WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT metadata FROM checkpoints WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT channel FROM blobs WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT value FROM blobs WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT channel || path FROM writes WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT value FROM writes WHERE thread_id NOT IN (SELECT value FROM json_each(?1))
UNION ALL SELECT request FROM crons WHERE tenant <> ?2 OR ?3 NOT IN ('', user)
