package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
)

// wrongRequests holds the documented error of each kind of wrong request. FILE and DIRECT stand for the ids of
// accounts of a flat-file and a direct source, SOURCE for the flat file's, MISSING for none.
var wrongRequests = []struct {
	request, body string // METHOD /path and body
	status        int
	cause         string
}{
	{"GET /v3/nothing", "", 404, "There is no /v3/nothing"},
	{"GET /v4/accounts", "", 404, "There is no"},
	{"GET /accounts", "", 404, "There is no"},
	{"GET /v3/accounts/", "", 404, "There is no"},
	{"GET /v3/task-status/MISSING", "", 404, "There is no /v3/task-status"},
	{"GET /task-status/v1/MISSING", "", 404, "There is no task"},
	{"GET /v3/accounts/MISSING", "", 404, "There is no account"},
	{"PUT /v3/accounts/MISSING", `{"attributes":{}}`, 404, "There is no account"},
	{"GET /v3/sources/MISSING", "", 404, "There is no source"},
	{"GET /v3/sources/MISSING/schemas", "", 404, "There is no source"},
	{"PUT /v3/accounts", `{}`, 405, "Allowed here: GET, POST"},
	{"POST /v3/accounts/FILE", `{}`, 405, "Allowed here: GET, PUT, PATCH, DELETE"},
	{"GET /oauth/token", "", 405, "Allowed here: POST"},
	{"DELETE /v3/sources/SOURCE", "", 405, "Allowed here: GET"},

	{"GET /v3/accounts?limit=251", "", 400, "limit is"},
	{"GET /v3/accounts?limit=-1", "", 400, "limit is"},
	{"GET /v3/accounts?limit=ten", "", 400, "limit is"},
	{"GET /v3/accounts?offset=-1", "", 400, "offset is"},
	{"GET /v3/accounts?count=1", "", 400, "count is"},
	{"GET /v3/accounts?detailLevel=slim", "", 400, "detailLevel is"},
	{"GET /v3/accounts?filter=x", "", 400, `Unknown query parameter "filter"`},
	{"GET /v3/accounts?limit=1&limit=2", "", 400, "stands 2 times"},
	{"GET /v3/accounts?limit=%zz", "", 400, "The query cannot be read"},
	{"GET /v3/accounts?filters=", "", 400, "cannot be empty"},
	{"GET /v3/accounts?sorters=disabled", "", 400, `"disabled" is no field to sort by`},
	{"GET /v3/accounts?sorters=id%2C-id", "", 400, "is given twice"},
	{`GET /v3/accounts?filters=disabled+eq+true`, "", 400, `the field "disabled" cannot be filtered on`},
	{`GET /v3/accounts?filters=id+gt+%22a%22`, "", 400, "does not take gt, only eq in sw"},
	{`GET /v3/sources?filters=name+sw+x`, "", 400, "must stand in double quotes"},
	{`GET /task-status/v1?filters=created+gt+2026-01-01T00%3A00%3A00Z`, "", 400, "cannot be filtered on"},
	{"GET /v2024/task-status", "", 400, "X-SailPoint-Experimental"},
	{"GET /v3/sources/SOURCE/schemas?include-types=account", "", 400, "include-types is"},
	{"GET /v3/accounts?filters=" + strings.Repeat("x", 9000), "", 414, "more than 8192 bytes"},

	{"POST /v3/accounts", "", 415, "must be application/json"},
	{"POST /v3/accounts", "{", 400, "not valid JSON"},
	{"POST /v3/accounts", `{"attributes":{"a":"1","a":"2"}}`, 400, "not valid JSON"},
	{"POST /v3/accounts", "{\"attributes\":{\"a\":\"\xff\"}}", 400, "not valid JSON"},
	{"POST /v3/accounts", `{"attributes":[]}`, 400, `wrong type at "/attributes"`},
	{"POST /v3/accounts", `{"attribute":{}}`, 400, "unknown member /attribute"},
	{"POST /v3/accounts", `{}`, 400, "attributes is required"},
	{"POST /v3/accounts", `null`, 400, "body is required"},
	{"POST /v3/accounts", `{"attributes":{"employeeId":"X"}}`, 400, "attributes.sourceId is required"},
	{"POST /v3/accounts", `{"attributes":{"employeeId":"X","sourceId":"nope"}}`, 400, "There is no source nope"},
	{"POST /v3/accounts", `{"attributes":{"city":"X","sourceId":"SOURCE"}}`, 400, "attributes.employeeId is required"},
	{"POST /v3/accounts", `{"attributes":{"employeeId":"X","badgeNumber":7,"sourceId":"SOURCE"}}`, 400, "badgeNumber is not a string"},
	{"POST /v3/accounts", `{"attributes":{"employeeId":"X","city":null,"sourceId":"SOURCE"}}`, 400, "city is not a string"},
	{"POST /v3/accounts", `{"attributes":{"employeeId":"X","groups":["a"],"sourceId":"SOURCE"}}`, 400, "groups is not a string"},
	{"POST /v3/accounts", `{"attributes":{"employeeId":"X","colour":"red","sourceId":"SOURCE"}}`, 400, `no attribute "colour"`},

	{"PUT /v3/accounts/DIRECT", `{"attributes":{}}`, 400, "flat-file sources only"},
	{"DELETE /v3/accounts/DIRECT", "", 400, "type DelimitedFile only"},
	{"PUT /v3/accounts/FILE", `{"attributes":{"city":["a"]}}`, 400, "one value, not a list"},
	{"PUT /v3/accounts/FILE", `{"attributes":{"city":{}}}`, 400, "no attribute value"},
	{"PUT /v3/accounts/FILE", `{"attributes":{"groups":[null]}}`, 400, "element 1"},
	{"PUT /v3/accounts/FILE", `{"attributes":{"colour":"red"}}`, 400, `no attribute "colour"`},

	{"POST /v3/accounts/FILE/enable", "", 415, "must be application/json"},
	{"POST /v3/accounts/FILE/enable", `[]`, 400, "wrong type"},
	{"POST /v3/accounts/FILE/disable", `{"forceProvisioning":"yes"}`, 400, `wrong type at "/forceProvisioning"`},
	{"POST /v3/accounts/FILE/disable", `{"unlockIDNAccount":true}`, 400, "unknown member /unlockIDNAccount"},
	{"POST /v3/accounts/MISSING/disable", `{}`, 404, "There is no account"},
}

