package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/internal/problem"
	"accountsync/reports"
	"accountsync/sandbox"
	"accountsync/sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// What is exported and synced back, removals included, finds nothing to do and
// writes nothing, whatever the accounts hold.
func TestExportThenSyncFindsNothingToDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := oddSource().Draw(t, "source")
		tenant := oddTenant(t, source)
		t.Cleanup(tenant.Close)

		file := filepath.Join(tenant.dir, "live.csv")
		tenant.mustRun(t, "export", "--source", source.Name, "--file", file)
		tenant.mustRun(t, "sync", "--source", source.Name, "--file", file, "--removal", "delete", "--out", tenant.dir)

		outcome, totals := tenant.result(t)
		if want := (sync.Totals{Kept: len(source.Accounts)}); outcome != sync.InSync || totals != want {
			exported, _ := os.ReadFile(file)
			t.Fatalf("%s with totals %+v, want in-sync with %+v\n%s", outcome, totals, want, exported)
		}
		for _, sent := range tenant.box.Requests() {
			if sent.Method != http.MethodGet && sent.Operation != "POST /oauth/token" {
				t.Fatalf("a write was sent: %s", sent.Operation)
			}
		}
	})
}

// roundTenant is a sandbox over HTTP, and a directory for what the program writes.
type roundTenant struct {
	*httptest.Server
	box *sandbox.Server
	dir string
}

func oddTenant(t *rapid.T, source sandbox.SourceSeed) *roundTenant {
	seed := &sandbox.Seed{
		Clients: []sandbox.Client{{ID: "me", Secret: "mine"}}, Sources: []sandbox.SourceSeed{source},
		Rate: &sandbox.Rate{Kind: sandbox.RateOff},
	}
	if err := seed.Validate(); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "roundtrip-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	box := sandbox.New(seed)
	return &roundTenant{Server: httptest.NewServer(box), box: box, dir: dir}
}

