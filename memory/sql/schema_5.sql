-- Schema 5: items of a store, by namespace and key, each resting on a version of a source, whose metadata hold its value.
-- A namespace is its labels, each followed by U+001F, so that what lies below one is a range of the key.

CREATE TABLE store_item (
    tenant TEXT NOT NULL,
    audience TEXT NOT NULL,
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    source_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    ttl REAL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (tenant, audience, namespace, key)
) WITHOUT ROWID, STRICT;
CREATE INDEX store_item_expiry ON store_item (expires_at) WHERE ttl IS NOT NULL;

-- The unit vectors of an item's indexed fields, as 32-bit floats, and whose they are.
CREATE TABLE store_vector (
    tenant TEXT NOT NULL,
    audience TEXT NOT NULL,
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    field INTEGER NOT NULL,
    embedder TEXT NOT NULL,
    embedding BLOB NOT NULL,
    PRIMARY KEY (tenant, audience, namespace, key, field)
) WITHOUT ROWID, STRICT;
