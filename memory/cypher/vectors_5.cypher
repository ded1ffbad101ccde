// Vectors on Neo4j 5.26 LTS: the index knows no tenant, so what is not the scope's is looked past.
// SLOT is a or b: whose vectors (`neo4j_dialect.py`).

// name: index (not of a tenant)
// The vector index over everything that is searched.
CREATE VECTOR INDEX stemma_vectors_SLOT IF NOT EXISTS FOR (n:Searchable) ON n.embedding_SLOT
OPTIONS $options;

// name: nearest
// The nearest of the whole database: `seen` of them, those that the scope may recall in `rows`.
CALL db.index.vector.queryNodes('stemma_vectors_SLOT', $fetch, $vector) YIELD node AS entry, score
MATCH (entry)-[:STANDS_FOR]->(n)
WITH n, score, n.id AS id
ORDER BY score DESC, id
WITH count(*) AS seen, collect(
  CASE WHEN n.tenant = $tenant AND n.audience IN $audiences AND n.recallable
  THEN {id: id, score: score, kind: CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END, title: n.title} END
) AS found
RETURN seen, found[..$k] AS rows, COLLECT { MATCH (s:StemmaSetting {key: 'embedder'}) RETURN s.slot } AS slots;
