-- Consolidation: what a run looks at, what it writes down, and which of those that say the same are shown.
-- CROSS JOIN keeps the order of the tables: each item is looked up once, whatever else the tenant holds.

-- name: source_candidates
-- The next current sources of one audience behind an id, and when an answer last used one of their passages, or used or
-- stated a claim derived from one.
SELECT source.id, source.uri, source.title, source.content_hash, source.trust, source.added_at,
    (SELECT max(answer.recorded_at) FROM passage
        CROSS JOIN used INDEXED BY used_item ON used.tenant = passage.tenant AND used.item_id = passage.id
        CROSS JOIN answer ON answer.tenant = used.tenant AND answer.id = used.answer_id
        WHERE passage.tenant = source.tenant AND passage.source_id = source.id),
    (SELECT max(answer.recorded_at) FROM passage
        CROSS JOIN derived_from INDEXED BY derived_from_antecedent
        ON derived_from.tenant = passage.tenant AND derived_from.antecedent_id = passage.id
        CROSS JOIN used INDEXED BY used_item ON used.tenant = derived_from.tenant AND used.item_id = derived_from.claim_id
        CROSS JOIN answer ON answer.tenant = used.tenant AND answer.id = used.answer_id
        WHERE passage.tenant = source.tenant AND passage.source_id = source.id),
    (SELECT max(answer.recorded_at) FROM passage
        CROSS JOIN derived_from INDEXED BY derived_from_antecedent
        ON derived_from.tenant = passage.tenant AND derived_from.antecedent_id = passage.id
        CROSS JOIN asserts INDEXED BY asserts_claim
        ON asserts.tenant = derived_from.tenant AND asserts.claim_id = derived_from.claim_id
        CROSS JOIN answer ON answer.tenant = asserts.tenant AND answer.id = asserts.answer_id
        WHERE passage.tenant = source.tenant AND passage.source_id = source.id),
    EXISTS (SELECT 1 FROM duplicates WHERE duplicates.tenant = source.tenant AND duplicates.id = source.id AND hidden),
    (SELECT json_group_array(rule) FROM demotion WHERE demotion.tenant = source.tenant AND demotion.id = source.id)
FROM source
WHERE source.tenant = :tenant AND source.id > :after AND +source.audience = :audience AND source.supported
    AND source.kind <> 'store'
    AND NOT EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant AND newer.audience = source.audience
        AND newer.uri = source.uri AND newer.version > source.version AND newer.supported)
ORDER BY source.id LIMIT :limit;

-- name: source_texts
-- The passages of sources, in order.
SELECT passage.source_id, passage.text FROM json_each(:ids) AS one
CROSS JOIN passage ON passage.tenant = :tenant AND passage.source_id = one.value
ORDER BY passage.source_id, passage.ordinal;

-- name: claim_candidates
-- The next current claims of one audience behind an id, and when an answer last used or stated them.
SELECT claim.id, claim.text, claim.confidence, claim.recorded_at,
    (SELECT max(answer.recorded_at) FROM used INDEXED BY used_item
        CROSS JOIN answer ON answer.tenant = used.tenant AND answer.id = used.answer_id
        WHERE used.tenant = claim.tenant AND used.item_id = claim.id),
    (SELECT max(answer.recorded_at) FROM asserts INDEXED BY asserts_claim
        CROSS JOIN answer ON answer.tenant = asserts.tenant AND answer.id = asserts.answer_id
        WHERE asserts.tenant = claim.tenant AND asserts.claim_id = claim.id),
    claim.searched, claim.stale,
    EXISTS (SELECT 1 FROM duplicates WHERE duplicates.tenant = claim.tenant AND duplicates.id = claim.id AND hidden),
    (SELECT json_group_array(rule) FROM demotion WHERE demotion.tenant = claim.tenant AND demotion.id = claim.id
        AND (demotion.rule <> 'stale' OR claim.stale))
FROM claim
WHERE claim.tenant = :tenant AND claim.id > :after AND +claim.audience = :audience AND claim.recallable
ORDER BY claim.id LIMIT :limit;

-- name: add_duplicates
-- What says the same, as [id, canonical id, node, rule]; what is not there under this audience is left out.
INSERT INTO duplicates (tenant, id, canonical_id, audience, node, rule, hidden, consolidation_id)
SELECT :tenant, one.value ->> 0, one.value ->> 1, :audience, one.value ->> 2, one.value ->> 3, 0, :run
FROM json_each(:rows) AS one
WHERE (one.value ->> 2 = 'Source'
    AND EXISTS (SELECT 1 FROM source WHERE tenant = :tenant AND id = one.value ->> 0 AND +audience = :audience)
    AND EXISTS (SELECT 1 FROM source WHERE tenant = :tenant AND id = one.value ->> 1 AND +audience = :audience))
OR (one.value ->> 2 = 'Claim'
    AND EXISTS (SELECT 1 FROM claim WHERE tenant = :tenant AND id = one.value ->> 0 AND +audience = :audience)
    AND EXISTS (SELECT 1 FROM claim WHERE tenant = :tenant AND id = one.value ->> 1 AND +audience = :audience))
ON CONFLICT DO NOTHING RETURNING id, node;

-- name: add_demotions
-- What is recalled below the rest, as [id, node, rule]; what is not there under this audience is left out.
INSERT INTO demotion (tenant, id, rule, audience, node, consolidation_id)
SELECT :tenant, one.value ->> 0, one.value ->> 2, :audience, one.value ->> 1, :run
FROM json_each(:rows) AS one
WHERE (one.value ->> 1 = 'Source'
    AND EXISTS (SELECT 1 FROM source WHERE tenant = :tenant AND id = one.value ->> 0 AND +audience = :audience))
