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
  id             INTEGER PRIMARY KEY,
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

CREATE INDEX parts_of_source ON parts (source_id);

-- The operations as they were planned, with their before-images. Not changed
-- once they are in: what became of them is in attempts.
CREATE TABLE operations (
  part           INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  seq            INTEGER NOT NULL,
  op             TEXT    NOT NULL,
  key            TEXT    NOT NULL,
  account        TEXT    NOT NULL,
  line           INTEGER NOT NULL,
  row_offset     INTEGER NOT NULL,
  joined         TEXT    NOT NULL, -- JSON array of offsets, or ''
  reason         TEXT    NOT NULL,
  state          TEXT    NOT NULL,
  identity_id    TEXT    NOT NULL,
  identity_state TEXT    NOT NULL,
  native         TEXT    NOT NULL,
  fingerprint    TEXT    NOT NULL,
  changes        TEXT    NOT NULL, -- JSON array of {attribute, before, after}, or ''
  live           TEXT    NOT NULL, -- JSON object of attributes, or ''
  PRIMARY KEY (part, seq)
) STRICT;

-- An intent says that the operations from first to last are about to be sent.
CREATE TABLE intents (
  part  INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  first INTEGER NOT NULL, -- seq
  n     INTEGER NOT NULL, -- counts intents and attempts of the part together
  last  INTEGER NOT NULL, -- seq
  at    INTEGER NOT NULL,
  PRIMARY KEY (part, first, n)
) STRICT, WITHOUT ROWID;

-- How an operation stood each time it was recorded. The last row counts; an
-- intent after it has got no answer. NULL is '' or 0.
CREATE TABLE attempts (
  part        INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  seq         INTEGER NOT NULL,
  n           INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  state       TEXT    NOT NULL,
  account     TEXT,
  reason      TEXT,
  requests    INTEGER,
  http        INTEGER,
  task        TEXT,
  task_status TEXT,
  tracking_id TEXT,
  error       TEXT,
  duration_ms INTEGER,
  deferred    TEXT, -- JSON array of attributes
  sent        INTEGER,
  lost        INTEGER,
  PRIMARY KEY (part, seq, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejected (
  part       INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  n          INTEGER NOT NULL,
  line       INTEGER NOT NULL,
  key        TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  row_offset INTEGER NOT NULL,
  PRIMARY KEY (part, n)
) STRICT, WITHOUT ROWID;
