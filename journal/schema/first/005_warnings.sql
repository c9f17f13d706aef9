-- What a person should know of an operation: a JSON array of codes, or ''.
ALTER TABLE operations ADD COLUMN warnings TEXT NOT NULL DEFAULT '';
