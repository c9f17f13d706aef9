package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accountsync/record"
	"accountsync/reports"
	"accountsync/sandbox"
)

// A run of 200 operations: 60 creates, 100 puts, 40 deletes.
const (
	killKept, killPuts, killDeletes, killCreates = 30, 100, 40, 60
	killOperations                               = killPuts + killDeletes + killCreates
)

// killSeed is the source before the run.
func killSeed() *sandbox.Seed {
	source := sandbox.SourceSeed{Name: "S", Schema: sandbox.SchemaSeed{IdentityAttribute: "id",
		Attributes: []sandbox.AttributeSeed{{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}}}}
	for i := range killKept + killPuts + killDeletes {
		source.Accounts = append(source.Accounts, sandbox.AccountSeed{Attributes: sandbox.Attributes{
			"id": fmt.Sprintf("a%03d", i), "city": "Oslo", "groups": []string{"VPN"}}})
	}
	return &sandbox.Seed{Clients: []sandbox.Client{{ID: "me", Secret: "s"}}, Sources: []sandbox.SourceSeed{source},
		Rate: &sandbox.Rate{Kind: sandbox.RateOff}, TaskDelay: sandbox.Duration(30 * time.Millisecond)}
}

// killRows is the desired state, by key.
func killRows() map[string][]string {
	rows := map[string][]string{}
	for i := range killKept + killPuts {
		id, city := fmt.Sprintf("a%03d", i), "Oslo"
		if i >= killKept {
			city = "Paris"
		}
		rows[id] = []string{id, city, "VPN"}
	}
	for i := range killCreates {
		id := fmt.Sprintf("n%03d", i)
		rows[id] = []string{id, "Rome", "Mail;VPN"}
	}
	return rows
}

// killer cuts a process down at one of its writes: before the server works, or
// after it has worked and before it answers.
type killer struct {
	*sandbox.Server
	at      atomic.Int64 // the write, from 1; 0: never
	after   bool
	writes  atomic.Int64
	process atomic.Pointer[os.Process]
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/oauth/token") || k.writes.Add(1) != k.at.Load() {
		k.Server.ServeHTTP(w, r)
		return
	}
	if k.after {
		k.Server.ServeHTTP(httptest.NewRecorder(), r)
	}
	_ = k.process.Load().Kill()
	panic(http.ErrAbortHandler) // no answer comes
}

// TestKilledAtEveryPoint kills the program at every fourth of its writes in
// turn, before and after the server has done its work, resumes it, and finds
// the source equal to the file, no create sent twice, and the books whole.
func TestKilledAtEveryPoint(t *testing.T) {
	t.Parallel()
	for at := 1; at <= killOperations; at += 4 {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			killAt(t, int64(at), at%8 == 1)
		})
	}
}

func killAt(t *testing.T, at int64, after bool) {
	k := &killer{Server: sandbox.New(killSeed()), after: after}
	k.at.Store(at)
	server := httptest.NewServer(k)
	defer server.Close()
	dir := t.TempDir()
	file := writeRows(t, dir, killRows())
	common := []string{"--state", filepath.Join(dir, "state"), "--out", filepath.Join(dir, "out"), "--rate", "10000/1s", "--lost-after", "300ms"}
	if out, err := k.run(t, server.URL, append([]string{"sync", "--source", "S", "--file", file, "--removal", "delete",
		"--max-removals", "100%", "--max-updates", "100%", "--max-cleared", "100%"}, common...)); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the run was not killed: %v\n%s", err, out)
	}
	k.at.Store(0)
	out, err := k.run(t, server.URL, append([]string{"resume", "last"}, common...))
	if err != nil {
		t.Fatalf("resume: %v\n%s", err, out)
	}
	k.checkAccounts(t)
	for native, n := range k.Stats().Creates {
		if n != 1 {
			t.Errorf("the create of %s was sent %d times", native, n)
		}
	}
	checkBooks(t, filepath.Join(dir, "out"))
}

// run runs the program to its end, or to its death.
func (k *killer) run(t *testing.T, url string, args []string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "accountsync", args...)
	c.Env = append(os.Environ(), "SAIL_BASE_URL="+url, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=s", "HOME="+t.TempDir())
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	k.process.Store(c.Process)
	err := c.Wait()
	return out.String(), err
}

// checkAccounts holds the source against the desired state.
func (k *killer) checkAccounts(t *testing.T) {
	t.Helper()
	want := killRows()
	accounts := k.Accounts(k.SourceID("S"))
	if len(accounts) != len(want) {
		t.Errorf("%d accounts, want %d", len(accounts), len(want))
	}
	for _, a := range accounts {
		groups := slices.Sorted(slices.Values(a.Values("groups")))
		got := []string{a.NativeIdentity, a.Value("city"), strings.Join(groups, ";")}
		if !slices.Equal(got, want[a.NativeIdentity]) {
			t.Errorf("account %q, want %q", got, want[a.NativeIdentity])
		}
	}
}

// checkBooks reads result.json: the books of the whole run, everything verified.
func checkBooks(t *testing.T, out string) {
	t.Helper()
	f, err := reports.OpenResult(filepath.Join(out, reports.ResultJSON))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for _, err := range f.Operations(t.Context(), record.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	h := f.Head()
	if h.Outcome != record.Changed || h.Totals.Create.Verified != killCreates || h.Totals.Put.Verified != killPuts ||
		h.Totals.Delete.Verified != killDeletes || h.Totals.Kept != killKept || n != killOperations {
		t.Errorf("outcome %s, totals %+v, %d operations", h.Outcome, h.Totals, n)
	}
}

func writeRows(t *testing.T, dir string, rows map[string][]string) string {
	t.Helper()
	path := filepath.Join(dir, "in.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"id", "city", "groups"}) // errors come with Flush
	for _, row := range rows {
		_ = w.Write(row)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
