-- Schema 12: derived_from as a table with an index beside it, not inside of one. Its rows hold quotes, so few went on a
-- page of the index that it was, and a new one moved those of two pages.

CREATE TABLE derivations (
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
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (tenant, claim_id, justification, antecedent_id, first, last)
) STRICT;
INSERT INTO derivations (tenant, claim_id, justification, antecedent_id, quote, first, last, extractor, run_id, step,
    audience, recorded_at)
SELECT tenant, claim_id, justification, antecedent_id, quote, first, last, extractor, run_id, step, audience, recorded_at
FROM derived_from ORDER BY tenant, claim_id;
DROP TABLE derived_from;
ALTER TABLE derivations RENAME TO derived_from;
CREATE INDEX derived_from_antecedent ON derived_from (tenant, antecedent_id, claim_id);
