-- Schema 4: with whose rights a decision was made, where those are wider than its item's: an audience, or NULL.

ALTER TABLE retraction ADD COLUMN authority TEXT;
