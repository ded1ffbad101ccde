-- What truth maintenance reads and writes: the region of lineage below some items, its facts, and the flags worked out.
-- Kinds are the node labels; `Replaced` is a source that was reached from a newer version. CROSS JOIN keeps the order of
-- the tables: each item is looked up once, whatever else the tenant holds.

-- name: region
-- Everything whose flags may follow from those of the seeds, `:seeds` being a JSON list of [id, kind]. Of the older
-- versions of a source only the newest supported one can become current, or cease to be, by what happens to it.
WITH RECURSIVE region (id, kind) AS (
    SELECT value ->> 0, value ->> 1 FROM json_each(:seeds)
    UNION SELECT passage.id, 'Passage' FROM region
        CROSS JOIN passage ON passage.tenant = :tenant AND passage.source_id = region.id
        WHERE region.kind IN ('Source', 'Replaced')
    UNION SELECT derived_from.claim_id, 'Claim' FROM region
        CROSS JOIN derived_from INDEXED BY derived_from_antecedent ON derived_from.tenant = :tenant AND derived_from.antecedent_id = region.id
    UNION SELECT used.answer_id, 'Answer' FROM region
        CROSS JOIN used INDEXED BY used_item ON used.tenant = :tenant AND used.item_id = region.id
        WHERE region.kind IN ('Passage', 'Claim')
    UNION SELECT asserts.answer_id, 'Answer' FROM region
        CROSS JOIN asserts INDEXED BY asserts_claim ON asserts.tenant = :tenant AND asserts.claim_id = region.id
        WHERE region.kind = 'Claim'
    UNION SELECT supersedes.older_id, 'Claim' FROM region
        CROSS JOIN supersedes ON supersedes.tenant = :tenant AND supersedes.claim_id = region.id
        WHERE region.kind = 'Claim'
    UNION SELECT older.id, 'Replaced' FROM region
        CROSS JOIN source AS newer ON newer.tenant = :tenant AND newer.id = region.id
        CROSS JOIN source AS older ON older.tenant = newer.tenant AND older.audience = newer.audience AND older.uri = newer.uri
            AND older.version = (SELECT max(version) FROM source
                WHERE tenant = newer.tenant AND audience = newer.audience AND uri = newer.uri
                AND version < newer.version AND NOT withdrawn AND NOT quarantined)
        WHERE region.kind = 'Source'
)
SELECT id, kind FROM region;

-- name: source_facts
-- Sources: whether they are taken back, whether they were supported and current, and the newest supported newer version.
SELECT source.id, source.audience, source.withdrawn OR source.quarantined, source.supported,
    source.supported AND NOT EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant
        AND newer.audience = source.audience AND newer.uri = source.uri AND newer.version > source.version AND newer.supported),
    (SELECT newer.id FROM source AS newer WHERE newer.tenant = source.tenant
        AND newer.audience = source.audience AND newer.uri = source.uri AND newer.version > source.version
        AND NOT newer.withdrawn AND NOT newer.quarantined ORDER BY newer.version DESC LIMIT 1)
FROM json_each(:ids) AS wanted CROSS JOIN source ON source.tenant = :tenant AND source.id = wanted.value;

-- name: passage_facts
-- Passages: their source and their flags.
SELECT passage.id, passage.audience, passage.source_id, passage.supported, passage.recallable
FROM json_each(:ids) AS wanted CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = wanted.value;

-- name: claim_facts
-- Claims: whether they are taken back, and their flags.
SELECT claim.id, claim.audience, claim.withdrawn OR claim.quarantined, claim.supported, claim.recallable, claim.stale
FROM json_each(:ids) AS wanted CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = wanted.value;

-- name: answer_facts
-- Answers: their flags.
SELECT answer.id, answer.audience, answer.supported, answer.stale
FROM json_each(:ids) AS wanted CROSS JOIN answer ON answer.tenant = :tenant AND answer.id = wanted.value;

