// Whole records, out and in. LABEL and TYPE stand for a label and a relation type of a closed set (exchange/fields.py),
// SLOT for a or b: whose vectors (`neo4j_dialect.py`).

// name: tenants (not of a tenant)
// Every tenant that was ever written to.
MATCH (t:StemmaTenant) RETURN t.tenant AS tenant ORDER BY tenant;

// name: audiences
// Every audience that a tenant's items are marked with.
MATCH (n:Source|Passage|Entity|Claim|Answer|Retraction|StoreItem|Consolidation {tenant: $tenant})
WHERE n.audience IS NOT NULL
RETURN DISTINCT n.audience AS audience;

// name: items
// The next items of one label, by id, with what the indexes keep of them.
MATCH (n:LABEL {tenant: $tenant}) WHERE n.id > $after AND n.audience IN $audiences
WITH n ORDER BY n.id LIMIT $limit
OPTIONAL MATCH (n)<-[:STANDS_FOR]-(entry:Entry)
RETURN n.id AS id, properties(n) AS row, entry.embedding_SLOT AS vector, entry.sentences_SLOT AS sentences
ORDER BY id;

// name: sources
// The next versions of sources, each after the one that it replaces.
MATCH (n:Source {tenant: $tenant})
WHERE n.audience IN $audiences AND (n.version > $version OR n.version = $version AND n.id > $after)
WITH n ORDER BY n.version, n.id LIMIT $limit
OPTIONAL MATCH (n)-[:REPLACES]->(old:Source)
RETURN n.id AS id, n.version AS version, properties(n) AS row, old.id AS replaces
ORDER BY version, id;

// name: relations
// The relations of one type that begin at the next items of one label, by id; `last` is where the next page begins.
MATCH (n:LABEL {tenant: $tenant}) WHERE n.id > $after AND EXISTS { (n)-[:TYPE]->() }
WITH n ORDER BY n.id LIMIT $limit
WITH collect(n) AS some
RETURN some[-1].id AS last, COLLECT {
  UNWIND some AS n
  MATCH (n)-[r:TYPE]->(other) WHERE r.audience IN $audiences
  RETURN [n.id, other.id, properties(r), CASE WHEN other:Source THEN 'Source' WHEN other:Claim THEN 'Claim' ELSE '' END]
} AS rows;

// name: count_items
// How many items of one label these audiences have.
MATCH (n:LABEL {tenant: $tenant}) WHERE n.audience IN $audiences
RETURN count(*) AS count;

// name: count_relations
// How many relations of one type these audiences have.
MATCH (n:LABEL {tenant: $tenant})-[r:TYPE]->() WHERE n.audience IS NOT NULL AND r.audience IN $audiences
RETURN count(*) AS count;

// name: store_items
// The next items of a store, with their vectors.
MATCH (n:StoreItem {tenant: $tenant}) WHERE n.place > $after AND n.audience IN $audiences
WITH n ORDER BY n.place LIMIT $limit
RETURN n.place AS id, properties(n) AS row, [(n)-[:HAS_VECTOR]->(field:StoreVector) | [field.embedder, field.vector]] AS vectors
ORDER BY id;

// name: known_items
// Those of the ids that are there, and whose they are.
UNWIND $ids AS id
MATCH (n:Source|Passage|Entity|Claim|Answer {tenant: $tenant, id: id})
RETURN id, n.audience AS audience;

// name: known_places
// Those of the places in a store that are taken.
UNWIND $places AS place
MATCH (n:StoreItem {tenant: $tenant, place: place})
RETURN place;

// name: known_decisions
// Those of the decisions that are there.
UNWIND $ids AS id
MATCH (n:Retraction {tenant: $tenant, id: id})
RETURN id;

// name: rivals
// Versions of sources that stand where others would be put.
UNWIND $rows AS row
MATCH (h:SourceHead {tenant: $tenant, key: row.key})
MATCH (:Source {tenant: $tenant, id: h.source_id})-[:REPLACES*0..]->(n:Source)
WHERE n.version = row.values.version AND n.id <> row.values.id
RETURN n.id AS id;

// name: put_sources
// New versions of sources; the newest one is its address's head.
UNWIND $rows AS row
MERGE (h:SourceHead {tenant: $tenant, key: row.key})
ON CREATE SET h.audience = row.values.audience, h.version = 0
FOREACH (_ IN CASE WHEN row.values.version > h.version THEN [1] ELSE [] END |
  SET h.version = row.values.version, h.source_id = row.values.id)
CREATE (n:Source {tenant: $tenant, replaced: false})
SET n += row.values;

// name: put_replacements
// Which version follows which.
UNWIND $rows AS row
MATCH (n:Source {tenant: $tenant, id: row.id})
MATCH (old:Source {tenant: $tenant, id: row.replaces})
MERGE (n)-[r:REPLACES]->(old)
ON CREATE SET r.audience = n.audience;

