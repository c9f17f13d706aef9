//go:build integration && unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"accountsync/internal/problem"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// newerProgram builds the program of a later day: this one, with a migration
// more of the journal and of the fleet's tables. It is set up as fleetMain is.
func newerProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	migrate := files(t, "journal/migrate.go")["journal/migrate.go"]
	newest := regexp.MustCompile(`(?m)^\tnewest += (\d+) `).FindStringSubmatchIndex(migrate)
	list := regexp.MustCompile(`(?s)func \(s \*Store\) migrations\(\) .*?\n\t\}\n\}`).FindStringIndex(migrate)
	if newest == nil || list == nil {
		t.Fatal("journal/migrate.go is not what this test makes a newer one of")
	}
	version, _ := strconv.Atoi(migrate[newest[2]:newest[3]])
	end := list[1] - len("\t}\n}")
	migrate = migrate[:newest[2]] + strconv.Itoa(version+1) + migrate[newest[3]:end] +
		fmt.Sprintf("\t\tgoose.NewGoMigration(%d, &goose.GoFunc{RunTx: func(ctx context.Context, t *sql.Tx) error {\n", version+1) +
		"\t\t\t_, err := t.ExecContext(ctx, \"ALTER TABLE runs ADD COLUMN of_a_later_day integer NOT NULL DEFAULT 1\")\n\t\t\treturn err\n\t\t}}, nil),\n" + migrate[end:]
	replaced := map[string]string{}
	for path, text := range map[string]string{
		"journal/migrate.go":                migrate,
		"fleet/schema/90000_later.sql":      "-- +goose Up\nALTER TABLE fleet_runs ADD COLUMN of_a_later_day integer NOT NULL DEFAULT 1;\n",
		"cmd/accountsync/of_a_later_day.go": strings.NewReplacer("fleetMain()", "init()", "\tmain()\n", "").Replace(files(t, "cmd/accountsync/worker_test.go")["cmd/accountsync/worker_test.go"]),
	} {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[filepath.Join(root, path)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "newer")
	build := exec.Command("go", "build", "-buildvcs=false", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "./cmd/accountsync")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// TestRollingUpdate replaces workers by those of a newer version, which
// migrates the tables, while they work. One of the older ones stays: it goes on
// with its runs and takes up others, and all end as if nothing had happened. An
// older one that starts afterwards refuses.
func TestRollingUpdate(t *testing.T) {
	newer := newerProgram(t)
	f := newFleetRun(t, 4, 16)
	f.parallel = 1 // so that each of the three works on one of the four tenants
	db := f.connect()
	defer db.Close(context.Background())
	if _, err := db.Exec(t.Context(), `UPDATE fleet_syncs SET honoured = now() WHERE sync >= $1`, syncName(8)); err != nil { // the others are due after the update
		t.Fatal(err)
	}
	var updating atomic.Bool
	updated := make(chan struct{})
	f.befalls = func(n int, worker string) (before, instead func()) {
		if n == 30 {
			f.restart.Go(func() {
				defer close(updated)
				f.update(db, newer, &updating)
			})
		}
		if n == 260 || n == 310 { // whose it is, another one goes on with it
			instead = func() { f.kill(worker) }
		}
		return func() {
			if updating.Load() {
				<-updated
			}
		}, instead
	}
	f.run()
	<-updated
	by := map[string]int{}
	rows, err := db.Query(t.Context(), `SELECT worker FROM fleet_runs`)
	if err != nil {
		t.Fatal(err)
	}
	var last string
	if _, err := pgx.ForEachRow(rows, []any{&last}, func() error { by[last]++; return nil }); err != nil {
		t.Fatal(err)
	}
	t.Logf("runs by the process that ended them: %v", by)
	var later bool
	if err := db.QueryRow(t.Context(), `SELECT count(*) = 2 FROM information_schema.columns WHERE column_name = 'of_a_later_day'`).Scan(&later); err != nil || !later {
		t.Errorf("the newer version has not migrated: %v", err)
	}
	for _, command := range [][]string{{"worker"}, {"worker", "--once"}, {"worker", "--migrate"}, {"run", syncName(0)}} {
		f.refuses(command, "was written by a newer accountsync", "migrated by a newer accountsync")
	}
	if _, err := db.Exec(t.Context(), `DELETE FROM accountsync_schema WHERE version_id = (SELECT max(version_id) FROM accountsync_schema)`); err != nil { // as if the journal had not changed
		t.Fatal(err)
	}
	f.refuses([]string{"worker"}, "the tables of the fleet were migrated by a newer accountsync: their version is 90000, this program knows up to 1")
}

// update has a newer program migrate the tables, and take the place of two of
// the three workers, one after the other. Then the rest is due: it returns when
// all three are at work on it, which send nothing before.
func (f *fleetRun) update(db *pgx.Conn, newer string, updating *atomic.Bool) {
	if out, err := f.commandOf(newer, "migrate", "0s", "worker", "--migrate").CombinedOutput(); err != nil {
		f.Errorf("worker --migrate of the newer version: %v\n%s", err, out)
		return
	}
	f.mu.Lock()
	f.program = newer
	f.mu.Unlock()
	for _, name := range []string{"worker-1", "worker-2"} {
		f.mu.Lock()
		c, ended, gone := f.workers[name], f.ended[name], f.dead[name]
		f.dead[name] = true
		f.mu.Unlock()
		if gone {
			f.Errorf("%s is gone before the update", name)
			return
		}
		_ = c.Process.Signal(syscall.SIGTERM)
		<-ended
		if code := c.ProcessState.ExitCode(); code != 0 {
			f.Errorf("%s ended with %d:\n%s", name, code, f.logs[name])
		}
		f.start()
	}
	for open := -1; open != 0; time.Sleep(50 * time.Millisecond) { // what was due before
		if err := db.QueryRow(context.Background(), `SELECT 8 - count(*) FROM fleet_runs WHERE ended IS NOT NULL`).Scan(&open); err != nil {
			f.Error(err)
			return
		}
	}
	updating.Store(true)
	f.mu.Lock()
	clear(f.seen)
	f.mu.Unlock()
	if _, err := db.Exec(context.Background(), `UPDATE fleet_syncs SET honoured = since WHERE sync >= $1`, syncName(8)); err != nil {
		f.Error(err)
		return
	}
	for _, name := range []string{"worker-3", "worker-4", "worker-5"} {
		deadline := time.Now().Add(fleetPatience)
		for !f.works(name) {
			if f.gone(name) || time.Now().After(deadline) {
				f.Errorf("%s does not work after the update", name)
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func (f *fleetRun) works(worker string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[worker]
}

// refuses has the older program start on tables that are newer than it.
func (f *fleetRun) refuses(command []string, anyOf ...string) {
	f.Helper()
	var said bytes.Buffer
	c := f.command("older", "0s", command...)
	c.Stdout, c.Stderr = &said, &said
	err := c.Run()
	exit := (*exec.ExitError)(nil)
	if !errors.As(err, &exit) || exit.ExitCode() != problem.CannotWrite || !strings.Contains(said.String(), "use the newer accountsync") {
		f.Errorf("%v of the older version: %v\n%s", command, err, &said)
	}
	for _, words := range anyOf {
		if strings.Contains(said.String(), words) {
			return
		}
	}
	f.Errorf("%v of the older version does not say why it refuses:\n%s", command, &said)
}

// TestFailover has the database go back to what it was some time ago, as after
// a failover to a replica that lacked the last transactions, or a restore: what
// was sent since then is found by looking, and sent no second time.
func TestFailover(t *testing.T) {
	f := newFleetRun(t, 4, 16)
	f.replans = true
	database, err := pgx.ParseConfig(f.state)
	if err != nil {
		t.Fatal(err)
	}
	name := database.Database
	f.befalls = func(n int, worker string) (before, instead func()) {
		switch n {
		case 40:
			f.restart.Go(func() { f.whileAway("CREATE DATABASE replica TEMPLATE " + name) })
		case 140:
			f.restart.Go(func() { f.whileAway("DROP DATABASE "+name+" WITH (FORCE)", "ALTER DATABASE replica RENAME TO "+name) })
		}
		return nil, nil
	}
	f.run()
	if n := f.writes.Load(); n < 140 {
		t.Errorf("all was done after %d writes, before the failover", n)
	}
}

// whileAway kills all workers, does something with the database of which no
// session is left, and starts as many workers.
func (f *fleetRun) whileAway(statements ...string) {
	f.killAll()
	conf, err := pgx.ParseConfig(f.state)
	if err != nil {
		f.Error(err)
		return
	}
	name := conf.Database
	conf.Database = "postgres"
	ctx := context.Background()
	db, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		f.Error(err)
		return
	}
	defer db.Close(ctx)
	// The session in which the test itself waits is let go of, too.
	if _, err := db.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name); err != nil {
		f.Error(err)
	}
	if _, err := db.Exec(ctx, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`); err != nil {
		f.Error(err)
	}
	for left := 1; left > 0; time.Sleep(50 * time.Millisecond) {
		if err := db.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1`, name).Scan(&left); err != nil {
			f.Error(err)
			return
		}
	}
	for _, s := range append(statements, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS true`) {
		if _, err := db.Exec(ctx, s); err != nil {
			f.Errorf("%s: %v", s, err)
		}
	}
	for range 3 {
		f.start()
	}
}