-- name: justifications
-- What claims were derived from: the antecedents of one justification support a claim together, and follow one another,
-- because they do so in the table.
SELECT derived_from.claim_id, derived_from.justification, derived_from.antecedent_id
FROM json_each(:ids) AS wanted CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = wanted.value;

-- name: grounds
-- What answers used or state: all of it together supports them.
SELECT used.answer_id, used.item_id
FROM json_each(:ids) AS wanted CROSS JOIN used ON used.tenant = :tenant AND used.answer_id = wanted.value
UNION ALL SELECT asserts.answer_id, asserts.claim_id
FROM json_each(:ids) AS wanted CROSS JOIN asserts ON asserts.tenant = :tenant AND asserts.answer_id = wanted.value;

-- name: superseding
-- The newer claims that stand in the place of older ones.
SELECT supersedes.older_id, supersedes.claim_id
FROM json_each(:ids) AS wanted CROSS JOIN supersedes INDEXED BY supersedes_older ON supersedes.tenant = :tenant AND supersedes.older_id = wanted.value;

-- name: unsettled
-- Those of the claims that one more justification could change.
SELECT id FROM claim WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids)) AND (NOT supported OR stale);

-- name: decide_source
-- What the open decisions say about a source.
UPDATE source SET
    withdrawn = EXISTS (SELECT 1 FROM retraction INDEXED BY retraction_item WHERE retraction.tenant = source.tenant AND item_id = source.id
        AND lifted_at IS NULL AND retraction.kind = 'withdrawal'),
    quarantined = EXISTS (SELECT 1 FROM retraction INDEXED BY retraction_item WHERE retraction.tenant = source.tenant AND item_id = source.id
        AND lifted_at IS NULL AND retraction.kind = 'quarantine')
WHERE tenant = :tenant AND id = :id;

-- name: decide_claim
-- What the open decisions say about a claim.
UPDATE claim SET
    withdrawn = EXISTS (SELECT 1 FROM retraction INDEXED BY retraction_item WHERE retraction.tenant = claim.tenant AND item_id = claim.id
        AND lifted_at IS NULL AND retraction.kind = 'withdrawal'),
    quarantined = EXISTS (SELECT 1 FROM retraction INDEXED BY retraction_item WHERE retraction.tenant = claim.tenant AND item_id = claim.id
        AND lifted_at IS NULL AND retraction.kind = 'quarantine'),
    reason = coalesce((SELECT retraction.reason FROM retraction INDEXED BY retraction_item WHERE retraction.tenant = claim.tenant AND item_id = claim.id
        AND lifted_at IS NULL AND retraction.kind = 'quarantine' ORDER BY at DESC, id LIMIT 1), '')
WHERE tenant = :tenant AND id = :id;

-- name: mark_sources
-- Store what was worked out; a source's currency is not stored.
UPDATE source SET supported = :supported WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids));

-- name: mark_passages
-- Store what was worked out. By row number, so that a large change goes through the table once, page by page.
UPDATE passage SET supported = :supported, recallable = :current
WHERE rowid IN (SELECT rowid FROM passage WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids)));

-- name: mark_claims
-- Store what was worked out.
UPDATE claim SET supported = :supported, recallable = :current, stale = :stale
WHERE rowid IN (SELECT rowid FROM claim WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids)));

-- name: mark_answers
-- Store what was worked out.
UPDATE answer SET supported = :supported, stale = :stale
WHERE rowid IN (SELECT rowid FROM answer WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids)));

-- name: mark_search_items
-- Show or hide the items in the word index, and stamp them; their numbers.
UPDATE search_item SET recallable = :current, revision = :revision
WHERE n IN (SELECT n FROM search_item WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))) RETURNING n;

-- name: mark_vector (not of a tenant)
-- Show or hide an item in the vector index, which takes one number at a time; the caller has it from a query of the tenant.
UPDATE vectors SET recallable = :current WHERE n = :n;
