-- name: key_insert
INSERT INTO api_keys(key_id, digest, name, tenant, user, role, created) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: key_get
SELECT key_id, name, tenant, user, role, created, revoked, digest FROM api_keys WHERE key_id = ?

-- name: key_list
SELECT key_id, name, tenant, user, role, created, revoked FROM api_keys ORDER BY created, key_id

-- name: key_revoke
UPDATE api_keys SET revoked = coalesce(revoked, ?2) WHERE key_id = ?1
