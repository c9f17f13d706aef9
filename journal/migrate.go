package journal

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed schema
var schemaFiles embed.FS

const (
	// applicationID marks a SQLite file as ours.
	applicationID = 0x61636a6c // "acjl"
	// firstEdition is the last schema version of a journal of the first edition,
	// as its user_version says. Ours are counted from ours on, so that a program
	// of the first edition refuses the file.
	firstEdition = 6
	ours         = 100
	newest       = 2 // our newest schema version
)

// migrations are the steps to the newest schema, the same for both databases.
func (s *Store) migrations() []*goose.Migration {
	return []*goose.Migration{
		goose.NewGoMigration(1, &goose.GoFunc{RunTx: func(ctx context.Context, t *sql.Tx) error {
			return s.first(ctx, tx{s.dialect, t})
		}}, nil),
		goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, t *sql.Tx) error {
			return s.second(ctx, tx{s.dialect, t})
		}}, nil),
	}
}

// first makes the first schema. A journal of the first edition goes on to the
// second at once and is taken over: all of it, or it stays as it is.
func (s *Store) first(ctx context.Context, t tx) error {
	var version int
	if s.dir != "" {
		if _, err := t.one(ctx, []any{&version}, "PRAGMA user_version"); err != nil {
			return err
		}
	}
	if version > 0 {
		if err := setAside(ctx, t, version); err != nil {
			return err
		}
	}
	if err := s.schema(ctx, t, 1); err != nil || version == 0 {
		return err
	}
	if err := s.second(ctx, t); err != nil {
		return err
	}
	if err := takeOver(ctx, t); err != nil {
		return fmt.Errorf("taking over the journal of the first edition: %w", err)
	}
	return nil
}

// second makes blocks of the rows of plans.
func (s *Store) second(ctx context.Context, t tx) error {
	var version int
	if s.dir != "" {
		if _, err := t.one(ctx, []any{&version}, "PRAGMA user_version"); err != nil || version == ours+2 {
			return err
		}
	}
	if err := s.schema(ctx, t, 2); err != nil {
		return err
	}
	if err := s.toBlocks(ctx, t); err != nil {
		return fmt.Errorf("bringing plans into blocks: %w", err)
	}
	return nil
}

// schema carries out the statements of a schema version.
func (s *Store) schema(ctx context.Context, t tx, version int) error {
	text, err := schemaFiles.ReadFile(fmt.Sprintf("schema/%d.sql", version))
	if err == nil {
		_, err = t.exec(ctx, s.dialect.schema.Replace(string(text)))
	}
	if err == nil && s.dir != "" {
		_, err = t.exec(ctx, fmt.Sprintf("PRAGMA user_version = %d", ours+version))
	}
	return err
}

// migrateSQLite brings the file to the newest schema, all or nothing. Processes
// that open it at the same time take turns. A file of another program or of a
// newer version is not touched.
func (s *Store) migrateSQLite(ctx context.Context) error {
	current, err := s.fileVersion(ctx)
	if err != nil || current == ours+newest {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	turn := flock.New(filepath.Join(s.dir, "schema.lock"), flock.SetPermissions(0o600))
	if _, err := turn.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return err
	}
	defer func() { _ = turn.Unlock() }()
	if current, err = s.fileVersion(ctx); err != nil || current == ours+newest {
		return err
	}
	if _, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	return s.migrate(ctx, goose.DialectSQLite3)
}

// fileVersion is the user_version of a SQLite file: 0 for a new one.
func (s *Store) fileVersion(ctx context.Context) (version int, err error) {
	var id, tables int
	t := tx{s.dialect, s.write}
	for _, ask := range []struct {
		query string
		dest  *int
	}{
		{"PRAGMA user_version", &version},
		{"PRAGMA application_id", &id},
		{"SELECT count(*) FROM sqlite_schema", &tables},
	} {
		if _, err := t.one(ctx, []any{ask.dest}, ask.query); err != nil {
			return 0, err
		}
	}
	switch {
	case id != applicationID && (version > 0 || tables > 0):
		return 0, fmt.Errorf("%w: it is the database of another program", ErrDamaged)
	case version > ours+newest, version > firstEdition && version <= ours:
		return 0, fmt.Errorf("%w: its schema version is %d, this program knows up to %d", ErrNewer, version, ours+newest)
	}
	return version, nil
}

// migratePostgres is migrateSQLite for a database.
func (s *Store) migratePostgres(ctx context.Context) error {
	var there bool
	t := tx{s.dialect, s.write}
	if _, err := t.one(ctx, []any{&there}, "SELECT to_regclass('accountsync_schema') IS NOT NULL"); err != nil {
		return err
	}
	var current int
	if there {
		if _, err := t.one(ctx, []any{&current}, "SELECT coalesce(max(version_id), 0) FROM accountsync_schema"); err != nil {
			return err
		}
	}
	switch {
	case current > newest:
		return fmt.Errorf("%w: its schema version is %d, this program knows up to %d", ErrNewer, current, newest)
	case current == newest:
		return nil
	}
	turn, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID("schema")))
	if err != nil {
		return err
	}
	return s.migrate(ctx, goose.DialectPostgres, goose.WithSessionLocker(turn))
}

func (s *Store) migrate(ctx context.Context, d goose.Dialect, options ...goose.ProviderOption) error {
	options = append(options, goose.WithGoMigrations(s.migrations()...), goose.WithDisableGlobalRegistry(true), goose.WithTableName("accountsync_schema"))
	p, err := goose.NewProvider(d, s.write, nil, options...)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating to schema version %d: %w", newest, err)
	}
	return nil
}
