package account

// Source is a source of ISC, as far as a sync needs it.
type Source struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Type           string `json:"type"`           // e.g. DelimitedFile
	ConnectionType string `json:"connectionType"` // file or direct
	Authoritative  bool   `json:"authoritative"`
	// DeleteThreshold is the percentage of removals past which an aggregation
	// skips its deletions; nil when the API did not say.
	DeleteThreshold *int `json:"deleteThreshold,omitempty"`
}

// FlatFile reports whether the source takes create, put and delete through the API.
func (s Source) FlatFile() bool {
	switch s.ConnectionType {
	case "file":
		return true
	case "":
		return s.Deletable()
	}
	return false
}

// Deletable reports whether the API documents DELETE for accounts of the
// source: for the type DelimitedFile alone. On other file sources, such as
// Generic ones, it may answer 400.
func (s Source) Deletable() bool {
	return s.Type == "DelimitedFile" || s.Type == "Delimited File"
}

// Schema is the account schema of a source.
type Schema struct {
	IdentityAttribute string            `json:"identityAttribute"`
	DisplayAttribute  string            `json:"displayAttribute,omitempty"`
	Attributes        []SchemaAttribute `json:"attributes"`
}

// SchemaAttribute is one attribute of an account schema.
type SchemaAttribute struct {
	Name  string `json:"name"`
	Type  Type   `json:"type"`
	Multi bool   `json:"isMulti,omitempty"`
}

// Type is a schema type in upper case. Types the program does not know count as STRING.
type Type string

// The types whose values are checked and compared as what they are.
const (
	TypeString  Type = "STRING"
	TypeLong    Type = "LONG"
	TypeInt     Type = "INT"
	TypeBoolean Type = "BOOLEAN"
	TypeDate    Type = "DATE"
)

// Attribute finds a schema attribute by its exact name.
func (s Schema) Attribute(name string) (SchemaAttribute, bool) {
	for _, a := range s.Attributes {
		if a.Name == name {
			return a, true
		}
	}
	return SchemaAttribute{}, false
}

// AttributeOrKey finds an attribute, or the identityAttribute even when it is
// not among the attributes.
func (s Schema) AttributeOrKey(name string) (SchemaAttribute, bool) {
	a, ok := s.Attribute(name)
	if !ok && name == s.IdentityAttribute && name != "" {
		return SchemaAttribute{Name: name, Type: TypeString}, true
	}
	return a, ok
}

// Names are the names of the schema's attributes, the identityAttribute among them.
func (s Schema) Names() []string {
	var names []string
	for _, a := range s.Attributes {
		names = append(names, a.Name)
	}
	if _, ok := s.Attribute(s.IdentityAttribute); !ok && s.IdentityAttribute != "" {
		names = append(names, s.IdentityAttribute)
	}
	return names
}
