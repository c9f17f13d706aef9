package isc

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name, body string
		want       Error
	}{
		{"documented", `{"detailCode":"400.1 Bad request content","trackingId":"e7eab60924f64aa284175b9fa3309599","messages":[{"locale":"fr-FR","localeOrigin":"REQUEST","text":"non"},{"locale":"en-US","localeOrigin":"DEFAULT","text":"The request was\n  syntactically correct"}],"causes":[{"locale":"en-US","text":"limit"}]}`,
			Error{DetailCode: "400.1 Bad request content", TrackingID: "e7eab60924f64aa284175b9fa3309599", Text: "The request was syntactically correct: limit"}},
		{"no english", `{"messages":[{"locale":"fr-FR","text":"non"}]}`, Error{Text: "non"}},
		{"error", `{"error":"JWT validation failed: JWT is expired"}`, Error{Text: "JWT validation failed: JWT is expired"}},
		{"message", `{"message":" Rate Limit Exceeded "}`, Error{Text: "Rate Limit Exceeded"}},
		{"oauth", `{"error":"invalid_scope","error_description":"no such scope"}`, Error{Text: "invalid_scope: no such scope"}},
		{"odd types", `{"detailCode":400,"trackingId":null,"messages":"m","causes":{"a":1},"error":{"code":7},"message":"said"}`, Error{DetailCode: "400", Text: `{"code":7}: said`}},
		{"empty", ``, Error{}},
		{"text", "  upstream\r\nconnect error ", Error{Text: "upstream connect error"}},
		{"older services", `{"error_code":"x","formatted_msg":"Invalid source","errorMessage":"E1","detailMessage":"D1"}`, Error{Text: "E1: Invalid source: D1"}},
		{"behind a byte order mark", "\ufeff" + `{"message":"said"}`, Error{Text: "said"}},
		{"web page", `<!doctype html><html><head><TITLE>503 Backend fetch failed</TITLE></head><body>…`, Error{Text: "a web page titled 503 Backend fetch failed", Err: errBlocked}},
		{"web page without title", `<html>x</html>`, Error{Text: "a web page", Err: errBlocked}},
		{"an array", `[1,2]`, Error{Text: "[1,2]"}},
		{"long", `{"message":"` + long + `"}`, Error{Text: long[:299] + "…"}},
		{"long text", long, Error{Text: long[:299] + "…"}},
		{"the secret", `{"message":"bad ` + testSecret + ` or s3cret%2F%26%2Bv%C3%A4l"}`, Error{Text: "bad [secret] or [secret]"}},
		{"control characters", "a\x1b[31mb\x00c", Error{Text: "a[31mbc"}},
		{"invalid UTF-8", "a\xffb", Error{Text: "a\uFFFDb"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.reply("/", 422, tt.body)
			_, err := tn.client(t).ShownByID(t.Context(), "acc1")
			got := asError(t, err)
			want := tt.want
			want.Method, want.Path, want.Scope, want.Status, want.Attempts = "GET", "/v3/accounts/acc1", scopeAccountsRead, 422, 1
			if d := cmp.Diff(&want, got, cmpopts.IgnoreUnexported(Error{}), cmpopts.IgnoreFields(Error{}, "Err")); d != "" || got.Err != want.Err {
				t.Error(d)
			}
			if got.Ambiguous() || got.Unreachable() != (want.Err != nil) || got.Denied() || got.NotFound() || got.HTTPStatus() != 422 || got.Tracking() != want.TrackingID {
				t.Errorf("wrong behaviour of %#v", got)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  Error
		want string
	}{
		{Error{Method: "GET", Path: "/v3/accounts/a", Status: 404, Text: "Account not found", DetailCode: "404 Not found", TrackingID: "tr1"},
			"GET /v3/accounts/a: 404 Not Found: Account not found (detailCode 404 Not found, trackingId tr1)"},
		{Error{Method: "PUT", Path: "/p", Status: 500}, "PUT /p: 500 Internal Server Error"},
		{Error{Method: "PUT", Path: "/p", Status: 599, TrackingID: "t"}, "PUT /p: 599 (trackingId t)"},
		{Error{Method: "GET", Path: "/p", Err: errors.New("dial tcp: refused")}, "GET /p: dial tcp: refused"},
		{Error{Method: "POST", Path: "/oauth/token", Status: 401, Err: ErrSignIn, Text: "invalid_client"}, "POST /oauth/token: 401 Unauthorized: sign-in refused: invalid_client"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestStatusBehaviour(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status                    int
		denied, lost, unreachable bool
		hint, readHint            string // parts of the hint for a create and for a list
	}{
		{302, false, true, true, "SAIL_BASE_URL", "SAIL_BASE_URL"},
		{400, false, false, false, "schema", "schema"},
		{403, true, false, false, "idn:accounts:manage", "idn:accounts:read"},
		{404, false, false, false, "--api", "--api"},
		{407, false, false, true, "HTTPS_PROXY", "HTTPS_PROXY"},
		{408, false, true, true, "later", "later"},
		{409, false, false, false, "", ""},
		{429, false, false, true, "lower --rate", "lower --rate"},
		{500, false, true, true, "trackingId", "trackingId"},
		{502, false, true, true, "later", "later"},
		{503, false, true, true, "later", "later"},
		{504, false, true, true, "later", "later"},
	}
	for _, tt := range tests {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.handle("/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
			})
			c := tn.client(t)
			_, err := c.Create(t.Context(), "s", nil)
			write := asError(t, err)
			if write.Denied() != tt.denied || write.Ambiguous() != tt.lost || write.Unreachable() != tt.unreachable || !hinted(write.Hint(), tt.hint) {
				t.Errorf("create: denied %v, lost %v, hint %q", write.Denied(), write.Ambiguous(), write.Hint())
			}
			read := asError(t, list(t.Context(), c))
			if read.Denied() != tt.denied || read.Ambiguous() || read.Unreachable() != tt.unreachable || !hinted(read.Hint(), tt.readHint) {
				t.Errorf("list: denied %v, lost %v, hint %q", read.Denied(), read.Ambiguous(), read.Hint())
			}
			want := 2
			if redirects(tt.status) {
				want += maxAgain // the list is asked for again
			}
			if got := tn.requests(); len(got) != want || got[len(got)-1].Path == "/elsewhere" {
				t.Errorf("%d requests, want %d", len(got), want)
			}
		})
	}
}

func hinted(hint, part string) bool {
	return part == "" && hint == "" || part != "" && strings.Contains(hint, part)
}

func TestScopesOfOperations(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("/", 403, `{}`)
	c, ctx := tn.client(t), t.Context()
	errs := map[string]error{}
	_, errs["idn:accounts:read"] = c.ShownByID(ctx, "a")
	_, errs["idn:accounts:manage"] = c.Delete(ctx, "a")
	_, errs["idn:accounts-state:manage"] = c.Reload(ctx, "a")
	_, errs["idn:task-management:read"] = c.Tasks(ctx, []string{"t"})
	_, errs["idn:sources:read"] = c.Source(ctx, "HR")
	_, errs["idn:source-schema:read"] = c.Schema(ctx, "s")
	_, errs["idn:accounts-state:manage and idn:accounts-provisioning:manage"] = c.Unlock(ctx, "a", account.Unlock{ForceProvisioning: true})
	for scope, err := range errs {
		if e := asError(t, err); !e.Denied() || !strings.Contains(e.Hint(), scope) {
			t.Errorf("%v: hint %q lacks %s", e, e.Hint(), scope)
		}
	}
}

// TestNoAnswer breaks connections in every way and asks whether the create may have been done.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name              string
		server            func(t *testing.T) (base string, rt http.RoundTripper)
		lost, unreachable bool
		hint              string
	}{
		{"refused", refusedServer, false, true, "connection refused"},
		{"no such host", unknownHost, false, true, "could not be resolved"},
		{"certificate", untrustedServer, false, true, "certificate"},
		{"no TLS there", plainServer, false, true, "no secure connection"},
		{"closed after the request", closingServer(""), true, true, "no answer came"},
		{"closed within the head", closingServer("HTTP/1.1 202 Acc"), true, true, "no answer came"},
		{"no head in time", silentServer, true, true, "no answer came"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			base, rt := tt.server(t)
			c, err := New(Config{BaseURL: base, ClientID: "i", ClientSecret: "s", HTTP: rt})
			if err != nil {
				t.Fatal(err)
			}
			c.tokens.current.Store(&grant{token: "t"})
			_, err = c.Create(t.Context(), "s", []account.Attribute{{Name: "id", Value: `"personal"`}})
			e := asError(t, err)
			if e.Ambiguous() != tt.lost || e.Unreachable() != tt.unreachable || !strings.Contains(e.Hint(), tt.hint) {
				t.Errorf("%v: lost %v, unreachable %v, hint %q", e, e.Ambiguous(), e.Unreachable(), e.Hint())
			}
			if e.Denied() || e.HTTPStatus() != 0 || e.Path != "/v3/accounts" || strings.Contains(e.Error(), "://") {
				t.Errorf("%#v: %v", e, e)
			}
			_, err = c.Accounts(t.Context(), account.Query{NativeIdentities: []string{"personal"}})
			if e := asError(t, err); e.Ambiguous() || !e.Unreachable() || strings.Contains(e.Error(), "personal") {
				t.Errorf("list: %v", e)
			}
		})
	}
}

