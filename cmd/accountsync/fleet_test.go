package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"accountsync/internal/problem"
	"accountsync/sandbox"
)

// countingTenant is a sandbox that notes who asks for what, in order.
type countingTenant struct {
	*httptest.Server
	mu      sync.Mutex
	sources []string // of the requests that name one
	tokens  int
	client  sandbox.Client
	before  func() // runs before each request
}

var sourceInPath = regexp.MustCompile(`/sources/([0-9a-f]{32})/schemas|sourceId(?:%20|\+| )eq(?:%20|\+| )(?:%22|")([0-9a-f]{32})`)

func newTenant(t *testing.T, sources ...string) *countingTenant {
	seed := sandbox.DefaultSeed()
	first := seed.Sources[0]
	seed.Sources = nil
	for _, name := range sources {
		s := first
		s.ID, s.Name = "", name
		seed.Sources = append(seed.Sources, s)
	}
	n := &countingTenant{client: seed.Clients[0]}
	api := sandbox.New(seed)
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.before != nil {
			n.before()
		}
		n.mu.Lock()
		if strings.HasSuffix(r.URL.Path, "/oauth/token") {
			n.tokens++
		}
		if m := sourceInPath.FindStringSubmatch(r.URL.RequestURI()); m != nil {
			n.sources = append(n.sources, m[1]+m[2])
		}
		n.mu.Unlock()
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(n.Close)
	return n
}

// Syncs of one client id run one after the other and sign in once; those of
// different tenants run side by side; one that fails holds none of them up.
func TestFleetRunsSideBySide(t *testing.T) {
	t.Parallel()
	acme, globex := newTenant(t, "Staff", "Interns"), newTenant(t, "Staff")
	// Each waits for the other's first request: one after the other they would wait for ever.
	var both sync.WaitGroup
	both.Add(2)
	for _, n := range []*countingTenant{acme, globex} {
		var once sync.Once
		n.before = func() { once.Do(func() { both.Done(); both.Wait() }) }
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	csv := write("one.csv", "nativeIdentity\nnobody-yet\n")
	write("acme.secret", acme.client.Secret+"\n")
	conf := write("fleet.yaml", fmt.Sprintf(`
defaults:
  file: %[1]s
  out: %[2]s/out
  state: %[2]s/state
syncs:
  - name: acme-staff
    source: Staff
    tenant: &acme {base-url: %[3]s, client-id: %[4]s, client-secret-file: %[2]s/acme.secret}
  - name: globex-staff
    source: Staff
    tenant: {base-url: %[5]s, client-id: %[6]s, client-secret-command: "printf '%%s\n' \"$GLOBEX\"; echo complaint >&2"}
  - {name: acme-interns, source: Interns, tenant: *acme}
  - {name: acme-nowhere, source: Nowhere, tenant: *acme}
`, csv, dir, acme.URL, acme.client.ID, globex.URL, globex.client.ID))
	var stdout, stderr bytes.Buffer
	environ := append(os.Environ(), "HOME="+dir, "GLOBEX="+globex.client.Secret)
	code := run(t.Context(), environ, []string{"plan", "--config", conf}, nil, &stdout, &stderr)
	out := stdout.String()
	if code != problem.Config {
		t.Errorf("exit status %d, want that of acme-nowhere, %d\n%s\n%s", code, problem.Config, out, stderr.String())
	}
	if want := "all 78:\n    0  acme-staff\n    0  globex-staff\n    0  acme-interns\n   78  acme-nowhere\n"; !strings.HasSuffix(out, want) {
		t.Errorf("the summary is not %q:\n%s", want, out)
	}
	for _, n := range []*countingTenant{acme, globex} {
		if n.tokens != 1 {
			t.Errorf("%d sign-ins of one client id", n.tokens)
		}
		if strings.Contains(out+stderr.String(), n.client.Secret) {
			t.Error("a secret is shown")
		}
	}
	turns := 0
	for i, source := range acme.sources {
		if i == 0 || source != acme.sources[i-1] {
			turns++
		}
	}
	if turns != 2 {
		t.Errorf("the syncs of one client id took %d turns, want 2: %v", turns, acme.sources)
	}
	// The words of each come whole.
	for _, part := range strings.Split(out, "\n== ")[1:] {
		name, body, _ := strings.Cut(part, " ")
		if n := strings.Count(body, "\nplan 20"); n != 1 || !strings.Contains(body, "/out/"+name) {
			t.Errorf("%d summaries under %s:\n%s", n, name, body)
		}
	}
}

// Ctrl-C ends a fleet that runs side by side: calls under way finish, no sync is
// begun any more, one summary says where each stands, and resume finishes those
// that were begun, each with the tenant that it has in the configuration file.
func TestFleetInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writeRows(t, dir, slices.Collect(maps.Values(killRows())))
	var writing sync.WaitGroup // both tenants have a write under way
	writing.Add(2)
	goOn := make(chan struct{})
	interrupted := atomic.Bool{}
	conf := &strings.Builder{}
	fmt.Fprintf(conf, "state: %s\nout: %s\nworkers: 1\nparallel: 2\nrate: 10000/1s\ndefaults: {file: %s, removal: delete, max-removals: 100%%, max-updates: 100%%}\nsyncs:\n",
		filepath.Join(dir, "state"), filepath.Join(dir, "out"), file)
	writes := make([]atomic.Int64, 3)
	for n := range writes {
		box := sandbox.New((&killed{}).seed())
		var first sync.Once
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/oauth/token") {
				writes[n].Add(1)
				if interrupted.Load() {
					t.Errorf("%s %s was begun after the signal", r.Method, r.URL.Path)
				}
				first.Do(func() { writing.Done(); <-goOn })
			}
			box.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		fmt.Fprintf(conf, "  - {name: tenant-%d, source: S, tenant: {base-url: %q, client-id: me, client-secret-variable: SECRET}}\n", n, server.URL)
	}
	path := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(path, []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) *exec.Cmd {
		c := exec.Command("accountsync", append(args, "--config", path)...)
		c.Env = append(os.Environ(), "HOME="+dir, "SECRET=s")
		return c
	}
	all := command("sync")
	var stdout bytes.Buffer
	all.Stdout = &stdout
	stderr, err := all.StderrPipe()
	if err == nil {
		err = all.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	writing.Wait()
	if err := all.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stderr)
	for said.Scan() && !strings.Contains(said.Text(), "stopping: calls under way finish") {
	}
	interrupted.Store(true)
	close(goOn)
	rest, _ := io.ReadAll(stderr)
	if _ = all.Wait(); all.ProcessState.ExitCode() != problem.Interrupted {
		t.Errorf("exit status %d\n%s\n%s", all.ProcessState.ExitCode(), &stdout, rest)
	}
	if want := "all 130:\n  130  tenant-0\n  130  tenant-1\n    -  tenant-2 (not started)\n"; !strings.HasSuffix(stdout.String(), want) || strings.Count(stdout.String(), "Exit status of each sync") != 1 {
		t.Errorf("the summary is not %q:\n%s", want, &stdout)
	}
	if a, b, c := writes[0].Load(), writes[1].Load(), writes[2].Load(); a != 1 || b != 1 || c != 0 {
		t.Errorf("%d, %d and %d writes", a, b, c)
	}
	interrupted.Store(false)
	next := regexp.MustCompile(`Next: accountsync (resume \S+)`).FindAllStringSubmatch(stdout.String(), -1)
	if len(next) != 2 {
		t.Fatalf("no way on for each of both:\n%s", &stdout)
	}
	for _, m := range next {
		if out, err := command(strings.Fields(m[1])...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", m[1], err, out)
		}
	}
	for n, want := range []int64{70, 70, 0} { // 15 creates, each with a put, 30 puts, 10 deletes
		if got := writes[n].Load(); got != want {
			t.Errorf("tenant-%d: %d writes, want %d", n, got, want)
		}
	}
	undo := command("undo", strings.Fields(next[1][1])[1])
	if out, err := undo.CombinedOutput(); err != nil {
		t.Errorf("undo of a run of one of the tenants: %v\n%s", err, out)
	}
}

