package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Generated asks a source for accounts made by a formula instead of listed ones; its schema must have the
// columns of [GeneratedColumns].
type Generated struct {
	Count int    `json:"count"`
	Seed  uint64 `json:"seed,omitzero"`
}

// GeneratedSource is the name of the source that [Generate] makes.
const GeneratedSource = "Generated"

// Generate makes a seed with the client "demo" (secret "demo-secret") and the flat-file source [GeneratedSource]
// of n accounts, each of them as [GeneratedRow] says. The accounts themselves are made by [New].
func Generate(n int, seed uint64) *Seed {
	schema := SchemaSeed{IdentityAttribute: "employeeId", DisplayAttribute: "displayName"}
	for _, column := range GeneratedColumns() {
		schema.Attributes = append(schema.Attributes, AttributeSeed{Name: column})
	}
	schema.Attributes[7].Type, schema.Attributes[8].Type, schema.Attributes[9].Type = "DATE", "LONG", "BOOLEAN"
	groups := &schema.Attributes[10]
	groups.IsMulti, groups.IsEntitlement, groups.IsGroup = true, true, true
	return &Seed{Seed: seed, Clients: []Client{{ID: "demo", Secret: "demo-secret"}},
		Sources: []SourceSeed{{Name: GeneratedSource, Schema: schema, Generate: &Generated{Count: n, Seed: seed}}}}
}

// GeneratedColumns are the attributes of generated accounts, the identityAttribute first.
func GeneratedColumns() []string {
	return []string{"employeeId", "userName", "displayName", "mail", "department", "title", "city",
		"startDate", "badgeNumber", "contractor", "groups", "costCenter"}
}

var (
	givenNames  = strings.Fields("Ada Bruno Chiara Dov Elif Femi Greta Hugo Ines Jun Kofi Lena Milo Nadia Omar Petra")
	familyNames = strings.Fields("Quill Abara Brandt Castell Dufour Eker Falk Grand Haas Ibarra Jansen Kato Lund Moreau Novak Okafor Price")
	departments = []string{"Sales & Marketing", "Finance", "R&D <Lab>", "Engineering", "Logistics > Depots", "Legal"}
	titles      = []string{"Analyst", "Technician", "Engineer", "Coordinator", "Consultant"}
	cities      = []string{"Austin", "Paris", "Łódź", "Osaka", "São Paulo", "Nairobi", "Malmö"}
	groupNames  = []string{"VPN", "Wiki", "Payroll", "Helpdesk", "Build"}
)

// GeneratedRow is account number i (from 0) of a generated source, a value for each of [GeneratedColumns] as a
// desired-state CSV has it: the groups are joined by semicolons.
func GeneratedRow(seed uint64, i int) []string {
	// A few rounds of splitmix64 scatter the values without a generator that has to be stepped.
	bits := (uint64(i) + seed*0x9e3779b97f4a7c15) ^ 0xbf58476d1ce4e5b9
	bits ^= bits >> 30
	bits *= 0xbf58476d1ce4e5b9
	bits ^= bits >> 27
	bits *= 0x94d049bb133111eb
	bits ^= bits >> 31
	pick := func(shift uint, n int) int { return int(bits >> shift & 0xff * uint64(n) >> 8) }
	number := strconv.Itoa(i)
	given, family := givenNames[pick(0, len(givenNames))], familyNames[pick(8, len(familyNames))]
	user := strings.ToLower(given[:1]+family) + number
	started := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(bits>>16&0xfff))
	groups := groupNames[:1+pick(24, len(groupNames))]
	return []string{fmt.Sprintf("E%07d", i), user, given + " " + family + " " + number, user + "@example.com",
		departments[pick(32, len(departments))], titles[pick(40, len(titles))], cities[pick(48, len(cities))],
		started.Format(time.DateOnly), strconv.Itoa(100000 + i), strconv.FormatBool(bits>>60&1 == 1),
		strings.Join(groups, ";"), "CC-" + strconv.Itoa(1000+pick(56, 90))}
}

// slab is how many generated accounts share one piece of memory.
const slab = 256

// generate fills a source.
func (st *store) generate(src *source, how Generated) {
	g := newGenerator(st, src, how.Seed)
	src.accounts = slices.Grow(src.accounts, how.Count)
	for from := 0; from < how.Count; from += slab {
		for _, a := range g.accounts(from, min(from+slab, how.Count)) {
			src.load(a)
		}
	}
}

// generator makes accounts with as little garbage as it can: there may be millions.
type generator struct {
	store      *store
	source     *source
	seed       uint64
	columns    []string
	order      []int // of the columns by name; the hash attribute's place is -1
	text       []byte
	attributes []byte
}

func newGenerator(st *store, src *source, seed uint64) *generator {
	g := &generator{store: st, source: src, seed: seed, columns: GeneratedColumns(), order: []int{-1}}
	for i := range g.columns {
		g.order = append(g.order, i)
	}
	slices.SortFunc(g.order, func(i, j int) int { return strings.Compare(g.column(i), g.column(j)) })
	return g
}

func (g *generator) column(i int) string {
	if i < 0 {
		return hashAttribute
	}
	return g.columns[i]
}

// accounts makes the accounts from one number to before another, all in one slab.
func (g *generator) accounts(from, to int) []*account {
	made := make([]account, to-from)
	ends := make([][2]int, len(made)) // of each account's head and of the text before its attributes
	g.text = g.text[:0]
	for i := range made {
		g.fill(&made[i], GeneratedRow(g.seed, from+i), from+i)
		g.text = made[i].appendHead(g.text, g.attributes)
		ends[i] = [2]int{len(g.text), len(g.text) - len(g.attributes)}
	}
	text, start := string(g.text), 0
	pointers := make([]*account, len(made))
	for i := range made {
		made[i].adopt(text[start:ends[i][0]], ends[i][1]-start)
		start, pointers[i] = ends[i][0], &made[i]
	}
	return pointers
}

// fill makes one account, and its attributes in g.attributes.
func (g *generator) fill(a *account, row []string, i int) {
	seed := g.store.seed
	*a = account{source: g.source, native: row[0], name: row[2], id: deriveID(seed, "account", g.source.id, row[0]),
		created: beginning().UnixMilli(), modified: beginning().UnixMilli(), entitled: true}
	if i%5 != 0 {
		a.identity = &identity{id: deriveID(seed, "identity", row[1]), name: row[2], state: "ACTIVE", lifecycle: "active"}
	}
	g.attributes = append(g.attributes[:0], '{')
	for at, column := range g.order {
		if at > 0 {
			g.attributes = append(g.attributes, ',')
		}
		g.attributes = append(quote(g.attributes, g.column(column)), ':')
		switch {
		case column < 0:
			g.attributes = quote(g.attributes, derive(seed, hashAttribute, a.id))
		case g.source.fields[g.columns[column]].IsMulti:
			g.attributes = appendList(g.attributes, strings.Split(row[column], ";"))
		default:
			g.attributes = quote(g.attributes, row[column])
		}
	}
	g.attributes = append(g.attributes, '}')
}
