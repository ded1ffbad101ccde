-- Schema 7: when everything became known, so that a belief of the past can be worked out; and when sources hold in the world.
-- What is there already gets the times that it can have had at the earliest: a derivation that of its antecedent's source,
-- else its claim's; a supersession that of its newer claim.

ALTER TABLE derived_from ADD COLUMN recorded_at TEXT NOT NULL DEFAULT '';
UPDATE derived_from SET recorded_at = coalesce(
    (SELECT source.added_at FROM passage
        CROSS JOIN source ON source.tenant = passage.tenant AND source.id = passage.source_id
        WHERE passage.tenant = derived_from.tenant AND passage.id = derived_from.antecedent_id),
    (SELECT claim.recorded_at FROM claim WHERE claim.tenant = derived_from.tenant AND claim.id = derived_from.claim_id),
    '');
ALTER TABLE supersedes ADD COLUMN recorded_at TEXT NOT NULL DEFAULT '';
UPDATE supersedes SET recorded_at = coalesce(
    (SELECT claim.recorded_at FROM claim WHERE claim.tenant = supersedes.tenant AND claim.id = supersedes.claim_id), '');

-- When a claim last got a reason, or superseded another one, after it was recorded; NULL for nearly all.
ALTER TABLE claim ADD COLUMN touched_at TEXT;
UPDATE claim SET touched_at = (SELECT max(derived_from.recorded_at) FROM derived_from
    WHERE derived_from.tenant = claim.tenant AND derived_from.claim_id = claim.id
    AND derived_from.recorded_at > claim.recorded_at);

-- When what a source says holds in the world, as its metadata state it; empty where they do not.
ALTER TABLE source ADD COLUMN valid_from TEXT NOT NULL DEFAULT '';
ALTER TABLE source ADD COLUMN valid_to TEXT NOT NULL DEFAULT '';
UPDATE source SET valid_from = coalesce(metadata ->> '$.valid_from', ''), valid_to = coalesce(metadata ->> '$.valid_to', '')
WHERE metadata ->> '$.valid_from' IS NOT NULL OR metadata ->> '$.valid_to' IS NOT NULL;

CREATE INDEX source_added ON source (tenant, added_at);
CREATE INDEX source_following ON source (tenant, added_at) WHERE replaces IS NOT NULL;
CREATE INDEX source_valid_from ON source (tenant, valid_from) WHERE valid_from <> '';
CREATE INDEX source_valid_to ON source (tenant, valid_to) WHERE valid_to <> '';
CREATE INDEX claim_recorded ON claim (tenant, recorded_at);
CREATE INDEX claim_touched ON claim (tenant, touched_at) WHERE touched_at IS NOT NULL;
CREATE INDEX claim_valid_from ON claim (tenant, valid_from) WHERE valid_from <> '';
CREATE INDEX claim_valid_to ON claim (tenant, valid_to) WHERE valid_to < '9999-12-31';
CREATE INDEX answer_recorded ON answer (tenant, recorded_at);
CREATE INDEX retraction_made ON retraction (tenant, at);
CREATE INDEX retraction_lifted ON retraction (tenant, lifted_at) WHERE lifted_at IS NOT NULL;
