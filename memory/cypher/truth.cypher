// Decisions, and the flags that follow from them. Each is part of a transaction that holds the tenant's lock.

// name: decidable
// A source, claim or decision, whoever may see it: who decides about it is looked at next.
OPTIONAL MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction {tenant: $tenant, id: $id})
RETURN labels(n) AS labels, n {.id, .audience, .withdraws, .reason, .actor, .at, .kind, .lifted_at, .lifted_by,
  .withdrawn, .quarantined, .recorded_at} AS item;

// name: put_retractions
// Decisions, each kept under its item's scope.
UNWIND $rows AS row
MATCH (n:Source|Claim {tenant: $tenant, id: row.withdraws})
CREATE (r:Retraction {tenant: $tenant, audience: n.audience})
SET r += row
CREATE (r)-[:WITHDRAWS {audience: n.audience}]->(n);

// name: lift_retraction
// The decision holds no longer, and stays to be read.
MATCH (r:Retraction {tenant: $tenant, id: $id})
SET r.lifted_at = $at, r.lifted_by = $by;

// name: settle_decisions
// Whether sources and claims are withdrawn or in quarantine, as the decisions about them say that hold.
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
ON CREATE SET r.audience = older.audience, r.made = $mark
RETURN r.made = $mark AS is_new;

// name: region
// Everything that rests on these items, however far, with its flags and what it rests on itself, then the newer ones
// that stand in its place, and the older ones in whose place it stands: of a source's older versions those whose being
// replaced hangs on it, because no other supported version is newer. Many come in one record: each costs the driver
// more than what is in it.
UNWIND $ids AS id
MATCH (seed:Source|Passage|Claim|Answer {tenant: $tenant, id: id})
MATCH (seed)<-[:PART_OF|DERIVED_FROM|USED|ASSERTS*0..]-(n)
WITH DISTINCT n
WITH collect(n) AS found
UNWIND range(0, size(found) - 1, 500) AS start
WITH found[start..start + 500] AS some
CALL (some) {
  UNWIND some AS n
  RETURN collect([
    n.id,
    CASE WHEN n:Passage THEN 'Passage' WHEN n:Claim THEN 'Claim' WHEN n:Answer THEN 'Answer' ELSE 'Source' END,
    n.supported, n.recallable, n.replaced, n.stale,
    n.audience,
    n.withdrawn OR n.quarantined,
    [(n)-[r:PART_OF|DERIVED_FROM|USED|ASSERTS]->(a) | [coalesce(r.justification, ''), a.id]],
    CASE WHEN n:Source THEN [(n)<-[:REPLACES*1..]-(m) | m.id] ELSE [(n)<-[:SUPERSEDES]-(m) | m.id] END,
    CASE WHEN n:Source
      THEN COLLECT {
        MATCH (n)-[:REPLACES*1..]->(m:Source)
        WHERE NOT EXISTS { MATCH (m)<-[:REPLACES*1..]-(other:Source) WHERE other.supported AND NOT other.id IN $ids }
        RETURN m.id
      }
      ELSE [(n)-[:SUPERSEDES]->(m) | m.id]
    END
  ]) AS rows
}
RETURN rows;

// name: around
// The flags of items that are not looked at anew.
UNWIND $ids AS id
MATCH (n:Source|Passage|Claim|Answer {tenant: $tenant, id: id})
RETURN collect([
  id,
  CASE WHEN n:Passage THEN 'Passage' WHEN n:Claim THEN 'Claim' WHEN n:Answer THEN 'Answer' ELSE 'Source' END,
  n.supported, n.recallable, n.replaced, n.stale
]) AS rows;

// name: flag_source
// New flags of sources.
UNWIND $ids AS id
MATCH (n:Source {tenant: $tenant, id: id})
SET n.supported = $supported, n.replaced = $replaced;

// name: flag_passage
// New flags of passages. What is recallable is in the indexes.
UNWIND $ids AS id
MATCH (n:Passage {tenant: $tenant, id: id})
SET n.supported = $supported, n.recallable = $recallable, n.revision = $revision
FOREACH (_ IN CASE WHEN $recallable THEN [1] ELSE [] END | SET n:Searchable);

// name: unlist
// Passages of a replaced source leave the indexes: their likes are there, and would crowd each other out.
UNWIND $ids AS id
MATCH (n:Passage {tenant: $tenant, id: id})
REMOVE n:Searchable;

// name: flag_claim
// New flags of claims. What is recallable and searched is in the indexes.
UNWIND $ids AS id
MATCH (n:Claim {tenant: $tenant, id: id})
SET n.supported = $supported, n.recallable = $recallable, n.stale = $stale,
    n.revision = CASE WHEN n.searched THEN $revision END
FOREACH (_ IN CASE WHEN $recallable AND n.searched THEN [1] ELSE [] END | SET n:Searchable);

// name: flag_answer
// New flags of answers.
UNWIND $ids AS id
MATCH (n:Answer {tenant: $tenant, id: id})
SET n.supported = $supported, n.stale = $stale;
