// Lineage, one step at a time: which relations lead where, and what stands at their other end. What the scope may not
// see is not told, so nothing is reached through it.

// name: decisions
// The decisions about some items, oldest first.
UNWIND $ids AS id
MATCH (item:Source|Claim {tenant: $tenant, id: id})<-[:WITHDRAWS]-(n:Retraction)
WHERE n.audience IN $audiences
RETURN properties(n) AS row ORDER BY n.at, n.id;

// name: root
// The item that is asked about.
MATCH (n:Source|Passage|Claim|Answer {tenant: $tenant, id: $id})
WHERE n.audience IN $audiences
RETURN labels(n) AS labels;

// name: upstream
// What some items rest on, and what stands in their place.
UNWIND $ids AS id
MATCH (n:Source|Passage|Claim|Answer {tenant: $tenant, id: id})
CALL (n) {
  MATCH (n)-[r:PART_OF|DERIVED_FROM|USED|ASSERTS]->(other)
  RETURN r, other, n.id AS dependent, other.id AS antecedent
  UNION ALL
  MATCH (n)<-[r:SUPERSEDES|REPLACES]-(other)
  RETURN r, other, other.id AS dependent, n.id AS antecedent
}
WITH r, other, dependent, antecedent
WHERE r.audience IN $audiences AND other.audience IN $audiences
RETURN dependent, antecedent, type(r) AS relation, r.justification AS justification, r.quote AS quote,
  r.start AS start, r.end AS end, r.extractor AS extractor, r.run_id AS run_id, r.step AS step, r.rank AS rank,
  r.score AS score, other.id AS other, labels(other) AS labels;

// name: downstream
// What rests on some items, and in whose place they stand.
UNWIND $ids AS id
MATCH (n:Source|Passage|Claim|Answer {tenant: $tenant, id: id})
CALL (n) {
  MATCH (n)<-[r:PART_OF|DERIVED_FROM|USED|ASSERTS]-(other)
  RETURN r, other, other.id AS dependent, n.id AS antecedent
  UNION ALL
  MATCH (n)-[r:SUPERSEDES|REPLACES]->(other)
  RETURN r, other, n.id AS dependent, other.id AS antecedent
}
WITH r, other, dependent, antecedent
WHERE r.audience IN $audiences AND other.audience IN $audiences
RETURN dependent, antecedent, type(r) AS relation, r.justification AS justification, r.quote AS quote,
  r.start AS start, r.end AS end, r.extractor AS extractor, r.run_id AS run_id, r.step AS step, r.rank AS rank,
  r.score AS score, other.id AS other, labels(other) AS labels;
