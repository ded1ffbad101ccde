-- Looking entities up by what else they are called.

-- name: entities_called
-- The entities that a reader may see under any of these aliases, as written.
SELECT tenant, id, audience, name, kind, aliases FROM entity INDEXED BY entity_aliased
WHERE tenant = :tenant AND audience IN (SELECT value FROM json_each(:audiences)) AND aliases <> '[]'
AND EXISTS (SELECT 1 FROM json_each(entity.aliases) AS alias WHERE alias.value IN (SELECT value FROM json_each(:names)))
ORDER BY name, id;

-- name: add_relations
-- Claims relate two things each; the audience is the claim's. Nothing is written for a claim of another audience than the
-- writer's, or a thing that this audience does not see. `:relations` is a JSON list of [claim id, subject id, predicate,
-- object id].
INSERT INTO relates_to (tenant, entity_id, other_id, claim_id, predicate, audience)
SELECT claim.tenant, subject.id, object.id, claim.id, one.value ->> 2, claim.audience
FROM json_each(:relations) AS one CROSS JOIN claim CROSS JOIN entity AS subject CROSS JOIN entity AS object
WHERE claim.tenant = :tenant AND claim.id = one.value ->> 0 AND +claim.audience = :audience
AND subject.tenant = :tenant AND subject.id = one.value ->> 1
AND +subject.audience IN (SELECT value FROM json_each(:audiences))
AND object.tenant = :tenant AND object.id = one.value ->> 3
AND +object.audience IN (SELECT value FROM json_each(:audiences))
ON CONFLICT DO NOTHING;

-- name: relations
-- What supported claims relate a thing to, from either end, the newest claim first. Both ends are of the claim's
-- audience or a wider one, so whoever sees the relation sees them.
SELECT subject.id, subject.name, related.predicate, object.id, object.name, claim.id, claim.text, count(*) OVER ()
FROM (
    SELECT entity_id, other_id, claim_id, predicate FROM relates_to
    WHERE tenant = :tenant AND entity_id = :id AND +audience IN (SELECT value FROM json_each(:audiences))
    UNION ALL
    SELECT entity_id, other_id, claim_id, predicate FROM relates_to INDEXED BY relates_to_other
    WHERE tenant = :tenant AND other_id = :id AND entity_id <> :id AND +audience IN (SELECT value FROM json_each(:audiences))
) AS related CROSS JOIN claim CROSS JOIN entity AS subject CROSS JOIN entity AS object
WHERE claim.tenant = :tenant AND claim.id = related.claim_id AND claim.supported
AND subject.tenant = :tenant AND subject.id = related.entity_id
AND object.tenant = :tenant AND object.id = related.other_id
ORDER BY claim.recorded_at DESC, claim.id LIMIT :limit OFFSET :offset;

-- name: count_relations
-- How many relations the reader may see that hold.
SELECT count(*) FROM relates_to CROSS JOIN claim
WHERE relates_to.tenant = :tenant AND relates_to.audience IN (SELECT value FROM json_each(:audiences))
AND claim.tenant = :tenant AND claim.id = relates_to.claim_id AND claim.supported;
