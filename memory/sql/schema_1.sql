-- Schema 1: every node and relation of memory, from the start. Tenant and audience stand in every row.
-- A Passage's PART_OF is its source_id, a Source's REPLACES its replaces, a Retraction's WITHDRAWS its item_id.
-- `withdrawn` and `quarantined` follow the open retractions; `supported`, `recallable` and `stale` are derived from them
-- and from the lineage (lineage/support.py). A source is replaced while a newer supported version exists: no column.
-- `search_item` numbers what is searched: its n is the row of `words`, of `sentences` and of `vectors` (made when the
-- embedder is known).

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID, STRICT;

-- How often a tenant was written, and how often something of it was removed. The row outlives its tenant's items.
CREATE TABLE revision (
    tenant TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    erasures INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE source (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    supported INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    kind TEXT NOT NULL,
    uri TEXT NOT NULL,
    title TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    version INTEGER NOT NULL,
    added_at TEXT NOT NULL,
    trust REAL NOT NULL,
    replaces TEXT,
    metadata TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX source_version ON source (tenant, audience, uri, version);
CREATE INDEX source_newest ON source (tenant, audience, added_at);
CREATE INDEX source_replaces ON source (tenant, replaces) WHERE replaces IS NOT NULL;

CREATE TABLE passage (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    supported INTEGER NOT NULL,
    recallable INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    page INTEGER,
    sheet TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX passage_source ON passage (tenant, source_id, ordinal);
CREATE INDEX passage_audience ON passage (tenant, audience);

CREATE TABLE entity (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    aliases TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX entity_name ON entity (tenant, audience, name);

CREATE TABLE claim (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    supported INTEGER NOT NULL,
    recallable INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    searched INTEGER NOT NULL,
    text TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    subject TEXT NOT NULL,
    predicate TEXT NOT NULL,
    object TEXT NOT NULL,
    confidence REAL NOT NULL,
    reason TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    expired_at TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX claim_newest ON claim (tenant, audience, recorded_at);
CREATE INDEX claim_unsupported ON claim (tenant, audience, recorded_at) WHERE supported = 0;

CREATE TABLE answer (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    supported INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    text TEXT NOT NULL,
    run_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    question TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    model TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX answer_newest ON answer (tenant, audience, recorded_at);
CREATE INDEX answer_unsupported ON answer (tenant, audience, recorded_at) WHERE supported = 0;

-- A decision about a source or claim; its audience is the item's.
CREATE TABLE retraction (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    item_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    lifted_at TEXT,
    lifted_by TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX retraction_item ON retraction (tenant, item_id);
CREATE INDEX retraction_newest ON retraction (tenant, audience, at);

CREATE TABLE mentions (
    tenant TEXT NOT NULL,
    item_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, item_id, entity_id, first)
) WITHOUT ROWID, STRICT;
CREATE INDEX mentions_entity ON mentions (tenant, entity_id);

CREATE TABLE relates_to (
    tenant TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, entity_id, other_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE derived_from (
    tenant TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    justification TEXT NOT NULL,
    antecedent_id TEXT NOT NULL,
    quote TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    extractor TEXT NOT NULL,
    run_id TEXT NOT NULL,
    step TEXT NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, claim_id, justification, antecedent_id, first, last)
) WITHOUT ROWID, STRICT;
CREATE INDEX derived_from_antecedent ON derived_from (tenant, antecedent_id);

CREATE TABLE used (
    tenant TEXT NOT NULL,
    answer_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    score REAL NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, answer_id, item_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX used_item ON used (tenant, item_id);

CREATE TABLE asserts (
    tenant TEXT NOT NULL,
    answer_id TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, answer_id, claim_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX asserts_claim ON asserts (tenant, claim_id);

CREATE TABLE supersedes (
    tenant TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    older_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, claim_id, older_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX supersedes_older ON supersedes (tenant, older_id);

CREATE TABLE contradicts (
    tenant TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, claim_id, other_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE search_item (
    n INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    recallable INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX search_item_audience ON search_item (tenant, audience);
CREATE INDEX search_item_revision ON search_item (tenant, revision);

-- The packed sentence vectors of a passage (recall/sentence_blob.py), by its number.
CREATE TABLE sentences (
    n INTEGER PRIMARY KEY,
    vectors BLOB NOT NULL
) STRICT;

-- What a reindexing has made so far, by number, until it takes the place of `vectors` and `sentences`.
CREATE TABLE next_vectors (
    n INTEGER PRIMARY KEY,
    embedding BLOB NOT NULL,
    sentences BLOB
) STRICT;

-- Folded and stemmed words, so that every store finds the same; `place` holds one token for the tenant and audience.
-- What is not recallable keeps its row and is left out by the join with `search_item`.
CREATE VIRTUAL TABLE words USING fts5 (
    place, title, text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0"
);
INSERT INTO words (words, rank) VALUES ('rank', 'bm25(0.0, 3.0, 1.0)');
