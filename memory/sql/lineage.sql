-- Lineage in the SQLite memory, one step at a time. `:ids` is a JSON list of the items that the last step came to,
-- `:audiences` one of the markings that the reader may see. CROSS JOIN keeps the order of the tables: each item is looked
-- up once, whatever else the tenant holds.

-- name: upstream
-- What items rest on, and what stands in their place.
SELECT passage.source_id FROM json_each(:ids) AS one
    CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = one.value
UNION SELECT antecedent_id FROM json_each(:ids) AS one
    CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = one.value
    WHERE derived_from.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT item_id FROM json_each(:ids) AS one
    CROSS JOIN used ON used.tenant = :tenant AND used.answer_id = one.value
    WHERE used.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT claim_id FROM json_each(:ids) AS one
    CROSS JOIN asserts ON asserts.tenant = :tenant AND asserts.answer_id = one.value
    WHERE asserts.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT claim_id FROM json_each(:ids) AS one
    CROSS JOIN supersedes INDEXED BY supersedes_older ON supersedes.tenant = :tenant AND supersedes.older_id = one.value
    WHERE supersedes.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT source.id FROM json_each(:ids) AS one
    CROSS JOIN source ON source.tenant = :tenant AND source.replaces = one.value;

-- name: downstream
-- What rests on items, and what they stand in the place of.
SELECT passage.id FROM json_each(:ids) AS one
    CROSS JOIN passage ON passage.tenant = :tenant AND passage.source_id = one.value
UNION SELECT claim_id FROM json_each(:ids) AS one
    CROSS JOIN derived_from INDEXED BY derived_from_antecedent ON derived_from.tenant = :tenant AND derived_from.antecedent_id = one.value
    WHERE derived_from.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT answer_id FROM json_each(:ids) AS one
    CROSS JOIN used INDEXED BY used_item ON used.tenant = :tenant AND used.item_id = one.value
    WHERE used.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT answer_id FROM json_each(:ids) AS one
    CROSS JOIN asserts INDEXED BY asserts_claim ON asserts.tenant = :tenant AND asserts.claim_id = one.value
    WHERE asserts.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT older_id FROM json_each(:ids) AS one
    CROSS JOIN supersedes ON supersedes.tenant = :tenant AND supersedes.claim_id = one.value
    WHERE supersedes.audience IN (SELECT value FROM json_each(:audiences))
UNION SELECT source.replaces FROM json_each(:ids) AS one
    CROSS JOIN source ON source.tenant = :tenant AND source.id = one.value
    WHERE source.replaces IS NOT NULL;

-- name: visible
-- Those of the items that the reader may see, by id.
SELECT id FROM (
    SELECT id FROM source WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND +audience IN (SELECT value FROM json_each(:audiences))
    UNION ALL SELECT id FROM passage WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND +audience IN (SELECT value FROM json_each(:audiences))
    UNION ALL SELECT id FROM claim WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND +audience IN (SELECT value FROM json_each(:audiences))
    UNION ALL SELECT id FROM answer WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
        AND +audience IN (SELECT value FROM json_each(:audiences))
) ORDER BY id;

-- name: edges
-- All edges between items of a set: dependent, antecedent, relation, and what else there is to say of each. The plus
-- keeps SQLite from looking up every pair of items.
SELECT passage.id, passage.source_id, 'PART_OF', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN passage ON passage.tenant = :tenant AND passage.id = one.value
WHERE +passage.source_id IN (SELECT value FROM json_each(:ids))
UNION ALL SELECT claim_id, antecedent_id, 'DERIVED_FROM', justification, quote, first, last, extractor, run_id, step, 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN derived_from ON derived_from.tenant = :tenant AND derived_from.claim_id = one.value
WHERE +antecedent_id IN (SELECT value FROM json_each(:ids)) AND derived_from.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT answer_id, item_id, 'USED', '', '', 0, 0, '', '', '', rank, score
FROM json_each(:ids) AS one CROSS JOIN used ON used.tenant = :tenant AND used.answer_id = one.value
WHERE +item_id IN (SELECT value FROM json_each(:ids)) AND used.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT answer_id, claim_id, 'ASSERTS', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN asserts ON asserts.tenant = :tenant AND asserts.answer_id = one.value
WHERE +claim_id IN (SELECT value FROM json_each(:ids)) AND asserts.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT claim_id, older_id, 'SUPERSEDES', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN supersedes ON supersedes.tenant = :tenant AND supersedes.claim_id = one.value
WHERE +older_id IN (SELECT value FROM json_each(:ids)) AND supersedes.audience IN (SELECT value FROM json_each(:audiences))
UNION ALL SELECT source.id, source.replaces, 'REPLACES', '', '', 0, 0, '', '', '', 0, 0.0
FROM json_each(:ids) AS one CROSS JOIN source ON source.tenant = :tenant AND source.id = one.value
WHERE +source.replaces IN (SELECT value FROM json_each(:ids));

-- name: decisions_about
-- All decisions about these items that the reader may see, oldest first.
SELECT tenant, id, audience, item_id, reason, actor, at, kind, lifted_at, lifted_by, authority
FROM retraction INDEXED BY retraction_item WHERE tenant = :tenant AND item_id IN (SELECT value FROM json_each(:ids))
AND audience IN (SELECT value FROM json_each(:audiences)) ORDER BY at, id;
