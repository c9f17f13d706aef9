-- Plans stand in blocks, outcomes only where something became of an operation.

ALTER TABLE operations RENAME TO old_operations;
ALTER TABLE outcomes RENAME TO old_outcomes;

-- Of a sealed run: how its operations were planned, counted by phase, kind,
-- state and code, as JSON; and what is added to the place of an operation in its
-- id in blocks. The checksum is of base, operations and tally.
ALTER TABLE runs ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN tally BLOB;
ALTER TABLE runs ADD COLUMN tally_checksum INTEGER NOT NULL DEFAULT 0;

-- The operations as they were planned, and how they stood then, compressed:
-- once the run is sealed in the order (phase, key, seq), and never changed. The
-- id is run * 2^32 + base + place of the first one; places count from 1.
CREATE TABLE blocks (
  id         INTEGER NOT NULL PRIMARY KEY,
  operations INTEGER NOT NULL, -- in this block
  block      BLOB    NOT NULL,
  checksum   INTEGER NOT NULL  -- of all before it
) STRICT;

-- Where a name stands that an operation is found by: its key, its native
-- identity, the id of its account. Made by Seal. The id is run * 2^32 + bucket:
-- the highest bits of the name's hash, as many as the run has operations for.
CREATE TABLE names (
  id       INTEGER NOT NULL PRIMARY KEY,
  places   BLOB    NOT NULL, -- hash and place, 4 bytes each, in their order
  checksum INTEGER NOT NULL  -- of both before it
) STRICT;

-- What became of the operations that were changed since. The id is run * 2^32 +
-- place. How many there are of a run counters says: a row that is lost is missed.
CREATE TABLE outcomes (
  id            INTEGER NOT NULL PRIMARY KEY,
  op            TEXT    NOT NULL,
  planned_state TEXT    NOT NULL, -- as it stood when it was sealed
  planned_code  TEXT    NOT NULL,
  version       INTEGER NOT NULL, -- how often it was changed, from 1
  state         TEXT    NOT NULL,
  code          TEXT    NOT NULL,
  created       BLOB, -- account id of a new account
  result        BLOB    NOT NULL,
  evidence      BLOB, -- NULL when there is none
  checksum      INTEGER NOT NULL  -- of all before it but what was planned, which its block says too
) STRICT;

CREATE INDEX outcomes_created ON outcomes (created) WHERE created IS NOT NULL;
