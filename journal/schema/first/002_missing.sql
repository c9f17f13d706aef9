-- Accounts that no row asks for, since when, and whether a run disabled them.
CREATE TABLE missing (
  tenant    TEXT    NOT NULL,
  source_id TEXT    NOT NULL,
  account   TEXT    NOT NULL,
  native    TEXT    NOT NULL, -- nativeIdentity
  since     INTEGER NOT NULL,
  disabled  INTEGER NOT NULL,
  PRIMARY KEY (tenant, source_id, account)
) STRICT, WITHOUT ROWID;
