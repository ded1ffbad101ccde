-- Looking back in the SQLite memory: what may have stood otherwise, and the dated facts of a region. These see a whole
-- tenant. CROSS JOIN keeps the order of the tables; INDEXED BY an index in time.

-- name: later_sources
-- Sources that were added after a moment.
SELECT id FROM source INDEXED BY source_added WHERE tenant = :tenant AND added_at > :after;

-- name: later_claims
-- Claims that were recorded, got a reason or superseded another one after a moment.
SELECT id FROM claim INDEXED BY claim_recorded WHERE tenant = :tenant AND recorded_at > :after
UNION SELECT id FROM claim INDEXED BY claim_touched WHERE tenant = :tenant AND touched_at > :after;

-- name: later_answers
-- Answers that were given after a moment.
SELECT id FROM answer INDEXED BY answer_recorded WHERE tenant = :tenant AND recorded_at > :after;

-- name: later_decisions
-- What was decided about, or given back, after a moment; a source has a row in `source`.
SELECT found.item_id, source.id IS NOT NULL FROM (
    SELECT item_id FROM retraction INDEXED BY retraction_made WHERE tenant = :tenant AND at > :after
    UNION SELECT item_id FROM retraction INDEXED BY retraction_lifted WHERE tenant = :tenant AND lifted_at > :after
) AS found LEFT JOIN source ON source.tenant = :tenant AND source.id = found.item_id;

-- name: claims_not_holding
-- Claims that state when they hold, and begin after :begins or end until :ends.
SELECT id FROM claim INDEXED BY claim_valid_from WHERE tenant = :tenant AND valid_from <> '' AND valid_from > :begins
UNION SELECT id FROM claim INDEXED BY claim_valid_to
    WHERE tenant = :tenant AND valid_to < '9999-12-31' AND valid_to < :ends;

-- name: sources_not_holding
-- The same of sources, and versions that follow another one and were added later.
SELECT id FROM source INDEXED BY source_valid_from WHERE tenant = :tenant AND valid_from <> '' AND valid_from > :begins
UNION SELECT id FROM source INDEXED BY source_valid_to WHERE tenant = :tenant AND valid_to <> '' AND valid_to < :ends
UNION SELECT id FROM source INDEXED BY source_following
    WHERE tenant = :tenant AND replaces IS NOT NULL AND added_at > :at;

-- name: versions
-- All versions of the sources that some versions belong to.
SELECT other.id, other.audience, other.uri, other.version, other.supported FROM (
    SELECT DISTINCT source.audience, source.uri FROM json_each(:ids) AS one
    CROSS JOIN source ON source.tenant = :tenant AND source.id = one.value
) AS place CROSS JOIN source AS other INDEXED BY source_version
    ON other.tenant = :tenant AND other.audience = place.audience AND other.uri = place.uri;

-- name: sources
-- Sources of a region. Flags are one number: 1 supported, 2 current, 4 stale.
SELECT source.id, source.audience,
    source.supported + 2 * (source.supported AND NOT EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant
        AND newer.audience = source.audience AND newer.uri = source.uri AND newer.version > source.version AND newer.supported)),
    source.added_at, source.valid_from, source.valid_to, source.uri, source.version
FROM json_each(:ids) AS wanted CROSS JOIN source ON source.tenant = :tenant AND source.id = wanted.value;

-- name: passages
-- Passages of a region, and their sources.
SELECT passage.id, passage.audience, passage.supported + 2 * passage.recallable, source.added_at, passage.source_id
FROM json_each(:ids) AS wanted CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = wanted.value
CROSS JOIN source ON source.tenant = passage.tenant AND source.id = passage.source_id;

-- name: claims
-- Claims of a region.
SELECT claim.id, claim.audience, claim.supported + 2 * claim.recallable + 4 * claim.stale, claim.recorded_at,
    claim.valid_from, claim.valid_to, claim.searched
FROM json_each(:ids) AS wanted CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = wanted.value;

-- name: answers
-- Answers of a region.
SELECT answer.id, answer.audience, answer.supported * 3 + 4 * answer.stale, answer.recorded_at
FROM json_each(:ids) AS wanted CROSS JOIN answer ON answer.tenant = :tenant AND answer.id = wanted.value;

-- name: reasons
-- What claims of a region were derived from, and since when.
SELECT derived_from.claim_id, derived_from.antecedent_id, derived_from.justification, derived_from.recorded_at
FROM json_each(:ids) AS wanted CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = wanted.value;

-- name: grounds
-- What answers of a region used or state.
SELECT used.answer_id, used.item_id
FROM json_each(:ids) AS wanted CROSS JOIN used ON used.tenant = :tenant AND used.answer_id = wanted.value
UNION ALL SELECT asserts.answer_id, asserts.claim_id
FROM json_each(:ids) AS wanted CROSS JOIN asserts ON asserts.tenant = :tenant AND asserts.answer_id = wanted.value;

