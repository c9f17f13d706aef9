package reports

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	gosync "sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas are the published schemas, made strict: published, they let readers
// ignore what they don't know; here an unknown field is one that nobody published.
var schemas = gosync.OnceValue(func() map[string]*jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, name := range []string{"result", "plan"} {
		doc := readSchema(name)
		strict(doc)
		if err := compiler.AddResource(schemaFile(name), doc); err != nil {
			panic(err)
		}
	}
	return map[string]*jsonschema.Schema{
		"result": compiler.MustCompile(schemaFile("result")), "plan": compiler.MustCompile(schemaFile("plan")),
	}
})

func schemaFile(name string) string { return filepath.Join("..", "docs", "schema", name+".v1.json") }

func readSchema(name string) any {
	f, err := os.Open(schemaFile(name))
	if err != nil {
		panic(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		panic(err)
	}
	return doc
}

// strict forbids fields that have no description.
func strict(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, child := range v {
			strict(child)
		}
		if _, object := v["properties"].(map[string]any); object && v["required"] != nil {
			v["additionalProperties"] = false
		}
	case []any:
		for _, child := range v {
			strict(child)
		}
	}
}

// valid holds a file against its schema.
func valid(t testing.TB, name string, in io.Reader) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := schemas()[name].Validate(doc); err != nil {
		t.Errorf("%s.json does not fit its schema: %v", name, err)
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
		"a state nobody knows": {`"state": "stale"`, `"state": "lost"`},
		"a field nobody knows": {`"run":`, `"runs": 1, "run":`},
		"a number as text":     {`"exit_code": 3`, `"exit_code": "3"`},
		"a field less":         {`"proven": true,`, ``},
		"a count below zero":   {`"kept": 3`, `"kept": -3`},
		"another schema":       {`result/v1`, `result/v2`},
		"a time that is none":  {`"2026-11-23T02:00:00Z"`, `"last night"`},
		"a hash that is none":  {`"sha256": "`, `"sha256": "x`},
		"null for a number":    {`"attempts": 1`, `"attempts": null`},
	} {
		bad := bytes.Replace([]byte(good), []byte(change[0]), []byte(change[1]), 1)
		if string(bad) == good {
			t.Errorf("%s: nothing to replace", name)
			continue
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(bad))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if schemas()["result"].Validate(doc) == nil {
			t.Errorf("%s fits the schema", name)
		}
	}
	later, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.Replace([]byte(good), []byte(`"run":`), []byte(`"later": 1, "run":`), 1)))
	if err != nil {
		t.Fatal(err)
	}
	published, err := jsonschema.NewCompiler().Compile(schemaFile("result"))
	if err != nil {
		t.Fatal(err)
	}
	if err := published.Validate(later); err != nil {
		t.Errorf("a reader cannot ignore a new field: %v", err)
	}
}
