// Looking back: what may have stood otherwise, and the dated facts of a region. These see a whole tenant; the searches only
// what the scope may see. Many rows come in one record: each costs the driver more than what is in it.

// name: later
// What was stored, got a reason, superseded another one, was decided about or given back after a moment.
CALL () {
  MATCH (n:Source {tenant: $tenant}) WHERE n.added_at > $after RETURN n
  UNION
  MATCH (n:Claim {tenant: $tenant}) WHERE n.recorded_at > $after RETURN n
  UNION
  MATCH (n:Claim {tenant: $tenant}) WHERE n.touched_at > $after RETURN n
  UNION
  MATCH (n:Answer {tenant: $tenant}) WHERE n.recorded_at > $after RETURN n
  UNION
  MATCH (r:Retraction {tenant: $tenant}) WHERE r.at > $after MATCH (r)-[:WITHDRAWS]->(n) RETURN n
  UNION
  MATCH (r:Retraction {tenant: $tenant}) WHERE r.lifted_at > $after MATCH (r)-[:WITHDRAWS]->(n) RETURN n
}
WITH DISTINCT n
RETURN collect(n.id) AS ids, collect(CASE WHEN n:Source THEN n.id END) AS sources;

// name: not_holding
// Claims and sources that state when they hold, and begin after $begins or end until $ends; and versions of sources that
// follow another one and were added after $at.
CALL () {
  MATCH (n:Claim {tenant: $tenant}) WHERE n.holds_from > $begins RETURN n
  UNION
  MATCH (n:Claim {tenant: $tenant}) WHERE n.holds_to < $ends RETURN n
  UNION
  MATCH (n:Source {tenant: $tenant}) WHERE n.holds_from > $begins RETURN n
  UNION
  MATCH (n:Source {tenant: $tenant}) WHERE n.holds_to < $ends RETURN n
  UNION
  MATCH (n:Source {tenant: $tenant}) WHERE n.added_at > $at AND n.version > 1 RETURN n
}
WITH DISTINCT n
RETURN collect(n.id) AS ids, collect(CASE WHEN n:Source THEN n.id END) AS sources;

// name: places
// Whose versions some sources are.
UNWIND $ids AS id
MATCH (n:Source {tenant: $tenant, id: id})
WITH DISTINCT n.audience AS audience, n.uri AS uri
RETURN collect([audience, uri]) AS rows;

// name: versions
// All versions of some sources.
UNWIND $keys AS key
MATCH (h:SourceHead {tenant: $tenant, key: key})
MATCH (:Source {tenant: $tenant, id: h.source_id})-[:REPLACES*0..]->(n:Source)
RETURN collect([n.id, n.audience, n.uri, n.version, n.supported]) AS rows;

// name: region
// Everything that rests on these items, however far: each item as it is (`items`), what it rests on and since when
// (`rests`), the newer claims that stand in its place (`newer`), the older ones in whose place it stands (`older`), and the
// decisions about it (`decisions`). What was stored before derivations had times gets the earliest that it can have had.
UNWIND $ids AS id
MATCH (seed:Source|Passage|Claim|Answer {tenant: $tenant, id: id})
MATCH (seed)<-[:PART_OF|DERIVED_FROM|USED|ASSERTS*0..]-(n)
WITH DISTINCT n
WITH collect(n) AS found
CALL (found) {
  UNWIND found AS n
  RETURN 'items' AS part, collect([
    n.id,
    CASE WHEN n:Passage THEN 'Passage' WHEN n:Claim THEN 'Claim' WHEN n:Answer THEN 'Answer' ELSE 'Source' END,
    n.audience, n.supported, n.recallable, n.replaced, n.stale,
    coalesce(n.added_at, n.recorded_at), n.holds_from, n.holds_to, n.uri, n.version, n.searched
  ]) AS rows
  UNION ALL
  UNWIND found AS n
  MATCH (n)-[r:PART_OF|DERIVED_FROM|USED|ASSERTS]->(antecedent)
  RETURN 'rests' AS part, collect([
    n.id, antecedent.id, r.justification,
    coalesce(r.recorded_at, antecedent.added_at, CASE WHEN n:Claim THEN COLLECT {
      MATCH (antecedent)-[:PART_OF]->(source) RETURN source.added_at
    }[0] END, n.recorded_at)
  ]) AS rows
  UNION ALL
  UNWIND found AS n
  MATCH (n)<-[r:SUPERSEDES]-(newer)
  RETURN 'newer' AS part, collect([newer.id, n.id, coalesce(r.recorded_at, newer.recorded_at)]) AS rows
  UNION ALL
  UNWIND found AS n
  MATCH (n)-[:SUPERSEDES]->(older)
  RETURN 'older' AS part, collect([older.id]) AS rows
  UNION ALL
  UNWIND found AS n
  MATCH (n)<-[:WITHDRAWS]-(decision:Retraction)
  RETURN 'decisions' AS part, collect(properties(decision)) AS rows
}
UNWIND range(0, size(rows) - 1, 1000) AS start
RETURN part, rows[start..start + 1000] AS rows;

