package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sandbox"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// A run of 55 operations: 15 creates, each completed by a put, 30 puts, 10 removals.
const (
	killKept, killPuts, killRemovals, killCreates = 20, 30, 10, 15
)

// killed is a run that is killed.
type killed struct {
	args   []string
	odd    [][]string     // further rows, which are rejected
	faults []sandbox.Rule // of the source
	status int            // of the undisturbed run
	state  func() string  // a new state for each run: a URL of PostgreSQL; nil: a directory
}

// seed is the source before the run.
func (k *killed) seed() *sandbox.Seed {
	source := sandbox.SourceSeed{Name: "S", Schema: sandbox.SchemaSeed{IdentityAttribute: "id",
		Attributes: []sandbox.AttributeSeed{{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}}}}
	for i := range killKept + killPuts + killRemovals {
		source.Accounts = append(source.Accounts, sandbox.AccountSeed{Attributes: sandbox.Attributes{
			"id": fmt.Sprintf("a%03d", i), "city": "Oslo", "groups": []string{"VPN"}}})
	}
	return &sandbox.Seed{Clients: []sandbox.Client{{ID: "me", Secret: "s"}}, Sources: []sandbox.SourceSeed{source},
		Rate: &sandbox.Rate{Kind: sandbox.RateOff}, TaskDelay: sandbox.Duration(30 * time.Millisecond), Faults: k.faults}
}

// killRows is the desired state, by key.
func killRows() map[string][]string { return desiredRows("%03d", killKept, killPuts, killCreates) }

// desiredRows keeps, puts and creates so many accounts, by key.
func desiredRows(number string, kept, puts, creates int) map[string][]string {
	rows := map[string][]string{}
	for i := range kept + puts {
		id, city := fmt.Sprintf("a"+number, i), "Oslo"
		if i >= kept {
			city = "Paris"
		}
		rows[id] = []string{id, city, "VPN"}
	}
	for i := range creates {
		id := fmt.Sprintf("n"+number, i)
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

// killEnding is all that matters of how a run ended.
type killEnding struct {
	Status                         int
	Result                         any // result.json without times, ids and requests
	Failed                         string
	Missing, Live, Writes, Creates []string
}

// TestKilledAtEveryPoint kills the program by SIGKILL at every fourth of its
// writes in turn, before and after the server has done its work, and resumes
// it. It ends as an undisturbed run: exit status, result.json, failed.csv, what
// the next run is told of missing accounts, the accounts and the writes.
func TestKilledAtEveryPoint(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]*killed{
		"all verified": {args: []string{"--removal", "delete"}},
		"in part": {args: []string{"--removal", "disable-then-delete=14d"}, status: problem.Partial, faults: []sandbox.Rule{
			{Method: "PUT", Match: `"a021"`, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}},
			{Method: "PUT", Match: `"a022"`, Fault: sandbox.Fault{Kind: sandbox.FaultTaskFails, Messages: []string{"no such city"}}},
			{Path: "/accounts/*/disable", Match: "a053", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}}}},
		"rows rejected": {args: []string{"--removal", "delete"}, odd: [][]string{{"a001", "Bonn", "VPN"}, {"", "Rome", ""}}, status: problem.Blocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm := k.ends(t, 0, false)
			if calm.Status != k.status {
				t.Fatalf("the undisturbed run ended with %d, want %d", calm.Status, k.status)
			}
			for at := 1; at <= len(calm.Writes); at += 4 {
				t.Run(fmt.Sprint(at), func(t *testing.T) {
					t.Parallel()
					got := k.ends(t, int64(at), at%8 == 1)
					for _, line := range got.Creates {
						if !strings.HasSuffix(line, " 1") {
							t.Errorf("a create was sent more than once: %s", line)
						}
					}
					if d := cmp.Diff(calm, got); d != "" {
						t.Errorf("(-calm +killed)\n%s", d)
					}
				})
			}
		})
	}
}

