-- The vectors of the SQLite memory: what a process reads to keep them in its memory, and what it finds by number.
-- CROSS JOIN keeps the order of the tables.

-- name: count_of_audience
-- How many items of one audience are searched.
SELECT count(*) FROM search_item INDEXED BY search_item_audience WHERE tenant = :tenant AND audience = :audience;

-- name: vectors_of_audience
-- The next items of one audience with their vectors, by number.
SELECT item.n, item.recallable, vector.embedding
FROM search_item AS item INDEXED BY search_item_audience CROSS JOIN vector ON vector.n = item.n
WHERE item.tenant = :tenant AND item.audience = :audience AND item.n > :after ORDER BY item.n LIMIT :limit;

-- name: changed_of_audience
-- Which items of one audience changed after a revision, up to a number, and whether they are shown now.
SELECT n, recallable FROM search_item INDEXED BY search_item_revision
WHERE tenant = :tenant AND revision > :after AND audience = :audience AND n <= :last;

-- name: items_by_number
-- The items of these numbers that the reader may see and that are shown, and the titles of passages.
SELECT item.n, item.id, passage.title
FROM json_each(:numbers) AS one CROSS JOIN search_item AS item ON item.n = one.value
LEFT JOIN passage ON passage.tenant = item.tenant AND passage.id = item.id
WHERE item.tenant = :tenant AND item.recallable AND +item.audience IN (SELECT value FROM json_each(:audiences));

-- name: items_by_number_past
-- The same for a look at the past: what is shown was looked up before.
SELECT item.n, item.id, passage.title
FROM json_each(:numbers) AS one CROSS JOIN search_item AS item ON item.n = one.value
LEFT JOIN passage ON passage.tenant = item.tenant AND passage.id = item.id
WHERE item.tenant = :tenant AND +item.audience IN (SELECT value FROM json_each(:audiences));

-- name: numbers_of_items
-- The numbers that the reader's items are searched under.
SELECT item.n FROM json_each(:ids) AS one CROSS JOIN search_item AS item ON item.tenant = :tenant AND item.id = one.value
WHERE +item.audience IN (SELECT value FROM json_each(:audiences));

-- name: add_vector (not of a tenant)
-- The vector of a search item, by the number that it has just got.
INSERT INTO vector (n, embedding) VALUES (:n, :embedding);

-- name: remove_vector (not of a tenant)
-- By number; the caller has it from a query of the tenant.
DELETE FROM vector WHERE n = :n;