// name: around
// The flags of what stands around a region.
UNWIND $ids AS id
MATCH (n:Source|Passage|Claim|Answer {tenant: $tenant, id: id})
RETURN collect([
  id,
  CASE WHEN n:Passage THEN 'Passage' WHEN n:Claim THEN 'Claim' WHEN n:Answer THEN 'Answer' ELSE 'Source' END,
  n.supported, n.recallable, n.replaced, n.stale
]) AS rows;

// name: text
// By words, among what a look at the past sees: `seen` is how many the index gave, `rows` those that were recallable.
CALL db.index.fulltext.queryNodes('stemma_past_words', $query, {limit: $fetch}) YIELD node AS entry, score
WHERE entry.tenant = $tenant
MATCH (entry)-[:STANDS_FOR]->(n)
WITH n, score, n.id AS id
ORDER BY score DESC, id
WITH count(*) AS seen, collect(
  CASE WHEN id IN $shown OR (n.recallable AND n.hidden IS NULL AND NOT id IN $hidden)
  THEN {id: id, score: score, kind: CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END, title: n.title} END
) AS found
RETURN seen, found[..$k] AS rows;

// name: nearest_shown
// The nearest of some items, without the vector index: they may have left it. SLOT is a or b: whose vectors.
UNWIND $ids AS id
MATCH (n:Passage|Claim {tenant: $tenant, id: id})
WHERE n.audience IN $audiences
MATCH (n)<-[:STANDS_FOR]-(entry:Entry)
WHERE entry.embedding_SLOT IS NOT NULL
WITH n, id, vector.similarity.cosine(entry.embedding_SLOT, $vector) AS score
ORDER BY score DESC, id
LIMIT $k
RETURN id, score, CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END AS kind, n.title AS title
ORDER BY score DESC, id;

// name: nearest_then
// The nearest of all that a look at the past sees, without the vector index.
MATCH (n:Passage|Claim {tenant: $tenant})
WHERE n.audience IN $audiences
  AND (n.id IN $shown OR (n.recallable AND n.hidden IS NULL AND NOT n.id IN $hidden))
MATCH (n)<-[:STANDS_FOR]-(entry:Entry)
WHERE entry.embedding_SLOT IS NOT NULL
WITH n, n.id AS id, vector.similarity.cosine(entry.embedding_SLOT, $vector) AS score
ORDER BY score DESC, id
LIMIT $k
RETURN id, score, CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END AS kind, n.title AS title
ORDER BY score DESC, id;

// name: opposed
// What contradicted passages and claims, by what was found and stated until a moment and not resolved as both holding.
UNWIND $ids AS id
MATCH (n:Passage|Claim {tenant: $tenant, id: id})
MATCH (n)<-[states:DERIVED_FROM*0..1]-(said:Claim)
WHERE (n:Passage OR n = said) AND all(one IN states WHERE coalesce(one.recorded_at, '') <= $at)
MATCH (said)-[against:CONTRADICTS]-(other:Claim)
WHERE against.audience IN $audiences AND against.found_at <= $at AND other.audience IN $audiences
  AND NOT (against.resolution = 'both-hold' AND against.resolved_at <= $at)
WITH DISTINCT id, other ORDER BY id, other.id
RETURN collect([id, other.id, other.recallable]) AS rows;

// name: duplicates
// What says the same as another one, and since when a run has said so.
MATCH (r:Consolidation) WHERE r.tenant = $tenant AND r.id > ''
MATCH (r)-[:MERGES]->(n)-[d:DUPLICATES {run: r.id}]->(other)
RETURN collect([n.id, other.id, r.at]) AS rows;

// name: parts
// The passages of those of the items that are sources.
UNWIND $ids AS id
MATCH (n:Source {tenant: $tenant, id: id})
RETURN collect([id, COLLECT { MATCH (n)<-[:PART_OF]-(p:Passage) RETURN p.id }]) AS rows;
