-- Schema 10: entities that go by more than one name. Each ingestion asks for them, and there are few among many.

CREATE INDEX entity_aliased ON entity (tenant, audience) WHERE aliases <> '[]';
