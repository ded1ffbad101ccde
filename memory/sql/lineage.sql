-- Lineage in the SQLite memory, one step at a time. `:ids` is a JSON list of the items that the last step came to,
-- `:audiences` one of the markings that the reader may see.

-- name: upstream
-- What items rest on, and what stands in their place.
SELECT source_id FROM passage WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
UNION SELECT antecedent_id FROM derived_from WHERE tenant = :tenant AND claim_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT item_id FROM used WHERE tenant = :tenant AND answer_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT claim_id FROM asserts WHERE tenant = :tenant AND answer_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT claim_id FROM supersedes WHERE tenant = :tenant AND older_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT id FROM source WHERE tenant = :tenant AND replaces IN (SELECT value FROM json_each(:ids));

-- name: downstream
-- What rests on items, and what they stand in the place of.
SELECT id FROM passage WHERE tenant = :tenant AND source_id IN (SELECT value FROM json_each(:ids))
UNION SELECT claim_id FROM derived_from WHERE tenant = :tenant AND antecedent_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT answer_id FROM used WHERE tenant = :tenant AND item_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT answer_id FROM asserts WHERE tenant = :tenant AND claim_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT older_id FROM supersedes WHERE tenant = :tenant AND claim_id IN (SELECT value FROM json_each(:ids))
    AND audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT replaces FROM source WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids)) AND replaces IS NOT NULL;

-- name: visible
-- Those of the items that the reader may see, by id.
SELECT id FROM (
    SELECT id FROM source WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND audience IN (SELECT value FROM json_each(:audiences))
    UNION ALL SELECT id FROM passage WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND audience IN (SELECT value FROM json_each(:audiences))
    UNION ALL SELECT id FROM claim WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND audience IN (SELECT value FROM json_each(:audiences))
    UNION ALL SELECT id FROM answer WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND audience IN (SELECT value FROM json_each(:audiences))
) ORDER BY id;

-- name: edges
-- All edges between items of a set: dependent, antecedent, relation, and what else there is to say of each.
SELECT passage.id, passage.source_id, 'PART_OF', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = one.value
WHERE passage.source_id IN (SELECT value FROM json_each(:ids))
UNION ALL SELECT claim_id, antecedent_id, 'DERIVED_FROM', justification, quote, first, last, extractor, run_id, step, 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = one.value
WHERE antecedent_id IN (SELECT value FROM json_each(:ids)) AND derived_from.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT answer_id, item_id, 'USED', '', '', 0, 0, '', '', '', rank, score
FROM json_each(:ids) AS one CROSS JOIN used ON used.tenant = :tenant AND used.answer_id = one.value
WHERE item_id IN (SELECT value FROM json_each(:ids)) AND used.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT answer_id, claim_id, 'ASSERTS', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN asserts ON asserts.tenant = :tenant AND asserts.answer_id = one.value
WHERE claim_id IN (SELECT value FROM json_each(:ids)) AND asserts.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT claim_id, older_id, 'SUPERSEDES', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN supersedes ON supersedes.tenant = :tenant AND supersedes.claim_id = one.value
WHERE older_id IN (SELECT value FROM json_each(:ids)) AND supersedes.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT source.id, source.replaces, 'REPLACES', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN source ON source.tenant = :tenant AND source.id = one.value
WHERE source.replaces IN (SELECT value FROM json_each(:ids));

-- name: decisions_about
-- All decisions about these items that the reader may see, oldest first.
SELECT tenant, id, audience, item_id, reason, actor, at, kind, lifted_at, lifted_by
FROM retraction WHERE tenant = :tenant AND item_id IN (SELECT value FROM json_each(:ids))
AND audience IN (SELECT value FROM json_each(:audiences)) ORDER BY at, id;
