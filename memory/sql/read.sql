-- Reads of the SQLite memory. `:audiences` is a JSON list of the markings that the reader may see, `:ids` one of ids.
-- `+audience`: where ids are given, SQLite is not to look through everything that the audience may see instead.

-- name: current_source
-- The newest version under exactly one audience and uri.
SELECT tenant, id, audience, kind, uri, title, content_hash, version, added_at, trust, supported, withdrawn, quarantined,
    EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant AND newer.audience = source.audience
        AND newer.uri = source.uri AND newer.version > source.version AND newer.supported), metadata
FROM source WHERE tenant = :tenant AND audience = :audience AND uri = :uri ORDER BY version DESC LIMIT 1;

-- name: sources
-- Those of the sources that the reader may see.
SELECT tenant, id, audience, kind, uri, title, content_hash, version, added_at, trust, supported, withdrawn, quarantined,
    EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant AND newer.audience = source.audience
        AND newer.uri = source.uri AND newer.version > source.version AND newer.supported), metadata
FROM source WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: passages
-- Those of the passages that the reader may see.
SELECT tenant, id, audience, source_id, ordinal, title, text, first, last, page, sheet, recallable, supported
FROM passage WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: earlier_passages
-- Passages that hold a quote in versions which a source replaces; `:quotes` is a JSON list of [source id, quote].
WITH RECURSIVE earlier (id, quote, back) AS (
    SELECT source.replaces, one.value ->> 1, 1 FROM json_each(:quotes) AS one
        CROSS JOIN source ON source.tenant = :tenant AND source.id = one.value ->> 0
        WHERE source.replaces IS NOT NULL
    UNION SELECT source.replaces, earlier.quote, earlier.back + 1 FROM earlier
        CROSS JOIN source ON source.tenant = :tenant AND source.id = earlier.id
        WHERE source.replaces IS NOT NULL AND earlier.back < :back
)
SELECT DISTINCT tenant, passage.id, audience, source_id, ordinal, title, text, first, last, page, sheet, recallable,
    supported
FROM earlier CROSS JOIN passage ON passage.tenant = :tenant AND passage.source_id = earlier.id
WHERE instr(passage.text, earlier.quote) > 0 AND +audience IN (SELECT value FROM json_each(:audiences))
ORDER BY passage.id;

-- name: entities
-- Those of the entities that the reader may see.
SELECT tenant, id, audience, name, kind, aliases
FROM entity WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: claims
-- Those of the claims that the reader may see.
SELECT tenant, id, audience, text, recorded_at, subject, predicate, object, confidence, reason, valid_from, valid_to, expired_at,
    quarantined, withdrawn, searched, recallable, supported, stale
FROM claim WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: answers
-- Those of the answers that the reader may see, with what they used and asserted.
SELECT tenant, id, audience, text, run_id, thread_id, checkpoint_id, question, recorded_at, model, supported, stale,
    (SELECT json_group_array(json_array(item_id, rank, score)) FROM (SELECT item_id, rank, score FROM used
        WHERE used.tenant = answer.tenant AND used.answer_id = answer.id ORDER BY rank)),
    (SELECT json_group_array(claim_id) FROM (SELECT claim_id FROM asserts
        WHERE asserts.tenant = answer.tenant AND asserts.answer_id = answer.id ORDER BY ordinal))
FROM answer WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: derivations
-- What claims were derived from.
SELECT claim_id, antecedent_id, justification, quote, first, last, extractor, run_id, step
FROM derived_from WHERE tenant = :tenant AND claim_id IN (SELECT value FROM json_each(:ids))
AND +audience IN (SELECT value FROM json_each(:audiences)) ORDER BY claim_id, justification, antecedent_id, first;

-- name: audiences
-- Whose the passages, claims and answers among the ids are, whoever may see them.
SELECT id, audience FROM passage WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
UNION ALL SELECT id, audience FROM claim WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
UNION ALL SELECT id, audience FROM answer WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids));

