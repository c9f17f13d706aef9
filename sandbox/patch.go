package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// patchOp is one operation of a JSON Patch.
type patchOp struct {
	Op    string         `json:"op"`
	Path  string         `json:"path"`
	Value jsontext.Value `json:"value"`
}

// patch is what a JSON Patch makes of an account.
type patch struct {
	values       rawValues
	identity     *identity
	manual       bool
	manualIsSaid bool
	moved        bool
}

// patchAccount serves PATCH /accounts/{id}. It answers 202 without a task id; the change shows later all the same.
func (s *Server) patchAccount(c *call) (*reply, *problem) {
	a, p := s.target(c)
	if p != nil {
		return nil, p
	}
	var ops []patchOp
	if p := c.decode(&ops); p != nil {
		return nil, p
	}
	if len(ops) == 0 {
		return nil, badRequest("The patch has no operation.")
	}
	if _, p := s.patched(a, ops); p != nil {
		return nil, p
	}
	t := s.schedule(c, kindUpdate, a.source, a.native, s.onAccount(c, a, func(a *account, now time.Time) error {
		result, p := s.patched(a, ops)
		if p != nil {
			return errors.New(p.cause)
		}
		before := a.identity
		s.store.applyPatch(a, result, now)
		if before != nil && before != a.identity && a.provisioned && a.source.Reprovisions {
			s.reprovision(a, before, now)
		}
		return nil
	}))
	t.silent = true
	s.tasks.start(t)
	s.settle(c.now)
	return jsonReply(http.StatusAccepted, []byte(`{}`)), nil
}

// patched works the operations out on a copy, so that a patch is done whole or not at all.
func (s *Server) patched(a *account, ops []patchOp) (*patch, *problem) {
	result := &patch{values: parseValues(a.attributes), identity: a.identity, manual: a.manual}
	for i, op := range ops {
		if p := s.patchOne(a, result, op); p != nil {
			p.cause = fmt.Sprintf("Operation %d: %s", i+1, p.cause)
			return nil, p
		}
	}
	if result.moved && !result.manualIsSaid {
		result.manual = true
	}
	return result, nil
}

func (s *Server) patchOne(a *account, result *patch, op patchOp) *problem {
	switch op.Op {
	case "add", "replace", "test":
		if len(op.Value) == 0 {
			return badRequest("%s needs a value.", op.Op)
		}
	case "remove":
	default:
		return badRequest("op %q is not supported: use add, replace, remove or test.", op.Op)
	}
	name, isAttribute := strings.CutPrefix(op.Path, "/attributes/")
	switch {
	case op.Path == "/identityId":
		return s.patchIdentity(result, op)
	case op.Path == "/manuallyCorrelated":
		return patchManual(result, op)
	case isAttribute && name != "" && !strings.Contains(name, "/"):
		return s.patchAttribute(a, result, op, unescapePointer(name))
	}
	return badRequest("path %q cannot be changed: use /identityId, /manuallyCorrelated or /attributes/NAME.", op.Path)
}

// unescapePointer undoes the escapes of a JSON Pointer.
func unescapePointer(segment string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(segment)
}

func (s *Server) patchIdentity(result *patch, op patchOp) *problem {
	current := jsontext.Value("null")
	if result.identity != nil {
		current = quote(nil, result.identity.id)
	}
	switch {
	case op.Op == "test":
		return testValue(current, op.Value)
	case op.Op == "remove" || op.Value.Kind() == 'n':
		result.identity, result.moved = nil, true
		return nil
	case op.Value.Kind() != '"':
		return badRequest("identityId is not a string.")
	}
	person := s.store.person(scalarText(op.Value))
	if person == nil {
		return badRequest("There is no identity %s.", scalarText(op.Value))
	}
	result.identity, result.moved = person, true
	return nil
}

// person finds an identity by id; those of generated accounts are known by their accounts only.
func (st *store) person(id string) *identity {
	if found := st.identities[id]; found != nil {
		return found
	}
	for _, src := range st.sources {
		for _, a := range src.accounts {
			if a.identity != nil && a.identity.id == id {
				return a.identity
			}
		}
	}
	return nil
}

func patchManual(result *patch, op patchOp) *problem {
	switch kind := op.Value.Kind(); {
	case op.Op == "remove":
		return badRequest("manuallyCorrelated cannot be removed.")
	case kind != 't' && kind != 'f':
		return badRequest("manuallyCorrelated is neither true nor false.")
	case op.Op == "test":
		return testValue(jsontext.Value(map[bool]string{true: "true", false: "false"}[result.manual]), op.Value)
	}
	result.manual, result.manualIsSaid = op.Value.Kind() == 't', true
	return nil
}

func (s *Server) patchAttribute(a *account, result *patch, op patchOp, name string) *problem {
	current, held := result.values[name]
	switch {
	case !a.source.file():
		return badRequest("Attributes can be changed on flat-file sources only; %s is %s.", a.source.Name, a.source.Type)
	case name == a.source.Schema.IdentityAttribute && op.Op != "test":
		return badRequest("%s is the identityAttribute and cannot be changed.", name)
	case op.Op != "add" && !held:
		return badRequest("The account has no attribute %q to %s.", name, op.Op)
	case op.Op == "test":
		return testValue(current, op.Value)
	case op.Op == "remove":
		delete(result.values, name)
		return nil
	}
	sent := rawValues{name: op.Value}
	if p := s.normalize(a.source, sent, a); p != nil {
		return p
	}
	result.values[name] = sent[name]
	return nil
}

// exact leaves the digits of numbers alone.
var exact = jsontext.CanonicalizeRawInts(false)

// testValue is the operation test: the values must be the same.
func testValue(have, want jsontext.Value) *problem {
	have, want = have.Clone(), want.Clone()
	if have.Canonicalize(exact) == nil && want.Canonicalize(exact) == nil && bytes.Equal(have, want) {
		return nil
	}
	return badRequest("The test failed: the value is %s.", have)
}

func (st *store) applyPatch(a *account, result *patch, now time.Time) {
	a.identity, a.manual = result.identity, result.manual
	if a.attributes == "null" && len(result.values) == 0 {
		a.touch([]byte("null"), now)
		st.version++
		return
	}
	st.change(a, result.values, now)
}

// reprovision makes a new account for the identity that an account was moved away from.
func (s *Server) reprovision(moved *account, person *identity, now time.Time) {
	native := fmt.Sprintf("%s-%d", moved.native, len(s.history))
	values := parseValues(moved.attributes)
	values[moved.source.Schema.IdentityAttribute] = quote(nil, native)
	made := s.store.upsert(moved.source, native, values, now)
	made.identity = person
	made.touch([]byte(made.attributes), now)
	s.behind(nil, made)
}
