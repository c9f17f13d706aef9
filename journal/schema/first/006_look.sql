-- What a look right before an operation is sent is held against.
ALTER TABLE operations ADD COLUMN modified TEXT NOT NULL DEFAULT ''; -- of the account it was planned on
ALTER TABLE operations ADD COLUMN force INTEGER NOT NULL DEFAULT 0;  -- send it even if the account is so already
