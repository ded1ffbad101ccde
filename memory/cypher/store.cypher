// Facts about the whole database. Nothing here belongs to a tenant.

// name: server (not of a tenant)
// Which Neo4j this is, for the version gate.
CALL dbms.components() YIELD name, versions, edition
WHERE name = 'Neo4j Kernel'
RETURN versions[0] AS version, edition;

// name: settings (not of a tenant)
// Every stored fact.
MATCH (n:StemmaSetting) WHERE n.key IN ['schema', 'embedder']
RETURN n.key AS key, n.version AS version, n.name AS name, n.dimension AS dimension;

// name: settle_schema (not of a tenant)
// Remember the version of the schema that was just made.
MERGE (n:StemmaSetting {key: 'schema'}) SET n.version = $version;

// name: settle_embedder (not of a tenant)
// The first to claim wins; everybody reads who that was.
MERGE (n:StemmaSetting {key: 'embedder'})
ON CREATE SET n.name = $name, n.dimension = $dimension
RETURN n.name AS name, n.dimension AS dimension;

// name: vectors (not of a tenant)
// The vector index over passages and claims; tenant, audience and flags are filtered inside it, before the k nearest.
CYPHER 25
CREATE VECTOR INDEX stemma_vectors IF NOT EXISTS FOR (n:Passage|Claim) ON n.embedding
WITH [n.tenant, n.audience, n.recallable, n.valid_to] OPTIONS $options;

// name: await_indexes (not of a tenant)
// Return when every index answers.
CALL db.awaitIndexes($seconds);
