-- Schema 6: claims that contradict each other. Nothing had ever written the table of schema 1.
-- `claim_id` is the newer one; the audience is the narrower one's. `resolution` is empty while nobody has decided, and
-- `decision` names the retraction by which one side was taken back, if that happened.

DROP TABLE contradicts;
CREATE TABLE contradicts (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    slot TEXT NOT NULL,
    ours TEXT NOT NULL,
    theirs TEXT NOT NULL,
    about TEXT NOT NULL,
    our_quote TEXT NOT NULL,
    their_quote TEXT NOT NULL,
    detector TEXT NOT NULL,
    found_at TEXT NOT NULL,
    resolution TEXT NOT NULL,
    resolved_by TEXT NOT NULL,
    resolved_at TEXT,
    reason TEXT NOT NULL,
    decision TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX contradicts_claim ON contradicts (tenant, claim_id);
CREATE INDEX contradicts_other ON contradicts (tenant, other_id);
CREATE INDEX contradicts_newest ON contradicts (tenant, audience, found_at);
