package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"accountsync/internal/problem"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// The same table asks for the same, whatever the door: the operations of the
// plans, in their order, are alike to the last byte but for the place of the row.
func TestEveryDoorPlansTheSame(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "odd")
	rows := [][]string{{"id", "name", "city", "groups"}, {"00100", "Zoë", "Málaga", "VPN;Wiki"}, {"00101", "", "Köln", ""}, {"n1", "new, \"quoted\"", "Åre", "a"}}
	table := func(comma rune) string {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Comma = comma
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	book := excelize.NewFile()
	ndjson := ""
	for i, row := range rows {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			groups := "null"
			if row[3] != "" {
				groups = fmt.Sprintf("%q", strings.Split(row[3], ";"))
				groups = strings.ReplaceAll(groups, `" "`, `","`)
			}
			ndjson += fmt.Sprintf("{\"id\":%q,\"name\":%q,\"city\":%q,\"groups\":%s}\n", row[0], row[1], row[2], groups)
		}
	}
	workbook, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	latin, err := charmap.Windows1252.NewEncoder().String(table(';'))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, table(',')) }))
	defer server.Close()
	want := ""
	for _, door := range []struct {
		name, content string
		args          []string
	}{
		{"a.csv", table(','), nil}, {"b.csv", table(';'), nil}, {"c.csv", "sep=\t\n" + table('\t'), nil}, {"d.csv", latin, []string{"--encoding", "windows-1252"}},
		{"e.csv", "\uFEFF" + strings.ReplaceAll(table(','), "\n", "\r\n"), nil}, {"f.xlsx", workbook.String(), nil}, {"g.ndjson", ndjson, nil}, {server.URL + "/h.csv", "", nil},
	} {
		path := door.name
		if door.content != "" {
			path = filepath.Join(box.dir, door.name)
			if err := os.WriteFile(path, []byte(door.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out := t.TempDir()
		var stdout, stderr strings.Builder
		code := run(t.Context(), []string{"HOME=" + box.dir, "SAIL_BASE_URL=" + box.URL, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=mine"},
			append([]string{"plan", "--source", "Flat", "--file", path, "--out", out, "--state", out}, door.args...), strings.NewReader(""), &stdout, &stderr)
		if code != problem.OK {
			t.Fatalf("%s: exit status %d\n%s%s", path, code, stdout.String(), stderr.String())
		}
		got := operationsOf(t, out)
		if want == "" {
			want = got
		}
		if n := strings.Count(got, `"op":`); got != want || n != 3 {
			t.Errorf("%s: %d operations\n%s\nof the CSV:\n%s", path, n, got, want)
		}
	}
}

// operationsOf are the operations of a saved plan, without the place of their rows.
func operationsOf(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "plan-*.json"))
	if err != nil || len(paths) != 1 {
		t.Fatal(err, paths)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	_, operations, found := strings.Cut(string(text), "\n  \"operations\": ")
	operations, _, ended := strings.Cut(operations, "\n  ]")
	if !found || !ended {
		t.Fatalf("%s has no operations", paths[0])
	}
	return regexp.MustCompile(`"(line|offset)":\d+,?`).ReplaceAllString(operations, "")
}

// SIGINT during a download ends the program at once, with 130 and without a
// file left behind.
func TestInterruptedDownload(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		fmt.Fprint(w, strings.Repeat("id,name\n", 20_000))
		w.(http.Flusher).Flush()
		close(began)
		<-r.Context().Done()
	}))
	defer server.Close()
	tmp, out := t.TempDir(), t.TempDir()
	cmd := exec.Command("accountsync", "plan", "--source", "S", "--file", server.URL+"/people.csv", "--out", filepath.Join(out, "reports"), "--state", filepath.Join(out, "state"))
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "HOME="+out, "SAIL_BASE_URL="+server.URL, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=x")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-began
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	exit := (*exec.ExitError)(nil)
	if !errors.As(err, &exit) || exit.ExitCode() != problem.Interrupted {
		t.Errorf("%v, want exit status %d\n%s", err, problem.Interrupted, said.String())
	}
	if left := entries(t, tmp); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}
