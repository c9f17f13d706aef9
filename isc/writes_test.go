package isc

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

func TestWrites(t *testing.T) {
	t.Parallel()
	attrs := []account.Attribute{
		{Name: "id", Value: `"7"`},
		{Name: "n", Value: `12345678901234567890`},
		{Name: "groups", Value: `["a", "b/c"]`},
		{Name: "gone", Value: ""},
		{Name: `q"uote`, Value: `"\ud800 \u00e9 <&>"`},
	}
	attrsText := `"id":"7","n":12345678901234567890,"groups":["a","b/c"],"gone":null,"q\"uote":"\ud800 \u00e9 <&>"`
	created := strings.Replace(attrsText, `"gone":null,`, "", 1)
	const path = "/v3/accounts/acc1"
	tests := []struct {
		name  string
		call  func(context.Context, *Client) (account.Receipt, error)
		sent  sentRequest
		ctype string
		task  string
	}{
		{"create", func(ctx context.Context, c *Client) (account.Receipt, error) {
			return c.Create(ctx, `s"1`, append([]account.Attribute{{Name: "sourceId", Value: `"other"`}}, attrs...))
		}, sentRequest{Method: "POST", Path: "/v3/accounts", Body: `{"attributes":{"sourceId":"s\"1",` + created + `}}`}, "application/json", "task1"},
		{"put", func(ctx context.Context, c *Client) (account.Receipt, error) { return c.Put(ctx, "acc1", attrs) },
			sentRequest{Method: "PUT", Path: path, Body: `{"attributes":{` + attrsText + `}}`}, "application/json", "task1"},
		{"put nothing", func(ctx context.Context, c *Client) (account.Receipt, error) { return c.Put(ctx, "acc1", nil) },
			sentRequest{Method: "PUT", Path: path, Body: `{"attributes":{}}`}, "application/json", "task1"},
		{"patch", func(ctx context.Context, c *Client) (account.Receipt, error) {
			return c.Patch(ctx, "acc1", []account.PatchOp{
				{Op: "add", Path: account.AttributePath("a/b~c"), Value: `12345678901234567890`},
				{Op: "remove", Path: "/identityId"},
			})
		}, sentRequest{Method: "PATCH", Path: path, Body: `[{"op":"add","path":"/attributes/a~1b~0c","value":12345678901234567890},{"op":"remove","path":"/identityId"}]`},
			"application/json-patch+json", ""},
		{"delete", func(ctx context.Context, c *Client) (account.Receipt, error) { return c.Delete(ctx, "acc1") },
			sentRequest{Method: "DELETE", Path: path}, "", "task1"},
		{"enable", func(ctx context.Context, c *Client) (account.Receipt, error) {
			return c.Enable(ctx, "acc1", account.Toggle{})
		},
			sentRequest{Method: "POST", Path: path + "/enable", Body: `{}`}, "application/json", "task1"},
		{"disable", func(ctx context.Context, c *Client) (account.Receipt, error) {
			return c.Disable(ctx, "acc1", account.Toggle{ExternalVerificationID: "v", ForceProvisioning: true})
		}, sentRequest{Method: "POST", Path: path + "/disable", Body: `{"externalVerificationId":"v","forceProvisioning":true}`}, "application/json", "task1"},
		{"unlock", func(ctx context.Context, c *Client) (account.Receipt, error) {
			return c.Unlock(ctx, "acc1", account.Unlock{UnlockIDNAccount: true})
		}, sentRequest{Method: "POST", Path: path + "/unlock", Body: `{"unlockIDNAccount":true}`}, "application/json", "task1"},
		{"reload", func(ctx context.Context, c *Client) (account.Receipt, error) { return c.Reload(ctx, "acc1") },
			sentRequest{Method: "POST", Path: path + "/reload"}, "", "task1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.reply("/", 202, `{"id":"task1","later":{"field":[1]}}`)
			got, err := tt.call(t.Context(), tn.client(t))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(account.Receipt{Task: tt.task, HTTPStatus: 202, Attempts: 1}, got); d != "" {
				t.Error(d)
			}
			sent := tn.last(t)
			if d := cmp.Diff(tt.sent, sentRequest{Method: sent.Method, Path: sent.Path, Body: sent.Body}); d != "" {
				t.Error(d)
			}
			if ctype := sent.Header.Get("Content-Type"); ctype != tt.ctype {
				t.Errorf("content type %q, want %q", ctype, tt.ctype)
			}
		})
	}
}

