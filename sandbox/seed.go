package sandbox

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Seed is everything a [Server] starts with. As JSON it looks like this (every member may be left out):
//
//	{
//	  "seed": 1,
//	  "taskDelay": "400ms",
//	  "latency": {"list": "300ms", "read": "20ms", "write": "150ms", "token": "50ms"},
//	  "rate": {"kind": "sliding", "limit": 100, "window": "10s"},
//	  "clients": [{"id": "demo", "secret": "demo-secret", "scopes": ["idn:accounts:read"], "tokenLife": "749s"}],
//	  "identities": [{"name": "Ada Quill", "alias": "aquill", "email": "ada.quill@example.com", "state": "ACTIVE", "lifecycleState": "active"}],
//	  "sources": [{
//	    "name": "HR Contractors", "type": "DelimitedFile", "connectionType": "file", "deleteThreshold": 10,
//	    "schema": {"identityAttribute": "employeeId", "displayAttribute": "displayName", "attributes": [
//	      {"name": "employeeId", "type": "STRING"}, {"name": "displayName", "type": "STRING"},
//	      {"name": "groups", "type": "STRING", "isMulti": true, "isEntitlement": true, "isGroup": true}]},
//	    "accounts": [{"attributes": {"employeeId": "C1001", "displayName": "Ada Quill", "groups": ["VPN"]},
//	                  "identity": "Ada Quill", "disabled": false}]
//	  }],
//	  "faults": [{"method": "POST", "path": "/accounts", "match": "C1007", "count": 1, "fault": {"kind": "lost-after"}}]
//	}
type Seed struct {
	// Seed is what every id, token and tracking id is derived from.
	Seed       uint64         `json:"seed,omitzero"`
	Clients    []Client       `json:"clients,omitempty"`
	Identities []IdentitySeed `json:"identities,omitempty"`
	Sources    []SourceSeed   `json:"sources,omitempty"`
	Faults     []Rule         `json:"faults,omitempty"`
	// Rate is the quota per client and API version; 100 in a sliding window of 10 s when left out.
	Rate    *Rate   `json:"rate,omitempty"`
	Latency Latency `json:"latency,omitzero"`
	// TaskDelay is how long after its 202 a task is done and its change shows.
	TaskDelay Duration `json:"taskDelay,omitzero"`
	Settings  Settings `json:"settings,omitzero"`
}

// Settings say how strict the stand-in is; the zero value is the strictest.
type Settings struct {
	// StrictCreate refuses values other than strings in POST /accounts, as its published OpenAPI does. True when nil.
	StrictCreate *bool `json:"strictCreate,omitempty"`
	// LenientAttributes takes attributes that the schema does not name.
	LenientAttributes bool `json:"lenientAttributes,omitzero"`
	// ListRunningTasks shows tasks that are not done in the list of task statuses under v2024 and beta too. Their
	// documentation says the list holds completed tasks only; GET of one task always shows it.
	ListRunningTasks bool `json:"listRunningTasks,omitzero"`
	// StableUnsorted keeps pages steady for a list without sorters; as reported they repeat and miss rows.
	StableUnsorted bool `json:"stableUnsorted,omitzero"`
	// NoExperimentalHeader takes requests to experimental endpoints that lack X-SailPoint-Experimental.
	NoExperimentalHeader bool `json:"noExperimentalHeader,omitzero"`
	// NoGzip answers uncompressed whatever the request accepts.
	NoGzip bool `json:"noGzip,omitzero"`
}

// Client is a personal access token: who may sign in, with which scopes.
type Client struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
	// Scopes such as idn:accounts:read; none means all of them.
	Scopes []string `json:"scopes,omitempty"`
	// Level is the user level of the token's owner: ORG_ADMIN (when empty), SOURCE_ADMIN, SOURCE_SUBADMIN or
	// HELPDESK. Scopes above it are taken when the token is made, and silently not granted.
	Level string `json:"level,omitzero"`
	// TokenLife is how long a token of this client lives; 43200 s when 0.
	TokenLife Duration `json:"tokenLife,omitzero"`
	// Rate overrides the seed's rate for this client.
	Rate *Rate `json:"rate,omitempty"`
}

// IdentitySeed is an identity that accounts can be correlated to.
type IdentitySeed struct {
	ID             string `json:"id,omitzero"` // derived from the name when empty
	Name           string `json:"name"`
	State          string `json:"state,omitzero"`          // identityState, ACTIVE when empty
	LifecycleState string `json:"lifecycleState,omitzero"` // cloudLifecycleState, active when empty
	// Alias is aquill for an Ada Quill when empty, and Email aquill@example.com when left out; an Email of "" is none.
	Alias string  `json:"alias,omitzero"`
	Email *string `json:"email,omitzero"`
	// Uncorrelated identities have no account on an authoritative source; lists leave them out unless defaultFilter is NONE.
	Uncorrelated bool `json:"uncorrelated,omitzero"`
}

