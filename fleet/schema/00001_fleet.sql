-- +goose Up
-- What the fleet knows beside River's own tables. All times are the database's.

-- fleet_syncs has a row for each sync that a worker has ever had a schedule for.
CREATE TABLE fleet_syncs (
	sync     text PRIMARY KEY,
	since    timestamptz NOT NULL, -- what was due before is nobody's business
	honoured timestamptz NOT NULL  -- the last time it was due that has its run; since at first
);

-- fleet_runs has a row for each time a sync was due, or was asked for.
CREATE TABLE fleet_runs (
	run     text PRIMARY KEY,      -- the id of the run in the journal
	sync    text        NOT NULL,
	slot    timestamptz NOT NULL,  -- when it was due, or asked for
	asked   boolean     NOT NULL,  -- by a person, not by the schedule
	domain  text        NOT NULL,  -- whose quota it uses
	job     bigint      NOT NULL,  -- of River
	created timestamptz NOT NULL DEFAULT now(),
	begun   timestamptz,           -- when a worker first took it up
	worker  text        NOT NULL DEFAULT '', -- who is, or was last, at work on it
	working boolean     NOT NULL DEFAULT false,
	beat    timestamptz,           -- when that worker last said that it is alive
	tries   integer     NOT NULL DEFAULT 0,  -- that ended with a status that can pass
	status  integer,               -- exit status of the last try
	said    text        NOT NULL DEFAULT '', -- the error of the last try
	ended   timestamptz,
	UNIQUE (sync, slot)
);
CREATE INDEX fleet_runs_open ON fleet_runs (domain) WHERE ended IS NULL;
CREATE INDEX fleet_runs_latest ON fleet_runs (sync, created DESC);
