// The searches that are the same on every server. Only recallable items of the scope's audiences come out.
// SLOT is a or b: whose vectors (`neo4j_dialect.py`).

// name: text
// By words: `query` requires one of the reach words of the scope, which weigh nothing, and one of the terms. `seen` is
// how many the index gave, `rows` the recallable ones.
CALL db.index.fulltext.queryNodes('stemma_words', $query, {limit: $fetch}) YIELD node AS entry, score
WHERE entry.tenant = $tenant
MATCH (entry)-[:STANDS_FOR]->(n)
WITH n, score, n.id AS id
ORDER BY score DESC, id
WITH count(*) AS seen, collect(
  CASE WHEN n.recallable
  THEN {id: id, score: score, kind: CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END, title: n.title} END
) AS found
RETURN seen, found[..$k] AS rows;

// name: nearest_exactly
// The nearest of all that the scope may recall, without the vector index: what fills up when that came short.
MATCH (n:Passage|Claim {tenant: $tenant})
WHERE n.audience IN $audiences AND n.recallable AND n.hidden IS NULL
MATCH (n)<-[:STANDS_FOR]-(entry:Entry)
WHERE entry.embedding_SLOT IS NOT NULL
WITH n, n.id AS id, vector.similarity.cosine(entry.embedding_SLOT, $vector) AS score
ORDER BY score DESC, id
LIMIT $k
RETURN id, score, CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END AS kind, n.title AS title
ORDER BY score DESC, id;
