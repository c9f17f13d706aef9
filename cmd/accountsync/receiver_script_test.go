package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"accountsync/internal/schematest"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdReceiver starts a server that takes whatever it is told, at the address
// $NAME, and writes it down in the file NAME, with INVALID where JSON does not
// fit the published schema:
//
//	receiver NAME [STATUS [BODY|LOCATION]]
func cmdReceiver(ts *testscript.TestScript, _ bool, args []string) {
	status, says := 200, "OK"
	if len(args) > 1 {
		var err error
		status, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	if len(args) > 2 {
		says = args[2]
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(path, nil, 0o600))
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintf(f, "%s %s\ntype %q, authorization %q\n%s\n", r.Method, r.URL, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), body)
			if r.Header.Get("Content-Type") == "application/json" {
				if err := schematest.Check("webhook", bytes.NewReader(body)); err != nil {
					fmt.Fprintf(f, "INVALID: %v\n", err)
				}
			}
			_ = f.Close()
		}
		w.Header().Set("Location", says)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, says)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// cmdOneRun asserts that the last standard error has that many lines of a log
// at least, each JSON, and that each run named in the file result.json has all
// of its lines: onerun COUNT RESULT...
func cmdOneRun(ts *testscript.TestScript, _ bool, args []string) {
	least, err := strconv.Atoi(args[0])
	ts.Check(err)
	var want, got []string
	for _, name := range args[1:] {
		var result struct{ Run string }
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &result))
		want = append(want, result.Run)
	}
	n := 0
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		n++
		if strings.Count(line, `"run":`) != 1 {
			ts.Fatalf("not one run in the line %s", line)
		}
		var entry struct{ Run string }
		ts.Check(json.Unmarshal([]byte(line), &entry))
		if !slices.Contains(got, entry.Run) {
			got = append(got, entry.Run)
		}
	}
	if n < least || !slices.Equal(got, want) {
		ts.Fatalf("%d lines of the runs %v, want %d of %v", n, got, least, want)
	}
}
