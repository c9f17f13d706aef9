package sandbox_test

import (
	"fmt"
	"testing"
)

const hr = "HR Contractors"

func TestListEveryPathForm(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, prefix := range []string{"/v3/accounts", "/v2024/accounts", "/v2025/accounts", "/v2026/accounts", "/beta/accounts", "/accounts/v1"} {
		got := a.get(prefix, "filters", fmt.Sprintf("sourceId eq %q", a.sourceID(hr)), "sorters", "id", "count", "true", "limit", "50")
		if got.status != 200 || len(got.list(t)) != 50 || got.header.Get("X-Total-Count") != "60" {
			t.Errorf("%s: %d, %d rows, total %s", prefix, got.status, len(got.list(t)), got.header.Get("X-Total-Count"))
		}
	}
}

func TestCreatePutDelete(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	created := a.send("POST", "/v3/accounts", fmt.Sprintf(`{"attributes":{"sourceId":%q,"employeeId":"C9","groups":"VPN"}}`, a.sourceID(hr)))
	if created.status != 202 || created.object(t)["id"] == "" {
		t.Fatalf("create: %d %s", created.status, created.body)
	}
	task := a.get("/task-status/v1/" + created.object(t)["id"].(string)).object(t)
	if task["completionStatus"] != "SUCCESS" {
		t.Errorf("task: %v", task)
	}
	made := a.account(hr, "C9")
	if got := made.Values("groups"); len(got) != 1 || got[0] != "VPN" || string(made.Attributes["groups"]) != `["VPN"]` {
		t.Errorf("groups = %s", made.Attributes["groups"])
	}
	if put := a.send("PUT", "/v3/accounts/"+made.ID, `{"attributes":{"employeeId":"C9","city":"Paris"}}`); put.status != 202 {
		t.Fatalf("put: %d %s", put.status, put.body)
	}
	if made = a.account(hr, "C9"); made.Value("city") != "Paris" || string(made.Attributes["groups"]) != "null" {
		t.Errorf("after put: %s", made.Attributes)
	}
	if gone := a.send("DELETE", "/v3/accounts/"+made.ID, ""); gone.status != 202 {
		t.Fatalf("delete: %d %s", gone.status, gone.body)
	}
	if _, there := a.lookUp(hr, "C9"); there {
		t.Error("the account is still there")
	}
}
