// Decisions, and the flags that follow from them. Each is part of a transaction that holds the tenant's lock. Those that
// every decision asks are planned once: each decision makes the statistics older, and to plan anew takes ten times as
// long as to run, only to find the same unique keys to look up (both server lines choose them on an empty database too).

// name: decidable
// Those of the items that are there, whoever may see them: who decides about them is looked at next.
CYPHER replan=skip
UNWIND $ids AS id
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction {tenant: $tenant, id: id})
RETURN labels(n) AS labels, n {.id, .audience, .withdraws, .reason, .actor, .at, .kind, .lifted_at, .lifted_by, .authority,
  .withdrawn, .quarantined, .recorded_at} AS item;

// name: decide
// New decisions, each kept under its item's scope, and lifted ones, which hold no longer and stay to be read. Then
// whether their items ($ids) are withdrawn or in quarantine, as all decisions about them say that hold.
CYPHER replan=skip
CALL () {
  UNWIND $made AS row
  MATCH (n:Source|Claim {tenant: $tenant, id: row.withdraws})
  CREATE (r:Retraction {tenant: $tenant, audience: n.audience})
  SET r += row
  CREATE (r)-[:WITHDRAWS {audience: n.audience}]->(n)
}
CALL () {
  UNWIND $lifted AS row
  MATCH (r:Retraction {tenant: $tenant, id: row.id})
  SET r += row
}
UNWIND $ids AS id
MATCH (n:Source|Claim {tenant: $tenant, id: id})
WITH n, COLLECT { MATCH (r:Retraction)-[:WITHDRAWS]->(n) WHERE r.lifted_at IS NULL RETURN r.kind } AS kinds,
  COLLECT { MATCH (r:Retraction {kind: 'quarantine'})-[:WITHDRAWS]->(n) WHERE r.lifted_at IS NULL RETURN r.reason
            ORDER BY r.at DESC LIMIT 1 } AS reasons
SET n.withdrawn = 'withdrawal' IN kinds, n.quarantined = 'quarantine' IN kinds,
    n.reason = CASE WHEN n:Claim THEN coalesce(reasons[0], '') END;

// name: put_supersession
// While the newer claim is supported, the older one is no longer current. Says whether this is new.
MATCH (newer:Claim {tenant: $tenant, id: $newer})
MATCH (older:Claim {tenant: $tenant, id: $older})
MERGE (newer)-[r:SUPERSEDES]->(older)
ON CREATE SET r.audience = older.audience, r.made = $mark, r.recorded_at = $at,
  newer.touched_at = CASE WHEN newer.recorded_at < $at AND coalesce(newer.touched_at, '') < $at THEN $at
                          ELSE newer.touched_at END
RETURN r.made = $mark AS is_new;

// name: region
// Everything that rests on these items, however far: each item with its flags (`items`), what it rests on itself
// (`rests`), the newer ones that stand in its place (`newer`), and the older ones in whose place it stands (`older`): of
// a source's older versions those whose being replaced hangs on it, because no other supported version is newer; and
// which of them say the same as another one (`alike`). Each is fetched for all items at once, not by a look at one after
// another. Many come in one record: each costs the driver more than what is in it.
CYPHER replan=skip
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
    n.supported, n.recallable, n.replaced, n.stale, n.audience, n.withdrawn OR n.quarantined
  ]) AS rows
  UNION ALL
  UNWIND found AS n
  MATCH (n)-[r:PART_OF|DERIVED_FROM|USED|ASSERTS]->(antecedent)
  RETURN 'rests' AS part, collect([n.id, antecedent.id, r.justification]) AS rows
  UNION ALL
  UNWIND found AS n
  MATCH (n)<-[:SUPERSEDES]-(newer)
  RETURN 'newer' AS part, collect([n.id, newer.id]) AS rows
  UNION ALL
  UNWIND found AS n
  MATCH (n)-[:SUPERSEDES]->(older)
  RETURN 'older' AS part, collect([n.id, older.id]) AS rows
  UNION ALL
  UNWIND found AS n
  WITH n WHERE n:Source
  MATCH (n)<-[:REPLACES*1..]-(newer)
  RETURN 'newer' AS part, collect([n.id, newer.id]) AS rows
  UNION ALL
  UNWIND found AS n
  WITH n WHERE n:Source
  MATCH (n)-[:REPLACES*1..]->(older:Source)
  WHERE NOT EXISTS { MATCH (older)<-[:REPLACES*1..]-(other:Source) WHERE other.supported AND NOT other.id IN $ids }
  RETURN 'older' AS part, collect([n.id, older.id]) AS rows
  UNION ALL
  UNWIND found AS n
  WITH n WHERE EXISTS { (n)-[:DUPLICATES]-() }
  RETURN 'alike' AS part, collect([n.id]) AS rows
}
UNWIND range(0, size(rows) - 1, 1000) AS start
RETURN part, rows[start..start + 1000] AS rows;

// name: around
// The flags of items that are not looked at anew.
CYPHER replan=skip
UNWIND $ids AS id
MATCH (n:Source|Passage|Claim|Answer {tenant: $tenant, id: id})
RETURN collect([
  id,
  CASE WHEN n:Passage THEN 'Passage' WHEN n:Claim THEN 'Claim' WHEN n:Answer THEN 'Answer' ELSE 'Source' END,
  n.supported, n.recallable, n.replaced, n.stale
]) AS rows;

// name: flags
// New flags, in groups of ids that get the same ones. A passage whose source was replaced leaves the indexes: its likes
// are there, and would crowd each other out; one that is recallable is in them, unless consolidation hides it.
CYPHER replan=skip
CALL () {
  UNWIND $source AS group
  UNWIND group.ids AS id
  MATCH (n:Source {tenant: $tenant, id: id})
  SET n.supported = group.supported, n.replaced = group.replaced
}
CALL () {
  UNWIND $passage AS group
  UNWIND group.ids AS id
  MATCH (n:Passage {tenant: $tenant, id: id})<-[:STANDS_FOR]-(entry:Entry)
  SET n.supported = group.supported, n.recallable = group.current, n.revision = $revision
  FOREACH (_ IN CASE WHEN group.current AND n.hidden IS NULL THEN [1] ELSE [] END | SET entry:Searchable)
  FOREACH (_ IN CASE WHEN group.supported AND NOT group.current THEN [1] ELSE [] END | REMOVE entry:Searchable)
}
CALL () {
  UNWIND $claim AS group
  UNWIND group.ids AS id
  MATCH (n:Claim {tenant: $tenant, id: id})
  SET n.supported = group.supported, n.recallable = group.current, n.stale = group.stale,
      n.revision = CASE WHEN n.searched THEN $revision END
}
CALL () {
  UNWIND $answer AS group
  UNWIND group.ids AS id
  MATCH (n:Answer {tenant: $tenant, id: id})
  SET n.supported = group.supported, n.stale = group.stale
};