-- name: retractions
-- Those of the decisions that the reader may see.
SELECT tenant, id, audience, item_id, reason, actor, at, kind, lifted_at, lifted_by, authority
FROM retraction WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
AND +audience IN (SELECT value FROM json_each(:audiences));

-- name: list_sources
-- A page of sources, newest first; {standing} is one of the conditions below.
SELECT id FROM source WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND {standing}
ORDER BY added_at DESC, id LIMIT :limit OFFSET :offset;

-- name: sources_under
-- All sources whose address begins with :prefix, newest first: a range, and a join in this order, so that the index of
-- addresses serves it.
SELECT source.id FROM json_each(:audiences) AS audience CROSS JOIN source ON source.audience = audience.value
WHERE source.tenant = :tenant AND source.uri >= :prefix AND source.uri < :prefix || char(1114111)
ORDER BY source.added_at DESC, source.id;

-- name: list_passages
-- A page of passages: those of the newest source first, in their order.
SELECT passage.id FROM source CROSS JOIN passage ON passage.tenant = source.tenant AND passage.source_id = source.id
WHERE source.tenant = :tenant AND source.audience IN (SELECT value FROM json_each(:audiences)) AND {standing}
ORDER BY source.added_at DESC, source.id, passage.ordinal LIMIT :limit OFFSET :offset;

-- name: list_entities
-- A page of entities by name.
SELECT id FROM entity WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND {standing}
ORDER BY name, id LIMIT :limit OFFSET :offset;

-- name: list_claims
-- A page of claims, newest first.
SELECT id FROM claim WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND {standing}
ORDER BY recorded_at DESC, id LIMIT :limit OFFSET :offset;

-- name: list_answers
-- A page of answers, newest first.
SELECT id FROM answer WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND {standing}
ORDER BY recorded_at DESC, id LIMIT :limit OFFSET :offset;

-- name: list_retractions
-- A page of decisions, newest first.
SELECT id FROM retraction WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND {standing}
ORDER BY at DESC, id LIMIT :limit OFFSET :offset;

-- name: is_any (not of a tenant)
-- A condition for {standing}: nothing is left out.
TRUE;

-- name: is_unsupported (not of a tenant)
-- A condition for {standing}, written out so that an index of these rows alone serves it.
{table}.supported = 0;

-- name: is_withdrawn (not of a tenant)
-- A condition for {standing}.
{table}.withdrawn = 1;

-- name: is_quarantined (not of a tenant)
-- A condition for {standing}.
{table}.quarantined = 1;

-- name: is_stale (not of a tenant)
-- A condition for {standing}.
{table}.stale = 1;

-- name: is_open (not of a tenant)
-- A condition for {standing}: a decision that was not lifted.
{table}.lifted_at IS NULL;

-- name: is_replaced (not of a tenant)
-- A condition for {standing}: a source with a newer supported version.
EXISTS (SELECT 1 FROM source AS newer WHERE newer.tenant = source.tenant AND newer.audience = source.audience
    AND newer.uri = source.uri AND newer.version > source.version AND newer.supported);

-- name: count_rows
-- How many rows of one table the reader may see; {table} is one of a closed set, {standing} a condition from above.
SELECT count(*) FROM {table} WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND {standing};

-- name: count_replacements
-- How many source versions replace another one.
SELECT count(*) FROM source
WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND replaces IS NOT NULL;

-- name: search_words
-- The k best recallable items by BM25 (FTS5: k1 1.2, b .75; the title's words weigh 3). `:query` is made of quoted terms only.
SELECT found.id, found.score, passage.title
FROM (
    SELECT search_item.tenant, search_item.id, -words.rank AS score
    FROM words JOIN search_item ON search_item.n = words.rowid
    WHERE words MATCH :query AND search_item.recallable AND search_item.tenant = :tenant
    AND search_item.audience IN (SELECT value FROM json_each(:audiences))
    ORDER BY words.rank, search_item.id LIMIT :k
) AS found LEFT JOIN passage ON passage.tenant = found.tenant AND passage.id = found.id
ORDER BY found.score DESC, found.id;
