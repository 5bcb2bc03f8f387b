-- Where other nodes reach a node directly; empty: only through the database.
ALTER TABLE nodes ADD COLUMN line BLOB NOT NULL DEFAULT x'';
