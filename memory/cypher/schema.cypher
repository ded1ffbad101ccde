// What the database needs before anything is stored: keys, listings, words. Run once at `open`; each may run again.
// The vector index comes with the embedder, whose dimension it has (claim_embedder).

// name: key_source (not of a tenant)
// An id names one Source of a tenant.
CREATE CONSTRAINT stemma_source_key IF NOT EXISTS FOR (n:Source) REQUIRE (n.tenant, n.id) IS UNIQUE;

// name: key_passage (not of a tenant)
// An id names one Passage of a tenant.
CREATE CONSTRAINT stemma_passage_key IF NOT EXISTS FOR (n:Passage) REQUIRE (n.tenant, n.id) IS UNIQUE;

// name: key_entity (not of a tenant)
// An id names one Entity of a tenant.
CREATE CONSTRAINT stemma_entity_key IF NOT EXISTS FOR (n:Entity) REQUIRE (n.tenant, n.id) IS UNIQUE;

// name: key_claim (not of a tenant)
// An id names one Claim of a tenant.
CREATE CONSTRAINT stemma_claim_key IF NOT EXISTS FOR (n:Claim) REQUIRE (n.tenant, n.id) IS UNIQUE;

// name: key_answer (not of a tenant)
// An id names one Answer of a tenant.
CREATE CONSTRAINT stemma_answer_key IF NOT EXISTS FOR (n:Answer) REQUIRE (n.tenant, n.id) IS UNIQUE;

// name: key_retraction (not of a tenant)
// An id names one Retraction of a tenant.
CREATE CONSTRAINT stemma_retraction_key IF NOT EXISTS FOR (n:Retraction) REQUIRE (n.tenant, n.id) IS UNIQUE;

// name: key_source_head (not of a tenant)
// One head for each tenant, audience and uri: which version is the newest one.
CREATE CONSTRAINT stemma_source_head_key IF NOT EXISTS FOR (n:SourceHead) REQUIRE (n.tenant, n.key) IS UNIQUE;

// name: key_tenant (not of a tenant)
// One node for each tenant: where it stands, and what its writers lock.
CREATE CONSTRAINT stemma_tenant_key IF NOT EXISTS FOR (n:StemmaTenant) REQUIRE n.tenant IS UNIQUE;

// name: key_setting (not of a tenant)
// Facts about the whole database: its schema's version, its embedder.
CREATE CONSTRAINT stemma_setting_key IF NOT EXISTS FOR (n:StemmaSetting) REQUIRE n.key IS UNIQUE;

// name: key_store_item (not of a tenant)
// One item for each tenant, audience, namespace and key of a store.
CREATE CONSTRAINT stemma_store_item_key IF NOT EXISTS FOR (n:StoreItem) REQUIRE (n.tenant, n.place) IS UNIQUE;

// name: key_consolidation (not of a tenant)
// An id names one Consolidation of a tenant.
CREATE CONSTRAINT stemma_consolidation_key IF NOT EXISTS FOR (n:Consolidation) REQUIRE (n.tenant, n.id) IS UNIQUE;

// name: listing_consolidation (not of a tenant)
// Which runs a tenant's audience may see, without a scan.
CREATE INDEX stemma_consolidation_audience IF NOT EXISTS FOR (n:Consolidation) ON (n.tenant, n.audience);

// name: listing_store_item (not of a tenant)
// What a tenant's audience has in a store, without a scan.
CREATE INDEX stemma_store_item_audience IF NOT EXISTS FOR (n:StoreItem) ON (n.tenant, n.audience);

// name: range_store_item (not of a tenant)
// What lies below a namespace.
CREATE INDEX stemma_store_item_namespace IF NOT EXISTS FOR (n:StoreItem) ON (n.tenant, n.audience, n.namespace);

// name: expiry_store_item (not of a tenant)
// What ends next.
CREATE INDEX stemma_store_item_expiry IF NOT EXISTS FOR (n:StoreItem) ON (n.expires_at);

// name: listing_source (not of a tenant)
// What a tenant's audience may see of one label, without a scan.
CREATE INDEX stemma_source_audience IF NOT EXISTS FOR (n:Source) ON (n.tenant, n.audience);

// name: listing_passage (not of a tenant)
// What a tenant's audience may see of one label, without a scan.
CREATE INDEX stemma_passage_audience IF NOT EXISTS FOR (n:Passage) ON (n.tenant, n.audience);

// name: listing_entity (not of a tenant)
// What a tenant's audience may see of one label, without a scan.
CREATE INDEX stemma_entity_audience IF NOT EXISTS FOR (n:Entity) ON (n.tenant, n.audience);

// name: listing_aliased (not of a tenant)
// The entities that have aliases; the others do not have the property.
CREATE INDEX stemma_entity_aliased IF NOT EXISTS FOR (n:Entity) ON (n.tenant, n.aliased);

// name: mark_aliased (not of a tenant)
// Entities that were stored before they were marked.
MATCH (n:Entity) WHERE n.aliases <> [] AND n.aliased IS NULL
SET n.aliased = n.audience;

