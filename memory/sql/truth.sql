-- Decisions of the SQLite memory: what may be decided about, and what is written. `sqlite_support.py` does the rest.

-- name: decidable
-- A source or claim, whoever may see it: its label, audience, whether it is taken back, and when it was recorded.
SELECT 'Source', audience, withdrawn, quarantined, added_at FROM source WHERE tenant = :tenant AND id = :id
UNION ALL SELECT 'Claim', audience, withdrawn, quarantined, recorded_at FROM claim WHERE tenant = :tenant AND id = :id;

-- name: decision
-- One decision, whoever may see it.
SELECT tenant, id, audience, item_id, reason, actor, at, kind, lifted_at, lifted_by, authority
FROM retraction WHERE tenant = :tenant AND id = :id;

-- name: lift
-- A decision does not hold any longer.
UPDATE retraction SET lifted_at = :lifted_at, lifted_by = :lifted_by WHERE tenant = :tenant AND id = :id;

-- name: add_supersession
-- A claim stands in an older one's place; the audience is the older one's. No row comes back when it is known.
INSERT INTO supersedes (tenant, claim_id, older_id, audience, recorded_at) VALUES (:tenant, :newer, :older, :audience, :at)
ON CONFLICT DO NOTHING RETURNING claim_id;
