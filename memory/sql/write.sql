-- Writes of the SQLite memory. Each runs inside one write transaction of its caller.

-- name: add_source
-- One version of a source.
INSERT INTO source (tenant, id, audience, kind, uri, title, content_hash, version, added_at, trust, replaced, replaces, metadata)
VALUES (:tenant, :id, :audience, :kind, :uri, :title, :content_hash, :version, :added_at, :trust, :replaced, :replaces, :metadata);

-- name: mark_replaced
-- A newer version of the source exists.
UPDATE source SET replaced = 1 WHERE tenant = :tenant AND id = :id;

-- name: hide_passages
-- The passages of a replaced source are no longer recalled.
UPDATE passage SET recallable = 0 WHERE tenant = :tenant AND source_id = :id;

-- name: passage_numbers
-- The search rows of a source's passages.
SELECT search_item.n FROM passage JOIN search_item ON search_item.tenant = passage.tenant AND search_item.id = passage.id
WHERE passage.tenant = :tenant AND passage.source_id = :id;

-- name: add_passage
-- A passage of a source that was just added.
INSERT INTO passage (tenant, id, audience, source_id, ordinal, title, text, first, last, page, recallable)
VALUES (:tenant, :id, :audience, :source_id, :ordinal, :title, :text, :first, :last, :page, :recallable);

-- name: add_entity
-- An entity; one that is known stays as it is.
INSERT INTO entity (tenant, id, audience, name, kind, aliases)
VALUES (:tenant, :id, :audience, :name, :kind, :aliases) ON CONFLICT DO NOTHING;

-- name: add_mention
-- An item names an entity; the audience is the item's.
INSERT INTO mentions (tenant, item_id, entity_id, first, last, audience)
VALUES (:tenant, :item_id, :entity_id, :first, :last, :audience) ON CONFLICT DO NOTHING;

-- name: add_claim
-- A claim; one that is known keeps its text and flags.
INSERT INTO claim (tenant, id, audience, text, recorded_at, subject, predicate, object, confidence, quarantined, reason, valid_from, valid_to, expired_at, recallable)
VALUES (:tenant, :id, :audience, :text, :recorded_at, :subject, :predicate, :object, :confidence, :quarantined, :reason, :valid_from, :valid_to, :expired_at, :recallable)
ON CONFLICT DO NOTHING RETURNING id;

-- name: add_answer
-- An answer; no row comes back when it is known.
INSERT INTO answer (tenant, id, audience, text, run_id, thread_id, checkpoint_id, question, recorded_at, model)
VALUES (:tenant, :id, :audience, :text, :run_id, :thread_id, :checkpoint_id, :question, :recorded_at, :model)
ON CONFLICT DO NOTHING RETURNING id;

-- name: add_derivation
-- A claim rests on an antecedent.
INSERT INTO derived_from (tenant, claim_id, justification, antecedent_id, quote, first, last, extractor, run_id, step, audience)
VALUES (:tenant, :claim_id, :justification, :antecedent_id, :quote, :first, :last, :extractor, :run_id, :step, :audience)
ON CONFLICT DO NOTHING;

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
INSERT INTO search_item (n, tenant, id, audience) VALUES (:n, :tenant, :id, :audience);

-- name: add_words (not of a tenant)
-- The words of a search item; its place token holds the tenant.
INSERT INTO words (rowid, place, title, text) VALUES (:n, :place, :title, :text);

-- name: add_vector
-- The vector of a search item.
INSERT INTO vectors (n, tenant, audience, recallable, embedding) VALUES (:n, :tenant, :audience, :recallable, :embedding);

-- name: vector_of
-- A search item's vector, to be stored again in another partition.
SELECT audience, embedding FROM vectors WHERE n = :n AND tenant = :tenant;

-- name: remove_words (not of a tenant)
-- By number; the caller has it from a query of the tenant.
DELETE FROM words WHERE rowid = :n;

-- name: remove_vector (not of a tenant)
-- By number; the caller has it from a query of the tenant.
DELETE FROM vectors WHERE n = :n;

-- name: numbers_of_audiences
-- The search rows of everything with one of these audiences.
SELECT n FROM search_item WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences));

-- name: audiences_of_tenant
-- Every audience that a tenant's rows are marked with.
SELECT audience FROM source WHERE tenant = :tenant
UNION SELECT audience FROM search_item WHERE tenant = :tenant
UNION SELECT audience FROM entity WHERE tenant = :tenant
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
-- A property of the whole store, settled once.
INSERT INTO setting (name, value) VALUES (:name, :value);

-- name: make_vectors (not of a tenant)
-- The vector index, once the embedder is known; {dimension} is a whole number. Small chunks: each narrow audience has its own.
CREATE VIRTUAL TABLE vectors USING vec0 (
    n INTEGER PRIMARY KEY,
    tenant TEXT PARTITION KEY,
    audience TEXT PARTITION KEY,
    recallable INTEGER PARTITION KEY,
    embedding FLOAT[{dimension}] DISTANCE_METRIC=cosine,
    chunk_size=64
);
