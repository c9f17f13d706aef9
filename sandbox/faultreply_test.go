package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/sandbox"
)

func TestFaultStatusAfter(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 408, 500, 502, 503, 504} {
		for kind, there := range map[sandbox.FaultKind]bool{sandbox.FaultStatus: false, sandbox.FaultStatusAfter: true} {
			a := newAPI(t, nil, fault(sandbox.Fault{Kind: kind, Status: status}))
			got, _ := a.create(hr, "C9")
			if _, is := a.lookUp(hr, "C9"); got.status != max(status, 408) && (status != 0 || got.status != 500) || is != there {
				t.Errorf("%s %d: %d, the account is there: %v", kind, status, got.status, is)
			}
		}
	}
	a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultStatusAfter}))
	if got := a.send("POST", "/v3/accounts", `{}`); got.status != 400 {
		t.Errorf("what is refused anyway: %d", got.status)
	}
}

func TestFaultBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault             sandbox.Fault
		status            int
		body, contentType string
	}{
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: "null"}, 200, "null", "application/json"},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: "{}"}, 200, "{}", "application/json"},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: sandbox.BodyNone}, 200, "", ""},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: "\ufeff[]"}, 200, "\ufeff[]", "application/json"},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400, Body: `{"errorMessage":"no"}`}, 400, `{"errorMessage":"no"}`, "application/json"},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400, Body: `{"formatted_msg":"no"}`}, 400, `{"formatted_msg":"no"}`, "application/json"},
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400, Body: `{"detailMessage":"no"}`}, 400, `{"detailMessage":"no"}`, "application/json"},
		{sandbox.Fault{Kind: sandbox.FaultHTML}, 200, "<title>Sign in to continue</title>", "text/html; charset=utf-8"},
		{sandbox.Fault{Kind: sandbox.FaultHTML, Status: 403, Body: "<html>blocked</html>"}, 403, "<html>blocked</html>", "text/html; charset=utf-8"},
		{sandbox.Fault{Kind: sandbox.FaultHTML, Status: 429}, 429, "<title>Sign in to continue</title>", "text/html; charset=utf-8"},
		{sandbox.Fault{Kind: sandbox.FaultBOM}, 200, "\ufeff[{", "application/json"},
		{sandbox.Fault{Kind: sandbox.FaultRedirect}, 200, "<title>Sign in to continue</title>", "text/html; charset=utf-8"}, // followed
	} {
		a := newAPI(t, nil, fault(test.fault))
		got := a.page(hr, 10, 0)
		if got.status != test.status || !strings.Contains(got.body, test.body) || got.body != "" && test.body == "" ||
			got.header.Get("Content-Type") != test.contentType || got.err != nil {
			t.Errorf("%+v: %d %q %v %v", test.fault, got.status, got.body, got.header, got.err)
		}
		if again := a.page(hr, 10, 0); again.status != 200 || len(again.list(t)) != 10 {
			t.Errorf("%+v: the fault happened twice", test.fault)
		}
	}
}

func TestFaultRedirect(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{0: 302, 307: 307} {
		a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultRedirect, Status: status}))
		a.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got, _ := a.create(hr, "C9")
		if _, there := a.lookUp(hr, "C9"); got.status != want || got.header.Get("Location") != "/login" || there {
			t.Errorf("%d: %d %v", status, got.status, got.header)
		}
	}
}

func TestFaultEncodings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault    sandbox.Fault
		status   int
		encoding string
		unpacks  func(body string) error
	}{
		{sandbox.Fault{Kind: sandbox.FaultEncoding}, 200, "UTF-8", nil},
		{sandbox.Fault{Kind: sandbox.FaultEncoding, Status: 400}, 400, "UTF-8", nil},
		{sandbox.Fault{Kind: sandbox.FaultEncoding, Encoding: "gzip"}, 200, "gzip", nil},
		{sandbox.Fault{Kind: sandbox.FaultCutGzip}, 200, "gzip", unpackedTo(io.ErrUnexpectedEOF, 1, "[{")},
		{sandbox.Fault{Kind: sandbox.FaultNestedGzip}, 200, "gzip", unpackedTo(nil, 2, "[{")},
		{sandbox.Fault{Kind: sandbox.FaultGzipBomb, Rows: 3}, 200, "gzip", unpackedTo(nil, 1, `[{"id":"0`)},
	} {
		a := newAPI(t, nil, fault(test.fault))
		got := a.send("GET", "/v3/accounts?sorters=id", "", "Accept-Encoding", "gzip")
		if got.status != test.status || got.header.Get("Content-Encoding") != test.encoding || got.err != nil {
			t.Errorf("%+v: %d %v %v", test.fault, got.status, got.header, got.err)
		}
		if test.unpacks == nil && got.body[0] != '[' && got.body[0] != '{' {
			t.Errorf("%+v: %.20q", test.fault, got.body)
		} else if test.unpacks != nil {
			if err := test.unpacks(got.body); err != nil {
				t.Errorf("%+v: %v", test.fault, err)
			}
		}
	}
	a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultGzipBomb}))
	if got := a.send("GET", "/v3/accounts", "", "Accept-Encoding", "gzip"); len(got.body) > 2<<20 {
		t.Errorf("the bomb has %d bytes", len(got.body))
	}
}

