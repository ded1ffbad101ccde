-- name: event_insert
INSERT INTO events(thread_id, seq, run_id, event, ns, at, data) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: event_last
SELECT coalesce((SELECT max(seq) FROM events WHERE thread_id = ?1),
  (SELECT trimmed FROM threads WHERE thread_id = ?1), 0)

-- name: event_list
SELECT seq, run_id, event, ns, at, data FROM events WHERE thread_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3

-- name: event_tombstones
-- A deleted run keeps its numbers, and its end, without content.
UPDATE events SET event = CASE WHEN event = 'end' THEN event ELSE 'tombstone' END, ns = '',
  data = CASE WHEN event = 'end' THEN data ELSE x'' END WHERE thread_id = ?1 AND run_id = ?2
