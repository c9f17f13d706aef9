package isc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"accountsync/account"

	"github.com/go-json-experiment/json/jsontext"
)

type schemaBody struct {
	Name              jsontext.Value        `json:"name"`
	IdentityAttribute jsontext.Value        `json:"identityAttribute"`
	DisplayAttribute  jsontext.Value        `json:"displayAttribute"`
	Attributes        []schemaAttributeBody `json:"attributes"`
}

type schemaAttributeBody struct {
	Name          jsontext.Value `json:"name"`
	Type          jsontext.Value `json:"type"`
	IsMulti       jsontext.Value `json:"isMulti"`
	IsMultiValued jsontext.Value `json:"isMultiValued"` // some answers call it so
}

// Schema gets the account schema of a source.
func (c *Client) Schema(ctx context.Context, sourceID string) (account.Schema, error) {
	r := request{
		method: http.MethodGet, path: below(c.paths.sources, sourceID, "schemas"),
		query: url.Values{"include-names": {"account"}}, scope: scopeSchemas, idempotent: true, list: true,
	}
	var bodies []schemaBody
	if err := c.get(ctx, r, &bodies); err != nil {
		return account.Schema{}, err
	}
	for _, b := range bodies {
		if strings.EqualFold(stringOf(b.Name), "account") {
			return b.schema()
		}
	}
	return account.Schema{}, errors.New("the source has no schema named account: add one to the source in ISC")
}

func (b schemaBody) schema() (account.Schema, error) {
	s := account.Schema{IdentityAttribute: stringOf(b.IdentityAttribute), DisplayAttribute: stringOf(b.DisplayAttribute)}
	if s.IdentityAttribute == "" {
		return s, errors.New("the account schema names no identityAttribute: set its account id attribute in ISC")
	}
	for _, a := range b.Attributes {
		s.Attributes = append(s.Attributes, account.SchemaAttribute{
			Name:  stringOf(a.Name),
			Type:  schemaType(stringOf(a.Type)),
			Multi: isTrue(string(a.IsMulti)) || isTrue(string(a.IsMultiValued)),
		})
	}
	return s, nil
}

func schemaType(name string) account.Type {
	switch t := account.Type(strings.ToUpper(name)); t {
	case account.TypeLong, account.TypeInt, account.TypeBoolean, account.TypeDate:
		return t
	}
	return account.TypeString
}