func TestWrongRequests(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	names := strings.NewReplacer("FILE", a.account(hr, "C1001").ID, "DIRECT", a.server.Accounts(a.sourceID(directory))[0].ID,
		"SOURCE", a.sourceID(hr), "MISSING", "00000000000000000000000000000bad")
	for _, test := range wrongRequests {
		method, path, _ := strings.Cut(names.Replace(test.request), " ")
		got := a.send(method, path, names.Replace(test.body))
		name := test.request[:min(len(test.request), 90)] + " " + test.body
		if got.status != test.status || got.err != nil {
			t.Errorf("%s: %d %s %v, want %d", name, got.status, got.body, got.err, test.status)
			continue
		}
		checkErrorShape(t, name, got, test.cause)
	}
}

// checkErrorShape holds an error against the documented shape.
func checkErrorShape(t *testing.T, name string, got answer, cause string) {
	t.Helper()
	object := got.object(t)
	code, _ := object["detailCode"].(string)
	if !strings.HasPrefix(code, fmt.Sprint(got.status)) {
		t.Errorf("%s: detailCode %q", name, code)
	}
	if id, _ := object["trackingId"].(string); len(id) != 32 {
		t.Errorf("%s: trackingId %q", name, id)
	}
	for _, part := range []string{"messages", "causes"} {
		message := object[part].([]any)[0].(map[string]any)
		if message["locale"] != "en-US" || message["localeOrigin"] != "DEFAULT" || message["text"] == "" {
			t.Errorf("%s: %s = %v", name, part, message)
		}
		if text := message["text"].(string); part == "causes" && !strings.Contains(text, cause) {
			t.Errorf("%s: cause %q, want %q", name, text, cause)
		}
	}
	if got.status == 405 && got.header.Get("Allow") == "" {
		t.Errorf("%s: no Allow header", name)
	}
}

func TestMalformedAndWrongDiffer(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for body, code := range map[string]string{"{": "400.0 Bad Request Syntax", "{}": "400.1 Bad Request Content"} {
		if got := a.send("POST", "/v3/accounts", body).object(t)["detailCode"]; got != code {
			t.Errorf("%s: detailCode %q, want %q", body, got, code)
		}
	}
}

func TestPatchRefusals(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	file, direct := a.account(hr, "C1001").ID, a.server.Accounts(a.sourceID("Corporate Directory"))[0].ID
	for _, test := range []struct{ id, body, cause string }{
		{file, `{}`, "wrong type"},
		{file, `[]`, "no operation"},
		{file, `[{"op":"move","path":"/attributes/city","value":"x"}]`, `op "move" is not supported`},
		{file, `[{"op":"add","path":"/attributes/city"}]`, "needs a value"},
		{file, `[{"op":"replace","path":"/disabled","value":true}]`, "cannot be changed"},
		{file, `[{"op":"replace","path":"/attributes","value":{}}]`, "cannot be changed"},
		{file, `[{"op":"replace","path":"/attributes/employeeId","value":"x"}]`, "identityAttribute"},
		{file, `[{"op":"replace","path":"/attributes/colour","value":"x"}]`, `no attribute "colour"`},
		{file, `[{"op":"add","path":"/attributes/colour","value":"x"}]`, `no attribute "colour"`},
		{file, `[{"op":"remove","path":"/attributes/colour"}]`, "no attribute"},
		{file, `[{"op":"add","path":"/attributes/city","value":["x"]}]`, "not a list"},
		{file, `[{"op":"test","path":"/attributes/city","value":"elsewhere"}]`, "The test failed"},
		{file, `[{"op":"test","path":"/manuallyCorrelated","value":true}]`, "The test failed"},
		{file, `[{"op":"test","path":"/identityId","value":"x"}]`, "The test failed"},
		{file, `[{"op":"replace","path":"/identityId","value":"nobody"}]`, "There is no identity nobody"},
		{file, `[{"op":"replace","path":"/identityId","value":7}]`, "not a string"},
		{file, `[{"op":"replace","path":"/manuallyCorrelated","value":"true"}]`, "neither true nor false"},
		{file, `[{"op":"remove","path":"/manuallyCorrelated"}]`, "cannot be removed"},
		{file, `[{"op":"add","path":"/attributes/city","value":"x"},{"op":"nope","path":"/x"}]`, "Operation 2"},
		{direct, `[{"op":"add","path":"/attributes/mail","value":"x"}]`, "flat-file sources only"},
	} {
		got := a.send("PATCH", "/v3/accounts/"+test.id, test.body, "Content-Type", "application/json-patch+json")
		if got.status != 400 {
			t.Errorf("%s: %d %s", test.body, got.status, got.body)
			continue
		}
		checkErrorShape(t, test.body, got, test.cause)
	}
	if got := a.send("PATCH", "/v3/accounts/"+file, `[]`); got.status != 415 {
		t.Errorf("PATCH as application/json: %d", got.status)
	}
	if city := a.account(hr, "C1001").Value("city"); city != "Austin" {
		t.Errorf("a refused patch changed the city to %q", city)
	}
}