// TestWriteMarks: what may be sent twice is marked so, and a create never.
func TestWriteMarks(t *testing.T) {
	t.Parallel()
	marked := map[string]bool{}
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == tokenPath {
			return answerOf(200, `{"access_token":"t"}`), nil
		}
		_, marked[r.Method+r.URL.Path] = r.Header["Idempotency-Key"]
		return answerOf(202, `{}`), nil
	})
	ctx := t.Context()
	calls := []func() (account.Receipt, error){
		func() (account.Receipt, error) { return c.Create(ctx, "s", nil) },
		func() (account.Receipt, error) { return c.Put(ctx, "a", nil) },
		func() (account.Receipt, error) { return c.Delete(ctx, "a") },
		func() (account.Receipt, error) { return c.Enable(ctx, "a", account.Toggle{}) },
		func() (account.Receipt, error) {
			return c.Patch(ctx, "set", []account.PatchOp{{Op: "add", Path: "/identityId", Value: `"i"`}})
		},
		func() (account.Receipt, error) {
			return c.Patch(ctx, "drop", []account.PatchOp{{Op: "remove", Path: "/identityId"}})
		},
	}
	for _, call := range calls {
		if _, err := call(); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]bool{
		"POST/v3/accounts": false, "PUT/v3/accounts/a": true, "DELETE/v3/accounts/a": true,
		"POST/v3/accounts/a/enable": true, "PATCH/v3/accounts/set": true, "PATCH/v3/accounts/drop": false,
	}
	if d := cmp.Diff(want, marked); d != "" {
		t.Error(d)
	}
}

func TestWriteOfWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return answerOf(202, `{}`), nil
	})
	bad := []account.Attribute{{Name: "city", Value: `Paris`}}
	twice := []account.Attribute{{Name: "city", Value: `"a"`}, {Name: "city", Value: `"b"`}}
	for _, attrs := range [][]account.Attribute{bad, twice} {
		if _, err := c.Put(t.Context(), "a", attrs); err == nil {
			t.Errorf("%v is taken", attrs)
		}
		if _, err := c.Create(t.Context(), "s", attrs); err == nil {
			t.Errorf("%v is taken", attrs)
		}
	}
	if _, err := c.Patch(t.Context(), "a", []account.PatchOp{{Op: "add", Path: "/identityId", Value: "nonsense"}}); err == nil {
		t.Error("a patch of no JSON is taken")
	}
}

// TestWriteWithoutAnAnswer: a 202 that is not the API's says nothing of the work.
func TestWriteWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, ` `, `null`, `nonsense`, `[]`, `"id"`, `{"id":"t"`, `{"id":}`, `<html><title>Sign in</title></html>`, "\ufeff{}"} {
		tn := newTenant(t)
		tn.reply("/", 202, body)
		_, err := tn.client(t).Delete(t.Context(), "a")
		if e := asError(t, err); !e.Ambiguous() || !e.Unreachable() || e.Denied() || e.NotFound() || e.Hint() == "" || len(tn.requests()) != 1 {
			t.Errorf("body %q gives %v after %d requests", body, err, len(tn.requests()))
		}
	}
	for _, taken := range []struct {
		status int
		body   string
	}{{202, `{"id":null}`}, {202, "{}\n"}, {204, ``}} {
		tn := newTenant(t)
		tn.reply("/", taken.status, taken.body)
		got, err := tn.client(t).Delete(t.Context(), "a")
		if want := (account.Receipt{HTTPStatus: taken.status, Attempts: 1}); err != nil || got != want {
			t.Errorf("%v gives %v and %v", taken, got, err)
		}
	}
}
