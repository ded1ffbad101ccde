-- Schema 2: what a claim relates to each other. Nothing had ever written the table of schema 1.
-- A relation holds while its claim is supported: that is looked up when it is read, so it has no flag of its own.

DROP TABLE relates_to;
CREATE TABLE relates_to (
    tenant TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    predicate TEXT NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, entity_id, other_id, claim_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX relates_to_other ON relates_to (tenant, other_id);
