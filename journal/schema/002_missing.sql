-- Accounts no row asks for, since when, and whether we disabled them.
CREATE TABLE missing (
  tenant    TEXT    NOT NULL,
  source_id TEXT    NOT NULL,
  native    TEXT    NOT NULL, -- nativeIdentity
  account   TEXT    NOT NULL,
  since     INTEGER NOT NULL,
  disabled  INTEGER NOT NULL,
  PRIMARY KEY (tenant, source_id, native)
) STRICT, WITHOUT ROWID;