// unpackedTo unpacks a body so many times and holds what comes out against how it begins and the error it ends with.
func unpackedTo(want error, times int, begins string) func(string) error {
	return func(body string) error {
		text := []byte(body)
		for range times {
			r, err := gzip.NewReader(bytes.NewReader(text))
			if err != nil {
				return err
			}
			if text, err = io.ReadAll(r); !errors.Is(err, want) {
				return err
			}
		}
		if !bytes.HasPrefix(text, []byte(begins)) {
			return errors.New("it unpacks to " + string(text[:min(20, len(text))]))
		}
		return nil
	}
}

func TestFaultDateAhead(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{30 * 24 * time.Hour, -time.Hour} {
		a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultDateAhead, Delay: sandbox.Duration(ahead)}))
		date, err := http.ParseTime(a.page(hr, 1, 0).header.Get("Date"))
		if off := time.Until(date) - ahead; err != nil || off.Abs() > 10*time.Second {
			t.Errorf("%s: %s, %v", ahead, date, err)
		}
	}
}

// hangs are the faults that keep a client waiting, with what it gets before.
var hangs = []struct {
	fault   sandbox.Fault
	answers bool
	begins  string
}{
	{sandbox.Fault{Kind: sandbox.FaultHangBefore}, false, ""},
	{sandbox.Fault{Kind: sandbox.FaultHang}, true, ""},
	{sandbox.Fault{Kind: sandbox.FaultHangMiddle}, true, "[{"},
	{sandbox.Fault{Kind: sandbox.FaultEndless, Delay: sandbox.Duration(10 * time.Millisecond)}, true, "[{"},
}

func TestFaultHangsInMemory(t *testing.T) {
	t.Parallel()
	for _, test := range hangs {
		synctest.Test(t, func(t *testing.T) {
			a := inMemory(t, fault(test.fault))
			a.client.Timeout = 90 * time.Second
			start := time.Now()
			got := a.page(hr, 10, 0)
			if waited := time.Since(start); waited != 90*time.Second {
				t.Errorf("%s: %s", test.fault.Kind, waited)
			}
			if !errors.Is(got.err, context.DeadlineExceeded) || test.answers != (got.status == 200) || !strings.HasPrefix(got.body, test.begins) {
				t.Errorf("%s: %d %.10q %v", test.fault.Kind, got.status, got.body, got.err)
			}
		})
	}
}

func TestFaultHangsOverTCP(t *testing.T) {
	t.Parallel()
	for _, test := range hangs {
		a := newAPI(t, nil, fault(test.fault))
		a.client.Timeout = 300 * time.Millisecond
		got := a.page(hr, 10, 0)
		for test.answers && got.status == 0 && a.client.Timeout < 30*time.Second { // a crowded machine
			a.client.Timeout *= 4
			got = a.page(hr, 10, 0)
		}
		if got.err == nil || test.answers != (got.status == 200) || !strings.HasPrefix(got.body, test.begins) {
			t.Errorf("%s: %d %.10q %v", test.fault.Kind, got.status, got.body, got.err)
		}
	}
}

func TestFaultEndlessIsAsFastAsItIsRead(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"memory", "TCP"} {
		a := newAPI(t, nil, fault(sandbox.Fault{Kind: sandbox.FaultEndless}))
		if base == "memory" {
			a.client.Transport = a.server.Transport()
		}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, a.base+"/v3/accounts", nil)
		request.Header.Set("Authorization", "Bearer "+a.token)
		response, err := a.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.CopyN(io.Discard, response.Body, 5<<20)
		if response.ContentLength != -1 || n != 5<<20 || err != nil {
			t.Errorf("%s: length %d, %d read, %v", base, response.ContentLength, n, err)
		}
		_ = response.Body.Close()
	}
}