// TestConfigurationFilesShown: what samples, manifests and documents show of a
// configuration file is one.
func TestConfigurationFilesShown(t *testing.T) {
	t.Parallel()
	shown := files(t, "samples/*.yaml", "deploy/kubernetes/*/settings/*.yaml", "deploy/kubernetes/overlays/*/settings/*.yaml")
	for _, d := range documents(t) {
		for _, s := range d.sections {
			for _, b := range s.blocks {
				text := strings.Join(b.lines, "\n") + "\n"
				if b.lang == "yaml" && b.file != "wrong.yaml" && regexp.MustCompile(`(?m)^(syncs|source|defaults|webhook|ping-url):`).MatchString(text) {
					shown[fmt.Sprintf("%s:%d", d.path, b.line)] = text
				}
			}
		}
	}
	if len(shown) < 6 {
		t.Errorf("only %d files: %v", len(shown), slices.Sorted(maps.Keys(shown)))
	}
	for name, text := range shown {
		dir := t.TempDir()
		path := filepath.Join(dir, "settings.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, "syncs.d"), 0o700); err != nil { // which one of them includes
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "syncs.d", "one.yaml"), []byte("syncs: [{name: one, source: One, file: one.csv}]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		environ := []string{"HOME=" + dir, "SAIL_BASE_URL=https://acme.api.identitynow.com", "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=s", "WEBHOOK_URL=https://hooks.example.com/x"}
		if code := run(t.Context(), environ, []string{"config", "check", "--config", path}, nil, &stdout, &stderr); code != problem.OK {
			t.Errorf("%s: config check ends with %d\n%s", name, code, &stderr)
		}
	}
}
