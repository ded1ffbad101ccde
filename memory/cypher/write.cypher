// Writes. Each `put` and `erase` is one transaction of several of these; all of them may run again.

// name: put_source
// One version of a source with all that belongs to it, if it is unknown and the next version; says whether it was
// stored. Writing to the head takes its lock, and the head is read only after that, so that whoever waited sees what
// the one before it stored. One statement, because each way to the server and back costs as much as the work there.
MERGE (h:SourceHead {tenant: $tenant, key: $key})
ON CREATE SET h.audience = $row.audience, h.version = 0, h.source_id = ''
SET h.writer = $writer
WITH h
OPTIONAL MATCH (known:Source {tenant: $tenant, id: $row.id})
WITH h, known
WHERE known IS NULL AND h.version = $row.version - 1 AND h.source_id = $old
SET h.version = $row.version, h.source_id = $row.id
CREATE (s:Source {tenant: $tenant})
SET s += $row
WITH s
CALL (s) {
  MATCH (old:Source {tenant: $tenant, id: $old})
  SET old.replaced = true
  CREATE (s)-[:REPLACES {audience: s.audience}]->(old)
  WITH old
  MATCH (old)<-[:PART_OF]-(p:Passage)
  SET p.recallable = false
  REMOVE p.reach
}
CALL (s) {
  UNWIND $passages AS row
  MERGE (p:Passage {tenant: $tenant, id: row.id})
  SET p += row
  MERGE (p)-[r:PART_OF]->(s)
  ON CREATE SET r.audience = p.audience
}
CALL () {
  UNWIND $entities AS row
  MERGE (e:Entity {tenant: $tenant, id: row.id})
  ON CREATE SET e += row
}
CALL () {
  UNWIND $mentions AS row
  MATCH (p:Passage {tenant: $tenant, id: row.item_id})
  MATCH (e:Entity {tenant: $tenant, id: row.entity_id})
  MERGE (p)-[m:MENTIONS {start: row.start, end: row.end}]->(e)
  ON CREATE SET m.audience = p.audience
}
RETURN s.id AS stored;

// name: put_passages
// A batch of one source's passages with their vectors.
MATCH (s:Source {tenant: $tenant, id: $source_id})
UNWIND $rows AS row
MERGE (p:Passage {tenant: $tenant, id: row.id})
SET p += row
MERGE (p)-[r:PART_OF]->(s)
ON CREATE SET r.audience = p.audience;

// name: put_entities
// A batch of entities; one that is known stays as it is.
UNWIND $rows AS row
MERGE (e:Entity {tenant: $tenant, id: row.id})
ON CREATE SET e += row;

// name: put_passage_mentions
// A batch of mentions in passages.
UNWIND $rows AS row
MATCH (p:Passage {tenant: $tenant, id: row.item_id})
MATCH (e:Entity {tenant: $tenant, id: row.entity_id})
MERGE (p)-[m:MENTIONS {start: row.start, end: row.end}]->(e)
ON CREATE SET m.audience = p.audience;

// name: put_claim_mentions
// A batch of mentions in claims.
UNWIND $rows AS row
MATCH (c:Claim {tenant: $tenant, id: row.item_id})
MATCH (e:Entity {tenant: $tenant, id: row.entity_id})
MERGE (c)-[m:MENTIONS {start: row.start, end: row.end}]->(e)
ON CREATE SET m.audience = c.audience;

// name: lock_answer
// The first writer of an answer id puts its mark on it; who reads another's mark comes too late.
MERGE (a:Answer {tenant: $tenant, id: $row.id})
ON CREATE SET a += $row, a.writer = $writer
RETURN a.writer = $writer AS mine;

// name: unseen
// Those of the ids that name nothing the scope may see.
UNWIND $ids AS id
OPTIONAL MATCH (n:Source|Passage|Entity|Claim|Answer {tenant: $tenant, id: id})
WHERE n.audience IN $audiences
WITH id, n WHERE n IS NULL
RETURN id;

// name: put_claims
// A batch of claims; one that is known keeps its text and flags.
UNWIND $rows AS row
MERGE (c:Claim {tenant: $tenant, id: row.id})
ON CREATE SET c += row;

// name: put_derivations
// A batch of what claims rest on. `key` names a derivation, so that none is there twice.
UNWIND $rows AS row
MATCH (c:Claim {tenant: $tenant, id: row.claim_id})
MATCH (a:Source|Passage|Entity|Claim|Answer {tenant: $tenant, id: row.antecedent_id})
MERGE (c)-[d:DERIVED_FROM {key: row.key}]->(a)
ON CREATE SET d += row.values;

// name: put_uses
// What recall had put before the run that said the answer.
MATCH (a:Answer {tenant: $tenant, id: $id})
UNWIND $rows AS row
MATCH (n:Source|Passage|Entity|Claim|Answer {tenant: $tenant, id: row.item_id})
MERGE (a)-[u:USED]->(n)
ON CREATE SET u += row.values;

// name: put_asserts
// The claims that the answer states.
MATCH (a:Answer {tenant: $tenant, id: $id})
UNWIND $rows AS row
MATCH (c:Claim {tenant: $tenant, id: row.item_id})
MERGE (a)-[r:ASSERTS]->(c)
ON CREATE SET r += row.values;

// name: audiences
// Every audience that anything of the tenant is marked with.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction|SourceHead {tenant: $tenant})
WHERE n.audience IS NOT NULL
RETURN DISTINCT n.audience AS audience;

// name: erase_items
// Remove the items of these audiences with all their relations.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction|SourceHead {tenant: $tenant})
WHERE n.audience IN $audiences
DETACH DELETE n;

// name: erase_relations
// Remove what these audiences had added between wider items.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction {tenant: $tenant})-[r]->()
WHERE n.audience IS NOT NULL AND r.audience IN $audiences
DELETE r;