// mustRun runs the program in this process.
func (n *roundTenant) mustRun(t *rapid.T, args ...string) {
	var stdout, stderr bytes.Buffer
	environ := []string{"HOME=" + n.dir, "SAIL_BASE_URL=" + n.URL, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=mine"}
	if code := run(t.Context(), environ, args, strings.NewReader(""), &stdout, &stderr); code != problem.OK {
		exported, _ := os.ReadFile(filepath.Join(n.dir, "live.csv"))
		t.Fatalf("accountsync %s: exit status %d\n%s\n%s\n%s", args, code, &stdout, &stderr, exported)
	}
}

func (n *roundTenant) result(t *rapid.T) (sync.Outcome, sync.Totals) {
	var result struct {
		Outcome sync.Outcome `json:"outcome"`
		Sources []struct {
			Totals sync.Totals `json:"totals"`
		} `json:"sources"`
	}
	text, err := os.ReadFile(filepath.Join(n.dir, reports.ResultJSON))
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	return result.Outcome, result.Sources[0].Totals
}

// Names and texts that a CSV, a shell, a spreadsheet or a person could stumble over.
var (
	oddNames = []string{"city", "City", "a b", " padded ", "größe", "=f(x)", "'quoted'", `say "hi"`, "x,y", "x;y", "x|y", "two\nlines",
		"#", "sourceId", "nativeIdentity", "account.disabled", "accountsync.line", "idNowDescription", "0", "-", "null", "\u200b"}
	oddTexts = []string{"", " ", "  two  ", "\n", "\r", "\r\n", "a\r\nb\rc\nd", "\t", `"`, `""`, `"a";"b"`, ";", ";;", "a;b", `a;"b`, ",", "|", "'", "'=x",
		"=1+1", "+1", "-1", "@x", "NULL", "null", "true", "TRUE", "0", "007", "+7", "-0", "12345678901234567890", "1e3", "1.50",
		"2026-01-31", "2026-01-31T08:00:00Z", "2026-01-31T10:00:00+02:00", "Łódź", "e\u0301", "\u00e9", "\ufeffx", "\u00a0", "\u200b", "\U0001f600", "\x00", "\x1b[31m", "[]", `["a"]`, "{}", `\`, `\"`}
	oddKeys    = []string{"1", "001", "12345678901234567890", "=1+1", "'=1", "-5", "@x", "a b", "a,b", "a;b", `"q"`, `"`, "Łódź", "a", "A", "a|b", "x'y", "null", "#1", "CN=Ada\\, Q,OU=x"}
	oddNumbers = []string{"0", "-0", "1e3", "0.10", "-7", "12345678901234567890", "1E400"}
)

// oddSource generates a flat-file source whose accounts hold odd values.
func oddSource() *rapid.Generator[sandbox.SourceSeed] {
	return rapid.Custom(func(t *rapid.T) sandbox.SourceSeed {
		source := sandbox.SourceSeed{Name: "Odd", DeleteThreshold: 10, Schema: oddSchema().Draw(t, "schema")}
		// The API takes keys that differ in letter case alone for one.
		natives := rapid.SliceOfNDistinct(oddKey(), 0, 8, strings.ToLower).Draw(t, "natives")
		for i, native := range natives {
			a := sandbox.AccountSeed{ID: fmt.Sprintf("%032d", i), NativeIdentity: native, Name: native}
			if rapid.IntRange(0, 9).Draw(t, "null") > 0 {
				a.Attributes = oddAttributes(t, source.Schema, native)
			}
			source.Accounts = append(source.Accounts, a)
		}
		return source
	})
}

func oddSchema() *rapid.Generator[sandbox.SchemaSeed] {
	return rapid.Custom(func(t *rapid.T) sandbox.SchemaSeed {
		key := rapid.SampledFrom([]string{"id", "Emp Nr.", "=id", "größe", "nativeIdentity"}).Draw(t, "key")
		schema := sandbox.SchemaSeed{IdentityAttribute: key, DisplayAttribute: key, Attributes: []sandbox.AttributeSeed{{Name: key}}}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(oddNames), 0, 5, rapid.ID[string]).Draw(t, "names") {
			if name == key {
				continue
			}
			schema.Attributes = append(schema.Attributes, sandbox.AttributeSeed{Name: name, IsMulti: rapid.Bool().Draw(t, "multi"),
				Type: rapid.SampledFrom([]string{"STRING", "STRING", "LONG", "INT", "BOOLEAN", "DATE"}).Draw(t, "type")})
		}
		return schema
	})
}

// oddAttributes gives each attribute a value, one that fits its type or not, or none.
func oddAttributes(t *rapid.T, schema sandbox.SchemaSeed, native string) sandbox.Attributes {
	values := sandbox.Attributes{"idNowDescription": strings.Repeat("0f", 32), "not in the schema": "kept"}
	for _, a := range schema.Attributes {
		if rapid.IntRange(0, 5).Draw(t, "missing") > 0 {
			values[a.Name] = oddValue().Draw(t, a.Name)
		}
	}
	values[schema.IdentityAttribute] = native
	return values
}

func oddKey() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(oddKeys), rapid.StringMatching(`[a-zé"';,|=0-9]([ -~]{0,6}[a-zé"';,|=0-9])?`))
}

func oddText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(oddTexts), rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune(" \t\r\n\"';,|=+-@\\é0")), 0, 6, -1))
}

// oddScalar generates any JSON value but an array.
func oddScalar() *rapid.Generator[jsontext.Value] {
	return rapid.OneOf(
		rapid.Map(oddText(), quoted), rapid.Map(oddText(), quoted),
		rapid.Map(rapid.SampledFrom(append(oddNumbers, "true", "false", "null")), func(s string) jsontext.Value { return jsontext.Value(s) }),
		rapid.Map(oddText(), func(s string) jsontext.Value { return jsontext.Value(fmt.Sprintf(`{"k":[%s],"n":1}`, quoted(s))) }),
	)
}

func oddValue() *rapid.Generator[jsontext.Value] {
	list := rapid.Map(rapid.SliceOfN(oddScalar(), 0, 4), array)
	return rapid.OneOf(oddScalar(), list, rapid.Map(rapid.SliceOfN(list, 0, 2), array))
}

func array(elements []jsontext.Value) jsontext.Value {
	parts := make([]string, len(elements))
	for i, e := range elements {
		parts[i] = string(e)
	}
	return jsontext.Value("[" + strings.Join(parts, ", ") + "]")
}

func quoted(s string) jsontext.Value {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // every generated text is valid UTF-8
	}
	return b
}
