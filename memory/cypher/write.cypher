// Writes of sources and answers. Each `put` is one transaction of several of these, after it has taken the tenant's turn
// (changes.cypher); all of them may run again. SLOT is a or b: whose vectors (`neo4j_dialect.py`).

// name: heads
// The newest version of each source.
CYPHER replan=skip
UNWIND $keys AS key
MATCH (h:SourceHead {tenant: $tenant, key: key})
RETURN h.key AS key, h.version AS version, h.source_id AS source_id;

// name: put_sources
// A batch of new versions, each after the ones it follows. Nothing has taken a new source back.
CYPHER replan=skip
UNWIND $rows AS row
MERGE (h:SourceHead {tenant: $tenant, key: row.key})
SET h.audience = row.values.audience, h.version = row.values.version, h.source_id = row.values.id
CREATE (s:Source {tenant: $tenant, supported: true, replaced: false, withdrawn: false, quarantined: false})
SET s += row.values;

// name: replace_sources
// Which new versions replace which.
CYPHER replan=skip
UNWIND $rows AS row
MATCH (s:Source {tenant: $tenant, id: row.id})
MATCH (old:Source {tenant: $tenant, id: row.old})
CREATE (s)-[:REPLACES {audience: s.audience}]->(old);

// name: put_passages
// A batch of the passages of new sources, each with the entry by which it is found and with what it mentions: an entity
// by its place in $things, and where. The procedure stores a vector in half the room that SET takes.
CYPHER replan=skip
UNWIND $things AS id
OPTIONAL MATCH (e:Entity {tenant: $tenant, id: id})
WITH collect([e]) AS things
UNWIND $rows AS row
WITH row, row.values AS v, things
MATCH (s:Source {tenant: $tenant, id: v.source_id})
CREATE (p:Passage {tenant: $tenant, id: v.id, audience: v.audience, revision: $revision, supported: true,
                   recallable: true, source_id: v.source_id, ordinal: v.ordinal, title: v.title, text: v.text,
                   start: v.start, end: v.end, page: v.page, sheet: v.sheet, valid_to: v.valid_to}),
  (p)-[:PART_OF {audience: v.audience}]->(s),
  (entry:Entry:Searchable {tenant: $tenant, audience: v.audience, terms: row.words.terms, reach: row.words.reach,
                           sentences_SLOT: row.sentences})-[:STANDS_FOR]->(p)
WITH p, row, v.audience AS audience, things, entry
CALL db.create.setNodeVectorProperty(entry, 'embedding_SLOT', row.vector)
WITH p, row, audience, things
UNWIND row.mentions AS mention
WITH p, audience, mention, things[mention[0]][0] AS e
WHERE e IS NOT NULL
CREATE (p)-[:MENTIONS {start: mention[1], end: mention[2], audience: audience}]->(e);

// name: put_claim_mentions
// A batch of mentions in claims that were there before. A new mention is a change of the claim that a cache has to see.
CYPHER replan=skip
UNWIND $rows AS row
MATCH (c:Claim {tenant: $tenant, id: row.item_id})
MATCH (e:Entity {tenant: $tenant, id: row.entity_id})
MERGE (c)-[m:MENTIONS {start: row.start, end: row.end}]->(e)
ON CREATE SET m.audience = c.audience, c.revision = CASE WHEN c.searched THEN $revision END;

// name: stored
// What is there of everything that some answers name, whoever may see it: whose it is, and its flags.
CYPHER replan=skip
UNWIND $ids AS id
MATCH (n:Passage|Claim|Answer {tenant: $tenant, id: id})
RETURN collect([
  id, n.audience, CASE WHEN n:Passage THEN 'Passage' WHEN n:Claim THEN 'Claim' ELSE 'Answer' END,
  n.supported, n.recallable, n.replaced, n.stale
]) AS rows;

// name: known_claims
// Those of the claims that are there, and whether another justification could make a difference to them.
CYPHER replan=skip
UNWIND $ids AS id
MATCH (c:Claim {tenant: $tenant, id: id})
RETURN id, c.stale OR NOT c.supported AS moves;

// name: put_claims
// A batch of new claims, as they are when nothing speaks against them; only those with a vector are searched, and have
// an entry by which they are found. Each comes with what it mentions, the new passages it rests on, and what it relates,
// where its audience sees both: all named by their places in $things and $grounds.
CYPHER replan=skip
UNWIND $things AS id
OPTIONAL MATCH (e:Entity {tenant: $tenant, id: id})
WITH collect([e]) AS things
CALL () {
  UNWIND $grounds AS id
  OPTIONAL MATCH (p:Passage {tenant: $tenant, id: id})
  RETURN collect([p]) AS grounds
}
UNWIND $rows AS row
WITH row, row.values AS v, row.values.audience AS audience, things, grounds
CREATE (c:Claim {tenant: $tenant, id: v.id, audience: audience, supported: true, recallable: true, stale: false,
                 withdrawn: false, quarantined: false, reason: '', text: v.text, recorded_at: v.recorded_at,
                 subject: v.subject, predicate: v.predicate, object: v.object, confidence: v.confidence,
                 searched: v.searched, valid_from: v.valid_from, valid_to: v.valid_to, expired_at: v.expired_at,
                 holds_from: v.holds_from, holds_to: v.holds_to})
