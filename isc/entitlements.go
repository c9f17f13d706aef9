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
// is past the end. With count the API is asked how many there are: all
// is -1 when it does not say.
func (c *Client) Entitlements(ctx context.Context, id string, offset, limit int, count bool) (page []Entitlement, all int, err error) {
	if limit == 0 {
		limit = pageLimit
	}
	r := request{
		method: http.MethodGet, path: c.paths.account(id, "entitlements"),
		query: url.Values{"limit": {itoa(limit)}, "offset": {itoa(offset)}}, scope: scopeAccountsRead, idempotent: true, list: true,
	}
	if count {
		r.query.Set("count", "true")
	}
	var bodies []map[string]jsontext.Value
	header, err := c.getWithHeader(ctx, r, &bodies)
	if err != nil {
		return nil, -1, err
	}
	page = make([]Entitlement, len(bodies))
	for i, b := range bodies {
		page[i] = entitlementOf(b)
	}
	return page, total(header), nil
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
