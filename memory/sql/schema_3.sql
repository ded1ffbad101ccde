-- Schema 3: vectors in a plain table; they are searched in the process (sqlite_vectors.py) and no longer by sqlite-vec.

-- The vector of what is searched, as 32-bit floats, by its number.
CREATE TABLE vector (
    n INTEGER PRIMARY KEY,
    embedding BLOB NOT NULL
) STRICT;

-- Of a file that sqlite-vec has filled: its index keeps vectors in chunks, in tables of these names. Another file has none.
CREATE TABLE IF NOT EXISTS vectors_rowids (rowid INTEGER PRIMARY KEY, id, chunk_id INTEGER, chunk_offset INTEGER);
CREATE TABLE IF NOT EXISTS vectors_vector_chunks00 (rowid INTEGER PRIMARY KEY, vectors BLOB);
INSERT INTO vector (n, embedding)
SELECT item.n, substr(chunk.vectors, 1 + 4 * size.value * place.chunk_offset, 4 * size.value)
FROM search_item AS item
CROSS JOIN vectors_rowids AS place ON place.rowid = item.n
CROSS JOIN vectors_vector_chunks00 AS chunk ON chunk.rowid = place.chunk_id
CROSS JOIN setting AS size ON size.name = 'dimension';
DROP TABLE vectors_rowids;
DROP TABLE vectors_vector_chunks00;
DROP TABLE IF EXISTS vectors_chunks;
DROP TABLE IF EXISTS vectors_info;
DROP TABLE IF EXISTS vectors_metadatachunks00;
DROP TABLE IF EXISTS vectors_metadatatext00;
-- The index itself could only be dropped by sqlite-vec.
PRAGMA writable_schema = ON;
DELETE FROM sqlite_schema WHERE type = 'table' AND name = 'vectors';
PRAGMA writable_schema = RESET;