FOREACH (vector IN CASE WHEN row.vector IS NULL THEN [] ELSE [row.vector] END |
  SET c.revision = $revision
  CREATE (entry:Entry:Searchable {tenant: $tenant, audience: audience})-[:STANDS_FOR]->(c)
  SET entry += row.words, entry.embedding_SLOT = vector)
WITH c, row, audience, things, grounds
CALL (c, row, audience, things) {
  UNWIND row.mentions AS mention
  WITH c, audience, mention, things[mention[0]][0] AS e
  WHERE e IS NOT NULL
  CREATE (c)-[:MENTIONS {start: mention[1], end: mention[2], audience: audience}]->(e)
}
CALL (c, row, grounds) {
  UNWIND row.rests AS reason
  WITH c, reason[1] AS d, grounds[reason[0]][0] AS p
  WHERE p IS NOT NULL
  CREATE (c)-[:DERIVED_FROM {key: d.key, justification: d.justification, quote: d.quote, start: d.start, end: d.end,
                             extractor: d.extractor, run_id: d.run_id, step: d.step, audience: d.audience,
                             recorded_at: d.recorded_at}]->(p)
}
CALL (c, row, audience, things) {
  UNWIND row.relations AS told
  WITH c, row, audience, told, things[told[0]][0] AS subject, things[told[2]][0] AS object
  WHERE subject.audience IN row.audiences AND object.audience IN row.audiences
  CREATE (subject)-[:RELATES_TO {claim_id: c.id, predicate: told[1], audience: audience}]->(object)
};

// name: put_derivations
// A batch of what claims rest on. `key` names a derivation, so that none is there twice. A claim that gets a reason after
// it was recorded is touched: a look at the past begins with it.
CYPHER replan=skip
UNWIND $rows AS row
MATCH (c:Claim {tenant: $tenant, id: row.claim_id})
MATCH (a:Source|Passage|Entity|Claim|Answer {tenant: $tenant, id: row.antecedent_id})
MERGE (c)-[d:DERIVED_FROM {key: row.key}]->(a)
ON CREATE SET d += row.values,
  c.touched_at = CASE WHEN c.recorded_at < row.values.recorded_at
                       AND coalesce(c.touched_at, '') < row.values.recorded_at
                 THEN row.values.recorded_at ELSE c.touched_at END;

// name: put_answers
// A batch of new answers, as they are when nothing speaks against them: what their claims rest on (`key` names a
// derivation, so that none is there twice), what recall had put before the runs that said them, and what they state.
// What they use or state is not demoted any longer.
CYPHER replan=skip
CALL () {
  UNWIND $answers AS row
  CREATE (a:Answer {tenant: $tenant, supported: true, stale: false})
  SET a += row
}
CALL () {
  UNWIND $derivations AS row
  MATCH (c:Claim {tenant: $tenant, id: row.claim_id})
  MATCH (n:Passage|Claim|Answer {tenant: $tenant, id: row.antecedent_id})
  MERGE (c)-[d:DERIVED_FROM {key: row.key}]->(n)
  ON CREATE SET d += row.values,
    c.touched_at = CASE WHEN c.recorded_at < row.values.recorded_at
                         AND coalesce(c.touched_at, '') < row.values.recorded_at
                   THEN row.values.recorded_at ELSE c.touched_at END
}
CALL () {
  UNWIND $uses AS row
  MATCH (a:Answer {tenant: $tenant, id: row.answer_id})
  MATCH (n:Passage|Claim|Answer {tenant: $tenant, id: row.item_id})
  MERGE (a)-[u:USED]->(n)
  ON CREATE SET u += row.values
}
CALL () {
  UNWIND $asserts AS row
  MATCH (a:Answer {tenant: $tenant, id: row.answer_id})
  MATCH (c:Claim {tenant: $tenant, id: row.item_id})
  MERGE (a)-[r:ASSERTS]->(c)
  ON CREATE SET r += row.values
}
CALL () {
  UNWIND $uses + $asserts AS row
  MATCH (n:Passage|Claim {tenant: $tenant, id: row.item_id})
  MATCH (n)-[:DERIVED_FROM*0..1]->()-[:PART_OF*0..1]->()<-[demotes:DEMOTES]-()
  DELETE demotes
};

// name: audiences
// Every audience that anything of the tenant is marked with.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction|SourceHead|StoreItem|Consolidation {tenant: $tenant})
WHERE n.audience IS NOT NULL
RETURN DISTINCT n.audience AS audience;

// name: erase_items
// Remove some items of these audiences with all their relations, entries and vectors; says how many.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction|SourceHead|StoreItem|Consolidation {tenant: $tenant})
WHERE n.audience IN $audiences
WITH n LIMIT $most
OPTIONAL MATCH (n)<-[:STANDS_FOR]-(entry:Entry)
OPTIONAL MATCH (n)-[:HAS_VECTOR]->(field:StoreVector)
DETACH DELETE n, entry, field
RETURN count(*) AS gone;

// name: erase_relations
// Remove some of what these audiences had added between wider items; says how many.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction {tenant: $tenant})-[r]->()
WHERE n.audience IS NOT NULL AND r.audience IN $audiences
WITH r LIMIT $most
DELETE r
RETURN count(*) AS gone;
