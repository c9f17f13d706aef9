package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Validate tells everything that is wrong with a seed, in one error.
func (s *Seed) Validate() error {
	var errs []error
	for _, c := range s.Clients {
		if c.ID == "" || c.Secret == "" {
			errs = append(errs, errors.New("a client needs both id and secret"))
		}
		if _, known := beyond[c.Level]; !known {
			errs = append(errs, fmt.Errorf("client %q: unknown level %q", c.ID, c.Level))
		}
		errs = append(errs, c.Rate.validate())
	}
	errs = append(errs, s.Rate.validate())
	for _, source := range s.Sources {
		errs = append(errs, source.validate())
	}
	for i, rule := range s.Faults {
		if err := rule.validate(); err != nil {
			errs = append(errs, fmt.Errorf("fault %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func (s *SourceSeed) validate() error {
	if s.Name == "" {
		return errors.New("a source needs a name")
	}
	var errs []error
	if s.ConnectionType != "" && s.ConnectionType != "file" && s.ConnectionType != "direct" {
		errs = append(errs, fmt.Errorf("connectionType %q is neither file nor direct", s.ConnectionType))
	}
	if s.DeleteThreshold < 0 || s.DeleteThreshold > 100 {
		errs = append(errs, fmt.Errorf("deleteThreshold %d is not within 0..100", s.DeleteThreshold))
	}
	if s.Generate != nil && !s.Schema.names(GeneratedColumns()) {
		errs = append(errs, fmt.Errorf("generate needs a schema with the attributes %s", strings.Join(GeneratedColumns(), ", ")))
	}
	errs = append(errs, s.Schema.validate(), s.validateAccounts(), s.validateAggregations())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("source %q: %w", s.Name, err)
	}
	return nil
}

func (s *SourceSeed) validateAccounts() error {
	var errs []error
	seen, ids := make(map[string]bool, len(s.Accounts)), map[string]bool{}
	for i := range s.Accounts {
		native, id := s.Accounts[i].native(&s.Schema), s.Accounts[i].ID
		switch {
		case native == "":
			errs = append(errs, fmt.Errorf("account %d has neither nativeIdentity nor %s", i+1, s.Schema.IdentityAttribute))
		case seen[native] && id == "": // with an id of its own it is a twin
			errs = append(errs, fmt.Errorf("account %d: native identity %q is taken: give this one an id", i+1, native))
		case id != "" && ids[id]:
			errs = append(errs, fmt.Errorf("account %d: id %s is taken", i+1, id))
		}
		seen[native], ids[id] = true, true
		if origin := s.Accounts[i].Origin; origin != "" && origin != originAggregated && origin != originProvisioned {
			errs = append(errs, fmt.Errorf("account %q: unknown origin %q", native, origin))
		}
		if id != "" && !isID(id) {
			errs = append(errs, fmt.Errorf("account %q: id %q is not %d hexadecimal digits in lower case", native, id, idLength))
		}
	}
	return errors.Join(errs...)
}

var attributeTypes = []string{"", "STRING", "LONG", "INT", "BOOLEAN", "DATE"}

func (s *SchemaSeed) validate() error {
	var errs []error
	seen := make(map[string]bool, len(s.Attributes))
	for _, a := range s.Attributes {
		switch {
		case a.Name == "":
			errs = append(errs, errors.New("an attribute has no name"))
		case seen[a.Name]:
			errs = append(errs, fmt.Errorf("attribute %q is given twice", a.Name))
		case !slices.Contains(attributeTypes, a.Type):
			errs = append(errs, fmt.Errorf("attribute %q: unknown type %q", a.Name, a.Type))
		}
		seen[a.Name] = true
	}
	if !seen[s.IdentityAttribute] {
		errs = append(errs, fmt.Errorf("identityAttribute %q is no attribute", s.IdentityAttribute))
	}
	if s.DisplayAttribute != "" && !seen[s.DisplayAttribute] {
		errs = append(errs, fmt.Errorf("displayAttribute %q is no attribute", s.DisplayAttribute))
	}
	return errors.Join(errs...)
}

// names tells whether the schema has all these attributes.
func (s *SchemaSeed) names(wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(name string) bool {
		return !slices.ContainsFunc(s.Attributes, func(a AttributeSeed) bool { return a.Name == name })
	})
}

func isID(text string) bool {
	return len(text) == idLength && strings.Trim(text, "0123456789abcdef") == ""
}
