package isc

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"accountsync/account"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Create makes an account of the source, or updates the one that has the same
// native identity: the value of the schema's identityAttribute among attrs.
// Missing values are left out: the API takes strings here, and no null. It is
// never sent twice: see Error.Ambiguous.
func (c *Client) Create(ctx context.Context, sourceID string, attrs []account.Attribute) (account.Receipt, error) {
	own := account.Attribute{Name: "sourceId", Value: account.StringValue(sourceID)}
	all := []account.Attribute{own}
	for _, a := range attrs {
		if a.Name != own.Name && a.Value != "" {
			all = append(all, a)
		}
	}
	body, err := attributesBody(all)
	if err != nil {
		return account.Receipt{}, err
	}
	return c.write(ctx, request{method: http.MethodPost, path: c.paths.accounts, body: body, scope: scopeAccountsWrite})
}

// Put replaces the attributes of an account of a flat-file source by attrs:
// what they leave out is lost. A missing value is sent as null.
func (c *Client) Put(ctx context.Context, id string, attrs []account.Attribute) (account.Receipt, error) {
	body, err := attributesBody(attrs)
	if err != nil {
		return account.Receipt{}, err
	}
	return c.write(ctx, request{method: http.MethodPut, path: c.paths.account(id), body: body, scope: scopeAccountsWrite, idempotent: true})
}

// Delete removes an account of a flat-file source.
func (c *Client) Delete(ctx context.Context, id string) (account.Receipt, error) {
	return c.write(ctx, request{method: http.MethodDelete, path: c.paths.account(id), scope: scopeAccountsWrite, idempotent: true})
}

// Patch changes single fields of an account. The API names no task for it.
func (c *Client) Patch(ctx context.Context, id string, ops []account.PatchOp) (account.Receipt, error) {
	repeatable := true
	for _, op := range ops {
		repeatable = repeatable && (op.Op == "add" || op.Op == "replace")
	}
	body, err := json.Marshal(ops, asSent)
	if err != nil {
		return account.Receipt{}, fmt.Errorf("patch of account %s: %w", id, err)
	}
	receipt, err := c.write(ctx, request{
		method: http.MethodPatch, path: c.paths.account(id), body: body,
		contentType: "application/json-patch+json", scope: scopeAccountsWrite, idempotent: repeatable,
	})
	receipt.Task = "" // the id in the answer is the account's
	return receipt, err
}

// Enable asks for the account to be enabled.
func (c *Client) Enable(ctx context.Context, id string, t account.Toggle) (account.Receipt, error) {
	return c.state(ctx, id, "enable", scopeAccountState, t)
}

// Disable asks for the account to be disabled.
func (c *Client) Disable(ctx context.Context, id string, t account.Toggle) (account.Receipt, error) {
	return c.state(ctx, id, "disable", scopeAccountState, t)
}

// Unlock asks for the account to be unlocked.
func (c *Client) Unlock(ctx context.Context, id string, u account.Unlock) (account.Receipt, error) {
	scope := scopeAccountState
	if u.ForceProvisioning {
		scope += " and " + scopeProvisioning
	}
	return c.state(ctx, id, "unlock", scope, u)
}

// Reload asks for the account to be read again from its source.
func (c *Client) Reload(ctx context.Context, id string) (account.Receipt, error) {
	return c.state(ctx, id, "reload", scopeAccountState, nil)
}

func (c *Client) state(ctx context.Context, id, action, scope string, options any) (account.Receipt, error) {
	r := request{method: http.MethodPost, path: c.paths.account(id, action), scope: scope, idempotent: true}
	if options != nil {
		body, err := json.Marshal(options)
		if err != nil {
			return account.Receipt{}, fmt.Errorf("%s of account %s: %w", action, id, err)
		}
		r.body = body
	}
	return c.write(ctx, r)
}

// write sends a request whose answer names a task, or is an account.
func (c *Client) write(ctx context.Context, r request) (account.Receipt, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		return account.Receipt{}, err
	}
	var named struct {
		ID jsontext.Value `json:"id"`
	}
	_ = json.Unmarshal([]byte(a.body), &named, lenient)
	return account.Receipt{Task: stringOf(named.ID), HTTPStatus: a.status, Attempts: a.attempts}, nil
}

// asSent keeps values as they came, digit by digit and escape by escape.
var asSent = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true), jsontext.AllowDuplicateNames(true))

// attributesBody is {"attributes": {...}}, with null for a missing value.
func attributesBody(attrs []account.Attribute) ([]byte, error) {
	var buf bytes.Buffer
	enc := jsontext.NewEncoder(&buf, asSent, jsontext.AllowDuplicateNames(false))
	tokens := []jsontext.Token{jsontext.BeginObject, jsontext.String("attributes"), jsontext.BeginObject}
	for _, t := range tokens {
		if err := enc.WriteToken(t); err != nil {
			return nil, err
		}
	}
	for _, a := range attrs {
		if err := writeAttribute(enc, a); err != nil {
			return nil, fmt.Errorf("attribute %q cannot be sent: %w", a.Name, err)
		}
	}
	if err := enc.WriteToken(jsontext.EndObject); err != nil {
		return nil, err
	}
	if err := enc.WriteToken(jsontext.EndObject); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}

func writeAttribute(enc *jsontext.Encoder, a account.Attribute) error {
	if err := enc.WriteToken(jsontext.String(a.Name)); err != nil {
		return err
	}
	if a.Value == "" {
		return enc.WriteToken(jsontext.Null)
	}
	return enc.WriteValue(jsontext.Value(a.Value))
}
