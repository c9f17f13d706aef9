package isc

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

var quotedID = regexp.MustCompile(`"([^"]*)"`)

// taskTenant knows every task but those named gone; it takes filters on ids or not.
func taskTenant(t *testing.T, filters bool) *tenant {
	tn := newTenant(t)
	body := func(id string) map[string]any {
		return map[string]any{"id": id, "completionStatus": "SUCCESS", "messages": []any{}, "returns": nil}
	}
	tn.handle("GET /v2025/task-status", func(w http.ResponseWriter, r *http.Request) {
		if !filters {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"detailCode":"400.1","messages":[{"text":"filter not supported"}]}`)
			return
		}
		found := []any{}
		for _, m := range quotedID.FindAllStringSubmatch(r.URL.Query().Get("filters"), -1) {
			if !strings.HasPrefix(m[1], "gone") {
				found = append([]any{body(m[1])}, found...) // newest first
			}
		}
		_ = json.NewEncoder(w).Encode(found)
	})
	tn.handle("GET /v2025/task-status/{id}", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.PathValue("id"), "gone") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(body(r.PathValue("id")))
	})
	return tn
}

func TestTasks(t *testing.T) {
	t.Parallel()
	var ids []string
	var want []account.Task
	for i := range 120 {
		id := fmt.Sprintf("%032x", i)
		if i%7 == 3 {
			id = "gone" + id[4:]
		} else {
			want = append(want, account.Task{ID: id, Status: "SUCCESS"})
		}
		ids = append(ids, id)
	}
	for _, filters := range []bool{true, false} {
		t.Run(fmt.Sprintf("filters %v", filters), func(t *testing.T) {
			t.Parallel()
			tn := taskTenant(t, filters)
			c := tn.client(t)
			for range 2 {
				got, err := c.Tasks(t.Context(), ids)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatal(d)
				}
			}
			batched, single := 0, 0
			for _, r := range tn.requests() {
				if r.Path == "/v2025/task-status" {
					batched++
				} else {
					single++
				}
				if len(tn.server.URL)+len(r.URL) > maxURL {
					t.Errorf("an address of %d bytes", len(r.URL))
				}
			}
			if filters && (batched != 4 || single != 0) {
				t.Errorf("%d requests and %d single ones for twice 120 tasks, want 4 and 0", batched, single)
			}
			if !filters && (batched > 2 || single != 240) {
				t.Errorf("%d requests with a filter and %d single ones, want at most 2 and 240", batched, single)
			}
		})
	}
}

func TestTasksOfNone(t *testing.T) {
	t.Parallel()
	c := fake(t, func(*http.Request) (*http.Response, error) { t.Error("asked"); return nil, io.EOF })
	if got, err := c.Tasks(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTaskStates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body string
		want account.Task
	}{
		{`{"id":"t","completionStatus":null}`, account.Task{ID: "t"}},
		{`{"id":"t"}`, account.Task{ID: "t"}},
		{`{"id":"t","completionStatus":"Success","messages":null}`, account.Task{ID: "t", Status: "SUCCESS"}},
		{`{"id":"t","completionStatus":"TEMP_ERROR"}`, account.Task{ID: "t", Status: "TEMPERROR"}},
		{`{"id":"t","completionStatus":"TempError"}`, account.Task{ID: "t", Status: "TEMPERROR"}},
		{`{"id":"t","completionStatus":"Error","messages":[{"type":"INFO","key":"began"},{"type":"WARN","localizedText":{"locale":"en","message":"slow"}},{"type":"ERROR","key":"k","localizedText":{"message":"no such group"}},{"type":"ERROR","key":"k2","localizedText":null}]}`,
			account.Task{ID: "t", Status: "ERROR", Message: "no such group; k2; slow; began"}},
		{`{"id":"t","completionStatus":"ERROR","messages":[{"type":"ERROR","key":"` + strings.Repeat("x", 400) + `"}]}`,
			account.Task{ID: "t", Status: "ERROR", Message: strings.Repeat("x", 299) + "…"}},
		{`{"id":"t","completionStatus":"TERMINATED","messages":"odd"}`, account.Task{ID: "t", Status: "TERMINATED"}},
	}
	for _, tt := range tests {
		tn := newTenant(t)
		tn.reply("GET /v2025/task-status", 200, "["+tt.body+"]")
		got, err := tn.client(t).Tasks(t.Context(), []string{"t"})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]account.Task{tt.want}, got); d != "" {
			t.Errorf("%s: %s", tt.body, d)
		}
	}
}

func TestTasksTrouble(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("/", 403, `{}`)
	if _, err := tn.client(t).Tasks(t.Context(), []string{"t"}); !asError(t, err).Denied() || len(tn.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(tn.requests()))
	}
	one := newTenant(t)
	one.reply("GET /v2025/task-status", 400, `{}`)
	one.reply("GET /v2025/task-status/t", 500, `{}`)
	if _, err := one.client(t).Tasks(t.Context(), []string{"t"}); asError(t, err).Status != 500 {
		t.Errorf("%v", err)
	}
}