func refusedServer(t *testing.T) (string, http.RoundTripper) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String(), new(http.Transport)
}

func unknownHost(t *testing.T) (string, http.RoundTripper) {
	dial := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "acme.example", IsNotFound: true}}
	}
	return "https://acme.example", &http.Transport{DialContext: dial}
}

func untrustedServer(t *testing.T) (string, http.RoundTripper) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, new(http.Transport)
}

func plainServer(t *testing.T) (string, http.RoundTripper) {
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http:", "https:", 1), &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
}

// closingServer reads the request, writes the beginning of an answer and hangs up.
func closingServer(head string) func(*testing.T) (string, http.RoundTripper) {
	return func(t *testing.T) (string, http.RoundTripper) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, head)
			conn.Close()
		}))
		t.Cleanup(s.Close)
		return s.URL, new(http.Transport)
	}
}

func silentServer(t *testing.T) (string, http.RoundTripper) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return s.URL, &http.Transport{ResponseHeaderTimeout: 20 * time.Millisecond}
}

// TestCallerGivesUp: before the request went out nothing is lost, after it everything may be.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	entered := make(chan struct{})
	tn.handle("POST /v3/accounts", func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	tn.reply("GET /v3/accounts", 200, `[]`)
	c := tn.client(t)
	if err := list(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	before, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Create(before, "s", nil)
	if e := asError(t, err); e.Ambiguous() || e.Unreachable() || !errors.Is(err, context.Canceled) || e.Hint() != "" {
		t.Errorf("before: %v, lost %v", e, e.Ambiguous())
	}
	during, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	_, err = c.Create(during, "s", nil)
	if e := asError(t, err); !e.Ambiguous() || e.Unreachable() || !errors.Is(err, context.Canceled) {
		t.Errorf("during: %v, lost %v", e, e.Ambiguous())
	}
}

// TestLostWithoutTrace: transports that tell nothing are judged by their error.
func TestLostWithoutTrace(t *testing.T) {
	t.Parallel()
	for err, lost := range map[error]bool{
		io.ErrUnexpectedEOF: true,
		&net.OpError{Op: "dial", Err: errors.New("refused")}:       false,
		&net.OpError{Op: "read", Err: errors.New("reset by peer")}: true,
	} {
		c := fake(t, func(*http.Request) (*http.Response, error) { return nil, err })
		c.tokens.current.Store(&grant{token: "t"})
		_, got := c.Create(t.Context(), "s", nil)
		if e := asError(t, got); e.Ambiguous() != lost {
			t.Errorf("%v: lost %v, want %v", err, e.Ambiguous(), lost)
		}
	}
}

// TestRetriedBelow: the transport's retries are counted, and only an attempt
// without an answer can be lost.
func TestRetriedBelow(t *testing.T) {
	t.Parallel()
	var sends int
	tn := newTenant(t)
	tn.reply("/", 503, ``)
	count := func(ctx context.Context) (context.Context, func() int) { return ctx, func() int { return sends } }
	twice := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == tokenPath {
			return http.DefaultTransport.RoundTrip(r)
		}
		sends++
		again := r.Clone(r.Context())
		again.Body, _ = r.GetBody()
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		resp.Body.Close()
		sends++
		return http.DefaultTransport.RoundTrip(again)
	})
	c := tn.client(t, func(cfg *Config) { cfg.HTTP, cfg.CountAttempts = twice, count })
	_, err := c.Create(t.Context(), "s", nil)
	if e := asError(t, err); e.Attempts != 2 || e.Sent() != 2 || !e.Ambiguous() {
		t.Errorf("%d attempts, lost %v; want 2, true", e.Attempts, e.Ambiguous())
	}
	tn2 := newTenant(t)
	tn2.reply("/", 202, `{"id":"t"}`)
	sends = 0
	c = tn2.client(t, func(cfg *Config) { cfg.HTTP, cfg.CountAttempts = twice, count })
	if r, err := c.Put(t.Context(), "a", nil); err != nil || r.Attempts != 2 {
		t.Errorf("%v and %v, want 2 attempts", r, err)
	}
}