-- name: supersessions
-- The newer claims that stand in the place of claims of a region, and since when.
SELECT supersedes.claim_id, supersedes.older_id, supersedes.recorded_at
FROM json_each(:ids) AS wanted CROSS JOIN supersedes INDEXED BY supersedes_older ON supersedes.tenant = :tenant AND supersedes.older_id = wanted.value;

-- name: decisions
-- The decisions about sources and claims of a region.
SELECT retraction.tenant, retraction.id, audience, item_id, reason, actor, at, kind, lifted_at, lifted_by, authority
FROM json_each(:ids) AS wanted
CROSS JOIN retraction INDEXED BY retraction_item ON retraction.tenant = :tenant AND retraction.item_id = wanted.value;

-- name: around
-- The flags of what stands around a region.
SELECT source.id, source.supported + 2 * (source.supported AND NOT EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant
        AND newer.audience = source.audience AND newer.uri = source.uri AND newer.version > source.version AND newer.supported))
FROM json_each(:ids) AS wanted CROSS JOIN source ON source.tenant = :tenant AND source.id = wanted.value
UNION ALL SELECT passage.id, passage.supported + 2 * passage.recallable
FROM json_each(:ids) AS wanted CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = wanted.value
UNION ALL SELECT claim.id, claim.supported + 2 * claim.recallable + 4 * claim.stale
FROM json_each(:ids) AS wanted CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = wanted.value
UNION ALL SELECT answer.id, answer.supported * 3 + 4 * answer.stale
FROM json_each(:ids) AS wanted CROSS JOIN answer ON answer.tenant = :tenant AND answer.id = wanted.value;

-- name: search_words
-- As `search_words` of read.sql, among what a look at the past sees: less {hidden}, and {shown} besides.
SELECT found.id, found.score, passage.title
FROM (
    SELECT search_item.tenant, search_item.id, -words.rank AS score
    FROM words JOIN search_item ON search_item.n = words.rowid
    WHERE words MATCH :query AND search_item.tenant = :tenant
    AND search_item.audience IN (SELECT value FROM json_each(:audiences))
    AND (search_item.id IN (SELECT value FROM json_each(:shown))
        OR search_item.recallable AND search_item.id NOT IN (SELECT value FROM json_each(:hidden)))
    ORDER BY words.rank, search_item.id LIMIT :k
) AS found LEFT JOIN passage ON passage.tenant = found.tenant AND passage.id = found.id
ORDER BY found.score DESC, found.id;

-- name: opposed
-- What contradicted passages and claims, by what was found and stated until a moment and not resolved as both holding.
WITH said (item_id, claim_id) AS (
    SELECT wanted.value, wanted.value FROM json_each(:ids) AS wanted
    UNION ALL SELECT wanted.value, derived_from.claim_id FROM json_each(:ids) AS wanted
        CROSS JOIN derived_from INDEXED BY derived_from_antecedent
        ON derived_from.tenant = :tenant AND derived_from.antecedent_id = wanted.value
        WHERE derived_from.recorded_at <= :at
        AND EXISTS (SELECT 1 FROM passage WHERE passage.tenant = :tenant AND passage.id = wanted.value)
),
against (item_id, claim_id, audience, found_at, resolution, resolved_at) AS (
    SELECT said.item_id, found.other_id, found.audience, found.found_at, found.resolution, found.resolved_at FROM said
        CROSS JOIN contradicts AS found INDEXED BY contradicts_claim
        ON found.tenant = :tenant AND found.claim_id = said.claim_id
    UNION ALL SELECT said.item_id, found.claim_id, found.audience, found.found_at, found.resolution, found.resolved_at FROM said
        CROSS JOIN contradicts AS found INDEXED BY contradicts_other
        ON found.tenant = :tenant AND found.other_id = said.claim_id
)
SELECT DISTINCT against.item_id, against.claim_id, claim.recallable FROM against
CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = against.claim_id
WHERE against.audience IN (SELECT value FROM json_each(:audiences)) AND against.found_at <= :at
AND NOT (against.resolution = 'both-hold' AND coalesce(against.resolved_at, '') <= :at)
AND +claim.audience IN (SELECT value FROM json_each(:audiences))
ORDER BY against.item_id, against.claim_id;

-- name: duplicates
-- What says the same as another one, and since when a run has said so.
SELECT duplicates.id, duplicates.canonical_id, consolidation.at FROM duplicates
CROSS JOIN consolidation ON consolidation.tenant = duplicates.tenant AND consolidation.id = duplicates.consolidation_id
WHERE duplicates.tenant = :tenant;

-- name: parts
-- The passages of some sources.
SELECT passage.source_id, passage.id FROM json_each(:ids) AS wanted
CROSS JOIN passage ON passage.tenant = :tenant AND passage.source_id = wanted.value;
