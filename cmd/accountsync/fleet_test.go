package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
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
