-- What result.json holds of the whole run beside that: settings, redacted,
-- latency and timeline, as a JSON object. A run of an older program has none.
ALTER TABLE runs ADD COLUMN head TEXT NOT NULL DEFAULT '{}';
