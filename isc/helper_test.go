package isc

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"accountsync/account"
)

const (
	testID     = "client-4711"
	testSecret = "s3cret/&+väl"
)

// tenant is a small API over real HTTP: it signs in, checks the token, keeps
// what it is sent and answers through the handlers of one test.
type tenant struct {
	mux    *http.ServeMux
	server *httptest.Server

	mu        sync.Mutex
	sent      []sentRequest // all but sign-in
	signIns   int
	valid     string // the token the API takes
	expiresIn int    // seconds
}

type sentRequest struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
	URL          string
}

func newTenant(t testing.TB) *tenant {
	tn := &tenant{mux: http.NewServeMux(), expiresIn: 43200}
	tn.server = httptest.NewServer(tn)
	t.Cleanup(tn.server.Close)
	return tn
}

func (tn *tenant) client(t testing.TB, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{BaseURL: tn.server.URL, ClientID: testID, ClientSecret: testSecret, HTTP: tn.server.Client().Transport}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (tn *tenant) handle(pattern string, h http.HandlerFunc) { tn.mux.HandleFunc(pattern, h) }

// reply answers every request of the pattern alike.
func (tn *tenant) reply(pattern string, status int, body string) {
	tn.handle(pattern, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func (tn *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/token" {
		tn.signIn(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	tn.mu.Lock()
	tn.sent = append(tn.sent, sentRequest{r.Method, r.URL.EscapedPath(), r.URL.Query(), r.Header, string(body), r.RequestURI})
	known := r.Header.Get("Authorization") == "Bearer "+tn.valid
	tn.mu.Unlock()
	if !known {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"JWT validation failed: JWT is expired"}`)
		return
	}
	tn.mux.ServeHTTP(w, r)
}

func (tn *tenant) signIn(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = r.ParseForm()
	if r.Form.Get("client_id") != testID || r.Form.Get("client_secret") != testSecret || r.Form.Get("grant_type") != "client_credentials" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"Bad client credentials"}`)
		return
	}
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.signIns++
	tn.valid = fmt.Sprintf("token-%d", tn.signIns)
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": tn.valid, "token_type": "bearer", "expires_in": tn.expiresIn})
}

// expire makes the API refuse the token it gave out.
func (tn *tenant) expire() {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.valid = "none"
}

func (tn *tenant) requests() []sentRequest {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return slices.Clone(tn.sent)
}

func (tn *tenant) signInCount() int {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return tn.signIns
}

// last is the newest request.
func (tn *tenant) last(t testing.TB) sentRequest {
	t.Helper()
	sent := tn.requests()
	if len(sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return sent[len(sent)-1]
}

// all clones the accounts of a page.
func all(t testing.TB, p account.Page) []account.Account {
	t.Helper()
	var got []account.Account
	for a, err := range p.Accounts {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *a.Clone())
	}
	return got
}

// quiet takes the complaints of servers whose clients are meant to misbehave.
var quiet = log.New(io.Discard, "", 0)

// roundTrip is a transport of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
