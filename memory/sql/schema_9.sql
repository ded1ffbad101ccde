-- Schema 9: the words of what is searched once more, by number, as a process keeps them in its memory (sqlite_terms.py).
-- An item of an older file has no row: its words are counted from its text when they are needed.

CREATE TABLE terms (
    n INTEGER PRIMARY KEY,
    counts BLOB NOT NULL
) STRICT;
