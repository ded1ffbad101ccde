// Another embedder takes the database over. SLOT is whose vectors recall uses, FREE the other one (`neo4j_dialect.py`).
// All but one of these are about every tenant: an index has one embedder.

// name: begin (not of a tenant)
// Remember which embedder is to take over.
MERGE (n:StemmaSetting {key: 'reindex'})
SET n.name = $name, n.dimension = $dimension, n.slot = $free;

// name: written (not of a tenant)
// Whether anything has a vector of the embedder that is to take over.
RETURN EXISTS { MATCH (entry:Entry) WHERE entry.embedding_FREE IS NOT NULL } AS written;

// name: unindexed (not of a tenant)
// Some items that still need a vector.
MATCH (entry:Entry)
WHERE entry.embedding_SLOT IS NOT NULL AND entry.embedding_FREE IS NULL
WITH entry LIMIT $limit
MATCH (entry)-[:STANDS_FOR]->(n)
RETURN n.tenant AS tenant, n.id AS id, coalesce(n.title, '') AS title, n.text AS text,
  entry.sentences_SLOT AS sentences;

// name: count_unindexed (not of a tenant)
// How many items still need a vector.
MATCH (entry:Entry)
WHERE entry.embedding_SLOT IS NOT NULL AND entry.embedding_FREE IS NULL
RETURN count(entry) AS count;

// name: sentences (not of a tenant)
// The items that are to get a vector, with the sentences they have.
UNWIND $rows AS row
MATCH (n:Passage|Claim {tenant: row.tenant, id: row.id})<-[:STANDS_FOR]-(entry:Entry)
WHERE entry.embedding_SLOT IS NOT NULL
RETURN n.tenant AS tenant, n.id AS id, entry.sentences_SLOT AS sentences;

// name: put (not of a tenant)
// Store vectors, unless another embedder is to take over by now.
MATCH (:StemmaSetting {key: 'reindex', name: $name, dimension: $dimension, slot: $free})
UNWIND $rows AS row
MATCH (n:Passage|Claim {tenant: row.tenant, id: row.id})<-[:STANDS_FOR]-(entry:Entry)
SET entry.embedding_FREE = row.vector, entry.sentences_FREE = row.sentences;

// name: lock_tenants (not of a tenant)
// From here to the end of the transaction nobody writes to any tenant.
MATCH (t:StemmaTenant)
WITH t ORDER BY t.tenant
SET t.locked = $turn;

// name: lock_embedder (not of a tenant)
// Nor to a tenant that is made right now.
MERGE (n:StemmaSetting {key: 'embedder'}) SET n.turn = $turn;

// name: left (not of a tenant)
// Whether anything still needs a vector.
RETURN EXISTS { MATCH (e:Entry) WHERE e.embedding_SLOT IS NOT NULL AND e.embedding_FREE IS NULL } AS left;

// name: switch (not of a tenant)
// Recall uses the new embedder's vectors from here on, and what processes remember is worth nothing.
MATCH (next:StemmaSetting {key: 'reindex'})
MATCH (n:StemmaSetting {key: 'embedder'})
SET n.name = next.name, n.dimension = next.dimension, n.slot = next.slot
DELETE next
WITH n
MATCH (t:StemmaTenant)
SET t.erasures = t.erasures + 1;

// name: abandon (not of a tenant)
// Nobody is to take over.
MATCH (n:StemmaSetting {key: 'reindex'}) DELETE n;

// name: drop_index (not of a tenant)
// The index of the free slot: its size is that of another embedder.
DROP INDEX stemma_vectors_FREE IF EXISTS;

// name: clear (not of a tenant)
// Remove some vectors of the free slot; says how many.
MATCH (entry:Entry) WHERE entry.embedding_FREE IS NOT NULL
WITH entry LIMIT $most
REMOVE entry.embedding_FREE, entry.sentences_FREE
RETURN count(*) AS gone;
