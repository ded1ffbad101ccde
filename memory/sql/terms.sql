-- The words of the SQLite memory as a process keeps them (sqlite_terms.py). CROSS JOIN keeps the order of the tables.

-- name: terms_of_audience
-- The items of one audience behind a number, with their words where those were counted.
SELECT item.n, item.recallable, terms.counts
FROM search_item AS item INDEXED BY search_item_audience LEFT JOIN terms ON terms.n = item.n
WHERE item.tenant = :tenant AND item.audience = :audience AND item.n > :after ORDER BY item.n;

-- name: texts_of_numbers
-- Titles and texts of items by number.
SELECT item.n, coalesce(passage.title, ''), coalesce(passage.text, claim.text)
FROM json_each(:numbers) AS one CROSS JOIN search_item AS item ON item.n = one.value
LEFT JOIN passage ON passage.tenant = item.tenant AND passage.id = item.id
LEFT JOIN claim ON claim.tenant = item.tenant AND claim.id = item.id
WHERE item.tenant = :tenant;

-- name: add_terms (not of a tenant)
-- The words of a search item, by the number that it has just got.
INSERT INTO terms (n, counts) VALUES (:n, :counts);

-- name: remove_terms (not of a tenant)
-- By number; the caller has it from a query of the tenant.
DELETE FROM terms WHERE n = :n;
