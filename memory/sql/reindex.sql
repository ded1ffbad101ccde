-- Another embedder takes over the SQLite memory. These statements are of the whole store, whatever the tenant.

-- name: forget_next (not of a tenant)
-- Nobody is to fill the store anew.
DELETE FROM setting WHERE name IN ('next_embedder', 'next_dimension');

-- name: drop_next (not of a tenant)
-- What was made for the next embedder is not needed any longer.
DELETE FROM next_vectors;

-- name: any_next (not of a tenant)
-- Whether anything was made for the next embedder.
SELECT EXISTS (SELECT 1 FROM next_vectors);

-- name: unindexed (not of a tenant)
-- Searched items without a vector of the next embedder, with the sentence vectors that they have now.
SELECT item.tenant, item.id, coalesce(passage.title, ''), coalesce(passage.text, claim.text), sentences.vectors
FROM search_item AS item
LEFT JOIN passage ON passage.tenant = item.tenant AND passage.id = item.id
LEFT JOIN claim ON claim.tenant = item.tenant AND claim.id = item.id
LEFT JOIN sentences ON sentences.n = item.n
WHERE NOT EXISTS (SELECT 1 FROM next_vectors WHERE next_vectors.n = item.n)
ORDER BY item.n LIMIT :limit;

-- name: count_unindexed (not of a tenant)
-- How many searched items have no vector of the next embedder.
SELECT count(*) FROM search_item AS item WHERE NOT EXISTS (SELECT 1 FROM next_vectors WHERE next_vectors.n = item.n);

-- name: numbered
-- The number of a searched item and the sentence vectors that it has now; no row for what is not searched.
SELECT item.n, sentences.vectors FROM search_item AS item LEFT JOIN sentences ON sentences.n = item.n
WHERE item.tenant = :tenant AND item.id = :id;

-- name: put_next (not of a tenant)
-- The vectors of an item by the next embedder.
INSERT OR REPLACE INTO next_vectors (n, embedding, sentences) VALUES (:n, :embedding, :sentences);

-- name: drop_vectors (not of a tenant)
-- The vectors of the old embedder go.
DELETE FROM vector;

-- name: fill_vectors (not of a tenant)
-- Every searched item with its new vector.
INSERT INTO vector (n, embedding)
SELECT item.n, next_vectors.embedding FROM search_item AS item JOIN next_vectors ON next_vectors.n = item.n ORDER BY item.n;

-- name: fill_sentences (not of a tenant)
-- The sentence vectors, with the new ones in the place of the old.
UPDATE sentences SET vectors = next_vectors.sentences FROM next_vectors
WHERE next_vectors.n = sentences.n AND next_vectors.sentences IS NOT NULL;

-- name: raise_all_erasures (not of a tenant)
-- What a process remembers of any tenant was made with other vectors.
UPDATE revision SET number = number + 1, erasures = erasures + 1;
