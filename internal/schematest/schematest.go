// Package schematest holds files against the published JSON Schemas of docs/schema.
// Tests alone use it.
package schematest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Published gives a schema as readers have it, result, plan or webhook: what it does not
// name is to be ignored.
func Published(name string) (*jsonschema.Schema, error) { return compile(name, func(any) {}) }

// Check holds a file against the schema of its name, and against more than
// that: a field that the schema does not name is one that nobody published.
func Check(name string, file io.Reader) error {
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		return fmt.Errorf("%s.json is no JSON: %w", name, err)
	}
	strict, err := complete(name)
	if err != nil {
		return err
	}
	if err := strict.Validate(doc); err != nil {
		return fmt.Errorf("%s.json does not fit its schema: %w", name, err)
	}
	return nil
}

var (
	results = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile("result", forbidOthers) })
	plans   = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile("plan", forbidOthers) })
	heads   = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile("webhook", forbidOthers) })
)

func complete(name string) (*jsonschema.Schema, error) {
	switch name {
	case "result":
		return results()
	case "plan":
		return plans()
	case "webhook":
		return heads()
	}
	return nil, fmt.Errorf("no schema %q", name)
}

// versions are the files of the schemas, by their names.
var versions = map[string]string{"result": "result.v1.json", "plan": "plan.v2.json", "webhook": "webhook.v1.json"}

// compile reads all the schemas, since one refers to the other, and gives one.
func compile(name string, change func(doc any)) (*jsonschema.Schema, error) {
	root, err := repository()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, file := range versions {
		text, err := os.ReadFile(filepath.Join(root, "docs", "schema", file))
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		change(doc)
		if err := compiler.AddResource(file, doc); err != nil {
			return nil, err
		}
	}
	return compiler.Compile(versions[name])
}

// forbidOthers forbids members that an object's schema does not name.
func forbidOthers(doc any) {
	switch doc := doc.(type) {
	case map[string]any:
		for _, child := range doc {
			forbidOthers(child)
		}
		if _, object := doc["properties"].(map[string]any); object && doc["required"] != nil {
			doc["additionalProperties"] = false
		}
	case []any:
		for _, child := range doc {
			forbidOthers(child)
		}
	}
}

// repository is where the files of this module are, from the folder of a test.
func repository() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("schematest: no go.mod above this folder")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