// SourceSeed is a source with its account schema and accounts.
type SourceSeed struct {
	ID              string     `json:"id,omitzero"` // derived from the name when empty
	Name            string     `json:"name"`
	Description     string     `json:"description,omitzero"`
	Type            string     `json:"type,omitzero"`           // DelimitedFile or Active Directory - Direct when empty
	ConnectionType  string     `json:"connectionType,omitzero"` // file or direct; file when empty
	Authoritative   bool       `json:"authoritative,omitzero"`
	DeleteThreshold int        `json:"deleteThreshold,omitzero"` // percent, 1..100; 10 when left out, as ISC sets it
	Features        []string   `json:"features,omitempty"`
	Owner           string     `json:"owner,omitzero"` // an identity's name
	Schema          SchemaSeed `json:"schema"`
	// ManualTasks lets enable, disable and unlock open a task for the source owner and change nothing.
	ManualTasks bool `json:"manualTasks,omitzero"`
	// Reprovisions lets a move of a PROVISIONED account to another identity make a new account for the identity
	// it had, as the documentation warns that ISC may.
	Reprovisions bool              `json:"reprovisions,omitzero"`
	Aggregations []AggregationSeed `json:"aggregations,omitempty"`
	Schedules    []ScheduleSeed    `json:"schedules,omitempty"`
	Accounts     []AccountSeed     `json:"accounts,omitempty"`
	Generate     *Generated        `json:"generate,omitempty"`
}

// SchemaSeed is an account schema.
type SchemaSeed struct {
	IdentityAttribute string          `json:"identityAttribute"`
	DisplayAttribute  string          `json:"displayAttribute,omitzero"`
	Attributes        []AttributeSeed `json:"attributes"`
}

// AttributeSeed is one attribute of a schema.
type AttributeSeed struct {
	Name          string `json:"name"`
	Type          string `json:"type,omitzero"` // STRING, LONG, INT, BOOLEAN or DATE; STRING when empty
	Description   string `json:"description,omitzero"`
	IsMulti       bool   `json:"isMulti,omitzero"`
	IsEntitlement bool   `json:"isEntitlement,omitzero"`
	IsGroup       bool   `json:"isGroup,omitzero"`
}

// Attributes are account attributes. Read from JSON every value is a [jsontext.Value], so no number loses a
// digit; written in Go they may be strings, slices of strings, nil or anything that marshals to JSON.
type Attributes map[string]any

// UnmarshalJSON keeps each value as it stands, blanks between its parts left out.
func (a *Attributes) UnmarshalJSON(text []byte) error {
	var raw map[string]jsontext.Value
	if err := json.Unmarshal(text, &raw); err != nil || raw == nil {
		*a = nil
		return err
	}
	*a = make(Attributes, len(raw))
	for name, value := range raw {
		if err := value.Compact(); err != nil {
			return err
		}
		(*a)[name] = value
	}
	return nil
}

// MarshalJSON writes the attributes in the order of their names, nil as null.
func (a Attributes) MarshalJSON() ([]byte, error) { return a.raw().encode(), nil }

// AccountSeed is one account. Attributes may be null, as the service's sometimes are.
type AccountSeed struct {
	ID             string     `json:"id,omitzero"`             // derived from source and native identity when empty
	NativeIdentity string     `json:"nativeIdentity,omitzero"` // the identityAttribute's value when empty
	Name           string     `json:"name,omitzero"`           // the displayAttribute's value when empty
	Attributes     Attributes `json:"attributes"`
	Disabled       bool       `json:"disabled,omitzero"`
	Locked         bool       `json:"locked,omitzero"`
	Identity       string     `json:"identity,omitzero"` // an identity's name; uncorrelated when empty
	ManuallyJoined bool       `json:"manuallyCorrelated,omitzero"`
	Machine        bool       `json:"isMachine,omitzero"`
	Origin         string     `json:"origin,omitzero"` // AGGREGATED (when empty) or PROVISIONED
	// Recommendation is the method that recommended the account's type: DISCOVERY, SOURCE or CRITERIA.
	Recommendation string    `json:"recommendation,omitzero"`
	UUID           string    `json:"uuid,omitzero"`
	Description    string    `json:"description,omitzero"`
	Created        time.Time `json:"created,omitzero"` // the start of 2026 when zero
	Modified       time.Time `json:"modified,omitzero"`
}

//go:embed seed/demo.json
var demo []byte

// DefaultSeed is the demonstration tenant: the flat-file source "HR Contractors" with 60 accounts, the direct
// source "Corporate Directory", and the client "demo" with the secret "demo-secret".
func DefaultSeed() *Seed {
	seed, err := parseSeed(demo)
	if err != nil {
		panic("sandbox: the embedded seed: " + err.Error())
	}
	return seed
}

// LoadSeed reads a seed from a JSON file. An error names the file and the line.
func LoadSeed(path string) (*Seed, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	seed, err := parseSeed(text)
	if err != nil {
		return nil, fmt.Errorf("seed %s: %w", path, err)
	}
	return seed, nil
}

// ReadSeed reads a seed as JSON and validates it. An error names the line.
func ReadSeed(r io.Reader) (*Seed, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	return parseSeed(text)
}

func parseSeed(text []byte) (*Seed, error) {
	seed := new(Seed)
	if err := json.Unmarshal(text, seed, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("line %d: %w", lineOf(text, err), err)
	}
	return seed, seed.Validate()
}

// lineOf finds the line that a decoding error speaks of.
func lineOf(text []byte, err error) int {
	var offset int64
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic):
		offset = semantic.ByteOffset
	case errors.As(err, &syntactic):
		offset = syntactic.ByteOffset
	}
	return 1 + strings.Count(string(text[:min(int(offset), len(text))]), "\n")
}

// Duration is a time.Duration written in JSON as Go writes it: "250ms", "10s".
type Duration time.Duration

// MarshalText writes the duration as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}
