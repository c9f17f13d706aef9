package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The commands with which scripts look at what happened.

// cmdAccounts prints live accounts as CSV, in the order of their native
// identities: accounts SOURCE [ATTRIBUTE...]. Without attributes it prints all
// of the schema.
func cmdAccounts(ts *testscript.TestScript, _ bool, args []string) {
	b := boxOf(ts)
	header := args[1:]
	for _, source := range b.seed.Sources {
		for _, a := range source.Schema.Attributes {
			if source.Name == args[0] && len(args) == 1 {
				header = append(header, a.Name)
			}
		}
	}
	w := csv.NewWriter(ts.Stdout())
	ts.Check(w.Write(header))
	for _, a := range b.Accounts(b.SourceID(args[0])) {
		record := make([]string, len(header))
		for i, name := range header {
			record[i] = strings.Join(a.Values(name), ";")
		}
		ts.Check(w.Write(record))
	}
	w.Flush()
	ts.Check(w.Error())
}

// cmdRequests asserts how many requests of a kind came, at least one when no
// number is given:
//
//	requests METHOD PATH [COUNT]
//	requests write COUNT
//
// PATH is without the version, * for an id. A write is any request on accounts
// but GET.
func cmdRequests(ts *testscript.TestScript, _ bool, args []string) {
	kind, counts := strings.Join(args[:min(2, len(args))], " "), args[min(2, len(args)):]
	if args[0] == "write" {
		kind, counts = "write", args[1:]
	}
	got := came(ts, kind)
	switch {
	case len(counts) == 0 && got == 0:
		ts.Fatalf("no request %s", kind)
	case len(counts) == 1 && strconv.Itoa(got) != counts[0]:
		ts.Fatalf("%d requests %s, want %s", got, kind, counts[0])
	}
}

// cmdAwait waits until that many requests of a kind have come:
//
//	await METHOD PATH COUNT
func cmdAwait(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	kind := args[0] + " " + args[1]
	eventually(ts, fmt.Sprintf("too few requests %s", kind), func() bool { return came(ts, kind) >= want })
}

func came(ts *testscript.TestScript, kind string) (n int) {
	for _, r := range boxOf(ts).Requests() {
		isWrite := strings.Contains(r.Path, "/accounts") && r.Method != "GET"
		if r.Operation == kind || kind == "write" && isWrite {
			n++
		}
	}
	return n
}

// What differs from run to run, and what stands for it.
var differing = []struct {
	is  *regexp.Regexp
	put string
}{
	{regexp.MustCompile(`\d{8}T\d{6}Z-[a-z0-9]{4}`), "RUN"},
	{regexp.MustCompile(`\d\d (requests in|sent,)`), "N $1"}, // how often a sync asks until all shows depends on the machine
	{regexp.MustCompile(`(requests? in) [0-9.]+m?s`), "$1 TIME"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
}

// cmdNormal writes the last standard output to a file, without what differs
// from run to run: normal FILE.
func cmdNormal(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile("stdout")
	for _, d := range differing {
		text = d.is.ReplaceAllString(text, d.put)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// cmdUTF16 writes a file anew as Windows programs do: utf16 FILE TO.
func cmdUTF16(ts *testscript.TestScript, _ bool, args []string) {
	text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// cmdLatin1 writes a file anew in Windows-1252: latin1 FILE TO.
func cmdLatin1(ts *testscript.TestScript, _ bool, args []string) {
	text, err := charmap.Windows1252.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// cmdWorkbook makes a workbook of CSV files: workbook TO SHEET FILE [SHEET FILE]...
func cmdWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	book := excelize.NewFile()
	defer book.Close()
	ts.Check(book.SetSheetName("Sheet1", args[1]))
	for i := 1; i+1 < len(args); i += 2 {
		_, err := book.NewSheet(args[i])
		ts.Check(err)
		rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[i+1]))).ReadAll()
		ts.Check(err)
		for n, row := range rows {
			ts.Check(book.SetSheetRow(args[i], fmt.Sprintf("A%d", n+1), &row))
		}
	}
	ts.Check(book.SaveAs(ts.MkAbs(args[0])))
}

// cmdMode asserts the permissions of files: mode 600 FILE...
func cmdMode(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", name, got, args[0])
		}
	}
}

// cmdNoSecrets asserts that neither the last output nor any of the files in the
// directories holds the client's secret or a token: nosecrets [DIR...].
func cmdNoSecrets(ts *testscript.TestScript, _ bool, args []string) {
	files := []string{"stdout", "stderr"}
	for _, dir := range args {
		found, err := filepath.Glob(filepath.Join(ts.MkAbs(dir), "*"))
		ts.Check(err)
		if len(found) == 0 {
			ts.Fatalf("%s holds no file", dir)
		}
		files = append(files, found...)
	}
	// Every token of the sandbox begins like any JWT.
	for _, secret := range []string{ts.Getenv("SAIL_CLIENT_SECRET"), "eyJhbGciOi", "Bearer"} {
		for _, name := range files {
			if secret == "" || strings.Contains(ts.ReadFile(name), secret) {
				ts.Fatalf("%s holds %q", name, secret)
			}
		}
	}
}

// matched is the first group of the expression in the text.
func matched(ts *testscript.TestScript, expression, text string) string {
	m := regexp.MustCompile("(?m)" + expression).FindStringSubmatch(text)
	if len(m) < 2 {
		ts.Fatalf("%q is not in the output", expression)
	}
	return m[1]
}

func asExit(err error, exit **exec.ExitError) bool { return errors.As(err, exit) }
