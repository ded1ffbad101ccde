-- Schema 11: what an item mentions stands in its own row, as a JSON list of [entity id, first, last]. A table of mentions
-- with an index had half of the pages that an ingestion wrote, because the ids in their keys lie anywhere.

ALTER TABLE passage ADD COLUMN mentions TEXT NOT NULL DEFAULT '[]';
UPDATE passage SET mentions = (SELECT json_group_array(json_array(entity_id, first, last)) FROM (
    SELECT entity_id, first, last FROM mentions
    WHERE mentions.tenant = passage.tenant AND mentions.item_id = passage.id ORDER BY first, entity_id));
ALTER TABLE claim ADD COLUMN mentions TEXT NOT NULL DEFAULT '[]';
UPDATE claim SET mentions = (SELECT json_group_array(json_array(entity_id, first, last)) FROM (
    SELECT entity_id, first, last FROM mentions
    WHERE mentions.tenant = claim.tenant AND mentions.item_id = claim.id ORDER BY first, entity_id));

-- The way back from an entity to the claims that mention it.
CREATE TABLE claim_entity (
    tenant TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (tenant, entity_id, claim_id)
) WITHOUT ROWID, STRICT;
INSERT INTO claim_entity (tenant, entity_id, claim_id, audience)
SELECT DISTINCT mentions.tenant, mentions.entity_id, claim.id, claim.audience
FROM mentions CROSS JOIN claim ON claim.tenant = mentions.tenant AND claim.id = mentions.item_id
ORDER BY mentions.tenant, mentions.entity_id, claim.id;

-- The mentions one by one, for exporting and counting them.
DROP TABLE mentions;
CREATE VIEW mentions (tenant, item_id, entity_id, first, last, audience) AS
SELECT passage.tenant, passage.id, place.value ->> 0, place.value ->> 1, place.value ->> 2, passage.audience
FROM passage CROSS JOIN json_each(passage.mentions) AS place
UNION ALL
SELECT claim.tenant, claim.id, place.value ->> 0, place.value ->> 1, place.value ->> 2, claim.audience
FROM claim CROSS JOIN json_each(claim.mentions) AS place;
