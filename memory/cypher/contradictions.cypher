// Contradictions in Neo4j: the claims to compare, and what was found. `audiences` is what the scope may see. All rows come
// in one record: each costs the driver more than what is in it. A claim is a list, because 25 are
// read for a new passage; its entities' names come last.

// name: claims_after
// The next current claims of one audience, by id, with the names of what each mentions.
MATCH (c:Claim {tenant: $tenant})
USING INDEX c:Claim(tenant, id)
WHERE c.id > $after AND c.audience = $audience AND c.recallable AND NOT c.stale
WITH c ORDER BY c.id LIMIT $limit
WITH c, COLLECT { MATCH (c)-[:MENTIONS]->(e:Entity) RETURN DISTINCT e.name } AS names ORDER BY c.id
RETURN collect([c.id, c.audience, c.text, c.recorded_at, c.valid_from, c.valid_to, c.subject] + names) AS rows;

// name: claims_about
// For each entity some current claims that mention it.
CYPHER replan=skip
UNWIND $ids AS id
MATCH (e:Entity {tenant: $tenant, id: id})
CALL (e) {
  MATCH (e)<-[:MENTIONS]-(c:Claim)
  WHERE c.audience IN $audiences AND c.recallable AND NOT c.stale
  WITH DISTINCT c LIMIT $most
  RETURN collect([c.id, c.audience, c.text, c.recorded_at, c.valid_from, c.valid_to, c.subject]) AS claims
}
RETURN collect([id, claims]) AS rows;

// name: put_conflicts
// A batch of contradictions between claims that their audience sees; says which are new.
UNWIND $rows AS row
MATCH (claim:Claim {tenant: $tenant, id: row.claim_id}) WHERE claim.audience IN row.audiences
MATCH (other:Claim {tenant: $tenant, id: row.other_id}) WHERE other.audience IN row.audiences
MERGE (claim)-[r:CONTRADICTS {tenant: $tenant, id: row.id}]->(other)
ON CREATE SET r += row.values, r.made = $revision
WITH r WHERE r.made = $revision
RETURN collect(DISTINCT r.id) AS ids;

// name: conflict
// One contradiction.
MATCH (claim:Claim)-[r:CONTRADICTS {tenant: $tenant, id: $id}]->(other:Claim)
WHERE r.audience IN $audiences
RETURN collect(r {.*, claim_id: claim.id, other_id: other.id}) AS rows;

// name: conflicts
// A page of contradictions, the last found first; with $open only those that nobody resolved and that are still between
// claims that are current or in quarantine.
UNWIND $audiences AS audience
MATCH (claim:Claim)-[r:CONTRADICTS {tenant: $tenant, audience: audience}]->(other:Claim)
WHERE NOT $open OR (r.resolution = '' AND NOT claim.withdrawn AND (claim.recallable OR claim.quarantined)
  AND NOT other.withdrawn AND (other.recallable OR other.quarantined))
WITH r, claim, other ORDER BY r.found_at DESC, r.id
WITH collect(r {.*, claim_id: claim.id, other_id: other.id}) AS rows
RETURN size(rows) AS total, rows[$offset..$offset + $limit] AS rows;

// name: resolve
// What was decided about a contradiction.
MATCH (:Claim)-[r:CONTRADICTS {tenant: $tenant, id: $id}]->(:Claim)
WHERE r.audience = $audience
SET r += $values;

// name: backings
// Claims and the sources at the upper ends of their lineage. An answer rests on things otherwise, so none is passed.
UNWIND $ids AS id
MATCH (c:Claim {tenant: $tenant, id: id}) WHERE c.audience IN $audiences
MATCH (c)-[rests:DERIVED_FROM*1..]->(p:Passage)
WHERE p.audience IN $audiences AND p.recallable AND all(one IN rests WHERE one.audience IN $audiences)
WITH DISTINCT c, p
MATCH (p)-[:PART_OF]->(s:Source) WHERE s.supported
WITH DISTINCT c, s ORDER BY c.id, s.id
RETURN collect({claim: c.id, source: properties(s)}) AS rows;
