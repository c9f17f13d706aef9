package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mayImport is the architecture: a package imports only what lies upstream of
// it in the flow of data.
var mayImport = map[string][]string{
	"accountsync/account":              {"accountsync/internal/text"},
	"accountsync/accounts":             {"accountsync/internal/inputfile", "accountsync/internal/problem", "accountsync/internal/text", "accountsync/account", "accountsync/diff", "accountsync/isc", "accountsync/sync"},
	"accountsync/approval":             {"accountsync/internal/inputfile", "accountsync/internal/problem", "accountsync/internal/text", "accountsync/sync"},
	"accountsync/config":               {"accountsync/internal/inputfile", "accountsync/internal/problem", "accountsync/internal/suggest", "accountsync/csvfile", "accountsync/diff", "accountsync/notify", "accountsync/ratelimit"},
	"accountsync/csvfile":              {"accountsync/internal/inputfile", "accountsync/internal/network", "accountsync/internal/suggest", "accountsync/internal/text", "accountsync/account"},
	"accountsync/diff":                 {"accountsync/internal/suggest", "accountsync/internal/text", "accountsync/account"},
	"accountsync/fleet":                {"accountsync/internal/network"},
	"accountsync/internal/aggregation": {"accountsync/account", "accountsync/isc", "accountsync/sync"},
	"accountsync/internal/atomicfile":  {},
	"accountsync/internal/columns":     {"accountsync/internal/text", "accountsync/account", "accountsync/csvfile"},
	"accountsync/internal/connection":  {"accountsync/internal/network", "accountsync/internal/problem", "accountsync/internal/text", "accountsync/config", "accountsync/isc", "accountsync/ratelimit"},
	"accountsync/internal/doctor":      {"accountsync/internal/aggregation", "accountsync/internal/connection", "accountsync/internal/exit", "accountsync/internal/problem", "accountsync/internal/text", "accountsync/account", "accountsync/config", "accountsync/csvfile", "accountsync/diff", "accountsync/isc", "accountsync/journal", "accountsync/sync"},
	"accountsync/internal/exit":        {"accountsync/internal/problem", "accountsync/csvfile", "accountsync/isc", "accountsync/journal", "accountsync/reports", "accountsync/sync"},
	"accountsync/internal/export":      {"accountsync/internal/atomicfile", "accountsync/internal/problem", "accountsync/account", "accountsync/csvfile", "accountsync/isc", "accountsync/sync"},
	"accountsync/internal/inputfile":   {},
	"accountsync/internal/malformed":   {},
	"accountsync/internal/network":     {},
	"accountsync/internal/past":        {"accountsync/internal/exit", "accountsync/internal/problem", "accountsync/internal/suggest", "accountsync/account", "accountsync/csvfile", "accountsync/journal", "accountsync/reports", "accountsync/sync"},
	"accountsync/internal/pgtest":      {},
	"accountsync/internal/problem":     {},
	"accountsync/internal/schematest":  {},
	"accountsync/internal/signals":     {},
	"accountsync/internal/suggest":     {},
	"accountsync/internal/table":       {"accountsync/internal/problem", "accountsync/internal/text", "accountsync/account"},
	"accountsync/internal/terminal":    {"accountsync/internal/text", "accountsync/sync"},
	"accountsync/internal/text":        {},
	"accountsync/internal/worker":      {"accountsync/internal/exit", "accountsync/internal/inputfile", "accountsync/internal/network", "accountsync/internal/past", "accountsync/internal/problem", "accountsync/internal/signals", "accountsync/internal/terminal", "accountsync/config", "accountsync/fleet", "accountsync/job", "accountsync/journal", "accountsync/reports", "accountsync/sync"},
	"accountsync/isc":                  {"accountsync/internal/network", "accountsync/internal/suggest", "accountsync/account"},
	"accountsync/job":                  {"accountsync/internal/aggregation", "accountsync/internal/atomicfile", "accountsync/internal/connection", "accountsync/internal/exit", "accountsync/internal/inputfile", "accountsync/internal/past", "accountsync/internal/problem", "accountsync/internal/signals", "accountsync/internal/terminal", "accountsync/internal/text", "accountsync/account", "accountsync/accounts", "accountsync/approval", "accountsync/config", "accountsync/csvfile", "accountsync/diff", "accountsync/journal", "accountsync/notify", "accountsync/ratelimit", "accountsync/reports", "accountsync/sync"},
	"accountsync/journal":              {"accountsync/account", "accountsync/diff", "accountsync/sync"},
	"accountsync/notify":               {"accountsync/internal/network"},
	"accountsync/ratelimit":            {},
	"accountsync/reports":              {"accountsync/internal/atomicfile", "accountsync/internal/suggest", "accountsync/internal/text", "accountsync/account", "accountsync/diff", "accountsync/reports/page", "accountsync/sync"},
	"accountsync/reports/page":         {"accountsync/internal/text"},
	"accountsync/samples":              {},
	"accountsync/sandbox":              {"accountsync/internal/network"},
	"accountsync/sync":                 {"accountsync/account", "accountsync/csvfile", "accountsync/diff"},
	"accountsync/cmd/accountsync":      nil, // the one place where all meet
}

func TestImportsFollowTheFlowOfData(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "accountsync/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 9 {
		t.Fatalf("go list found only %d packages", len(lines))
	}
	for _, line := range lines {
		fields := strings.Fields(line)
		pkg, imports := fields[0], fields[1:]
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("package %s is not in the import table", pkg)
		}
		for _, imp := range imports {
			if strings.HasPrefix(imp, "accountsync/") && allowed != nil && !slices.Contains(allowed, imp) {
				t.Errorf("%s must not import %s", pkg, imp)
			}
			if pkg == "accountsync/sync" && imp == "sync" {
				t.Errorf("%s must not import the standard sync: workers write to what is theirs", pkg)
			}
		}
	}
}

// In each file the imports of the standard library stand in a group of their own, before all others.
func TestImportsStandInGroups(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		line, standard := 0, true
		for _, s := range file.Imports {
			was, above := standard, line
			first, _, _ := strings.Cut(strings.Trim(s.Path.Value, `"`), "/")
			line, standard = set.Position(s.Pos()).Line, first != "accountsync" && !strings.Contains(first, ".")
			if standard && !was || standard != was && above == line-1 {
				t.Errorf("%s:%d: imports of the standard library stand first, in a group of their own", path, line)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files, %v", files, err)
	}
}
