package journal

import (
	"context"
	"embed"
	"fmt"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// applicationID marks a SQLite file as a journal.
const applicationID = 0x61636a6c // "acjl"

// steps are the migrations in their order: after step i the schema version is i+1.
func steps() []string {
	files, err := schemaFiles.ReadDir("schema")
	if err != nil {
		panic(err) // the files are part of the program
	}
	var steps []string
	for _, f := range files {
		text, err := schemaFiles.ReadFile("schema/" + f.Name())
		if err != nil {
			panic(err)
		}
		steps = append(steps, string(text))
	}
	return steps
}

// migrate brings the file to the newest schema version, all steps or none.
// Processes that open it at the same time take turns.
func (j *Journal) migrate(ctx context.Context, steps []string) error {
	return j.transact(ctx, func(q querier) error {
		version, err := schemaVersion(ctx, q)
		switch {
		case err != nil:
			return err
		case version > len(steps):
			return fmt.Errorf("%w: its schema version is %d, this program knows up to %d", ErrNewer, version, len(steps))
		case version == len(steps):
			return nil
		}
		for i, step := range steps[version:] {
			if _, err := q.ExecContext(ctx, step); err != nil {
				return fmt.Errorf("migrating the journal to schema version %d: %w", version+i+1, err)
			}
		}
		_, err = q.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps)))
		return err
	})
}

// schemaVersion is the schema version of a journal, 0 for a new one. A database
// of another program is refused.
func schemaVersion(ctx context.Context, q querier) (version int, err error) {
	var id, tables int
	for _, ask := range []struct {
		query string
		dest  *int
	}{
		{"PRAGMA user_version", &version},
		{"PRAGMA application_id", &id},
		{"SELECT count(*) FROM sqlite_schema", &tables},
	} {
		if err := q.QueryRowContext(ctx, ask.query).Scan(ask.dest); err != nil {
			return 0, err
		}
	}
	if id != applicationID && (version > 0 || tables > 0) {
		return 0, fmt.Errorf("%w: it is the database of another program", ErrDamaged)
	}
	return version, nil
}