// ends is how the run ends that is killed at a write and resumed; 0: never.
func (k *killed) ends(t *testing.T, at int64, after bool) killEnding {
	t.Helper()
	r := &killer{Server: sandbox.New(k.seed()), after: after}
	r.at.Store(at)
	server := httptest.NewServer(r)
	defer server.Close()
	dir := t.TempDir()
	rows := append(slices.Collect(maps.Values(killRows())), k.odd...)
	slices.SortFunc(rows, slices.Compare) // and so alike in every run
	state := filepath.Join(dir, "state")
	if k.state != nil {
		state = k.state()
	}
	common := []string{"--state", state, "--out", filepath.Join(dir, "out"), "--rate", "10000/1s", "--lost-after", "300ms"}
	out, err := r.run(t, server.URL, append(append([]string{"sync", "--source", "S", "--file", writeRows(t, dir, rows),
		"--max-removals", "100%", "--max-updates", "100%", "--max-cleared", "100%"}, k.args...), common...))
	if at > 0 {
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the run was not killed: %v\n%s", err, out)
		}
		r.at.Store(0)
		out, err = r.run(t, server.URL, append([]string{"resume", "last"}, common...))
	}
	e := killEnding{Result: bareResult(t, filepath.Join(dir, "out")), Missing: missingOf(t, state)}
	var status *exec.ExitError
	if errors.As(err, &status) {
		e.Status = status.ExitCode()
	} else if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "out", reports.FailedCSV)); err == nil {
		e.Failed = idsIn.ReplaceAllString(string(text), "ID")
	}
	for _, a := range r.Accounts(r.SourceID("S")) {
		e.Live = append(e.Live, fmt.Sprint(a.NativeIdentity, a.Value("city"), slices.Sorted(slices.Values(a.Values("groups"))), a.Disabled))
	}
	for _, w := range r.Writes() {
		e.Writes = append(e.Writes, w.Operation+" "+w.NativeIdentity)
	}
	for native, n := range r.Stats().Creates {
		e.Creates = append(e.Creates, fmt.Sprint(native, " ", n))
	}
	for _, lines := range [][]string{e.Live, e.Writes, e.Creates} {
		slices.Sort(lines)
	}
	e.Writes = slices.Compact(e.Writes) // what may arrive twice may have
	return e
}

// idsIn are ids and times, which differ from run to run.
var idsIn = regexp.MustCompile(`[0-9a-f]{32}|\d{8}T\d{6}Z-[0-9a-z]+|\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// volatile are the members of result.json that say when and with how many
// requests a run went, and by which ids.
var volatile = []string{"run", "started", "finished", "listed", "requests", "latency", "timeline", "attempts", "duration_ms", "settings", "http", "http_status",
	"created", "account", "account_id", "task", "task_id", "tracking_id", "modified", "fingerprint", "sha256", "file", "version", "task_status", "tenant"}

// bareResult is result.json without what differs from run to run.
func bareResult(t *testing.T, dir string) (bare any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, reports.ResultJSON))
	if err == nil {
		err = json.Unmarshal(text, &bare)
	}
	if err != nil {
		t.Fatal(err)
	}
	var strip func(any) any
	strip = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				if v[name] = strip(v[name]); slices.Contains(volatile, name) {
					delete(v, name)
				}
			}
		case []any:
			for i := range v {
				v[i] = strip(v[i])
			}
		case string:
			return idsIn.ReplaceAllString(v, "ID")
		}
		return v
	}
	return strip(bare)
}

// missingOf is what the journal tells the next run of accounts without a row,
// dates as whether there is one.
func missingOf(t *testing.T, state string) (missing []string) {
	t.Helper()
	store, err := journal.Open(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	runs, err := store.Runs(t.Context(), journal.RunFilter{Limit: 1})
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	rec, err := store.Read(t.Context(), runs[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	head := rec.Head()
	for m, err := range store.Absences(t.Context(), head.Tenant, head.Source.ID) {
		if err != nil {
			t.Fatal(err)
		}
		missing = append(missing, fmt.Sprint(m.NativeIdentity, " ", m.Since.IsZero(), m.DisableSent.IsZero(), m.Unanswered, m.SeenDisabledSince.IsZero()))
	}
	slices.Sort(missing)
	return missing
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

func writeRows(t *testing.T, dir string, rows [][]string) string {
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
