// Writes. Each `put` and `erase` is one transaction of several of these; all of them may run again.

// name: lock_head
// Take the lock on a source's place (by writing to it), then say what stands there. Read only after the write, so that
// whoever waited sees what the one before it stored.
MERGE (h:SourceHead {tenant: $tenant, key: $key})
ON CREATE SET h.audience = $audience, h.version = 0, h.source_id = ''
SET h.writer = $writer
WITH h
OPTIONAL MATCH (known:Source {tenant: $tenant, id: $id})
RETURN h.version AS version, h.source_id AS source_id, known IS NOT NULL AS known;

// name: put_source
// The source itself, and the head that now names it.
MATCH (h:SourceHead {tenant: $tenant, key: $key})
MERGE (s:Source {tenant: $tenant, id: $row.id})
SET s += $row, h.version = $row.version, h.source_id = $row.id;

// name: replace_source
// The older version is replaced: its passages leave both searches.
MATCH (old:Source {tenant: $tenant, id: $old})
MATCH (new:Source {tenant: $tenant, id: $new})
SET old.replaced = true
MERGE (new)-[r:REPLACES]->(old)
ON CREATE SET r.audience = $audience
WITH old
MATCH (old)<-[:PART_OF]-(p:Passage)
SET p.recallable = false
REMOVE p.reach;

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
RETURN DISTINCT n.audience AS audience;

// name: erase_items
// Remove the items of these audiences with all their relations.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction|SourceHead {tenant: $tenant})
WHERE n.audience IN $audiences
DETACH DELETE n;

// name: erase_relations
// Remove what these audiences had added between wider items.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction {tenant: $tenant})-[r]->()
WHERE r.audience IN $audiences
DELETE r;
