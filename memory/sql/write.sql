-- Writes of the SQLite memory. Each runs inside one write transaction of its caller.

-- name: add_source
-- One version of a source.
INSERT INTO source (tenant, id, audience, kind, uri, title, content_hash, version, added_at, trust, replaces, metadata,
    valid_from, valid_to, supported, withdrawn, quarantined)
VALUES (:tenant, :id, :audience, :kind, :uri, :title, :content_hash, :version, :added_at, :trust, :replaces, :metadata,
    :valid_from, :valid_to, 1, 0, 0);

-- name: add_passage
-- A passage of a source that was just added.
INSERT INTO passage (tenant, id, audience, source_id, ordinal, title, text, first, last, page, sheet, mentions,
    recallable, supported)
VALUES (:tenant, :id, :audience, :source_id, :ordinal, :title, :text, :first, :last, :page, :sheet, :mentions, 1, 1);

-- name: add_entity
-- An entity; one that is known stays as it is and gains aliases, sorted, each once.
INSERT INTO entity (tenant, id, audience, name, kind, aliases)
VALUES (:tenant, :id, :audience, :name, :kind, :aliases)
ON CONFLICT DO UPDATE SET aliases = (
    SELECT json_group_array(value) FROM (
        SELECT value FROM json_each(entity.aliases) UNION SELECT value FROM json_each(excluded.aliases) ORDER BY value
    )
) WHERE excluded.aliases <> '[]' AND excluded.aliases <> entity.aliases;

-- name: add_claim
-- A claim with what it mentions; one that is known keeps its text and flags. The flags of a new one are a first guess, to be worked out.
INSERT INTO claim (tenant, id, audience, text, recorded_at, subject, predicate, object, confidence, reason, valid_from, valid_to, expired_at,
    quarantined, withdrawn, searched, mentions, recallable, supported, stale)
VALUES (:tenant, :id, :audience, :text, :recorded_at, :subject, :predicate, :object, :confidence, '', :valid_from, :valid_to, :expired_at,
    0, 0, :searched, :mentions, 1, 1, 0)
ON CONFLICT DO NOTHING RETURNING id;

-- name: add_answer
-- An answer; no row comes back when it is known.
INSERT INTO answer (tenant, id, audience, text, run_id, thread_id, checkpoint_id, question, recorded_at, model, supported, stale)
VALUES (:tenant, :id, :audience, :text, :run_id, :thread_id, :checkpoint_id, :question, :recorded_at, :model, 1, 0)
ON CONFLICT DO NOTHING RETURNING id;

-- name: add_retraction
-- A decision about an item; its audience is the item's. No row comes back when its id is known.
INSERT INTO retraction (tenant, id, audience, item_id, reason, actor, at, kind, lifted_at, lifted_by, authority)
VALUES (:tenant, :id, :audience, :item_id, :reason, :actor, :at, :kind, :lifted_at, :lifted_by, :authority)
ON CONFLICT DO NOTHING RETURNING id;

-- name: add_derivation
-- A claim rests on an antecedent.
INSERT INTO derived_from (tenant, claim_id, justification, antecedent_id, quote, first, last, extractor, run_id, step, audience,
    recorded_at)
VALUES (:tenant, :claim_id, :justification, :antecedent_id, :quote, :first, :last, :extractor, :run_id, :step, :audience,
    :recorded_at)
ON CONFLICT DO NOTHING;

-- name: touch_claims
-- Claims that got a reason, or superseded another one, after they were recorded: a look at the past begins with them.
UPDATE claim SET touched_at = :at WHERE tenant = :tenant AND id IN (SELECT value FROM json_each(:ids))
AND recorded_at < :at AND coalesce(touched_at, '') < :at;

-- name: add_use
-- Recall had put an item before the run.
INSERT INTO used (tenant, answer_id, item_id, rank, score, audience)
VALUES (:tenant, :answer_id, :item_id, :rank, :score, :audience) ON CONFLICT DO NOTHING;

-- name: add_assertion
-- An answer states a claim.
INSERT INTO asserts (tenant, answer_id, claim_id, ordinal, audience)
VALUES (:tenant, :answer_id, :claim_id, :ordinal, :audience) ON CONFLICT DO NOTHING;

-- name: next_number (not of a tenant)
-- The first number that no item is searched under; the write lock keeps it free.
SELECT coalesce(max(n), 0) + 1 FROM search_item;

-- name: add_search_item
-- The number under which an item is searched.
INSERT INTO search_item (n, tenant, id, audience, recallable, revision)
VALUES (:n, :tenant, :id, :audience, :recallable, :revision);

-- name: add_words (not of a tenant)
-- The words of a search item; its place token holds the tenant.
INSERT INTO words (rowid, place, title, text) VALUES (:n, :place, :title, :text);

-- name: add_sentences (not of a tenant)
-- The packed sentence vectors of a passage, by the number that it has just got.
INSERT INTO sentences (n, vectors) VALUES (:n, :vectors);

-- name: raise_revision
-- One more writing transaction of the tenant; its number.
INSERT INTO revision (tenant, number, erasures) VALUES (:tenant, 1, 0)
ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number;

-- name: raise_erasures
-- Something of the tenant was removed.
INSERT INTO revision (tenant, number, erasures) VALUES (:tenant, 1, 1)
ON CONFLICT DO UPDATE SET number = number + 1, erasures = erasures + 1;

-- name: remove_words (not of a tenant)
-- By number; the caller has it from a query of the tenant.
DELETE FROM words WHERE rowid = :n;

-- name: remove_sentences (not of a tenant)
-- By number; the caller has it from a query of the tenant.
DELETE FROM sentences WHERE n = :n;

-- name: remove_next_vector (not of a tenant)
-- By number; the caller has it from a query of the tenant.
DELETE FROM next_vectors WHERE n = :n;

-- name: numbers_of_audiences
-- The search rows of everything with one of these audiences.
SELECT n FROM search_item WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences));

-- name: audiences_of_tenant
-- Every audience that a tenant's rows are marked with.
SELECT audience FROM source WHERE tenant = :tenant
UNION SELECT audience FROM search_item WHERE tenant = :tenant
UNION SELECT audience FROM entity WHERE tenant = :tenant
UNION SELECT audience FROM claim WHERE tenant = :tenant
UNION SELECT audience FROM answer WHERE tenant = :tenant
UNION SELECT audience FROM retraction WHERE tenant = :tenant;

-- name: erase_rows
-- Everything in one table with one of these audiences; {table} is one of a closed set.
DELETE FROM {table} WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences));

-- name: merge_words (not of a tenant)
-- Rewrite the full-text index, so that the words of erased rows are gone from the file.
INSERT INTO words (words) VALUES ('optimize');

-- name: read_setting (not of a tenant)
-- A property of the whole store.
SELECT value FROM setting WHERE name = :name;

-- name: write_setting (not of a tenant)
-- A property of the whole store.
INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT DO UPDATE SET value = excluded.value;
