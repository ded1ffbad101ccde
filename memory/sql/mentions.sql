-- What passages and claims of the SQLite memory mention: a JSON list of [entity id, first, last] in each one's row, and the
-- way back from an entity to the claims that are compared because of it.

-- name: add_claim_entities
-- Claims are to be found by entities, in one step for all of them; the audience is the claims'. `:pairs` is a JSON list of
-- [entity id, claim id].
INSERT INTO claim_entity (tenant, entity_id, claim_id, audience)
SELECT :tenant, value ->> 0, value ->> 1, :audience FROM json_each(:pairs) WHERE TRUE
ON CONFLICT DO NOTHING;

-- name: add_to_passage
-- One more mention of a passage that is there, unless it is known.
UPDATE passage SET mentions = json_insert(mentions, '$[#]', json_array(:entity_id, :first, :last))
WHERE tenant = :tenant AND id = :item_id AND NOT EXISTS (
    SELECT 1 FROM json_each(passage.mentions) AS place WHERE place.value ->> 0 = :entity_id AND place.value ->> 1 = :first);

-- name: add_to_claim
-- One more mention of a claim that is there, unless it is known.
UPDATE claim SET mentions = json_insert(mentions, '$[#]', json_array(:entity_id, :first, :last))
WHERE tenant = :tenant AND id = :item_id AND NOT EXISTS (
    SELECT 1 FROM json_each(claim.mentions) AS place WHERE place.value ->> 0 = :entity_id AND place.value ->> 1 = :first);

-- name: names_of_entities
-- What entities are called.
SELECT entity.id, entity.name FROM json_each(:ids) AS one
CROSS JOIN entity ON entity.tenant = :tenant AND entity.id = one.value;
