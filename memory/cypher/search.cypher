// The two searches. Only recallable items of the scope's audiences can come out of either.

// name: text
// By words: `query` requires one of the reach words of the scope, which weigh nothing, and one of the terms.
CALL db.index.fulltext.queryNodes('stemma_words', $query, {limit: $k}) YIELD node, score
WHERE node.tenant = $tenant
RETURN node.id AS id, score, labels(node)[0] AS kind, node.title AS title
ORDER BY score DESC, id;

// name: vector
// By vector: the index takes AND of equalities only, so each audience is searched by itself, then merged.
CYPHER 25
UNWIND $audiences AS audience
CALL (audience) {
  MATCH (n:Passage|Claim)
  SEARCH n IN (
    VECTOR INDEX stemma_vectors FOR $vector
    WHERE n.tenant = $tenant AND n.audience = audience AND n.recallable = true
    LIMIT $k
  ) SCORE AS score
  RETURN n, score
}
WITH n, n.id AS id, score
ORDER BY score DESC, id
LIMIT $k
RETURN id, score, labels(n)[0] AS kind, n.title AS title
ORDER BY score DESC, id;
