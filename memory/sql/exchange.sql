-- Whole records of the SQLite memory, out and in. {table}, {columns}, {values} and {key} come from a closed set
-- (exchange/fields.py).

-- name: tenants (not of a tenant)
-- Every tenant that was ever written to.
SELECT tenant FROM revision ORDER BY tenant;

-- name: records
-- The records of some audiences, along the key. The plus keeps the planner from going audience by audience.
SELECT {columns} FROM {table}
WHERE tenant = :tenant AND +audience IN (SELECT value FROM json_each(:audiences)) ORDER BY {key};

-- name: count_records
-- How many those are.
SELECT count(*) FROM {table} WHERE tenant = :tenant AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: vectors_of
-- What the indexes keep of some passages and claims.
SELECT item.id, vector.embedding, sentences.vectors
FROM json_each(:ids) AS one
CROSS JOIN search_item AS item ON item.tenant = :tenant AND item.id = one.value
CROSS JOIN vector ON vector.n = item.n
LEFT JOIN sentences ON sentences.n = item.n;

-- name: item_vectors
-- The vectors of an item of a store.
SELECT embedder, embedding FROM store_vector
WHERE tenant = :tenant AND audience = :audience AND namespace = :namespace AND key = :key;

-- name: known_items
-- Those of the ids that are there, and whose they are.
SELECT source.id, source.audience FROM json_each(:ids) AS one CROSS JOIN source ON source.tenant = :tenant AND source.id = one.value
UNION ALL
SELECT passage.id, passage.audience FROM json_each(:ids) AS one CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = one.value
UNION ALL
SELECT entity.id, entity.audience FROM json_each(:ids) AS one CROSS JOIN entity ON entity.tenant = :tenant AND entity.id = one.value
UNION ALL
SELECT claim.id, claim.audience FROM json_each(:ids) AS one CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = one.value
UNION ALL
SELECT answer.id, answer.audience FROM json_each(:ids) AS one CROSS JOIN answer ON answer.tenant = :tenant AND answer.id = one.value;

-- name: put_record
-- A record that is not there.
INSERT INTO {table} (tenant, {columns}) VALUES (:tenant, {values}) ON CONFLICT DO NOTHING;

-- name: hide
-- What is not shown, of what was just put into the indexes.
UPDATE search_item SET recallable = 0 WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids));

-- name: decided
-- Sources and claims about which there is a decision, or that are stored as taken back, and what is stored of them.
SELECT source.id, 'Source', source.withdrawn, source.quarantined FROM source
WHERE source.tenant = :tenant AND (source.withdrawn OR source.quarantined
    OR source.id IN (SELECT item_id FROM retraction WHERE tenant = :tenant))
UNION ALL
SELECT claim.id, 'Claim', claim.withdrawn, claim.quarantined FROM claim
WHERE claim.tenant = :tenant AND (claim.withdrawn OR claim.quarantined
    OR claim.id IN (SELECT item_id FROM retraction WHERE tenant = :tenant));

-- name: roots
-- From where every item of a tenant is reached downwards: its sources, and what rests on nothing.
SELECT id, 'Source' FROM source WHERE tenant = :tenant
UNION ALL
SELECT id, 'Claim' FROM claim WHERE tenant = :tenant AND NOT EXISTS (
    SELECT 1 FROM derived_from WHERE derived_from.tenant = claim.tenant AND derived_from.claim_id = claim.id)
UNION ALL
SELECT id, 'Answer' FROM answer WHERE tenant = :tenant AND NOT EXISTS (
    SELECT 1 FROM used WHERE used.tenant = answer.tenant AND used.answer_id = answer.id)
    AND NOT EXISTS (SELECT 1 FROM asserts WHERE asserts.tenant = answer.tenant AND asserts.answer_id = answer.id);

-- name: hold
-- When what sources say holds, as their metadata state it.
UPDATE source SET valid_from = coalesce(metadata ->> '$.valid_from', ''), valid_to = coalesce(metadata ->> '$.valid_to', '')
WHERE tenant = :tenant AND (metadata ->> '$.valid_from' IS NOT NULL OR metadata ->> '$.valid_to' IS NOT NULL);

-- name: touch
-- When claims last got a reason, or superseded another one, after they were recorded.
UPDATE claim SET touched_at = (SELECT max(recorded_at) FROM (
    SELECT recorded_at FROM derived_from WHERE derived_from.tenant = claim.tenant AND derived_from.claim_id = claim.id
    UNION ALL
    SELECT recorded_at FROM supersedes WHERE supersedes.tenant = claim.tenant AND supersedes.claim_id = claim.id
) WHERE recorded_at > claim.recorded_at) WHERE tenant = :tenant;

-- name: duplicated
-- What says the same as another one.
SELECT DISTINCT id FROM duplicates WHERE tenant = :tenant;
