-- What changed in the SQLite memory, for the caches of a process. These see a whole tenant.

-- name: revision
-- Where the tenant stands; no row when nothing was written for it.
SELECT number, erasures FROM revision WHERE tenant = :tenant;

-- name: last_revision
-- The revision of the item at which a page of changes ends; no row when fewer are left.
SELECT revision FROM search_item WHERE tenant = :tenant AND revision > :after ORDER BY revision LIMIT 1 OFFSET :limit - 1;

-- name: changed_items
-- The searched items that changed after one revision, up to and including another.
SELECT item.id, item.audience, passage.title, coalesce(passage.text, claim.text), item.recallable, item.revision, sentences.vectors,
    coalesce(passage.mentions, claim.mentions)
FROM search_item AS item
LEFT JOIN passage ON passage.tenant = item.tenant AND passage.id = item.id
LEFT JOIN claim ON claim.tenant = item.tenant AND claim.id = item.id
LEFT JOIN sentences ON sentences.n = item.n
WHERE item.tenant = :tenant AND item.revision > :after AND item.revision <= :last
ORDER BY item.revision, item.id;
