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

// Migrate brings River's tables and the fleet's own up to date. Processes that
// do it at the same time take turns. A database that a newer program has been
// at is left as it is.
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
	if err == nil && there >= all[len(all)-1].Version {
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
	if err != nil || current >= target {
		return err
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
