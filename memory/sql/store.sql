-- Items of a store in the SQLite memory. A namespace's range is [:low, :high); :high is an empty blob for everything,
-- which sorts behind every text.

-- name: put_item
-- The current value at a place; a row that is there keeps when it was created.
INSERT INTO store_item (tenant, audience, namespace, key, source_id, created_at, updated_at, ttl, expires_at)
VALUES (:tenant, :audience, :namespace, :key, :source_id, :created_at, :updated_at, :ttl, :expires_at)
ON CONFLICT DO UPDATE SET source_id = excluded.source_id, updated_at = excluded.updated_at, ttl = excluded.ttl,
    expires_at = excluded.expires_at;

-- name: remove_vectors
-- Those of one row.
DELETE FROM store_vector
WHERE tenant = :tenant AND audience = :audience AND namespace = :namespace AND key = :key;

-- name: put_vector
-- One indexed field of a row.
INSERT INTO store_vector (tenant, audience, namespace, key, field, embedder, embedding)
VALUES (:tenant, :audience, :namespace, :key, :field, :embedder, :embedding);

-- name: row
-- One row, whatever its source is worth: when it ends.
SELECT expires_at FROM store_item
WHERE tenant = :tenant AND audience = :audience AND namespace = :namespace AND key = :key;

-- name: remove_row
-- One row.
DELETE FROM store_item
WHERE tenant = :tenant AND audience = :audience AND namespace = :namespace AND key = :key;

-- name: standing_versions
-- The versions of a source that nobody has withdrawn.
SELECT id FROM source WHERE tenant = :tenant AND audience = :audience AND uri = :uri AND NOT withdrawn;

-- name: items_under
-- The items in a range of namespaces: of several at one place that of the narrowest audience (the last one).
WITH seen AS (
    SELECT item.audience, item.namespace, item.key, source.metadata, item.source_id, item.created_at, item.updated_at,
        item.ttl, item.expires_at,
        row_number() OVER (PARTITION BY item.namespace, item.key ORDER BY whose.key DESC) AS place
    FROM json_each(:audiences) AS whose
    CROSS JOIN store_item AS item
        ON item.tenant = :tenant AND item.audience = whose.value AND item.namespace >= :low AND item.namespace < :high
    CROSS JOIN source ON source.tenant = item.tenant AND source.id = item.source_id
    WHERE source.supported AND item.expires_at > :at
)
SELECT audience, namespace, key, metadata, source_id, created_at, updated_at, ttl, expires_at
FROM seen WHERE place = 1
ORDER BY updated_at DESC, namespace, key LIMIT :limit OFFSET :offset;

-- name: items_at
-- The items at some places, as [namespace, key] pairs.
WITH seen AS (
    SELECT item.audience, item.namespace, item.key, source.metadata, item.source_id, item.created_at, item.updated_at,
        item.ttl, item.expires_at,
        row_number() OVER (PARTITION BY item.namespace, item.key ORDER BY whose.key DESC) AS place
    FROM json_each(:places) AS wanted
    CROSS JOIN json_each(:audiences) AS whose
    CROSS JOIN store_item AS item
        ON item.tenant = :tenant AND item.audience = whose.value AND item.namespace = wanted.value ->> 0
        AND item.key = wanted.value ->> 1
    CROSS JOIN source ON source.tenant = item.tenant AND source.id = item.source_id
    WHERE source.supported AND item.expires_at > :at
)
SELECT audience, namespace, key, metadata, source_id, created_at, updated_at, ttl, expires_at FROM seen WHERE place = 1;

-- name: item_namespaces
-- The namespaces in a range that hold an item.
SELECT DISTINCT item.namespace
FROM json_each(:audiences) AS whose
CROSS JOIN store_item AS item
    ON item.tenant = :tenant AND item.audience = whose.value AND item.namespace >= :low AND item.namespace < :high
CROSS JOIN source ON source.tenant = item.tenant AND source.id = item.source_id
WHERE source.supported AND item.expires_at > :at;

-- name: vectors_under
-- The vectors of one embedder in a range of namespaces.
SELECT vector.audience, vector.namespace, vector.key, vector.embedding
FROM json_each(:audiences) AS whose
CROSS JOIN store_vector AS vector
    ON vector.tenant = :tenant AND vector.audience = whose.value AND vector.namespace >= :low AND vector.namespace < :high
WHERE vector.embedder = :embedder;

-- name: prolong
-- A row that is still there ends later, or earlier.
UPDATE store_item SET expires_at = :expires_at
WHERE tenant = :tenant AND audience = :audience AND namespace = :namespace AND key = :key AND ttl IS NOT NULL;

-- name: expired (not of a tenant)
-- Rows whose time is over, the longest first; the sweep of a whole store.
SELECT tenant, audience, namespace, key, source_id, created_at, updated_at, ttl, expires_at
FROM store_item WHERE ttl IS NOT NULL AND expires_at <= :at ORDER BY expires_at LIMIT :limit;
