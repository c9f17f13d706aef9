package sandbox

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decode reads a JSON body; unknown members, duplicate names and wrong types are refused.
func (c *call) decode(into any) *problem {
	if len(c.body) == 0 || jsontext.Value(c.body).Kind() == 'n' {
		return badRequest("The request body is required.")
	}
	err := json.Unmarshal(c.body, into, json.RejectUnknownMembers(true))
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		return badRequest("The request body has the unknown member %s.", semantic.JSONPointer)
	case errors.As(err, &semantic):
		return badRequest("The request body has a value of the wrong type at %q.", string(semantic.JSONPointer))
	case errors.As(err, &syntactic):
		return &problem{status: http.StatusBadRequest, malformed: true, cause: "The request body is not valid JSON: " + syntactic.Error()}
	}
	return badRequest("The request body cannot be read: %v.", err)
}

// attributesBody is the body of POST and PUT.
type attributesBody struct {
	Attributes rawValues `json:"attributes"`
}

func (c *call) decodeAttributes() (rawValues, *problem) {
	var body attributesBody
	if p := c.decode(&body); p != nil {
		return nil, p
	}
	if body.Attributes == nil {
		return nil, badRequest("attributes is required: an object.")
	}
	return body.Attributes, nil
}

// createAccount serves POST /accounts: creates, or updates the account of that native identity.
func (s *Server) createAccount(c *call) (*reply, *problem) {
	values, p := c.decodeAttributes()
	if p != nil {
		return nil, p
	}
	if p := s.checkStrings(values); p != nil {
		return nil, p
	}
	src := s.store.source(values.text("sourceId"))
	switch {
	case values.text("sourceId") == "":
		return nil, badRequest("attributes.sourceId is required.")
	case src == nil:
		return nil, badRequest("There is no source %s.", values.text("sourceId"))
	}
	delete(values, "sourceId")
	key := src.Schema.IdentityAttribute
	native := values.text(key)
	if native == "" {
		return nil, badRequest("attributes.%s is required: it is the identityAttribute of the source %s.", key, src.Name)
	}
	if p := s.normalize(src, values, src.byNative(native)); p != nil {
		return nil, p
	}
	return s.accept(s.schedule(c, kindCreate, src, native, func(now time.Time) error {
		before := src.byNative(native).frozen()
		s.remember(c, now, before, s.store.upsert(src, native, values, now))
		return nil
	}))
}

// checkStrings refuses what the published OpenAPI does not allow for POST: additionalProperties {type: string}.
func (s *Server) checkStrings(values rawValues) *problem {
	if !s.config.strictCreate() {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if values[name].Kind() != '"' {
			return badRequest("attributes.%s is not a string: every value must be one.", name)
		}
	}
	return nil
}

// normalize brings values into the form the service keeps: arrays for multi-valued attributes, strings for others.
func (s *Server) normalize(src *source, values rawValues, live *account) *problem {
	var held rawValues
	if live != nil {
		held = parseValues(live.attributes)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		field := src.fields[name]
		if _, known := held[name]; field == nil && !known && name != hashAttribute && !s.config.settings.LenientAttributes {
			return badRequest("The account schema of %s has no attribute %q.", src.Name, name)
		}
		value, err := kept(values[name], field)
		if err != nil {
			return badRequest("attributes.%s: %v", name, err)
		}
		values[name] = value
	}
	return nil
}

// kept is a value as the service keeps it.
func kept(value jsontext.Value, field *AttributeSeed) (jsontext.Value, error) {
	value = value.Clone()
	_ = value.Compact() // it has been parsed
	multi := field != nil && field.IsMulti
	switch kind := value.Kind(); {
	case kind == 'n' || field == nil:
		return value, nil
	case kind == '{':
		return nil, errors.New("an object is no attribute value")
	case kind == '[' && !multi:
		return nil, errors.New("the attribute has one value, not a list")
	case kind == '[':
		return keptList(value)
	case multi && scalarText(value) == "":
		return jsontext.Value("[]"), nil
	case multi:
		return jsontext.Value("[" + string(quote(nil, scalarText(value))) + "]"), nil
	}
	return quote(nil, scalarText(value)), nil
}

func keptList(value jsontext.Value) (jsontext.Value, error) {
	var elements []jsontext.Value
	if err := json.Unmarshal(value, &elements); err != nil {
		return nil, err
	}
	list := make([]string, len(elements))
	for i, element := range elements {
		if k := element.Kind(); k != '"' && k != '0' && k != 't' && k != 'f' {
			return nil, fmt.Errorf("element %d is neither a string nor a number nor a boolean", i+1)
		}
		list[i] = scalarText(element)
	}
	return appendList(nil, list), nil
}

// target finds the account of a request.
func (s *Server) target(c *call) (*account, *problem) {
	if a := s.store.account(c.route.id); a != nil {
		return a, nil
	}
	return nil, noAccount(c.route.id)
}

func noAccount(id string) *problem { return notFound("There is no account %s.", id) }

