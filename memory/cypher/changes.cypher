// Where a tenant stands and what changed: for caches, which see a whole tenant, and for writers, who take turns.

// name: take_turn
// Writing to the tenant's node takes its lock: from here to the end of the transaction this writer is alone. `before`
// is the writer that was here last. After that, not before: whose vectors the tenant's passages and claims must have.
CYPHER replan=skip
MERGE (t:StemmaTenant {tenant: $tenant})
ON CREATE SET t.revision = 0, t.erasures = 0, t.turn = ''
SET t.locked = $turn
WITH t, t.turn AS before
SET t.revision = t.revision + 1, t.turn = $turn
WITH t.revision AS revision, before
OPTIONAL MATCH (s:StemmaSetting {key: 'embedder'})
RETURN revision, before, s.name AS name, s.dimension AS dimension, s.slot AS slot;

// name: serving
// Whose vectors the tenant's passages and claims must have, asked again.
CYPHER replan=skip
MATCH (t:StemmaTenant {tenant: $tenant})
OPTIONAL MATCH (s:StemmaSetting {key: 'embedder'})
RETURN s.name AS name, s.dimension AS dimension, s.slot AS slot;

// name: count_erasure
// What a process remembers of the tenant is worth nothing now.
MATCH (t:StemmaTenant {tenant: $tenant})
SET t.erasures = t.erasures + 1;

// name: revision
// Where a tenant stands.
MATCH (t:StemmaTenant {tenant: $tenant})
RETURN t.revision AS number, t.erasures AS erasures;

// name: changed_until
// The revision up to which at least so many items changed, or the last one there is. The index gives them in order, so
// that it looks at no more: a first look at a whole tenant takes many pages.
CALL () {
  MATCH (n:Passage {tenant: $tenant}) WHERE n.revision > $after
  WITH n ORDER BY n.tenant, n.revision LIMIT $limit
  RETURN n.revision AS revision
  UNION ALL
  MATCH (n:Claim {tenant: $tenant}) WHERE n.revision > $after
  WITH n ORDER BY n.tenant, n.revision LIMIT $limit
  RETURN n.revision AS revision
}
WITH revision ORDER BY revision LIMIT $limit
RETURN max(revision) AS last;

// name: changed_items
// The passages and searched claims whose revision lies in a range, with what they mention. Many come in one record:
// each costs the driver more than what is in it.
MATCH (n:Passage|Claim {tenant: $tenant})
WHERE n.revision > $after AND n.revision <= $last
OPTIONAL MATCH (s:StemmaSetting {key: 'embedder'})
OPTIONAL MATCH (n)<-[:STANDS_FOR]-(entry:Entry)
WITH n, CASE s.slot WHEN 'b' THEN entry.sentences_b ELSE entry.sentences_a END AS sentences
ORDER BY n.revision, n.id
WITH collect([n, sentences]) AS found
UNWIND range(0, size(found) - 1, 100) AS start
WITH found[start..start + 100] AS some
CALL (some) {
  UNWIND some AS each
  WITH each[0] AS n, each[1] AS sentences
  RETURN collect([
    n.id,
    CASE WHEN n:Passage THEN 'Passage' ELSE 'Claim' END,
    n.audience,
    coalesce(n.title, ''),
    n.text,
    n.recallable AND n.hidden IS NULL,
    n.revision,
    [(n)-[m:MENTIONS]->(e:Entity) | [e.id, e.name, m.start, m.end]],
    sentences
  ]) AS rows
}
RETURN rows;
