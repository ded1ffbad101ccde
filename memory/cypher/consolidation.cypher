// Consolidation: what a run looks at, what it writes down, and which of those that say the same are shown. A run is a
// Consolidation that MERGES duplicates and DEMOTES what nobody used. `hidden` stands on what is not shown, and on its
// passages; `stands_for` on what is, as the number of the others. Both are missing where they say nothing.

// name: source_candidates
// The next current sources of one audience behind an id, with their passages in order, and when an answer last used one
// of these, or used or stated a claim derived from one.
MATCH (n:Source)
USING INDEX SEEK n:Source(tenant, id)
WHERE n.tenant = $tenant AND n.id > $after AND n.audience = $audience AND n.supported AND NOT n.replaced
  AND n.kind <> 'store'
WITH n ORDER BY n.id LIMIT $limit
RETURN collect([
  n.id, n.uri, n.title, n.content_hash, n.trust, n.added_at, n.hidden,
  COLLECT { MATCH (n)<-[:PART_OF]-(p:Passage) RETURN p.text ORDER BY p.ordinal },
  COLLECT {
    MATCH (n)<-[:PART_OF]-(:Passage)<-[:DERIVED_FROM*0..1]-()<-[:USED|ASSERTS]-(a:Answer)
    RETURN a.recorded_at ORDER BY a.recorded_at DESC LIMIT 1
  }[0],
  COLLECT { MATCH (n)<-[d:DEMOTES]-(:Consolidation) RETURN d.rule }
]) AS rows;

// name: claim_candidates
// The next current claims of one audience behind an id, and when an answer last used or stated them.
MATCH (n:Claim)
USING INDEX SEEK n:Claim(tenant, id)
WHERE n.tenant = $tenant AND n.id > $after AND n.audience = $audience AND n.recallable
WITH n ORDER BY n.id LIMIT $limit
RETURN collect([
  n.id, n.text, n.confidence, n.recorded_at, n.searched, n.stale, n.hidden,
  COLLECT { MATCH (n)<-[:USED|ASSERTS]-(a:Answer) RETURN a.recorded_at ORDER BY a.recorded_at DESC LIMIT 1 }[0],
  COLLECT { MATCH (n)<-[d:DEMOTES]-(:Consolidation) WHERE d.rule <> 'stale' OR n.stale RETURN d.rule }
]) AS rows;

// name: put_run
// A run, before it did anything.
MERGE (r:Consolidation {tenant: $tenant, id: $run})
ON CREATE SET r.audience = $audience, r.actor = $actor, r.at = $at, r.sources = 0, r.claims = 0, r.demoted = 0,
  r.undone_by = '';

// name: put_duplicates
// What says the same as another one; what is not there under this audience is left out. Gives what is new.
UNWIND $rows AS row
MATCH (r:Consolidation {tenant: $tenant, id: $run})
MATCH (n:Source|Claim {tenant: $tenant, id: row.id})
MATCH (other:Source|Claim {tenant: $tenant, id: row.canonical})
WHERE n.audience = $audience AND other.audience = $audience AND row.node IN labels(n) AND row.node IN labels(other)
  AND NOT EXISTS { (n)-[:DUPLICATES]->(other) }
CREATE (n)-[:DUPLICATES {audience: $audience, rule: row.rule, run: $run}]->(other)
MERGE (r)-[made:MERGES]->(n)
ON CREATE SET made.audience = $audience
RETURN row.id AS id, row.node AS node;

// name: put_demotions
// What is recalled below the rest; what is not there under this audience is left out. Gives what is new.
UNWIND $rows AS row
MATCH (r:Consolidation {tenant: $tenant, id: $run})
MATCH (n:Source|Claim {tenant: $tenant, id: row.id})
WHERE n.audience = $audience AND row.node IN labels(n) AND NOT EXISTS { (n)<-[:DEMOTES {rule: row.rule}]-(:Consolidation) }
CREATE (r)-[:DEMOTES {audience: $audience, rule: row.rule}]->(n)
RETURN row.id AS id;