// name: listing_claim (not of a tenant)
// What a tenant's audience may see of one label, without a scan.
CREATE INDEX stemma_claim_audience IF NOT EXISTS FOR (n:Claim) ON (n.tenant, n.audience);

// name: listing_answer (not of a tenant)
// What a tenant's audience may see of one label, without a scan.
CREATE INDEX stemma_answer_audience IF NOT EXISTS FOR (n:Answer) ON (n.tenant, n.audience);

// name: listing_retraction (not of a tenant)
// What a tenant's audience may see of one label, without a scan.
CREATE INDEX stemma_retraction_audience IF NOT EXISTS FOR (n:Retraction) ON (n.tenant, n.audience);

// name: listing_source_head (not of a tenant)
// What a tenant's audience may see of one label, without a scan.
CREATE INDEX stemma_source_head_audience IF NOT EXISTS FOR (n:SourceHead) ON (n.tenant, n.audience);

// name: past_source (not of a tenant)
// What came after a moment.
CREATE INDEX stemma_source_added IF NOT EXISTS FOR (n:Source) ON (n.tenant, n.added_at);

// name: past_claim (not of a tenant)
// What came after a moment.
CREATE INDEX stemma_claim_recorded IF NOT EXISTS FOR (n:Claim) ON (n.tenant, n.recorded_at);

// name: past_reasons (not of a tenant)
// Claims that got a reason, or superseded another one, after a moment and after they were recorded: few have this.
CREATE INDEX stemma_claim_touched IF NOT EXISTS FOR (n:Claim) ON (n.tenant, n.touched_at);

// name: past_answer (not of a tenant)
// What came after a moment.
CREATE INDEX stemma_answer_recorded IF NOT EXISTS FOR (n:Answer) ON (n.tenant, n.recorded_at);

// name: past_decision (not of a tenant)
// What was decided after a moment.
CREATE INDEX stemma_retraction_made IF NOT EXISTS FOR (n:Retraction) ON (n.tenant, n.at);

// name: past_lifting (not of a tenant)
// What was lifted after a moment.
CREATE INDEX stemma_retraction_lifted IF NOT EXISTS FOR (n:Retraction) ON (n.tenant, n.lifted_at);

// name: claim_begins (not of a tenant)
// Claims that state when they begin to hold in the world; the others do not have the property.
CREATE INDEX stemma_claim_begins IF NOT EXISTS FOR (n:Claim) ON (n.tenant, n.holds_from);

// name: claim_ends (not of a tenant)
// Claims that state when they end to hold.
CREATE INDEX stemma_claim_ends IF NOT EXISTS FOR (n:Claim) ON (n.tenant, n.holds_to);

// name: source_begins (not of a tenant)
// Sources that state when they begin to hold.
CREATE INDEX stemma_source_begins IF NOT EXISTS FOR (n:Source) ON (n.tenant, n.holds_from);

// name: source_ends (not of a tenant)
// Sources that state when they end to hold.
CREATE INDEX stemma_source_ends IF NOT EXISTS FOR (n:Source) ON (n.tenant, n.holds_to);

// name: past_words (not of a tenant)
// Full text over everything that was ever searched, for looks at the past: what has left the other index is in this one.
CREATE FULLTEXT INDEX stemma_past_words IF NOT EXISTS FOR (n:Entry) ON EACH [n.terms, n.reach]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}};

// name: revision_passage (not of a tenant)
// What changed since a cache last looked.
CREATE INDEX stemma_passage_revision IF NOT EXISTS FOR (n:Passage) ON (n.tenant, n.revision);

// name: revision_claim (not of a tenant)
// What changed since a cache last looked; a claim that is not searched has no revision.
CREATE INDEX stemma_claim_revision IF NOT EXISTS FOR (n:Claim) ON (n.tenant, n.revision);

// name: key_contradiction (not of a tenant)
// A contradiction by its id.
CREATE INDEX stemma_contradiction_key IF NOT EXISTS FOR ()-[r:CONTRADICTS]-() ON (r.tenant, r.id);

// name: listing_contradiction (not of a tenant)
// What a tenant's audience may see of contradictions, without a scan.
CREATE INDEX stemma_contradiction_audience IF NOT EXISTS FOR ()-[r:CONTRADICTS]-() ON (r.tenant, r.audience);

// name: words (not of a tenant)
// Full text over the terms that memory.text makes, so that every store sees the same words; `reach` names tenant and
// audience in one word. An `Entry` holds the words and vectors of a passage or searched claim, apart from it: flags that
// flip there would make the server write its vectors again. It is `Searchable` from the start, until a newer version
// takes a passage's place: what was taken back stays in the indexes, because to put a vector back costs a hundred times
// what looking past it costs.
CREATE FULLTEXT INDEX stemma_words IF NOT EXISTS FOR (n:Searchable) ON EACH [n.terms, n.reach]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}};
