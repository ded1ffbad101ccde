// Items of a store: a StoreItem by its place, the Source that it rests on (whose metadata hold its value), and the vectors
// of its indexed fields. `place` names audience, namespace and key in one word.

// name: put_items
// A batch of rows; one that is there keeps when it was created. Its old vectors go.
UNWIND $rows AS row
MERGE (n:StoreItem {tenant: $tenant, place: row.place})
ON CREATE SET n.created_at = row.created_at
SET n += row.values, n.ttl = row.ttl
WITH n
OPTIONAL MATCH (n)-[:HAS_VECTOR]->(old:StoreVector)
DETACH DELETE old;

// name: put_vectors
// A batch of the vectors of indexed fields.
UNWIND $rows AS row
MATCH (n:StoreItem {tenant: $tenant, place: row.place})
CREATE (n)-[:HAS_VECTOR]->(:StoreVector {tenant: $tenant, embedder: row.embedder, vector: row.vector});

// name: standing
// The newest version of some sources, and whether it is supported.
UNWIND $keys AS key
MATCH (h:SourceHead {tenant: $tenant, key: key})
MATCH (n:Source {tenant: $tenant, id: h.source_id})
RETURN key, n.id AS id, n.supported AS supported;

// name: rows
// When some rows end, whatever their sources are worth.
UNWIND $places AS place
MATCH (n:StoreItem {tenant: $tenant, place: place})
RETURN place, n.expires_at AS expires_at;

// name: standing_versions
// The versions of a source that nobody has withdrawn.
MATCH (h:SourceHead {tenant: $tenant, key: $key})
MATCH (:Source {tenant: $tenant, id: h.source_id})-[:REPLACES*0..]->(n:Source)
WHERE NOT n.withdrawn
RETURN n.id AS id;

// name: remove_rows
// Rows and their vectors.
UNWIND $places AS place
MATCH (n:StoreItem {tenant: $tenant, place: place})
OPTIONAL MATCH (n)-[:HAS_VECTOR]->(field:StoreVector)
DETACH DELETE n, field;

// name: items_under
// The items in a namespace or below it: of several at one place that of the narrowest audience (the last one of $audiences).
UNWIND range(0, size($audiences) - 1) AS rank
MATCH (n:StoreItem {tenant: $tenant, audience: $audiences[rank]})
WHERE n.namespace STARTS WITH $prefix AND n.expires_at > $at
MATCH (source:Source {tenant: $tenant, id: n.source_id})
WHERE source.supported
WITH n, source, rank ORDER BY rank DESC
WITH n.namespace AS namespace, n.key AS key, collect([n, source.metadata])[0] AS best
WITH best[0] AS n, best[1] AS metadata
ORDER BY n.updated_at DESC, n.namespace, n.key SKIP $offset LIMIT $limit
RETURN collect(n {.audience, .namespace, .key, .source_id, .created_at, .updated_at, .ttl, .expires_at,
                  metadata: metadata}) AS rows;

// name: items_at
// The items at some places; $places holds, for each audience from the widest, the row's name.
UNWIND $places AS names
UNWIND range(0, size(names) - 1) AS rank
MATCH (n:StoreItem {tenant: $tenant, place: names[rank]})
WHERE n.expires_at > $at AND n.audience IN $audiences
MATCH (source:Source {tenant: $tenant, id: n.source_id})
WHERE source.supported
WITH n, source, rank ORDER BY rank DESC
WITH n.namespace AS namespace, n.key AS key, collect([n, source.metadata])[0] AS best
WITH best[0] AS n, best[1] AS metadata
RETURN collect(n {.audience, .namespace, .key, .source_id, .created_at, .updated_at, .ttl, .expires_at,
                  metadata: metadata}) AS rows;

// name: item_namespaces
// The namespaces that hold an item.
UNWIND $audiences AS audience
MATCH (n:StoreItem {tenant: $tenant, audience: audience})
WHERE n.namespace STARTS WITH $prefix AND n.expires_at > $at
MATCH (source:Source {tenant: $tenant, id: n.source_id})
WHERE source.supported
RETURN collect(DISTINCT n.namespace) AS rows;

// name: item_scores
// Of each row in a namespace or below it, the best similarity of its vectors.
UNWIND $audiences AS audience
MATCH (n:StoreItem {tenant: $tenant, audience: audience})
WHERE n.namespace STARTS WITH $prefix
MATCH (n)-[:HAS_VECTOR]->(field:StoreVector)
WHERE field.embedder = $embedder
WITH n, max(vector.similarity.cosine(field.vector, $vector)) AS score
RETURN collect([n.audience, n.namespace, n.key, score]) AS rows;

// name: prolong
// Rows that are still there end later, or earlier.
UNWIND $rows AS row
MATCH (n:StoreItem {tenant: $tenant, place: row.place})
WHERE n.ttl IS NOT NULL
SET n.expires_at = row.expires_at;

// name: expired (not of a tenant)
// Rows whose time is over, the longest first; the sweep of a whole store.
MATCH (n:StoreItem) WHERE n.expires_at <= $at
WITH n ORDER BY n.expires_at LIMIT $limit
RETURN collect(n {.tenant, .audience, .namespace, .key, .source_id, .created_at, .updated_at, .ttl, .expires_at,
                  metadata: ''}) AS rows;
