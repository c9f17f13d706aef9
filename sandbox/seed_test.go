package sandbox_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"accountsync/sandbox"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestDefaultSeed(t *testing.T) {
	t.Parallel()
	server := sandbox.New(nil)
	if n := len(server.Accounts(server.SourceID(hr))); n != 60 {
		t.Errorf("%d contractors", n)
	}
	for _, account := range server.Accounts(server.SourceID(hr)) {
		if !strings.HasSuffix(account.Value("mail"), "@example.com") {
			t.Errorf("%s: mail %s", account.NativeIdentity, account.Value("mail"))
		}
	}
	// Two servers with one seed agree on every id.
	again := sandbox.New(nil)
	if diff := cmp.Diff(server.Accounts(server.SourceID(directory)), again.Accounts(again.SourceID(directory))); diff != "" {
		t.Error(diff)
	}
}

func TestWrongSeeds(t *testing.T) {
	t.Parallel()
	const schema = `"schema":{"identityAttribute":"id","attributes":[{"name":"id"}]}`
	for text, want := range map[string]string{
		"{\n\n  \"sauces\": []}":                                                        `line 3:`,
		"{\"seed\": 1,\n\"taskDelay\": \"soon\"}":                                       `line 2:`,
		"{\n\"clients\": [{\"id\": \"a\",}]}":                                           `line 2:`,
		`{"clients":[{"id":"a"}]}`:                                                      "needs both id and secret",
		`{"rate":{"kind":"leaky"}}`:                                                     `kind "leaky"`,
		`{"sources":[{` + schema + `}]}`:                                                "needs a name",
		`{"sources":[{"name":"s","connectionType":"ftp",` + schema + `}]}`:              `connectionType "ftp"`,
		`{"sources":[{"name":"s","deleteThreshold":101,` + schema + `}]}`:               "not within 0..100",
		`{"sources":[{"name":"s","schema":{"identityAttribute":"x","attributes":[]}}]}`: `identityAttribute "x" is no attribute`,
		`{"sources":[{"name":"s","schema":{"identityAttribute":"id","attributes":[{"name":"id"},{"name":"id","type":"TEXT"}]}}]}`:   `"id" is given twice`,
		`{"sources":[{"name":"s","generate":{"count":2},` + schema + `}]}`:                                                          "generate needs a schema",
		`{"sources":[{"name":"s",` + schema + `,"accounts":[{"attributes":{}}]}]}`:                                                  "account 1 has neither",
		`{"sources":[{"name":"s",` + schema + `,"accounts":[{"attributes":{"id":"a"}},{"nativeIdentity":"a","attributes":null}]}]}`: `"a" is taken`,
		`{"sources":[{"name":"s",` + schema + `,"accounts":[{"id":"short","attributes":{"id":"a"}}]}]}`:                             "not 32 hexadecimal digits",
		`{"faults":[{"fault":{"kind":"earthquake"}}]}`:                                                                              `unknown kind "earthquake"`,
		`{"faults":[{"path":"accounts","fault":{"kind":"slow"}}]}`:                                                                  "does not start with /",
		`{"faults":[{"nth":-1,"fault":{"kind":"slow"}}]}`:                                                                           "cannot be negative",
		`{"faults":[{"fault":{"kind":"status","status":99}}]}`:                                                                      "not within 200..599",
	} {
		if _, err := sandbox.ReadSeed(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
	path := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(path, []byte("{\n?"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.LoadSeed(path); err == nil || !strings.Contains(err.Error(), path+": line 2") {
		t.Errorf("%v", err)
	}
	if _, err := sandbox.LoadSeed(path + "x"); err == nil {
		t.Error("a seed was read from nothing")
	}
}

// TestReadmeSeed loads the example of the README and sees it served.
func TestReadmeSeed(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(readme)
	path := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(path, example[1], 0o600); err != nil {
		t.Fatal(err)
	}
	seed, err := sandbox.LoadSeed(path)
	if err != nil {
		t.Fatal(err)
	}
	a := newAPI(t, seed)
	if n := len(a.page("Seasonal Staff", 250, 0).list(t)); n != 2 {
		t.Errorf("%d accounts", n)
	}
	if got := a.page("Seasonal Staff", 250, 0); got.status != 429 || got.header.Get("Retry-After") != "2" {
		t.Errorf("the fault did not happen: %d", got.status)
	}
	for _, kind := range []sandbox.FaultKind{sandbox.FaultStatus, sandbox.FaultLostBefore, sandbox.FaultLostAfter, sandbox.FaultCutBody,
		sandbox.FaultSlow, sandbox.FaultExpireToken, sandbox.FaultShortPage, sandbox.FaultRepeatRow, sandbox.FaultWrongTotal,
		sandbox.FaultShiftRemove, sandbox.FaultShiftAdd, sandbox.FaultTaskFails, sandbox.FaultTaskNeverEnds, sandbox.FaultTaskSlow,
		sandbox.FaultTaskUnknown, sandbox.FaultVanish} {
		if !strings.Contains(string(readme), "`"+string(kind)+"`") {
			t.Errorf("the README does not tell of %s", kind)
		}
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	server := sandbox.New(sandbox.Generate(50, 3))
	accounts := server.Accounts(server.SourceID(sandbox.GeneratedSource))
	if len(accounts) != 50 {
		t.Fatalf("%d accounts", len(accounts))
	}
	for i, account := range accounts {
		row := sandbox.GeneratedRow(3, i)
		for at, column := range sandbox.GeneratedColumns() {
			if got := strings.Join(account.Values(column), ";"); got != row[at] {
				t.Errorf("account %d: %s = %q, want %q", i, column, got, row[at])
			}
		}
	}
	if cmp.Equal(sandbox.GeneratedRow(3, 1), sandbox.GeneratedRow(4, 1)) {
		t.Error("another seed gives the same account")
	}
}

// TestSeedRoundTrip writes the default seed as JSON and reads the same seed back.
func TestSeedRoundTrip(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	text, err := json.Marshal(seed)
	if err != nil {
		t.Fatal(err)
	}
	again, err := sandbox.ReadSeed(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(seed, again); diff != "" {
		t.Error(diff)
	}
}
