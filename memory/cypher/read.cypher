// Reads by key, all rows in one record: each costs the driver more than what is in it. `audiences` is what the scope may
// see; vectors and search terms stay in the database.

// name: current_sources
// The newest version under each of these keys of an audience and uri.
UNWIND $keys AS key
MATCH (h:SourceHead {tenant: $tenant, key: key})
MATCH (n:Source {tenant: $tenant, id: h.source_id})
RETURN collect(properties(n)) AS rows;

// name: sources
// Those of the sources that the scope may see.
UNWIND $ids AS id
MATCH (n:Source {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
RETURN collect(properties(n)) AS rows;

// name: passages
// Those of the passages that the scope may see.
UNWIND $ids AS id
MATCH (n:Passage {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
RETURN collect(n {.id, .audience, .source_id, .ordinal, .title, .text, .start, .end, .page, .sheet, .recallable,
                  .supported}) AS rows;

// name: earlier_passages
// Passages that hold a quote in versions which a source replaces, nearest eight versions; $quotes has {source, quote}.
UNWIND $quotes AS one
MATCH (:Source {tenant: $tenant, id: one.source})-[:REPLACES*1..8]->(old:Source)<-[:PART_OF]-(n:Passage)
WHERE n.tenant = $tenant AND n.audience IN $audiences AND n.text CONTAINS one.quote
WITH DISTINCT n ORDER BY n.id
RETURN collect(n {.id, .audience, .source_id, .ordinal, .title, .text, .start, .end, .page, .sheet, .recallable,
                  .supported}) AS rows;

// name: claims
// Those of the claims that the scope may see.
UNWIND $ids AS id
MATCH (n:Claim {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
RETURN collect(n {.id, .audience, .text, .recorded_at, .subject, .predicate, .object, .confidence, .quarantined, .reason,
          .withdrawn, .searched, .valid_from, .valid_to, .expired_at, .recallable, .supported, .stale}) AS rows;

// name: details
// All that a recall shows of its hits, in one look: those of the passages and claims that the scope may see, and the
// sources of these passages.
CALL () {
  UNWIND $passages AS id
  MATCH (n:Passage {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
  RETURN collect(n {.id, .audience, .source_id, .ordinal, .title, .text, .start, .end, .page, .sheet, .recallable,
                    .supported}) AS passages
}
CALL () {
  UNWIND $passages AS id
  MATCH (n:Passage {tenant: $tenant, id: id})-[:PART_OF]->(source:Source)
  WHERE n.audience IN $audiences AND source.audience IN $audiences
  WITH DISTINCT source
  RETURN collect(source {.*, demoted: EXISTS { (source)<-[:DEMOTES]-() }}) AS sources
}
CALL () {
  UNWIND $claims AS id
  MATCH (n:Claim {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
  RETURN collect(n {.id, .audience, .text, .recorded_at, .subject, .predicate, .object, .confidence, .quarantined,
            .reason, .withdrawn, .searched, .valid_from, .valid_to, .expired_at, .recallable, .supported, .stale})
    AS claims,
    collect(n {.id, .stands_for, demoted: EXISTS { MATCH (n)<-[d:DEMOTES]-() WHERE d.rule <> 'stale' OR n.stale }})
    AS stated
}
CALL () {
  UNWIND $passages + $claims AS id
  MATCH (n:Passage|Claim {tenant: $tenant, id: id})<-[:DERIVED_FROM*0..1]-(said:Claim)
  WHERE n:Passage OR n = said
  MATCH (said)-[against:CONTRADICTS]-(other:Claim)
  WHERE against.audience IN $audiences AND against.resolution <> 'both-hold'
    AND other.audience IN $audiences AND other.recallable
  WITH DISTINCT id, other.id AS claim ORDER BY id, claim
  WITH id, collect(claim) AS others
  RETURN collect({id: id, others: others}) AS contradicted
}
RETURN passages, sources, claims, stated, contradicted;

// name: entities
// Those of the entities that the scope may see.
UNWIND $ids AS id
MATCH (n:Entity {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
RETURN collect(properties(n)) AS rows;

// name: answers
// Those of the answers that the scope may see, with what they used and assert, in order.
UNWIND $ids AS id
MATCH (n:Answer {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
RETURN collect(n {.id, .audience, .text, .run_id, .thread_id, .checkpoint_id, .question, .recorded_at, .model, .supported,
          .stale,
  used: COLLECT {
    MATCH (n)-[use:USED]->(item) RETURN {item_id: item.id, rank: use.rank, score: use.score} ORDER BY use.ordinal
  },
  asserts: COLLECT { MATCH (n)-[says:ASSERTS]->(claim) RETURN claim.id ORDER BY says.ordinal }
}) AS rows;

// name: retractions
// Those of the decisions that the scope may see.
UNWIND $ids AS id
MATCH (n:Retraction {tenant: $tenant, id: id}) WHERE n.audience IN $audiences
RETURN collect(properties(n)) AS rows;

// name: labels
// Which labels an item has, if the scope may see it.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction {tenant: $tenant, id: $id})
WHERE n.audience IN $audiences
RETURN labels(n) AS labels;

// name: derivations
// Upstream of claims.
UNWIND $ids AS id
MATCH (claim:Claim {tenant: $tenant, id: id})-[d:DERIVED_FROM]->(antecedent)
WHERE d.audience IN $audiences
WITH claim, d, antecedent ORDER BY d.key
RETURN collect(d {.justification, .quote, .start, .end, .extractor, .run_id, .step,
          claim_id: claim.id, antecedent_id: antecedent.id}) AS rows;

// name: page_source
// A page of sources, newest first: how many there are, and the ids of some. $flag is null, or a flag that must
// have $value.
MATCH (n:Source {tenant: $tenant})
WHERE n.audience IN $audiences AND ($flag IS NULL OR n[$flag] = $value)
WITH n ORDER BY n.added_at DESC, n.id
WITH collect(n.id) AS ids
RETURN size(ids) AS total, ids[$offset..$offset + $limit] AS ids;

// name: sources_under
// A page of the sources whose address begins with $prefix, newest first.
MATCH (n:Source {tenant: $tenant})
WHERE n.audience IN $audiences AND n.uri STARTS WITH $prefix
WITH n ORDER BY n.added_at DESC, n.id
WITH collect(n.id) AS ids
RETURN size(ids) AS total, ids[$offset..$offset + $limit] AS ids;

// name: page_passage
// A page of passages, those of the newest source first, in their order.
MATCH (n:Passage {tenant: $tenant})
WHERE n.audience IN $audiences AND ($flag IS NULL OR n[$flag] = $value)
MATCH (n)-[:PART_OF]->(source:Source)
WITH n, source ORDER BY source.added_at DESC, source.id, n.ordinal
WITH collect(n.id) AS ids
RETURN size(ids) AS total, ids[$offset..$offset + $limit] AS ids;

// name: page_entity
// A page of entities, by name.
MATCH (n:Entity {tenant: $tenant})
WHERE n.audience IN $audiences AND ($flag IS NULL OR n[$flag] = $value)
WITH n ORDER BY n.name, n.id
WITH collect(n.id) AS ids
RETURN size(ids) AS total, ids[$offset..$offset + $limit] AS ids;

// name: page_claim
// A page of claims, newest first.
MATCH (n:Claim {tenant: $tenant})
WHERE n.audience IN $audiences AND ($flag IS NULL OR n[$flag] = $value)
WITH n ORDER BY n.recorded_at DESC, n.id
WITH collect(n.id) AS ids
RETURN size(ids) AS total, ids[$offset..$offset + $limit] AS ids;

// name: page_answer
// A page of answers, newest first.
MATCH (n:Answer {tenant: $tenant})
WHERE n.audience IN $audiences AND ($flag IS NULL OR n[$flag] = $value)
WITH n ORDER BY n.recorded_at DESC, n.id
WITH collect(n.id) AS ids
RETURN size(ids) AS total, ids[$offset..$offset + $limit] AS ids;

// name: page_retraction
// A page of decisions, newest first; $flag is null, or a property that must be missing.
MATCH (n:Retraction {tenant: $tenant})
WHERE n.audience IN $audiences AND ($flag IS NULL OR n[$flag] IS NULL)
WITH n ORDER BY n.at DESC, n.id
WITH collect(n.id) AS ids
RETURN size(ids) AS total, ids[$offset..$offset + $limit] AS ids;

// name: count_nodes
// How many of each label the scope may see.
MATCH (n:Source {tenant: $tenant}) WHERE n.audience IN $audiences RETURN 'Source' AS name, count(n) AS count
UNION ALL
MATCH (n:Passage {tenant: $tenant}) WHERE n.audience IN $audiences RETURN 'Passage' AS name, count(n) AS count
UNION ALL
MATCH (n:Entity {tenant: $tenant}) WHERE n.audience IN $audiences RETURN 'Entity' AS name, count(n) AS count
UNION ALL
MATCH (n:Claim {tenant: $tenant}) WHERE n.audience IN $audiences RETURN 'Claim' AS name, count(n) AS count
UNION ALL
MATCH (n:Answer {tenant: $tenant}) WHERE n.audience IN $audiences RETURN 'Answer' AS name, count(n) AS count
UNION ALL
MATCH (n:Retraction {tenant: $tenant}) WHERE n.audience IN $audiences RETURN 'Retraction' AS name, count(n) AS count;

// name: count_relations
// How many of each relation type the scope may see.
CALL () {
  MATCH (n:Source {tenant: $tenant})-[r]->() WHERE n.audience IN $audiences AND r.audience IN $audiences
  RETURN type(r) AS name, count(r) AS count
  UNION ALL
  MATCH (n:Passage {tenant: $tenant})-[r]->() WHERE n.audience IN $audiences AND r.audience IN $audiences
  RETURN type(r) AS name, count(r) AS count
  UNION ALL
  MATCH (n:Entity {tenant: $tenant})-[r:RELATES_TO]->() WHERE n.audience IN $audiences AND r.audience IN $audiences
  AND EXISTS { MATCH (c:Claim {tenant: $tenant, id: r.claim_id}) WHERE c.supported }
  RETURN type(r) AS name, count(r) AS count
  UNION ALL
  MATCH (n:Claim {tenant: $tenant})-[r]->() WHERE n.audience IN $audiences AND r.audience IN $audiences
  RETURN type(r) AS name, count(r) AS count
  UNION ALL
  MATCH (n:Answer {tenant: $tenant})-[r]->() WHERE n.audience IN $audiences AND r.audience IN $audiences
  RETURN type(r) AS name, count(r) AS count
  UNION ALL
  MATCH (n:Retraction {tenant: $tenant})-[r]->() WHERE n.audience IN $audiences AND r.audience IN $audiences
  RETURN type(r) AS name, count(r) AS count
}
RETURN name, sum(count) AS count;
