// Writes. Each `put` and `erase` is one transaction of several of these; all of them may run again.

// name: lock_heads
// Writing to the head of a source takes its lock; the rows are in one order everywhere. A new head stands at version 0.
UNWIND $rows AS row
MERGE (h:SourceHead {tenant: $tenant, key: row.key})
ON CREATE SET h.audience = row.audience, h.version = 0
SET h.writer = $writer;

// name: heads
// The newest version of each source, read under its lock.
UNWIND $keys AS key
MATCH (h:SourceHead {tenant: $tenant, key: key})
RETURN h.key AS key, h.version AS version, h.source_id AS source_id;

// name: put_sources
// A batch of new versions, each after the ones it follows.
UNWIND $rows AS row
MATCH (h:SourceHead {tenant: $tenant, key: row.key})
SET h.version = row.source.version, h.source_id = row.source.id
CREATE (s:Source {tenant: $tenant})
SET s += row.source;

// name: put_passages
// A batch of the passages of new sources, with their vectors.
UNWIND $rows AS row
MATCH (s:Source {tenant: $tenant, id: row.source_id})
CREATE (p:Passage {tenant: $tenant})
SET p += row
CREATE (p)-[:PART_OF {audience: row.audience}]->(s);

// name: replace_sources
// What new versions replace; its passages are no longer recalled.
UNWIND $rows AS row
MATCH (s:Source {tenant: $tenant, id: row.id})
MATCH (old:Source {tenant: $tenant, id: row.old})
SET old.replaced = true
CREATE (s)-[:REPLACES {audience: s.audience}]->(old)
WITH old
MATCH (old)<-[:PART_OF]-(p:Passage)
SET p.recallable = false
REMOVE p.reach;

// name: put_entities
// A batch of entities; one that is known stays as it is.
UNWIND $rows AS row
MERGE (e:Entity {tenant: $tenant, id: row.id})
ON CREATE SET e += row;

// name: put_passage_mentions
// A batch of mentions in new passages.
UNWIND $rows AS row
MATCH (p:Passage {tenant: $tenant, id: row.item_id})
MATCH (e:Entity {tenant: $tenant, id: row.entity_id})
CREATE (p)-[:MENTIONS {start: row.start, end: row.end, audience: p.audience}]->(e);

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
// Remove some items of these audiences with all their relations; says how many.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction|SourceHead {tenant: $tenant})
WHERE n.audience IN $audiences
WITH n LIMIT $most
DETACH DELETE n
RETURN count(*) AS gone;

// name: erase_relations
// Remove some of what these audiences had added between wider items; says how many.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction {tenant: $tenant})-[r]->()
WHERE n.audience IS NOT NULL AND r.audience IN $audiences
WITH r LIMIT $most
DELETE r
RETURN count(*) AS gone;