// name: count_in
// A run did so much more.
MATCH (r:Consolidation {tenant: $tenant, id: $run})
SET r.sources = r.sources + $sources, r.claims = r.claims + $claims, r.demoted = r.demoted + $demoted
RETURN properties(r) AS row;

// name: run
// One run, whoever may see it.
MATCH (r:Consolidation {tenant: $tenant, id: $run})
RETURN properties(r) AS row;

// name: runs
// A page of runs, newest first, and how many there are in all.
MATCH (r:Consolidation {tenant: $tenant})
WHERE r.audience IN $audiences
WITH r ORDER BY r.at DESC, r.id
WITH collect(properties(r)) AS rows
RETURN size(rows) AS total, rows[$offset..$offset + $limit] AS rows;

// name: made_by
// The edges that a run made.
MATCH (r:Consolidation {tenant: $tenant, id: $run})-[:MERGES]->(n)-[:DUPLICATES {run: $run}]->(other)
RETURN collect([n.id, other.id]) AS rows;

// name: unmake
// Take back what a run made.
MATCH (r:Consolidation {tenant: $tenant, id: $run})
SET r.undone_at = $at, r.undone_by = $actor
WITH r
CALL (r) {
  MATCH (r)-[:MERGES]->()-[d:DUPLICATES {run: $run}]->()
  DELETE d
}
CALL (r) {
  MATCH (r)-[made:MERGES|DEMOTES]->()
  DELETE made
}
RETURN properties(r) AS row;

// name: beside
// The edges at some items, whichever way they point.
UNWIND $ids AS id
MATCH (n:Source|Claim {tenant: $tenant, id: id})-[d:DUPLICATES]-()
WITH DISTINCT d
RETURN collect([startNode(d).id, endNode(d).id]) AS rows;

// name: standing
// Sources and claims: what decides which goes first, whether they are current, and how they are shown.
UNWIND $ids AS id
MATCH (n:Source|Claim {tenant: $tenant, id: id})
RETURN collect([
  n.id, CASE WHEN n:Source THEN true ELSE n.searched END, coalesce(n.trust, n.confidence),
  coalesce(n.added_at, n.recorded_at), CASE WHEN n:Source THEN n.supported AND NOT n.replaced ELSE n.recallable END,
  n.hidden, n.stands_for
]) AS rows;

// name: show
// How some sources and claims are shown from now on. What is hidden leaves the indexes: its likes are there, and would
// crowd each other out.
UNWIND $rows AS row
MATCH (n:Source|Claim {tenant: $tenant, id: row.id})
SET n.hidden = row.hidden, n.stands_for = row.stands_for
WITH n, row WHERE row.moves
OPTIONAL MATCH (n)<-[:PART_OF]-(p:Passage)
WITH row, CASE WHEN n:Claim THEN n ELSE p END AS item WHERE item IS NOT NULL AND (item:Passage OR item.searched)
SET item.hidden = row.hidden, item.revision = $revision
WITH item
MATCH (item)<-[:STANDS_FOR]-(entry:Entry)
FOREACH (_ IN CASE WHEN item.hidden THEN [1] ELSE [] END | REMOVE entry:Searchable)
FOREACH (_ IN CASE WHEN item.hidden IS NULL AND (item:Claim OR item.recallable) THEN [1] ELSE [] END | SET entry:Searchable);

// name: marks
// What was made of those of the sources and claims that the scope may see.
UNWIND $ids AS id
MATCH (n:Source|Claim {tenant: $tenant, id: id})
WHERE n.audience IN $audiences
RETURN collect([n.id, n.hidden, n.stands_for,
  COLLECT { MATCH (n)<-[d:DEMOTES]-(:Consolidation) WHERE d.rule <> 'stale' OR n.stale RETURN d.rule }]) AS rows;
