package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/sandbox"

	"github.com/google/go-cmp/cmp"
)

func TestWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := inMemory(t, sandbox.WithTaskDelay(time.Second))
		source := a.sourceID(hr)
		path := func(native string) string { return "/v3/accounts/" + a.account(hr, native).ID }
		a.create(hr, "C9")
		a.create(hr, "C1001") // an upsert
		a.send("PUT", path("C1002"), `{"attributes":{"employeeId":"C1002","city":"Sopot"}}`)
		a.send("PATCH", path("C1003"), `[{"op":"add","path":"/attributes/city","value":"Sopot"}]`, "Content-Type", "application/json-patch+json")
		a.send("POST", path("C1004")+"/disable", `{}`)
		a.send("POST", path("C1004")+"/reload", "") // changes nothing
		a.send("DELETE", path("C1005"), "")
		a.send("PUT", path("C1006"), `{"attributes":{"employeeId":"other"}}`) // its task fails
		a.server.RemoveAccount(source, "C1007")                               // nobody asked the API
		if early := a.server.Writes(); len(early) != 0 {
			t.Errorf("before their time: %+v", early)
		}
		asked := time.Now()
		time.Sleep(time.Second)
		for _, kind := range []sandbox.FaultKind{sandbox.FaultVanish, sandbox.FaultDiscard, sandbox.FaultTaskFails, sandbox.FaultStatus} {
			a.server.AddFault(sandbox.Rule{Method: "DELETE", Count: 1, Fault: sandbox.Fault{Kind: kind}})
			a.send("DELETE", path("C1008"), "")
		}
		time.Sleep(time.Second)
		var got []string
		for _, w := range a.server.Writes() {
			text := func(account *sandbox.Account) string {
				if account == nil {
					return "-"
				}
				return fmt.Sprintf("%s %s %v", account.NativeIdentity, account.Value("city"), account.Disabled)
			}
			got = append(got, fmt.Sprintf("%s %s: %s > %s", w.Operation, w.NativeIdentity, text(w.Before), text(w.After)))
			if w.Client != "demo" || w.SourceID != source || w.AccountID == "" || !w.Time.Equal(asked.Add(time.Second)) {
				t.Errorf("%+v", w)
			}
		}
		want := []string{
			"POST /accounts C9: - > C9  false",
			"POST /accounts C1001: C1001 Austin false > C1001 Austin false",
			"PUT /accounts/* C1002: C1002 Osaka false > C1002 Sopot false",
			"PATCH /accounts/* C1003: C1003 Malmö false > C1003 Sopot false",
			"POST /accounts/*/disable C1004: C1004 Łódź false > C1004 Łódź true",
			"DELETE /accounts/* C1005: C1005  false > -",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		a.server.ResetLog()
		if left := a.server.Writes(); len(left) != 0 {
			t.Errorf("after ResetLog: %v", left)
		}
	})
}

func TestOthers(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	source, before := a.sourceID(hr), a.account(hr, "C1001")
	yes, who, nobody := true, "Ada Quill", ""
	if !a.server.EditAccount(before.ID, sandbox.AccountEdit{Attributes: sandbox.Attributes{"city": "Sopot", "mail": nil}, Disabled: &yes, Locked: &yes, Identity: &who}) {
		t.Fatal("no account")
	}
	after := a.account(hr, "C1001")
	if after.Value("city") != "Sopot" || after.Value("mail") != "" || !after.Disabled || !after.Locked || after.IdentityID == "" ||
		after.Value("displayName") != before.Value("displayName") || !after.Modified.After(before.Modified) || after.ID != before.ID {
		t.Errorf("%+v", after)
	}
	a.server.EditAccount(before.ID, sandbox.AccountEdit{Identity: &nobody})
	if after = a.account(hr, "C1001"); after.IdentityID != "" || !after.Disabled {
		t.Errorf("%+v", after)
	}
	if a.server.EditAccount(strings.Repeat("0", 32), sandbox.AccountEdit{}) {
		t.Error("an account that is not there was changed")
	}
	a.server.SetAccount(source, sandbox.AccountSeed{Attributes: sandbox.Attributes{"employeeId": "C9"}})
	if !a.server.RemoveAccount(source, "C9") || a.server.RemoveAccount(source, "C9") {
		t.Error("C9 was not removed once")
	}
	if writes := a.server.Writes(); len(writes) != 0 {
		t.Errorf("%+v", writes)
	}
}
