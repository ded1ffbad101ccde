-- name: event_insert
INSERT INTO events(thread_id, seq, run_id, event, ns, at, data) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: event_last
SELECT coalesce((SELECT max(seq) FROM events WHERE thread_id = ?1),
  (SELECT trimmed FROM threads WHERE thread_id = ?1), 0)

-- name: event_list
SELECT seq, run_id, event, ns, at, data FROM events WHERE thread_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3

-- name: event_trimmed
SELECT trimmed FROM threads WHERE thread_id = ?

-- name: event_trimmable
-- ?1 the time before which runs have ended, ?2 how many threads. Looks at every run: asked for by the sweep only.
SELECT DISTINCT r.thread_id FROM runs r CROSS JOIN threads t ON t.thread_id = r.thread_id
WHERE r.last_seq IS NOT NULL AND r.updated < ?1 AND r.last_seq > t.trimmed LIMIT ?2

-- name: event_cut
-- The last number of runs that ended before ?2, but below the first of any other run of the thread. NULL: there is none.
SELECT min((SELECT max(last_seq) FROM runs WHERE thread_id = ?1 AND last_seq IS NOT NULL AND updated < ?2),
  coalesce((SELECT min(first_seq) - 1 FROM runs WHERE thread_id = ?1 AND (last_seq IS NULL OR updated >= ?2)),
    9223372036854775807))

-- name: event_note_trim
UPDATE threads SET trimmed = max(trimmed, ?2) WHERE thread_id = ?1

-- name: event_trim
DELETE FROM events WHERE thread_id = ?1 AND seq <= ?2

-- name: event_tombstones
-- A deleted run keeps its numbers, and its end, without content.
UPDATE events SET event = CASE WHEN event = 'end' THEN event ELSE 'tombstone' END, ns = '',
  data = CASE WHEN event = 'end' THEN data ELSE x'' END WHERE thread_id = ?1 AND run_id = ?2