// name: put_passages
// New passages, each with the entry by which it is found; one that a newer version replaced is not in the indexes.
UNWIND $rows AS row
MATCH (source:Source {tenant: $tenant, id: row.values.source_id})
CREATE (n:Passage {tenant: $tenant, revision: $revision, valid_to: $open_end})
SET n += row.values
CREATE (n)-[:PART_OF {audience: row.values.audience}]->(source)
CREATE (entry:Entry {tenant: $tenant, audience: row.values.audience})-[:STANDS_FOR]->(n)
SET entry += row.words, entry.sentences_SLOT = row.sentences, entry.embedding_SLOT = row.vector
FOREACH (_ IN CASE WHEN row.values.recallable OR NOT row.values.supported THEN [1] ELSE [] END | SET entry:Searchable);

// name: put_claims
// New claims; one with a vector is searched.
UNWIND $rows AS row
CREATE (n:Claim {tenant: $tenant})
SET n += row.values
FOREACH (vector IN CASE WHEN row.vector IS NULL THEN [] ELSE [row.vector] END |
  SET n.revision = $revision
  CREATE (entry:Entry:Searchable {tenant: $tenant, audience: row.values.audience})-[:STANDS_FOR]->(n)
  SET entry += row.words, entry.embedding_SLOT = vector);

// name: put_items
// New answers.
UNWIND $rows AS row
CREATE (n:Answer {tenant: $tenant})
SET n += row.values;

// name: put_decisions
// New decisions.
UNWIND $rows AS row
MATCH (item:Source|Claim {tenant: $tenant, id: row.values.withdraws})
CREATE (n:Retraction {tenant: $tenant})-[:WITHDRAWS {audience: row.values.audience}]->(item)
SET n += row.values;

// name: put_relations
// Relations of one type that are not there; their key tells apart those between the same two.
UNWIND $rows AS row
MATCH (n:Source|Passage|Entity|Claim|Answer|Consolidation {tenant: $tenant, id: row.from})
MATCH (other:Source|Passage|Entity|Claim|Answer {tenant: $tenant, id: row.to})
MERGE (n)-[r:TYPE KEY]->(other)
ON CREATE SET r += row.values;

// name: put_merges
// Which run found duplicates, after the relations.
UNWIND $rows AS row
MATCH (r:Consolidation {tenant: $tenant, id: row.values.run})
MATCH (n:Source|Claim {tenant: $tenant, id: row.from})
MERGE (r)-[made:MERGES]->(n)
ON CREATE SET made.audience = row.values.audience;

// name: put_runs
// Runs of consolidation.
UNWIND $rows AS row
MERGE (n:Consolidation {tenant: $tenant, id: row.id})
ON CREATE SET n += row.values;

// name: duplicated
// What says the same as another one.
MATCH (n:Source|Claim {tenant: $tenant})
WHERE n.audience IS NOT NULL AND EXISTS { (n)-[:DUPLICATES]->() }
RETURN DISTINCT n.id AS id;

// name: put_store_items
// New items of a store, with their vectors.
UNWIND $rows AS row
CREATE (n:StoreItem {tenant: $tenant, place: row.place})
SET n += row.values
FOREACH (one IN row.vectors |
  CREATE (n)-[:HAS_VECTOR]->(:StoreVector {tenant: $tenant, embedder: one.embedder, vector: one.vector}));

// name: decided
// Sources and claims about which there is a decision, or that are stored as taken back, and what is stored of them.
MATCH (n:Source|Claim {tenant: $tenant})
WHERE n.audience IS NOT NULL
  AND (n.withdrawn OR n.quarantined OR EXISTS { (n)<-[:WITHDRAWS]-(:Retraction) })
RETURN n.id AS id, CASE WHEN n:Claim THEN 'Claim' ELSE 'Source' END AS label, n.withdrawn AS withdrawn,
  n.quarantined AS quarantined;

// name: roots
// From where every item of a tenant is reached downwards: its sources, and what rests on nothing.
MATCH (n:Source|Claim|Answer {tenant: $tenant})
WHERE n.audience IS NOT NULL AND (n:Source OR NOT EXISTS { (n)-[:DERIVED_FROM|USED|ASSERTS]->() })
RETURN n.id AS id ORDER BY id;

// name: carry_revision
// After everything was taken from another database: both numbers are beyond what either has had.
MERGE (t:StemmaTenant {tenant: $tenant})
ON CREATE SET t.revision = 0, t.turn = ''
SET t.revision = t.revision + $number, t.erasures = $erasures + 1;

// name: touch
// When claims last got a reason, or superseded another one, after they were recorded: looks at the past begin with them.
MATCH (c:Claim {tenant: $tenant})-[r:DERIVED_FROM|SUPERSEDES]->()
WHERE c.audience IS NOT NULL AND r.recorded_at > c.recorded_at
WITH c, max(r.recorded_at) AS at
SET c.touched_at = at;
