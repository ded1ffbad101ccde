-- What truth maintenance reads and writes: the region of lineage below some items, its facts, and the flags worked out.
-- CROSS JOIN keeps the order of the tables: each item is looked up once, whatever else the tenant holds.

-- name: below_sources
-- One step down from sources.
SELECT passage.id, 'Passage' FROM json_each(:ids) AS one
    CROSS JOIN passage ON passage.tenant = :tenant AND passage.source_id = one.value
UNION ALL SELECT claim_id, 'Claim' FROM json_each(:ids) AS one
    CROSS JOIN derived_from INDEXED BY derived_from_antecedent
    ON derived_from.tenant = :tenant AND derived_from.antecedent_id = one.value;

-- name: below_passages
-- One step down from passages.
SELECT claim_id, 'Claim' FROM json_each(:ids) AS one
    CROSS JOIN derived_from INDEXED BY derived_from_antecedent
    ON derived_from.tenant = :tenant AND derived_from.antecedent_id = one.value
UNION ALL SELECT answer_id, 'Answer' FROM json_each(:ids) AS one
    CROSS JOIN used INDEXED BY used_item ON used.tenant = :tenant AND used.item_id = one.value;

-- name: below_claims
-- One step down from claims, and to the claims in whose place they stand.
SELECT claim_id, 'Claim' FROM json_each(:ids) AS one
    CROSS JOIN derived_from INDEXED BY derived_from_antecedent
    ON derived_from.tenant = :tenant AND derived_from.antecedent_id = one.value
UNION ALL SELECT answer_id, 'Answer' FROM json_each(:ids) AS one
    CROSS JOIN used INDEXED BY used_item ON used.tenant = :tenant AND used.item_id = one.value
UNION ALL SELECT answer_id, 'Answer' FROM json_each(:ids) AS one
    CROSS JOIN asserts INDEXED BY asserts_claim ON asserts.tenant = :tenant AND asserts.claim_id = one.value
UNION ALL SELECT older_id, 'Claim' FROM json_each(:ids) AS one
    CROSS JOIN supersedes ON supersedes.tenant = :tenant AND supersedes.claim_id = one.value;

-- name: below_answers
-- One step down from answers.
SELECT claim_id, 'Claim' FROM json_each(:ids) AS one
    CROSS JOIN derived_from INDEXED BY derived_from_antecedent
    ON derived_from.tenant = :tenant AND derived_from.antecedent_id = one.value;

-- name: replaced_by
-- The older versions that can become current, or cease to be, by what happens to these: of each source's, the newest
-- one that is not taken back.
SELECT older.id FROM json_each(:ids) AS one
    CROSS JOIN source AS newer ON newer.tenant = :tenant AND newer.id = one.value
    CROSS JOIN source AS older ON older.tenant = newer.tenant AND older.audience = newer.audience AND older.uri = newer.uri
        AND older.version = (SELECT max(version) FROM source
            WHERE tenant = newer.tenant AND audience = newer.audience AND uri = newer.uri
            AND version < newer.version AND NOT withdrawn AND NOT quarantined);

-- Facts name an item by its place in the list, and give its flags as one number: 1 supported, 2 current, 4 stale.

-- name: source_facts
-- Sources: their flags, whether they are taken back, and the newest newer version that is not.
SELECT wanted.key, source.audience,
    source.supported + 2 * (source.supported AND NOT EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant
        AND newer.audience = source.audience AND newer.uri = source.uri AND newer.version > source.version AND newer.supported)),
    source.withdrawn OR source.quarantined,
    (SELECT newer.id FROM source AS newer WHERE newer.tenant = source.tenant
        AND newer.audience = source.audience AND newer.uri = source.uri AND newer.version > source.version
        AND NOT newer.withdrawn AND NOT newer.quarantined ORDER BY newer.version DESC LIMIT 1)
FROM json_each(:ids) AS wanted CROSS JOIN source ON source.tenant = :tenant AND source.id = wanted.value;

-- name: passage_facts
-- Passages: their flags and their source.
SELECT wanted.key, passage.audience, passage.supported + 2 * passage.recallable, passage.source_id
FROM json_each(:ids) AS wanted CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = wanted.value;

-- name: claim_facts
-- Claims: their flags, and whether they are taken back.
SELECT wanted.key, claim.audience, claim.supported + 2 * claim.recallable + 4 * claim.stale, claim.withdrawn OR claim.quarantined
FROM json_each(:ids) AS wanted CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = wanted.value;

-- name: answer_facts
-- Answers: their flags. A supported one is current.
SELECT wanted.key, answer.audience, answer.supported * 3 + 4 * answer.stale
FROM json_each(:ids) AS wanted CROSS JOIN answer ON answer.tenant = :tenant AND answer.id = wanted.value;

-- name: justifications
-- What claims were derived from: the antecedents of one justification support a claim together, and follow one another,
-- because they do so in the table.
SELECT wanted.key, derived_from.justification, derived_from.antecedent_id
FROM json_each(:ids) AS wanted CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = wanted.value;

-- name: grounds
-- What answers used or state: all of it together supports them.
SELECT wanted.key, used.item_id
FROM json_each(:ids) AS wanted CROSS JOIN used ON used.tenant = :tenant AND used.answer_id = wanted.value
UNION ALL SELECT wanted.key, asserts.claim_id
FROM json_each(:ids) AS wanted CROSS JOIN asserts ON asserts.tenant = :tenant AND asserts.answer_id = wanted.value;

-- name: superseding
-- The newer claims that stand in the place of older ones.
SELECT wanted.key, supersedes.claim_id
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
-- Show or hide the items in the searches, and stamp them; what consolidation hides stays hidden.
UPDATE search_item SET recallable = :current AND NOT hidden, revision = :revision
WHERE n IN (SELECT n FROM search_item WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids)));