// fileTarget finds the account of a request that only flat files allow.
func (s *Server) fileTarget(c *call, what string) (*account, *problem) {
	a, p := s.target(c)
	if p == nil && !a.source.file() {
		p = badRequest("%s works on accounts of flat-file sources only; %s is %s.", what, a.source.Name, a.source.Type)
	}
	return a, p
}

// putAccount serves PUT /accounts/{id}, which replaces all attributes.
func (s *Server) putAccount(c *call) (*reply, *problem) {
	a, p := s.fileTarget(c, "PUT")
	if p != nil {
		return nil, p
	}
	values, p := c.decodeAttributes()
	if p != nil {
		return nil, p
	}
	delete(values, "sourceId")
	if p := s.normalize(a.source, values, a); p != nil {
		return nil, p
	}
	return s.accept(s.schedule(c, kindUpdate, a.source, a.native, s.onAccount(c, a, func(a *account, now time.Time) error {
		c.fault.lose(a, values)
		return s.store.replace(a, values, now)
	})))
}

// deleteAccount serves DELETE /accounts/{id}.
func (s *Server) deleteAccount(c *call) (*reply, *problem) {
	a, p := s.target(c)
	if p != nil {
		return nil, p
	}
	if !a.source.delimited() {
		return nil, badRequest("DELETE works on accounts of sources of the type DelimitedFile only; %s is %s.", a.source.Name, a.source.Type)
	}
	return s.accept(s.schedule(c, kindDelete, a.source, a.native, s.onAccount(c, a, func(a *account, _ time.Time) error {
		a.source.remove(a)
		s.store.version++
		return nil
	})))
}

// onAccount makes an effect on whatever stands under the account's id when the task is done.
func (s *Server) onAccount(c *call, a *account, change func(*account, time.Time) error) func(time.Time) error {
	src, id := a.source, a.id
	return func(now time.Time) error {
		live := src.byID(id)
		if live == nil {
			return fmt.Errorf("the account %s is no longer there", id)
		}
		before := live.frozen()
		if err := change(live, now); err != nil {
			return err
		}
		s.remember(c, now, before, src.byID(id))
		return nil
	}
}

// lose sets to null what FaultCarriedLost takes from a PUT: the attributes it names, or all that the PUT carries over.
func (f *Fault) lose(a *account, values rawValues) {
	if f.Kind != FaultCarriedLost {
		return
	}
	held := parseValues(a.attributes)
	for name := range values {
		carried := len(f.Attributes) == 0 && name != a.source.Schema.IdentityAttribute && bytes.Equal(held[name], values[name])
		if carried || slices.Contains(f.Attributes, name) {
			values[name] = jsontext.Value("null")
		}
	}
}

// upsert creates an account, or adds the values to the one of that native identity.
func (st *store) upsert(src *source, native string, values rawValues, now time.Time) *account {
	if live := src.byNative(native); live != nil {
		merged := parseValues(live.attributes)
		maps.Copy(merged, values)
		st.change(live, merged, now)
		return live
	}
	a := &account{source: src, native: native, id: st.born(src, native), provisioned: true,
		created: now.UnixMilli(), modified: now.UnixMilli()}
	a.name = cmp.Or(values.text(src.Schema.DisplayAttribute), native)
	values[hashAttribute] = quote(nil, derive(st.seed, hashAttribute, a.id))
	a.entitled = src.entitled(values)
	a.encode(values.encode())
	src.add(a)
	st.version++
	return a
}

// replace sets the attributes; those left out become null. The native identity can neither be left out nor change.
func (st *store) replace(a *account, values rawValues, now time.Time) error {
	key := a.source.Schema.IdentityAttribute
	if native := values.text(key); native != a.native {
		return fmt.Errorf("%s is %q in the request and %q in the account: the identityAttribute must be sent unchanged",
			key, native, a.native)
	}
	for name := range parseValues(a.attributes) {
		if _, sent := values[name]; !sent {
			values[name] = jsontext.Value("null")
		}
	}
	for name := range a.source.fields {
		if _, sent := values[name]; !sent {
			values[name] = jsontext.Value("null")
		}
	}
	st.change(a, values, now)
	return nil
}

// change gives an account new attributes and all that follows from them.
func (st *store) change(a *account, values rawValues, now time.Time) {
	a.name = cmp.Or(values.text(a.source.Schema.DisplayAttribute), a.native)
	a.entitled = a.source.entitled(values)
	a.touch(values.encode(), now)
	st.version++
}

// touch encodes the account after a change made now.
func (a *account) touch(attributes []byte, now time.Time) {
	a.modified = now.UnixMilli()
	a.encode(attributes)
}

// getAccount serves GET /accounts/{id}.
func (s *Server) getAccount(c *call) (*reply, *problem) {
	a := s.shownTo(c).account(c.route.id)
	if a == nil {
		return nil, noAccount(c.route.id)
	}
	return jsonReply(http.StatusOK, a.appendFull(nil)), nil
}
