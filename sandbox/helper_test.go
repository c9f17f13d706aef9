package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"accountsync/sandbox"

	"github.com/go-json-experiment/json"
)

// api is a client of a sandbox that answers over a real socket.
type api struct {
	t      *testing.T
	server *sandbox.Server
	base   string
	client *http.Client
	token  string
}

func newAPI(t *testing.T, seed *sandbox.Seed, options ...sandbox.Option) *api {
	t.Helper()
	server := sandbox.New(seed, append([]sandbox.Option{sandbox.WithLatency(sandbox.Latency{}), sandbox.WithTaskDelay(0)}, options...)...)
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	// No connection is used twice: a request on a kept connection that breaks is sent again by net/http itself.
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	a := &api{t: t, server: server, base: listener.URL, client: &http.Client{Transport: transport}}
	a.token = a.signIn("demo", "demo-secret")
	return a
}

func (a *api) signIn(id, secret string) string {
	a.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	answer := a.send("POST", "/oauth/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", "")
	if answer.status != 200 {
		a.t.Fatalf("sign-in as %s: %d %s", id, answer.status, answer.body)
	}
	return answer.object(a.t)["access_token"].(string)
}

// answer is a response read whole.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (r answer) object(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(r.body), &object); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return object
}

func (r answer) list(t *testing.T) []map[string]any {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal([]byte(r.body), &list); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return list
}

// send sends a request; headers come as name and value, an empty value leaves one out.
func (a *api) send(method, path, body string, headers ...string) answer {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Del(headers[i])
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := a.client.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text), err}
}

// get asks for a list or an object.
func (a *api) get(path string, query ...string) answer {
	a.t.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return a.send("GET", path, "")
}

// preview asks an experimental endpoint.
func (a *api) preview(path string, query ...string) answer {
	a.t.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	return a.send("GET", path+"?"+values.Encode(), "", "X-SailPoint-Experimental", "true")
}

func (a *api) sourceID(name string) string {
	a.t.Helper()
	id := a.server.SourceID(name)
	if id == "" {
		a.t.Fatalf("no source %q", name)
	}
	return id
}

// account finds a seeded account.
func (a *api) account(source, native string) sandbox.Account {
	a.t.Helper()
	found, ok := a.lookUp(source, native)
	if !ok {
		a.t.Fatalf("no account %s on %s", native, source)
	}
	return found
}

func (a *api) lookUp(source, native string) (sandbox.Account, bool) {
	for _, account := range a.server.Accounts(a.sourceID(source)) {
		if account.NativeIdentity == native {
			return account, true
		}
	}
	return sandbox.Account{}, false
}
