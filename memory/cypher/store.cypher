// Facts about the whole database. Nothing here belongs to a tenant. SLOT is a or b: whose vectors (`neo4j_dialect.py`).

// name: server (not of a tenant)
// Which Neo4j this is, for the version gate.
CALL dbms.components() YIELD name, versions, edition
WHERE name = 'Neo4j Kernel'
RETURN versions[0] AS version, edition;

// name: settings (not of a tenant)
// Every stored fact.
MATCH (n:StemmaSetting) WHERE n.key IN ['schema', 'embedder', 'reindex']
RETURN n.key AS key, n.version AS version, n.name AS name, n.dimension AS dimension, n.slot AS slot;

// name: settle_schema (not of a tenant)
// Remember the version of the schema that was just made.
MERGE (n:StemmaSetting {key: 'schema'}) SET n.version = $version;

// name: settle_embedder (not of a tenant)
// The first to claim wins; everybody reads who that was.
MERGE (n:StemmaSetting {key: 'embedder'})
ON CREATE SET n.name = $name, n.dimension = $dimension, n.slot = 'a'
RETURN n.name AS name, n.dimension AS dimension, n.slot AS slot;

// name: lock_settings (not of a tenant)
// Whoever writes to it waits for others that did, until they have committed.
MATCH (n:StemmaSetting {key: 'embedder'}) SET n.turn = $turn;

// name: await_indexes (not of a tenant)
// Return when every index answers.
CALL db.awaitIndexes($seconds);
