package reports

import (
	"bytes"
	"io"
	"os"
	"testing"

	"accountsync/internal/schematest"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// valid holds a file against its schema.
func valid(t testing.TB, name string, in io.Reader) {
	t.Helper()
	if err := schematest.Check(name, in); err != nil {
		t.Error(err)
	}
}

func validFile(t testing.TB, name, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, name, bytes.NewReader(text))
}

// The schemas see what is wrong, and readers of them may meet new fields.
func TestSchemas(t *testing.T) {
	t.Parallel()
	good := string(resultJSON(t, everyState(t)))
	for name, change := range map[string][2]string{
		"a state nobody knows": {`"state":"stale"`, `"state":"lost"`},
		"a field nobody knows": {`"run":`, `"runs": 1, "run":`},
		"a number as text":     {`"exit_code": 3`, `"exit_code": "3"`},
		"a field less":         {`"proven": true,`, ``},
		"a count below zero":   {`"kept": 3`, `"kept": -3`},
		"another schema":       {`result/v1`, `result/v2`},
		"a time that is none":  {`"2026-11-23T02:00:00Z"`, `"last night"`},
		"a hash that is none":  {`"sha256": "`, `"sha256": "x`},
		"null for a number":    {`"attempts":1`, `"attempts":null`},
	} {
		bad := bytes.Replace([]byte(good), []byte(change[0]), []byte(change[1]), 1)
		if string(bad) == good {
			t.Errorf("%s: nothing to replace", name)
			continue
		}
		if schematest.Check("result", bytes.NewReader(bad)) == nil {
			t.Errorf("%s fits the schema", name)
		}
	}
	later, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.Replace([]byte(good), []byte(`"run":`), []byte(`"later": 1, "run":`), 1)))
	if err != nil {
		t.Fatal(err)
	}
	published, err := schematest.Published("result")
	if err != nil {
		t.Fatal(err)
	}
	if err := published.Validate(later); err != nil {
		t.Errorf("a reader cannot ignore a new field: %v", err)
	}
}
