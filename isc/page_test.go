package isc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

// decode clones every account of a page.
func decode(text string) ([]account.Account, error) {
	got := []account.Account{}
	for a, err := range decodePage(text) {
		if err != nil {
			return got, err
		}
		got = append(got, *a.Clone())
	}
	return got, nil
}

func TestDecodePage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []account.Account
	}{
		{"empty", ` [ ] `, nil},
		{"whole", `[{"id":"1","name":"Ann","nativeIdentity":"n1","sourceId":"s","identityId":"i","identityState":"ACTIVE",
			"disabled":true,"locked":true,"manuallyCorrelated":true,"uncorrelated":true,"isMachine":true,"origin":"PROVISIONED","created":"2026-01-02T03:04:05Z","modified":"2026-11-27T01:00:00.25Z","attributes":{"city":"Paris","n":12345678901234567890,"g":["a", "b"],"none":null}}]`,
			[]account.Account{{
				ID: "1", Name: "Ann", NativeIdentity: "n1", SourceID: "s", IdentityID: "i", IdentityState: "ACTIVE",
				Disabled: true, Locked: true, ManuallyCorrelated: true, Uncorrelated: true,
				IsMachine: true, Origin: "PROVISIONED", Created: "2026-01-02T03:04:05Z", Modified: "2026-11-27T01:00:00.25Z",
				Attributes: []account.Attribute{{Name: "city", Value: `"Paris"`}, {Name: "n", Value: "12345678901234567890"}, {Name: "g", Value: `["a", "b"]`}, {Name: "none", Value: "null"}},
			}}},
		{"nulls", `[{"id":null,"name":null,"disabled":null,"identity":null,"identityId":null,"attributes":null}]`, []account.Account{{}}},
		{"empty attributes", `[{"attributes":{}}]`, []account.Account{{Attributes: []account.Attribute{}}}},
		{"attributes do not leak", `[{"id":"1","attributes":{"a":"x"}},{"id":"2"},{"id":"3","attributes":null},{"id":"4","attributes":{"b":"y"}}]`,
			[]account.Account{
				{ID: "1", Attributes: []account.Attribute{{Name: "a", Value: `"x"`}}}, {ID: "2"}, {ID: "3"},
				{ID: "4", Attributes: []account.Attribute{{Name: "b", Value: `"y"`}}},
			}},
		{"escapes", `[{"id":"a\"b\\\u00e9\ud83d\ude00","attributes":{"q\"\/":"\u0041"}}]`,
			[]account.Account{{ID: `a"b\é😀`, Attributes: []account.Attribute{{Name: `q"/`, Value: `"\u0041"`}}}}},
		{"left to the decoder from the second on", `[{"id":"1"},{"\u0069d":"2","attributes":{"\u0061":1}},{"id":"3","later":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}, {"id":"4"}]`,
			[]account.Account{{ID: "1"}, {ID: "2", Attributes: []account.Attribute{{Name: "a", Value: "1"}}}, {ID: "3"}, {ID: "4"}}},
		{"escapes in values and a name", `[{"id":"1","attributes":{"d":"R\u0026D","e":"\uD83D\uDE00\ud83d"}},{"id":"\u0032","attributes":{"d":"\u00e9","R\u0026D":1}},{"id":"3"}]`,
			[]account.Account{
				{ID: "1", Attributes: []account.Attribute{{Name: "d", Value: `"R\u0026D"`}, {Name: "e", Value: `"\uD83D\uDE00\ud83d"`}}},
				{ID: "2", Attributes: []account.Attribute{{Name: "d", Value: `"\u00e9"`}, {Name: "R&D", Value: "1"}}}, {ID: "3"},
			}},
		{"lone surrogate", `[{"id":"a\ud800b"}]`, []account.Account{{ID: "a\uFFFDb"}}},
		{"invalid UTF-8", "[{\"id\":\"a\xff\xfeb\",\"attributes\":{\"\xff\":\"\xc3\"}}]",
			[]account.Account{{ID: "a\uFFFD\uFFFDb", Attributes: []account.Attribute{{Name: "\uFFFD", Value: "\"\uFFFD\""}}}}},
		{"duplicate names", `[{"id":"1","id":"2","attributes":{"a":1,"b":2,"a":3}}]`,
			[]account.Account{{ID: "2", Attributes: []account.Attribute{{Name: "a", Value: "3"}, {Name: "b", Value: "2"}}}}},
		{"duplicate attributes", `[{"attributes":{"a":1},"attributes":{"b":2}},{"attributes":{"a":1},"attributes":null}]`,
			[]account.Account{{Attributes: []account.Attribute{{Name: "b", Value: "2"}}}, {}}},
		{"unknown members", `[{"later":{"id":"x","attributes":{"z":[{}]}},"id":"1","features":["id"],"recommendation":null}]`, []account.Account{{ID: "1"}}},
		{"odd types", `[{"id":17,"name":["x"],"nativeIdentity":{"a":1},"disabled":"true","locked":"TRUE","uncorrelated":1,"manuallyCorrelated":"no"}]`,
			[]account.Account{{ID: "17", Disabled: true, Locked: true}}},
		{"identity alone", `[{"identity":{"type":"IDENTITY","id":"i","name":"Ann","state":"INACTIVE"}},{"id":"2"}]`,
			[]account.Account{{IdentityID: "i", IdentityName: "Ann", IdentityState: "INACTIVE"}, {ID: "2"}}},
		{"identity's name", `[{"identity":{"type":"IDENTITY","id":"i","name":"Ann Lee"},"identityId":"i"}]`, []account.Account{{IdentityID: "i", IdentityName: "Ann Lee"}}},
		{"another identity's name", `[{"identity":{"id":"other","name":"Ann Lee"},"identityId":"i"}]`, []account.Account{{IdentityID: "i"}}},
		{"identity id holds", `[{"identity":{"id":"other","state":"x"},"identityId":"i","identityState":"ACTIVE"}]`, []account.Account{{IdentityID: "i", IdentityState: "ACTIVE"}}},
		{"identity is a word", `[{"identity":"i"}]`, []account.Account{{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(append([]account.Account{}, tt.want...), got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDecodeBrokenPage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, err string
		before          int // accounts that come before the error
	}{
		{"nothing", ``, "cut short at byte 0", 0},
		{"cut in a string", `[{"id":"1"},{"id":"2`, "account 2 of the page: the answer is cut short at byte 20", 1},
		{"cut in attributes", `[{"id":"1","attributes":{"a":`, "account 1 of the page: the answer is cut short", 0},
		{"cut after an account", `[{"id":"1"}`, "cut short at byte 11", 1},
		{"cut after a comma", `[{"id":"1"},`, "cut short at byte 12", 1},
		{"an object", `{"message":"x"}`, "not an array of accounts but an object at byte 0", 0},
		{"null", `null`, "not an array of accounts but null", 0},
		{"a string", ` "x"`, "not an array of accounts but a string", 0},
		{"a web page", `<html>`, "invalid character '<'", 0},
		{"not accounts", `[1]`, "account 1 of the page: not an account but a number", 0},
		{"a null account", `[{},null]`, "account 2 of the page: not an account but null", 1},
		{"attributes are a list", `[{"attributes":["a"]}]`, "not its attributes but an array", 0},
		{"attributes are a word", `[{"attributes":"none"}]`, "not its attributes but a string", 0},
		{"bad number", `[{"a":01}]`, "invalid character", 0},
		{"bad literal", `[{"attributes":{"a":nil}}]`, "invalid character", 0},
		{"bad escape", `[{"id":"\x"}]`, "escape", 0},
		{"bad hex digit", `[{"id":"1"},{"id":"\u00g0"}]`, "account 2 of the page", 1},
		{"too few hex digits", `[{"id":"\u00"}]`, "escape", 0},
		{"cut in hex digits", `[{"id":"\u00`, "cut short", 0},
		{"bad after a decoded account", `[{"\u0069d":"1"},{"id":01}]`, "account 2 of the page", 1},
		{"missing comma", `[{"id":"1"} {"id":"2"}]`, "invalid character '{'", 1},
		{"more behind", `[] []`, "more text after the end", 0},
		{"nonsense behind", `[]x`, "invalid character 'x'", 0},
		{"wrong end", `[}`, "not an account but } at byte 1", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want one with %q", err, tt.err)
			}
			if len(got) != tt.before {
				t.Errorf("%d accounts before the error, want %d", len(got), tt.before)
			}
		})
	}
}

// TestPagesInterleave: pages are read at once, twice and half, and stay right.
func TestPagesInterleave(t *testing.T) {
	t.Parallel()
	one, two := samplePage(3, "one"), samplePage(5, "two")
	count := 0
	for a, err := range decodePage(one) {
		if err != nil {
			t.Fatal(err)
		}
		inner, err := decode(two)
		if err != nil || len(inner) != 5 {
			t.Fatal(len(inner), err)
		}
		if !strings.HasPrefix(a.NativeIdentity, "one") || len(a.Attributes) != 12 || a.Attributes[0].Value != `"one0"` && count == 0 {
			t.Errorf("the outer page shows %+v", a)
		}
		if count++; count == 2 {
			break
		}
	}
	again, err := decode(one)
	if err != nil || len(again) != 3 {
		t.Errorf("the second reading gives %d accounts and %v", len(again), err)
	}
}

func TestDecodeAllocations(t *testing.T) {
	plain := samplePage(250, "u")
	for name, text := range map[string]string{"plain": plain, "escaped": escapedPage(plain)} {
		n := testing.AllocsPerRun(20, func() {
			for _, err := range decodePage(text) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
		if n > 200 {
			t.Errorf("%s: a page of 250 accounts took %v allocations, more than 200", name, n)
		}
	}
}

// samplePage is a page of n accounts as ISC sends them, about 1.28 KB each.
func samplePage(n int, prefix string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"authoritative":false,"systemAccount":false,"uncorrelated":false,"features":"DIRECT_PERMISSIONS, NO_AGGREGATION, PROVISIONING","hasEntitlements":true,`+
			`"uuid":null,"nativeIdentity":"%[1]s%06[2]d","description":null,"disabled":false,"locked":false,"manuallyCorrelated":false,`+
			`"sourceId":"2c9180835d191a86015d28455b4a2329","sourceName":"Employees, flat file","identityId":"2c9180857a1c%020[2]d","identityState":"ACTIVE",`+
			`"identity":{"type":"IDENTITY","id":"2c9180857a1c%020[2]d","name":"Person Number %[2]d"},`+
			`"connectionType":"file","isMachine":false,"origin":"AGGREGATED","cloudLifecycleState":"active","ownerIdentity":null,"recommendation":null,`+
			`"sourceOwner":{"type":"IDENTITY","id":"4c5c8534e99445de98eef6c75e25eb01","name":"SailPoint Support"},`+
			`"attributes":{"id":"%[1]s%[2]d","firstname":"Given %[2]d","lastname":"Family-%[2]d","displayName":"Given %[2]d Family-%[2]d",`+
			`"email":"given.family.%[2]d@example.com","department":"Engineering","city":"Austin","costCenter":"CC-%04[2]d","employeeNumber":%[2]d,`+
			`"startDate":"2024-01-15T00:00:00Z","groups":["staff","payroll \"B\"","wiki-%[2]d"],"idNowDescription":"%064[2]d"},`+
			`"id":"ef38f94347e94562b5bb8424a56397%08[2]x","name":"%[1]s%06[2]d","created":"2024-01-15T10:11:12.345Z","modified":"2024-05-02T08:09:10.111Z"}`, prefix, i)
	}
	b.WriteByte(']')
	return b.String()
}

// alikeButNot is a page whose accounts each begin as the one before, and go on
// in another way.
const alikeButNot = `[{"id":"1","disabled":true,"attributes":{"n":1,"a":null,"l":["x"]},"identity":{"id":"i"},"x":{"y":1}},
	{"id":"1","disabled":true,"attributes":{"n":12,"a":null,"b":1,"l":["x","y"]}},
	{"id": "1","disabled":true ,"attributes":{"n":1 ,"a":null},"identity":null,"x":{"y":1}},
	{"id":"1\\"","disabled":true,"attributes":{"n":1,"a":null,"l":["x"],"n":2},"identity":{"id":"i","id":"j"}},
	{"id":"1","disabled":true,"attributes":{"n":1,"a":null,"l":["x"],"n":3}},
	{"id":"12","disable":true},{"idd":"1","disabled":true},{},{"attributes":null,"id":"1"},{"attributes":{},"id":"1"}]`

// FuzzDecodePage holds the page reader against encoding/json: the same
// accounts, or both refuse.
func FuzzDecodePage(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `[{}]`, `[{},null]`, `[{"id":"1","attributes":{"a":[1,{"b":null}],"n":12345678901234567890}}]`,
		`[{"id":"\ud800","id":"2","disabled":"true","attributes":null}]`, "[{\"id\":\"\xff\"}]",
		`[{"identity":{"id":"i","state":"S"},"attributes":{"a":1,"a":2}}] `, `[{"attributes":[]}]`, `[1`, `[{"id":"1"},`, `[] []`,
		samplePage(2, "s"), alikeButNot, escapedPage(samplePage(3, "s")), `[{"id":"\u0026","attributes":{"a\u0026":"\uD83D\uDE00","b":"\ud83d"}},{"i\u0064":"2"},{"id":"\u12G4"}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, wantErr := oracle(text)
		got, err := decode(text)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("we say %v, encoding/json says %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// oracle decodes a page with encoding/json.
func oracle(text string) ([]account.Account, error) {
	var objects []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &objects); err != nil {
		return nil, err
	}
	if objects == nil {
		return nil, fmt.Errorf("null is no page")
	}
	accounts := []account.Account{}
	for _, o := range objects {
		if o == nil {
			return nil, fmt.Errorf("null is no account")
		}
		a := account.Account{
			ID: oracleText(o["id"]), Name: oracleText(o["name"]), NativeIdentity: oracleText(o["nativeIdentity"]),
			SourceID: oracleText(o["sourceId"]), IdentityID: oracleText(o["identityId"]), IdentityState: oracleText(o["identityState"]),
			Disabled: oracleBool(o["disabled"]), Locked: oracleBool(o["locked"]),
			ManuallyCorrelated: oracleBool(o["manuallyCorrelated"]), Uncorrelated: oracleBool(o["uncorrelated"]),
			IsMachine: oracleBool(o["isMachine"]), Origin: oracleText(o["origin"]), Created: oracleText(o["created"]), Modified: oracleText(o["modified"]),
		}
		var identity map[string]json.RawMessage
		_ = json.Unmarshal(o["identity"], &identity)
		if a.IdentityID == "" {
			a.IdentityID = oracleText(identity["id"])
		}
		if a.IdentityState == "" {
			a.IdentityState = oracleText(identity["state"])
		}
		if id := oracleText(identity["id"]); id == a.IdentityID {
			a.IdentityName = oracleText(identity["name"])
		}
		attrs, err := oracleAttributes(o["attributes"])
		if err != nil {
			return nil, err
		}
		a.Attributes = attrs
		accounts = append(accounts, a)
	}
	return accounts, nil
}

func oracleText(raw json.RawMessage) string {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	_ = dec.Decode(&v)
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

func oracleBool(raw json.RawMessage) bool { return strings.ToLower(oracleText(raw)) == "true" }

// oracleAttributes keeps the order in which names first come.
func oracleAttributes(raw json.RawMessage) ([]account.Attribute, error) {
	if raw == nil || string(raw) == "null" {
		return nil, nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return nil, err
	}
	attrs := []account.Attribute{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token()
	seen := map[string]bool{}
	for dec.More() {
		name, _ := dec.Token()
		var skipped json.RawMessage
		_ = dec.Decode(&skipped)
		if n := name.(string); !seen[n] {
			seen[n] = true
			// encoding/json keeps invalid bytes in raw values; we send none back.
			attrs = append(attrs, account.Attribute{Name: n, Value: account.Value([]rune(string(values[n])))})
		}
	}
	return attrs, nil
}
