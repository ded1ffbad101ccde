// Vectors on Neo4j 2026.08 or newer: tenant and audience are filtered inside the index, before the k nearest.
// SLOT is a or b: whose vectors (`neo4j_dialect.py`).

// name: index (not of a tenant)
// The vector index over everything that is searched.
CYPHER 25
CREATE VECTOR INDEX stemma_vectors_SLOT IF NOT EXISTS FOR (n:Searchable) ON n.embedding_SLOT
WITH [n.tenant, n.audience] OPTIONS $options;

// name: nearest
// The nearest of what the scope may see: `seen` of them, the recallable ones in `rows`. The index takes AND of
// equalities only, so each audience is searched by itself, then merged.
CYPHER 25
UNWIND $audiences AS audience
CALL (audience) {
  MATCH (entry:Searchable)
  SEARCH entry IN (
    VECTOR INDEX stemma_vectors_SLOT FOR $vector
    WHERE entry.tenant = $tenant AND entry.audience = audience
    LIMIT $fetch
  ) SCORE AS score
  RETURN entry, score
}
MATCH (entry)-[:STANDS_FOR]->(n)
WITH n, score, n.id AS id
ORDER BY score DESC, id
LIMIT $fetch
WITH count(*) AS seen, collect(
  CASE WHEN n.recallable
  THEN {id: id, score: score, kind: CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END, title: n.title} END
) AS found
RETURN seen, found[..$k] AS rows, COLLECT { MATCH (s:StemmaSetting {key: 'embedder'}) RETURN s.slot } AS slots;
