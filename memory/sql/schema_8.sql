-- Schema 8: what consolidation found: sources and claims that say the same as another one, and memories that nobody used.
-- `search_item.recallable` is 0 while the item is hidden, whatever its flags are: another one is shown in its place.

ALTER TABLE search_item ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

-- One run, and how much it merged and demoted; it is kept when it is undone.
CREATE TABLE consolidation (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    audience TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    sources INTEGER NOT NULL,
    claims INTEGER NOT NULL,
    demoted INTEGER NOT NULL,
    undone_at TEXT,
    undone_by TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX consolidation_newest ON consolidation (tenant, audience, at);

-- A source or claim that says the same as another one; `hidden` is derived: a better one of those that say it is current.
CREATE TABLE duplicates (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    canonical_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    node TEXT NOT NULL,
    rule TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    consolidation_id TEXT NOT NULL,
    PRIMARY KEY (tenant, id, canonical_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX duplicates_canonical ON duplicates (tenant, canonical_id);
CREATE INDEX duplicates_made ON duplicates (tenant, consolidation_id);

-- A source or claim that is recalled below the rest, until it is used.
CREATE TABLE demotion (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    rule TEXT NOT NULL,
    audience TEXT NOT NULL,
    node TEXT NOT NULL,
    consolidation_id TEXT NOT NULL,
    PRIMARY KEY (tenant, id, rule)
) WITHOUT ROWID, STRICT;
CREATE INDEX demotion_made ON demotion (tenant, consolidation_id);
