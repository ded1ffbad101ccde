-- Contradictions in the SQLite memory: the claims to compare, and what was found. `:audiences` is a JSON list of the
-- markings that the reader may see. CROSS JOIN and `+column` keep each look-up to what was asked for.

-- name: claims_after
-- The next current claims of one audience, by id, with the names of what each mentions.
SELECT claim.id, claim.audience, claim.text, claim.recorded_at, claim.valid_from, claim.valid_to, claim.subject,
    (SELECT json_group_array(DISTINCT entity.name) FROM json_each(claim.mentions) AS place CROSS JOIN entity
        WHERE entity.tenant = claim.tenant AND entity.id = place.value ->> 0)
FROM claim
WHERE claim.tenant = :tenant AND claim.id > :after AND +claim.audience = :audience AND claim.recallable AND NOT claim.stale
ORDER BY claim.id LIMIT :limit;

-- name: claims_about
-- For each entity some current claims that mention it, as a JSON list of what comparing needs of each. Of those that
-- mention it only four times as many are looked at: some are not current.
SELECT wanted.value, (
    SELECT json_group_array(json_array(id, audience, text, recorded_at, valid_from, valid_to, subject)) FROM (
        SELECT claim.id, claim.audience, claim.text, claim.recorded_at, claim.valid_from, claim.valid_to, claim.subject
        FROM (SELECT claim_id FROM claim_entity WHERE tenant = :tenant AND entity_id = wanted.value LIMIT 4 * :most) AS near
        CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = near.claim_id
        WHERE +claim.audience IN (SELECT value FROM json_each(:audiences)) AND claim.recallable AND NOT claim.stale
        LIMIT :most
    )
)
FROM json_each(:ids) AS wanted;

-- name: add_conflict
-- A contradiction, if both claims are there, and seen by its audience; no row comes back otherwise, or when it is known.
INSERT INTO contradicts (tenant, id, audience, claim_id, other_id, slot, ours, theirs, about, our_quote, their_quote,
    detector, found_at, resolution, resolved_by, resolved_at, reason, decision)
SELECT claim.tenant, :id, :audience, claim.id, other.id, :slot, :ours, :theirs, :about, :our_quote, :their_quote,
    :detector, :found_at, :resolution, :resolved_by, :resolved_at, :reason, :decision
FROM claim CROSS JOIN claim AS other
WHERE claim.tenant = :tenant AND claim.id = :claim_id AND +claim.audience IN (SELECT value FROM json_each(:audiences))
AND other.tenant = :tenant AND other.id = :other_id AND +other.audience IN (SELECT value FROM json_each(:audiences))
ON CONFLICT DO NOTHING RETURNING id;

-- name: conflict
-- One contradiction.
SELECT tenant, id, audience, claim_id, other_id, slot, ours, theirs, about, our_quote, their_quote, detector, found_at,
    resolution, resolved_by, resolved_at, reason, decision
FROM contradicts
WHERE tenant = :tenant AND id = :id AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: conflicts
-- A page of contradictions, the last found first; with :open only those that nobody resolved and that are still between
-- claims that are current or in quarantine. The last column is how many there are in all.
SELECT found.tenant, found.id, found.audience, claim_id, other_id, slot, ours, theirs, about, our_quote, their_quote,
    detector, found_at, resolution, resolved_by, resolved_at, found.reason, decision, count(*) OVER ()
FROM json_each(:audiences) AS whose
CROSS JOIN contradicts AS found INDEXED BY contradicts_newest ON found.tenant = :tenant AND found.audience = whose.value
WHERE NOT :open OR (found.resolution = ''
    AND EXISTS (SELECT 1 FROM claim WHERE claim.tenant = found.tenant AND claim.id = found.claim_id
        AND NOT claim.withdrawn AND (claim.recallable OR claim.quarantined))
    AND EXISTS (SELECT 1 FROM claim WHERE claim.tenant = found.tenant AND claim.id = found.other_id
        AND NOT claim.withdrawn AND (claim.recallable OR claim.quarantined)))
ORDER BY found_at DESC, found.id LIMIT :limit OFFSET :offset;

-- name: resolve
-- What was decided about a contradiction.
UPDATE contradicts SET resolution = :resolution, resolved_by = :resolved_by, resolved_at = :resolved_at, reason = :reason,
    decision = :decision
WHERE tenant = :tenant AND id = :id AND +audience = :audience;

-- name: backings
-- Claims and the sources at the upper ends of their lineage, never through an answer: pairs of a claim and a source.
WITH RECURSIVE above (claim_id, item_id) AS (
    SELECT wanted.value, wanted.value FROM json_each(:ids) AS wanted
        CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = wanted.value
        WHERE +claim.audience IN (SELECT value FROM json_each(:audiences))
    UNION SELECT above.claim_id, derived_from.antecedent_id FROM above
        CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = above.item_id
        WHERE +derived_from.audience IN (SELECT value FROM json_each(:audiences))
)
SELECT DISTINCT above.claim_id, source.id FROM above
CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = above.item_id
CROSS JOIN source ON source.tenant = :tenant AND source.id = passage.source_id
WHERE +passage.audience IN (SELECT value FROM json_each(:audiences)) AND source.supported AND passage.recallable
ORDER BY above.claim_id, source.id;

-- name: has_conflicts
-- Whether the reader may see any contradiction at all.
SELECT EXISTS (SELECT 1 FROM json_each(:audiences) AS whose
    CROSS JOIN contradicts INDEXED BY contradicts_newest ON contradicts.tenant = :tenant AND contradicts.audience = whose.value);

-- name: contradicted
-- Of passages and claims: the current claims that contradict them, or what they state, unless both were found to hold.
WITH said (item_id, claim_id) AS (
    SELECT wanted.value, wanted.value FROM json_each(:ids) AS wanted
    UNION ALL SELECT wanted.value, derived_from.claim_id FROM json_each(:ids) AS wanted
        CROSS JOIN derived_from INDEXED BY derived_from_antecedent
        ON derived_from.tenant = :tenant AND derived_from.antecedent_id = wanted.value
        WHERE EXISTS (SELECT 1 FROM passage WHERE passage.tenant = :tenant AND passage.id = wanted.value)
),
against (item_id, claim_id, id, audience, resolution) AS (
    SELECT said.item_id, found.other_id, found.id, found.audience, found.resolution FROM said
        CROSS JOIN contradicts AS found INDEXED BY contradicts_claim
        ON found.tenant = :tenant AND found.claim_id = said.claim_id
    UNION ALL SELECT said.item_id, found.claim_id, found.id, found.audience, found.resolution FROM said
        CROSS JOIN contradicts AS found INDEXED BY contradicts_other
        ON found.tenant = :tenant AND found.other_id = said.claim_id
)
SELECT DISTINCT against.item_id, against.claim_id FROM against
CROSS JOIN claim ON claim.tenant = :tenant AND claim.id = against.claim_id
WHERE against.audience IN (SELECT value FROM json_each(:audiences)) AND against.resolution <> 'both-hold'
AND +claim.audience IN (SELECT value FROM json_each(:audiences)) AND claim.recallable
ORDER BY against.item_id, against.claim_id;
