package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// answers is a transport that answers as it is told; nil is never.
type answers struct {
	status []int
	tries  int
}

func (a *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	a.tries++
	if len(a.status) == 0 {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	status := a.status[0]
	a.status = a.status[1:]
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("OK")), Request: req}, nil
}

func TestPost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status []int
		tries  int
		why    string
		least  time.Duration
	}{
		{"at once", []int{200}, 1, "", 0},
		{"at the third", []int{503, 500, 204}, 3, "", time.Second / 2},
		{"never well", []int{500, 502, 503, 200}, 3, "it answers 503 Service Unavailable", time.Second / 2},
		{"not to be tried again", []int{404, 200}, 1, "it answers 404 Not Found", 0},
		{"a redirect elsewhere", []int{302, 200}, 1, "it answers 302 Found", 0},
		{"no answer", nil, 3, "timed out", 9 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &answers{status: tc.status}
				m := &Client{http: http.Client{Transport: a, CheckRedirect: sameOrigin}}
				begun := time.Now()
				_, err := m.post(t.Context(), "https://hooks.example.com/secret", "", nil)
				took, why := time.Since(begun), ""
				if err != nil {
					why = err.Error()
				}
				if why != tc.why || a.tries != tc.tries || took < tc.least || took > tellFor {
					t.Errorf("%d tries in %s: %q, want %d in %s to %s: %q", a.tries, took, why, tc.tries, tc.least, tellFor, tc.why)
				}
			})
		})
	}
}

// Whoever stops the program a second time waits for nobody.
func TestPostGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		m := &Client{http: http.Client{Transport: &answers{}}}
		begun := time.Now()
		_, err := m.post(ctx, "https://hooks.example.com/secret", "", nil)
		if err == nil || time.Since(begun) != time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

// Redirects are followed where the message arrives as it was sent.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		paths = append(paths, r.Method+" "+r.URL.Path+" "+string(body))
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/here", http.StatusPermanentRedirect)
		case "/found":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "http://localhost:1/here", http.StatusTemporaryRedirect)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(server.Close)
	m := NewClient("accountsync/test")
	for path, why := range map[string]string{"/moved": "", "/found": "it answers 302 Found", "/away": "it answers 307 Temporary Redirect", "/round": "it answers 307 Temporary Redirect"} {
		_, err := m.post(t.Context(), server.URL+path, "", []byte("text"))
		if (err == nil) != (why == "") || err != nil && err.Error() != why {
			t.Errorf("%s: %v, want %q", path, err, why)
		}
	}
	if !slices.Contains(paths, "POST /here text") || slices.Contains(paths, "GET /here ") {
		t.Errorf("came: %v", paths)
	}
}

func TestReceivers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, shown string }{
		{"https://hc-ping.com/5ecret", "https://hc-ping.com/***"},
		{"https://user:5ecret@hooks.example.com:8443/a?5ecret=1#5ecret", "https://hooks.example.com:8443/***"},
		{"http://localhost:8000/5ecret", "http://localhost:8000/***"},
		{"http://[::1]:8000/5ecret", "http://[::1]:8000/***"},
		{"HTTPS://hooks.example.com", "https://hooks.example.com/***"},
		{"", ""},
		{"http://hooks.example.com/5ecret", "***"},
		{"ftp://hooks.example.com/5ecret", "***"},
		{"hc-ping.com/5ecret", "***"},
		{"https:///5ecret", "***"},
		{"https://hc-ping.com/5ecret\n", "***"},
		{"https://%zz/5ecret", "***"},
		{"5ecret:x", "***"},
	} {
		if got := Masked(tc.text); got != tc.shown {
			t.Errorf("%q is shown as %q, want %q", tc.text, got, tc.shown)
		}
		_, err := ParseReceiver(tc.text)
		if (tc.shown == "***") != (err != nil) {
			t.Errorf("%q: %v", tc.text, err)
		}
		if err != nil && strings.Contains(err.Error(), "5ecret") {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
}

func TestPingAddress(t *testing.T) {
	t.Parallel()
	const run = "20261123T020000Z-7f3a"
	id := pingID(run)
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id || parsed.Version() != 5 || id == pingID(run+"x") {
		t.Fatalf("rid %q: %v", id, err)
	}
	for text, want := range map[string]string{
		"https://hc-ping.com/a":          "https://hc-ping.com/a/start?rid=" + id,
		"https://hc-ping.com/a/":         "https://hc-ping.com/a/start?rid=" + id,
		"https://hc-ping.com":            "https://hc-ping.com/start?rid=" + id,
		"https://hc-ping.com/a?create=1": "https://hc-ping.com/a/start?create=1&rid=" + id,
	} {
		r, err := ParseReceiver(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.pingAddress("start", run); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	for said, why := range map[string]string{"OK": "", "OK\n": "", "": "", "<html>": "", "OK (not found)": "there is no such check", "OK (rate limited)": "too many pings: rate limited"} {
		if err := recorded(said, nil); (err == nil) != (why == "") || err != nil && err.Error() != why {
			t.Errorf("%q: %v, want %q", said, err, why)
		}
	}
	if cause := errors.New("x"); !errors.Is(recorded("", cause), cause) {
		t.Error("an error is lost")
	}
}

func TestShortened(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Łódź, Malmö\n", 20_000)
	got := shortened(long, pingMost)
	if len(got) > pingMost || len(got) < pingMost-50 || !utf8.ValidString(got) || !strings.HasSuffix(got, "Malmö\n(cut here)\n") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-40:])
	}
	if line := shortened(strings.Repeat("ö", pingMost), pingMost); len(line) > pingMost || !utf8.ValidString(line) {
		t.Error("a long line is not cut well")
	}
	if got := shortened("short", pingMost); got != "short" {
		t.Errorf("%q", got)
	}
}