OR (one.value ->> 1 = 'Claim'
    AND EXISTS (SELECT 1 FROM claim WHERE tenant = :tenant AND id = one.value ->> 0 AND +audience = :audience))
ON CONFLICT DO NOTHING RETURNING id;

-- name: count_in
-- A run did so much more.
INSERT INTO consolidation (tenant, id, audience, actor, at, sources, claims, demoted, undone_at, undone_by)
VALUES (:tenant, :run, :audience, :actor, :at, :sources, :claims, :demoted, NULL, '')
ON CONFLICT DO UPDATE SET sources = sources + excluded.sources, claims = claims + excluded.claims,
    demoted = demoted + excluded.demoted;

-- name: run
-- One run, whoever may see it.
SELECT tenant, id, audience, actor, at, sources, claims, demoted, undone_at, undone_by
FROM consolidation WHERE tenant = :tenant AND id = :run;

-- name: runs
-- A page of runs, newest first.
SELECT tenant, id, audience, actor, at, sources, claims, demoted, undone_at, undone_by
FROM consolidation WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences))
ORDER BY at DESC, id LIMIT :limit OFFSET :offset;

-- name: count_runs
-- How many there are.
SELECT count(*) FROM consolidation WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences));

-- name: made_by
-- The edges that a run made.
SELECT id, canonical_id FROM duplicates INDEXED BY duplicates_made WHERE tenant = :tenant AND consolidation_id = :run;

-- name: remove_duplicates
-- Those of one run.
DELETE FROM duplicates WHERE tenant = :tenant AND consolidation_id = :run;

-- name: remove_demotions
-- Those of one run.
DELETE FROM demotion WHERE tenant = :tenant AND consolidation_id = :run;

-- name: mark_undone
-- A run was undone.
UPDATE consolidation SET undone_at = :at, undone_by = :actor WHERE tenant = :tenant AND id = :run;

-- name: any_duplicates
-- Whether anything of a tenant says the same as another one; no row when nothing does.
SELECT 1 FROM duplicates WHERE tenant = :tenant LIMIT 1;

-- name: beside
-- The edges at some items, whichever way they point.
SELECT duplicates.id, duplicates.canonical_id, duplicates.hidden FROM json_each(:ids) AS one
    CROSS JOIN duplicates ON duplicates.tenant = :tenant AND duplicates.id = one.value
UNION SELECT duplicates.id, duplicates.canonical_id, duplicates.hidden FROM json_each(:ids) AS one
    CROSS JOIN duplicates INDEXED BY duplicates_canonical
    ON duplicates.tenant = :tenant AND duplicates.canonical_id = one.value;

-- name: standing
-- Sources and claims: what decides which goes first, and whether they are current.
SELECT source.id, 'Source', 1, source.trust, source.added_at, source.supported
    AND NOT EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant AND newer.audience = source.audience
        AND newer.uri = source.uri AND newer.version > source.version AND newer.supported)
FROM json_each(:ids) AS one CROSS JOIN source ON source.tenant = :tenant AND source.id = one.value
UNION ALL SELECT claim.id, 'Claim', claim.searched, claim.confidence, claim.recorded_at, claim.recallable
FROM json_each(:ids) AS one CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = one.value;

-- name: hide
-- Whether some of those that say the same are shown.
UPDATE duplicates SET hidden = :hidden WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids));

-- name: hide_passages
-- Show or hide the passages of sources in the searches, and stamp them.
UPDATE search_item SET hidden = :hidden, revision = :revision, recallable = NOT :hidden AND (SELECT passage.recallable
    FROM passage WHERE passage.tenant = search_item.tenant AND passage.id = search_item.id)
WHERE n IN (SELECT item.n FROM json_each(:ids) AS one
    CROSS JOIN passage ON passage.tenant = :tenant AND passage.source_id = one.value
    CROSS JOIN search_item AS item ON item.tenant = passage.tenant AND item.id = passage.id);

-- name: hide_claims
-- Show or hide claims in the searches, and stamp them.
UPDATE search_item SET hidden = :hidden, revision = :revision, recallable = NOT :hidden AND (SELECT claim.recallable
    FROM claim WHERE claim.tenant = search_item.tenant AND claim.id = search_item.id)
WHERE n IN (SELECT item.n FROM json_each(:ids) AS one
    CROSS JOIN search_item AS item ON item.tenant = :tenant AND item.id = one.value);

-- name: promote
-- End the demotion of what an answer used or stated: a passage's source, a claim, the sources of what it rests on.
DELETE FROM demotion WHERE tenant = :tenant AND id IN (
    SELECT value FROM json_each(:ids)
    UNION SELECT passage.source_id FROM json_each(:ids) AS one
        CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = one.value
    UNION SELECT passage.source_id FROM json_each(:ids) AS one
        CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = one.value
        CROSS JOIN passage ON passage.tenant = derived_from.tenant AND passage.id = derived_from.antecedent_id
);

-- name: demoted
-- The rules by which these sources and claims are recalled below the rest; that of a stale claim only while it is stale.
SELECT one.value, demotion.rule FROM json_each(:ids) AS one
CROSS JOIN demotion ON demotion.tenant = :tenant AND demotion.id = one.value
LEFT JOIN claim ON claim.tenant = demotion.tenant AND claim.id = demotion.id
WHERE demotion.rule <> 'stale' OR claim.stale;
