-- What was intended is kept apart from what was seen. Of a disable from before
-- this, it is known that it was sent and not when it showed: its grace begins
-- when the next run sees it.
ALTER TABLE missing ADD COLUMN disable_sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE missing ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE missing ADD COLUMN seen_disabled INTEGER NOT NULL DEFAULT 0;
UPDATE missing SET disable_sent = since WHERE disabled;
ALTER TABLE missing DROP COLUMN disabled;

-- What runs of a source handed on to the next.
CREATE TABLE known (
  tenant    TEXT    NOT NULL,
  source_id TEXT    NOT NULL,
  version   INTEGER NOT NULL, -- grows with each handover
  part      INTEGER NOT NULL, -- of the run that handed over last
  accounts  INTEGER NOT NULL, -- that the last complete run left, 0: not known
  PRIMARY KEY (tenant, source_id)
) STRICT, WITHOUT ROWID;
