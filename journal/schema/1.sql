-- One schema for SQLite and PostgreSQL, which reads INTEGER as BIGINT, BLOB as
-- BYTEA and no STRICT. Times are nanoseconds since 1970 in UTC, 0 when there is
-- none. BLOBs named head, plan, result, evidence and entry are JSON; keys and
-- ids of accounts are BLOBs because they may hold any byte, and sort by bytes;
-- the driver of SQLite writes an empty one as NULL.
-- Checksums are CRC-32C.

-- One run of one source.
CREATE TABLE runs (
  id            INTEGER NOT NULL PRIMARY KEY, -- from the counter: in the order in which they began
  run           TEXT    NOT NULL UNIQUE,
  tenant        TEXT    NOT NULL,
  source_id     TEXT    NOT NULL,
  source_name   TEXT    NOT NULL,
  command       TEXT    NOT NULL,
  writes        INTEGER NOT NULL, -- 1: begun in order to write
  started       INTEGER NOT NULL,
  outcome       TEXT    NOT NULL,
  epoch         INTEGER NOT NULL, -- raised by whoever takes the run, or its source, over
  sealed        INTEGER NOT NULL, -- 1 once the plan is whole: nothing is sent before
  ended         INTEGER NOT NULL, -- 1 once it has ended: what became of every operation is on record
  superseded_by TEXT    NOT NULL, -- a later run of the source, or ''
  operations    INTEGER NOT NULL, -- how many were sealed
  head          BLOB    NOT NULL,
  checksum      INTEGER NOT NULL  -- of run and head
) STRICT;

CREATE INDEX runs_of_source ON runs (tenant, source_id, id);

-- The operations as they were planned, and how they stood then. Never changed.
-- The id is run * 2^32 + seq.
CREATE TABLE operations (
  id        INTEGER NOT NULL PRIMARY KEY,
  phase     INTEGER NOT NULL,
  op        TEXT    NOT NULL,
  key       BLOB,
  account   BLOB,
  native    BLOB,
  plan      BLOB    NOT NULL,
  checksum  INTEGER NOT NULL, -- of all before it
  state     TEXT    NOT NULL, -- the rest is the first version of the outcome
  code      TEXT    NOT NULL,
  created   BLOB,
  result    BLOB    NOT NULL,
  evidence  BLOB,
  outcome   INTEGER NOT NULL  -- checksum of that
) STRICT;

-- What became of them: made by Seal, in the order (phase, key, seq). The id is
-- run * 2^32 + place; places count from 1.
CREATE TABLE outcomes (
  id        INTEGER NOT NULL PRIMARY KEY,
  operation INTEGER NOT NULL, -- id of its plan
  op        TEXT    NOT NULL,
  phase     INTEGER NOT NULL,
  version   INTEGER NOT NULL, -- how often it was changed
  state     TEXT    NOT NULL,
  code      TEXT    NOT NULL,
  created   BLOB, -- account id of a new account
  result    BLOB    NOT NULL,
  evidence  BLOB, -- empty when there is none
  checksum  INTEGER NOT NULL  -- of operation, version and all after it
) STRICT;

-- Rejected rows, orphans and absences of a run.
CREATE TABLE entries (
  run      INTEGER NOT NULL,
  kind     TEXT    NOT NULL, -- rejected, orphan, absence
  n        INTEGER NOT NULL,
  line     INTEGER NOT NULL,
  key      BLOB,
  entry    BLOB    NOT NULL,
  checksum INTEGER NOT NULL, -- of key and entry
  PRIMARY KEY (run, kind, n)
) STRICT;

-- What is known of a source across runs. Each fact is as of the time of the
-- listing it was learnt from, and never gives way to an older one.
CREATE TABLE sources (
  tenant         TEXT    NOT NULL,
  source_id      TEXT    NOT NULL,
  absences_as_of INTEGER NOT NULL,
  accounts_as_of INTEGER NOT NULL,
  accounts       INTEGER NOT NULL, -- left by the last complete run
  accounts_run   TEXT    NOT NULL, -- that run; '' when there was none
  PRIMARY KEY (tenant, source_id)
) STRICT;

-- Live accounts that no row asks for, and since when.
CREATE TABLE absences (
  tenant    TEXT    NOT NULL,
  source_id TEXT    NOT NULL,
  account   BLOB    NOT NULL,
  entry     BLOB    NOT NULL,
  checksum  INTEGER NOT NULL, -- of account and entry
  PRIMARY KEY (tenant, source_id, account)
) STRICT;

-- Who took a lock last: for people, while it is held.
CREATE TABLE holders (
  name   TEXT NOT NULL PRIMARY KEY,
  holder BLOB NOT NULL
) STRICT;

-- The last id of a run: never given twice, also when the run was pruned.
CREATE TABLE counters (
  name  TEXT    NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;

INSERT INTO counters (name, value) VALUES ('run', 0);
