package sandbox_test

import (
	"fmt"
	"testing"

	"accountsync/sandbox"

	"github.com/google/go-cmp/cmp"
)

// attributes shows an account's attributes as JSON text, idNowDescription left out.
func attributes(account sandbox.Account) map[string]string {
	shown := map[string]string{}
	for name, value := range account.Attributes {
		if name != "idNowDescription" {
			shown[name] = string(value)
		}
	}
	return shown
}

// done sends a write and tells the completion status of its task.
func (a *api) done(method, path, body string, headers ...string) string {
	a.t.Helper()
	got := a.send(method, path, body, headers...)
	if got.status != 202 {
		a.t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	id, _ := got.object(a.t)["id"].(string)
	status, _ := a.get("/task-status/v1/" + id).object(a.t)["completionStatus"].(string)
	return status
}

func TestCreateThenUpsert(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	body := `{"attributes":{"sourceId":%q,"employeeId":"C9","displayName":"Nia \"N\" Roe","groups":"VPN"}}`
	if status := a.done("POST", "/v3/accounts", fmt.Sprintf(body, a.sourceID(hr))); status != "SUCCESS" {
		t.Fatal(status)
	}
	made := a.account(hr, "C9")
	want := map[string]string{"employeeId": `"C9"`, "displayName": `"Nia \"N\" Roe"`, "groups": `["VPN"]`}
	if diff := cmp.Diff(want, attributes(made)); diff != "" || made.Name != `Nia "N" Roe` || len(made.Value("idNowDescription")) != 64 {
		t.Errorf("%q, %s", made.Name, diff)
	}
	// An existing native identity is updated as PATCH would, under the id it has.
	a.done("POST", "/v3/accounts", fmt.Sprintf(`{"attributes":{"sourceId":%q,"employeeId":"C9","city":"Paris"}}`, a.sourceID(hr)))
	again := a.account(hr, "C9")
	want["city"] = `"Paris"`
	if diff := cmp.Diff(want, attributes(again)); diff != "" || again.ID != made.ID {
		t.Errorf("id %s, then %s; %s", made.ID, again.ID, diff)
	}
	if n := a.server.Stats().Creates["C9"]; n != 2 {
		t.Errorf("%d creates counted", n)
	}
	a.done("DELETE", "/v3/accounts/"+made.ID, "")
	a.create(hr, "C9")
	if reborn := a.account(hr, "C9"); reborn.ID == made.ID {
		t.Error("an account that was deleted and created again has its old id")
	}
}

func TestCreateLenient(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil, sandbox.WithStrictCreate(false))
	a.done("POST", "/v3/accounts", fmt.Sprintf(`{"attributes":{"sourceId":%q,"employeeId":"C9","badgeNumber":12345678901234567890,"groups":["a","b"],"city":null}}`, a.sourceID(hr)))
	want := map[string]string{"employeeId": `"C9"`, "badgeNumber": `"12345678901234567890"`, "groups": `["a","b"]`, "city": "null"}
	if diff := cmp.Diff(want, attributes(a.account(hr, "C9"))); diff != "" {
		t.Error(diff)
	}
}

