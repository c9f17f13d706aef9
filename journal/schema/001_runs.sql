-- Times are nanoseconds since 1970 in UTC, 0 when there is none. What came
-- first is told by ids and by n, never by a clock. JSON is kept as text.

-- One run of the program.
CREATE TABLE runs (
  id        INTEGER PRIMARY KEY,
  run       TEXT    NOT NULL UNIQUE,
  command   TEXT    NOT NULL,
  version   TEXT    NOT NULL,
  tenant    TEXT    NOT NULL,
  api       TEXT    NOT NULL,
  started   INTEGER NOT NULL,
  finished  INTEGER NOT NULL,
  outcome   TEXT    NOT NULL, -- '' until a part has ended
  exit_code INTEGER NOT NULL,
  error     TEXT    NOT NULL,
  hint      TEXT    NOT NULL,
  requests  TEXT    NOT NULL  -- JSON
) STRICT;

-- One source's part of a run.
CREATE TABLE parts (
  id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never that of a part that was pruned
  run            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  source_id      TEXT    NOT NULL,
  source         TEXT    NOT NULL, -- JSON, as are the seven after it
  input          TEXT    NOT NULL,
  listing        TEXT    NOT NULL,
  guards         TEXT    NOT NULL,
  totals         TEXT    NOT NULL,
  notes          TEXT    NOT NULL,
  account_schema TEXT    NOT NULL,
  settings       TEXT    NOT NULL,
  begun          INTEGER NOT NULL, -- 1 once every operation is in: nothing is sent before
  ended          INTEGER NOT NULL, -- 1 once the outcome of every operation is in
  UNIQUE (run, source_id)
) STRICT;

CREATE INDEX parts_of_source ON parts (source_id, id);

-- The operations as they were planned, with their before-images. Not changed
-- once they are in: what became of them is in records. The id is
-- part * 2^32 + seq: one tree to write to instead of two.
CREATE TABLE operations (
  id             INTEGER PRIMARY KEY,
  op             TEXT    NOT NULL,
  key            TEXT    NOT NULL,
  account        TEXT    NOT NULL,
  line           INTEGER NOT NULL,
  row_offset     INTEGER NOT NULL,
  joined         TEXT    NOT NULL, -- JSON array of offsets, or ''
  reason         TEXT    NOT NULL,
  why            TEXT    NOT NULL,
  state          TEXT    NOT NULL,
  identity_id    TEXT    NOT NULL,
  identity_state TEXT    NOT NULL,
  native         TEXT    NOT NULL,
  fingerprint    TEXT    NOT NULL,
  changes        TEXT    NOT NULL, -- JSON array of {attribute, before, after}, or ''
  live           TEXT    NOT NULL  -- JSON object of attributes, or ''
) STRICT;

-- An intent says that the operations from first to last are about to be sent.
CREATE TABLE intents (
  part  INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  first INTEGER NOT NULL, -- seq
  n     INTEGER NOT NULL, -- counts intents and records of the part together
  last  INTEGER NOT NULL, -- seq
  at    INTEGER NOT NULL,
  PRIMARY KEY (part, first, n)
) STRICT, WITHOUT ROWID;

-- How operations stood when they were recorded: many records a row, because a
-- row of its own for each costs five times as much. The last record of an
-- operation counts; an intent after it has got no answer.
CREATE TABLE records (
  part     INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  n        INTEGER NOT NULL, -- of its first record
  first    INTEGER NOT NULL, -- the least seq of its records
  last     INTEGER NOT NULL, -- and the greatest
  outcomes TEXT    NOT NULL, -- JSON array of objects as in result.json, with seq, n and at
  PRIMARY KEY (part, n)
) STRICT, WITHOUT ROWID;

-- The records one by one, for people.
CREATE VIEW attempts AS
SELECT part, value ->> 'seq' AS seq, value ->> 'n' AS n, datetime((value ->> 'at') / 1000000000, 'unixepoch') AS at,
  value ->> 'state' AS state, value ->> 'http' AS http, value ->> 'task' AS task, value ->> 'task_status' AS task_status,
  value ->> 'tracking_id' AS tracking_id, value ->> 'error' AS error
FROM records, json_each(outcomes);

CREATE TABLE rejected (
  part       INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  n          INTEGER NOT NULL,
  line       INTEGER NOT NULL,
  key        TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  row_offset INTEGER NOT NULL,
  PRIMARY KEY (part, n)
) STRICT, WITHOUT ROWID;
