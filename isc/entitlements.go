package isc

import (
	"context"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"
)

// Entitlement is one entitlement an account holds.
type Entitlement struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Attribute     string `json:"attribute"` // of the account, e.g. memberOf
	Value         string `json:"value"`
	ObjectType    string `json:"sourceSchemaObjectType"`
	Description   string `json:"description"`
	Privileged    bool   `json:"privileged"`
	Requestable   bool   `json:"requestable"`
	CloudGoverned bool   `json:"cloudGoverned"`
}

// Entitlements lists the entitlements of an account from offset on, limit of
// them at most; a limit of 0 asks for the largest page, 250. A page with none
// is past the end.
func (c *Client) Entitlements(ctx context.Context, id string, offset, limit int) ([]Entitlement, error) {
	if limit == 0 {
		limit = pageLimit
	}
	var bodies []map[string]jsontext.Value
	r := request{
		method: http.MethodGet, path: c.paths.account(id, "entitlements"),
		query: url.Values{"limit": {itoa(limit)}, "offset": {itoa(offset)}}, scope: scopeAccountsRead, idempotent: true, list: true,
	}
	if err := c.get(ctx, r, &bodies); err != nil {
		return nil, err
	}
	entitlements := make([]Entitlement, len(bodies))
	for i, b := range bodies {
		entitlements[i] = entitlementOf(b)
	}
	return entitlements, nil
}

func entitlementOf(b map[string]jsontext.Value) Entitlement {
	return Entitlement{
		ID: stringOf(b["id"]), Name: stringOf(b["name"]),
		Attribute: stringOf(b["attribute"]), Value: stringOf(b["value"]),
		ObjectType: stringOf(b["sourceSchemaObjectType"]), Description: stringOf(b["description"]),
		Privileged:    isTrue(string(b["privileged"])),
		Requestable:   isTrue(string(b["requestable"])),
		CloudGoverned: isTrue(string(b["cloudGoverned"])),
	}
}