func TestPutReplaces(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	before := a.account(hr, "C1004")
	hash := before.Value("idNowDescription")
	put := fmt.Sprintf(`{"attributes":{"employeeId":"C1004","city":"Paris","groups":"VPN","idNowDescription":%q}}`, hash)
	if status := a.done("PUT", "/v3/accounts/"+before.ID, put); status != "SUCCESS" {
		t.Fatal(status)
	}
	after := a.account(hr, "C1004")
	for name := range before.Attributes {
		want := map[string]string{"employeeId": `"C1004"`, "city": `"Paris"`, "groups": `["VPN"]`, "idNowDescription": `"` + hash + `"`}[name]
		if want == "" {
			want = "null"
		}
		if got := string(after.Attributes[name]); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	if after.Name != "C1004" || !after.Modified.After(before.Modified) {
		t.Errorf("name %q, modified %s", after.Name, after.Modified)
	}
}

func TestPutWithoutIdentityFails(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	before := a.account(hr, "C1004")
	for _, body := range []string{`{"attributes":{"city":"Paris"}}`, `{"attributes":{"employeeId":"C1005","city":"Paris"}}`} {
		if status := a.done("PUT", "/v3/accounts/"+before.ID, body); status != "ERROR" {
			t.Errorf("%s: task %s", body, status)
		}
	}
	if diff := cmp.Diff(attributes(before), attributes(a.account(hr, "C1004"))); diff != "" {
		t.Error(diff)
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Sources[0].Schema.Attributes = append(seed.Sources[0].Schema.Attributes, sandbox.AttributeSeed{Name: "a/b~c"})
	a := newAPI(t, seed)
	before := a.account(hr, "C1004") // uncorrelated
	other := a.account(hr, "C1001").IdentityID
	got := a.send("PATCH", "/v3/accounts/"+before.ID, fmt.Sprintf(`[
		{"op":"test","path":"/attributes/userName","value":"bkato"},
		{"op":"replace","path":"/identityId","value":%q},
		{"op":"add","path":"/attributes/a~1b~0c","value":"odd"},
		{"op":"replace","path":"/attributes/groups","value":"VPN"},
		{"op":"remove","path":"/attributes/city"},
		{"op":"add","path":"/attributes/mail","value":null}]`, other), "Content-Type", "application/json-patch+json")
	if got.status != 202 || got.object(t)["id"] != nil {
		t.Fatalf("%d %s", got.status, got.body)
	}
	after := a.account(hr, "C1004")
	want := attributes(before)
	want["a/b~c"], want["groups"], want["mail"] = `"odd"`, `["VPN"]`, "null"
	delete(want, "city")
	if diff := cmp.Diff(want, attributes(after)); diff != "" || after.IdentityID != other || !after.ManuallyCorrelated {
		t.Errorf("identity %s, manually %v, %s", after.IdentityID, after.ManuallyCorrelated, diff)
	}
	a.send("PATCH", "/v3/accounts/"+before.ID, `[{"op":"replace","path":"/manuallyCorrelated","value":false},{"op":"remove","path":"/identityId"}]`,
		"Content-Type", "application/json-patch+json")
	if after = a.account(hr, "C1004"); after.IdentityID != "" || after.ManuallyCorrelated {
		t.Errorf("identity %q, manually %v", after.IdentityID, after.ManuallyCorrelated)
	}
	// An account without attributes keeps null through a change of its correlation.
	machine := a.account(directory, "CN=svc-backup,OU=Service,DC=corp,DC=example,DC=com").ID
	a.send("PATCH", "/v3/accounts/"+machine, fmt.Sprintf(`[{"op":"add","path":"/identityId","value":%q}]`, other), "Content-Type", "application/json-patch+json")
	if got := a.get("/v3/accounts/" + machine).object(t); got["attributes"] != nil || got["identityId"] != other {
		t.Errorf("%v", got)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	path := "/v3/accounts/" + a.account(hr, "C1031").ID // locked
	if !a.account(hr, "C1031").Locked {
		t.Fatal("the seed's C1031 is not locked")
	}
	a.done("POST", path+"/disable", `{"externalVerificationId":null,"forceProvisioning":true}`)
	if got := a.account(hr, "C1031"); !got.Disabled || !got.Locked {
		t.Errorf("after disable: disabled %v, locked %v", got.Disabled, got.Locked)
	}
	a.done("POST", path+"/unlock", `{"unlockIDNAccount":true,"forceProvisioning":false}`)
	a.done("POST", path+"/enable", `{}`)
	if got := a.account(hr, "C1031"); got.Disabled || got.Locked {
		t.Errorf("after unlock and enable: disabled %v, locked %v", got.Disabled, got.Locked)
	}
	before := a.account(hr, "C1031")
	a.done("POST", path+"/reload", "")
	if diff := cmp.Diff(before, a.account(hr, "C1031")); diff != "" {
		t.Errorf("reload changed the account: %s", diff)
	}
}

func TestManualTasks(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Sources[0].ManualTasks = true
	seed.Sources[1].Features = []string{"PROVISIONING"}
	a := newAPI(t, seed)
	path := "/v3/accounts/" + a.account(hr, "C1001").ID + "/disable"
	if status := a.done("POST", path, `{}`); status != "SUCCESS" || a.account(hr, "C1001").Disabled {
		t.Errorf("task %s, disabled %v", status, a.account(hr, "C1001").Disabled)
	}
	direct := a.server.Accounts(a.sourceID(directory))[0].ID
	if got := a.send("POST", "/v3/accounts/"+direct+"/disable", `{}`); got.status != 400 {
		t.Errorf("a direct source without ENABLE: %d", got.status)
	}
}

func TestWritesFailWhenTheAccountIsGone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, a *api) {
		account := a.account(hr, "C1001").ID
		first := a.send("DELETE", "/v3/accounts/"+account, "").object(t)["id"].(string)
		second := a.send("DELETE", "/v3/accounts/"+account, "").object(t)["id"].(string)
		sleepSeconds(3)
		for id, want := range map[string]string{first: "SUCCESS", second: "ERROR"} {
			if got := a.get("/task-status/v1/" + id).object(t)["completionStatus"]; got != want {
				t.Errorf("%v, want %s", got, want)
			}
		}
	}, sandbox.WithTaskDelay(2e9))
}

func TestBehindTheBack(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	source, before := a.sourceID(hr), a.account(hr, "C1001")
	a.server.SetAccount(source, sandbox.AccountSeed{Attributes: sandbox.Attributes{"employeeId": "C1001", "city": "Osaka", "groups": []string{"x"}}})
	a.server.SetAccount(source, sandbox.AccountSeed{Attributes: sandbox.Attributes{"employeeId": "new", "badgeNumber": 7}})
	after := a.account(hr, "C1001")
	want := map[string]string{"employeeId": `"C1001"`, "city": `"Osaka"`, "groups": `["x"]`}
	if diff := cmp.Diff(want, attributes(after)); diff != "" || after.ID != before.ID || !after.Modified.After(before.Modified) {
		t.Error(diff, after.ID, after.Modified)
	}
	if !a.server.RemoveAccount(source, "new") || a.server.RemoveAccount(source, "new") {
		t.Error("remove tells wrongly what was there")
	}
	if got := a.page(hr, 1, 0).header.Get("X-Total-Count"); got != "60" {
		t.Errorf("total %s", got)
	}
}
