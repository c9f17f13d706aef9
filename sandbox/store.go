package sandbox

import (
	"cmp"
	"strconv"
	"time"
)

// store holds all that a request can read or change. The server's lock guards it.
type store struct {
	seed       uint64
	sources    []*source
	identities map[string]*identity // by id
	people     map[string]*identity // by name, the first of that name
	births     map[string]int       // how often the API created a native identity of a source
	version    uint64               // counts every change
	results    resultCache
	everyone   *people // nil until somebody asks for identities, and whenever there is another one
}

// epoch is when seeded things were created unless the seed says otherwise.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// beginning is epoch, or long ago where a clock shows an earlier time: nothing
// is created in the future.
func beginning() time.Time {
	if now := time.Now(); now.Before(epoch) {
		return now.AddDate(-1, 0, 0).Truncate(time.Second)
	}
	return epoch
}

func newStore(seed *Seed) *store {
	st := &store{seed: seed.Seed, identities: map[string]*identity{}, people: map[string]*identity{},
		births: map[string]int{}}
	for _, person := range seed.Identities {
		st.identity(person)
	}
	for i := range seed.Sources {
		st.sources = append(st.sources, st.newSource(seed.Sources[i]))
	}
	return st
}

// identity finds or makes an identity.
func (st *store) identity(person IdentitySeed) *identity {
	id := person.ID
	if id == "" {
		id = deriveID(st.seed, "identity", person.Name)
	}
	if found := st.identities[id]; found != nil {
		return found
	}
	made := &identity{id: id, name: person.Name, state: cmp.Or(person.State, "ACTIVE"),
		lifecycle: cmp.Or(person.LifecycleState, "active")}
	if person.Alias != "" || person.Email != nil || person.Uncorrelated {
		made.other = &contact{cmp.Or(person.Alias, made.alias()), made.email(), person.Uncorrelated}
		if person.Email != nil {
			made.other.email = *person.Email
		}
	}
	st.identities[id], st.everyone = made, nil
	if st.people[person.Name] == nil {
		st.people[person.Name] = made
	}
	return made
}

// identityNamed finds the identity of that name, or makes it.
func (st *store) identityNamed(name string) *identity {
	if found := st.people[name]; found != nil {
		return found
	}
	return st.identity(IdentitySeed{Name: name})
}

func (st *store) newSource(seed SourceSeed) *source {
	seed.ConnectionType = cmp.Or(seed.ConnectionType, "file")
	seed.DeleteThreshold = cmp.Or(seed.DeleteThreshold, 10)
	seed.ID = cmp.Or(seed.ID, deriveID(st.seed, "source", seed.Name))
	src := &source{SourceSeed: seed, id: seed.ID, natives: map[string]*account{}, created: epoch.UnixMilli()}
	src.setDefaults()
	src.owner = st.identityNamed(cmp.Or(seed.Owner, "Source Owner"))
	src.fields = make(map[string]*AttributeSeed, len(seed.Schema.Attributes))
	for i := range src.Schema.Attributes {
		src.fields[src.Schema.Attributes[i].Name] = &src.Schema.Attributes[i]
	}
	src.tail = string(src.appendTail(nil))
	for i := range seed.Accounts {
		src.load(st.seeded(src, &seed.Accounts[i]))
	}
	if seed.Generate != nil {
		st.generate(src, *seed.Generate)
	}
	src.Accounts, src.Generate = nil, nil
	return src
}

// seeded makes the account that a seed describes.
func (st *store) seeded(src *source, seed *AccountSeed) *account {
	values := seed.Attributes.raw()
	a := &account{source: src, native: seed.native(&src.Schema), disabled: seed.Disabled, locked: seed.Locked,
		manual: seed.ManuallyJoined, provisioned: seed.Origin == originProvisioned}
	a.id = cmp.Or(seed.ID, deriveID(st.seed, "account", src.id, a.native))
	a.name = cmp.Or(seed.Name, cmp.Or(values.text(src.Schema.DisplayAttribute), a.native))
	a.created = milliseconds(seed.Created, beginning())
	a.modified = milliseconds(seed.Modified, time.UnixMilli(a.created))
	if seed.Identity != "" {
		a.identity = st.identityNamed(seed.Identity)
	}
	if d := (details{seed.UUID, seed.Description, seed.Recommendation, seed.Machine}); d != *noDetails {
		a.details = &d
	}
	if values != nil && values[hashAttribute] == nil {
		values[hashAttribute] = quote(nil, derive(st.seed, hashAttribute, a.id))
	}
	a.entitled = src.entitled(values)
	a.encode(values.encode())
	return a
}

// native is the account's native identity: given, or the value of the schema's identityAttribute.
func (a *AccountSeed) native(schema *SchemaSeed) string {
	if a.NativeIdentity != "" {
		return a.NativeIdentity
	}
	value, ok := a.Attributes[schema.IdentityAttribute]
	if !ok {
		return ""
	}
	if text, ok := value.(string); ok {
		return text
	}
	return Attributes{"": value}.raw().text("")
}

// entitled tells whether any entitlement attribute has a value.
func (s *source) entitled(values rawValues) bool {
	for i := range s.Schema.Attributes {
		if field := &s.Schema.Attributes[i]; field.IsEntitlement && len(values.list(field.Name)) > 0 {
			return true
		}
	}
	return false
}

func (st *store) source(id string) *source {
	for _, src := range st.sources {
		if src.id == id {
			return src
		}
	}
	return nil
}

func (st *store) account(id string) *account {
	for _, src := range st.sources {
		if a := src.byID(id); a != nil {
			return a
		}
	}
	return nil
}

// born gives the id of an account the API creates; one that is created again gets another.
func (st *store) born(src *source, native string) string {
	key := src.id + "/" + native
	st.births[key]++
	if n := st.births[key]; n > 1 || src.byID(deriveID(st.seed, "account", src.id, native)) != nil {
		return deriveID(st.seed, "account", src.id, native, strconv.Itoa(n))
	}
	return deriveID(st.seed, "account", src.id, native, "0")
}

func milliseconds(at, instead time.Time) int64 {
	if at.IsZero() {
		return instead.UnixMilli()
	}
	return at.UnixMilli()
}
