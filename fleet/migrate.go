package fleet

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/rs/zerolog"
)

//go:embed schema
var schemaFiles embed.FS

// NewerError says that a newer program has been at the tables: this one does not
// know what they mean.
type NewerError struct {
	Tables       string
	There, Known int64 // versions
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("the tables of %s were migrated by a newer accountsync: their version is %d, this program knows up to %d", e.Tables, e.There, e.Known)
}

// Hint says what to do about it.
func (e *NewerError) Hint() string {
	return "use the newer accountsync; workers of the older one that are at work already go on"
}

// Migrate brings River's tables and the fleet's own up to date. Processes that
// do it at the same time take turns. A database that a newer program has been
// at is left as it is: that is a NewerError.
func Migrate(ctx context.Context, url string) error {
	pool, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	turn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer turn.Release()
	if _, err := turn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended('accountsync fleet schema', 0))`); err != nil {
		return err
	}
	defer func() {
		_, _ = turn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(hashtextextended('accountsync fleet schema', 0))`)
	}()
	if err := migrateRiver(ctx, pool); err != nil {
		return fmt.Errorf("migrating the tables of River: %w", err)
	}
	if err := migrateOwn(ctx, pool); err != nil {
		return fmt.Errorf("migrating the tables of the fleet: %w", err)
	}
	return nil
}

func migrateRiver(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: riverLog(zerolog.Nop())})
	if err != nil {
		return err
	}
	all := m.AllVersions()
	var there int
	err = pool.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM river_migration WHERE line = 'main'`).Scan(&there)
	switch known := all[len(all)-1].Version; {
	case err == nil && there > known:
		return &NewerError{"River", int64(there), int64(known)}
	case err == nil && there == known:
		return nil
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func migrateOwn(ctx context.Context, pool *pgxpool.Pool) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	files, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithTableName("accountsync_fleet_schema"))
	if err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	switch {
	case err != nil || current == target:
		return err
	case current > target:
		return &NewerError{"the fleet", current, target}
	}
	_, err = p.Up(ctx)
	return err
}

// inTurn does something in a transaction in which nobody else gives out work.
func (f *Fleet) inTurn(ctx context.Context, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('accountsync fleet turn', 0))`); err != nil {
			return err
		}
		return do(tx)
	})
}
