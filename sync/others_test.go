package sync_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sandbox"
	"accountsync/sync"

	"pgregory.net/rapid"
)

// deed is what somebody else does to one account.
type deed struct {
	Account int
	Does    string
}

func drawDeeds(t *rapid.T) []deed {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) deed {
		return deed{rapid.IntRange(0, 13).Draw(t, "account"), rapid.SampledFrom([]string{"note", "city", "toggle", "correlate", "delete", "create"}).Draw(t, "does")}
	}), 1, 6, func(d deed) int { return d.Account }).Draw(t, "deeds")
}

// do does it and gives the accounts it touched as they are then; "" where one is gone.
func (w *world) do(deeds []deed) map[string]string {
	touched := map[string]string{}
	for _, d := range deeds {
		native := fmt.Sprintf("a%d", d.Account)
		a := w.account(native)
		switch {
		case a == nil && d.Does == "create":
			w.server.SetAccount(w.server.SourceID("S"), sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": native, "city": "Bergen", "note": "by others"}, Created: time.Now()})
		case a == nil || d.Does == "create":
			continue
		case d.Does == "delete" && a.Origin != "PROVISIONED":
			w.server.RemoveAccount(w.server.SourceID("S"), native)
		case d.Does == "city":
			w.change(native, "city", "Bergen")
		case d.Does == "toggle":
			w.edit(native, sandbox.AccountEdit{Disabled: new(!a.Disabled)})
		case d.Does == "correlate":
			w.edit(native, sandbox.AccountEdit{Identity: new("Bo")})
		default:
			w.change(native, "note", "by others")
		}
		touched[native] = ""
	}
	now := w.snapshot()
	for native := range touched {
		touched[native] = now[native]
	}
	return touched
}

// What others do between the listing and the first write, between a death and
// the resume, between the plan and its application stays as they left it.
func TestOthersAreNeverUndone(t *testing.T) {
	t.Parallel()
	many(t, func(t *testing.T, rt *rapid.T) {
		s, deeds, ends := drawScenario(rt), drawDeeds(rt), drawEnds(rt)
		when := rapid.SampledFrom([]string{"after the listing", "after a death", "after the plan"}).Draw(rt, "when")
		s.Faults = slices.DeleteFunc(s.Faults, func(f sandbox.Rule) bool {
			return f.Fault.Kind == sandbox.FaultStaleLook // what a replica does not show yet, nobody can know of
		})
		wrong := ""
		s.in(t, func(w *world) { wrong = w.disturbed(when, deeds, fates(ends[:1], 30)) })
		if wrong != "" {
			rt.Fatalf("%s\n%s: %v, killed at %v\n%s", s.CSV, when, deeds, fates(ends[:1], 30), wrong)
		}
	})
}

func (w *world) disturbed(when string, deeds []deed, fates []fate) string {
	var touched, states map[string]string
	others := func() {
		if touched == nil {
			touched = w.do(deeds)
		}
	}
	var r *result
	switch when {
	case "after the listing":
		w.sealed = others
		r, _ = w.lives(w.begin("sync"), &sync.FromFile{File: w.csv}, nil, nil)
	case "after the plan":
		rec := w.begin("plan")
		if err := sync.Plan(w.t.Context(), w.client, rec, &sync.FromFile{File: w.csv}, w.policy()); err != nil {
			return "" // there is nothing to apply
		}
		others()
		r, _ = w.lives(w.paper(rec), nil, nil, nil)
	default:
		rec := w.begin("sync")
		r, _ = w.lives(rec, &sync.FromFile{File: w.csv}, fates, func() {
			time.Sleep(20 * time.Second) // what is under way is done
			now, err := w.store.Read(w.t.Context(), rec.Head().Run)
			if err != nil || !now.Status().Sealed {
				return // it is planned again
			}
			states = map[string]string{}
			for op := range now.Operations(w.t.Context(), sync.Filter{}) {
				if op.Sent {
					states[op.Key] += string(op.Op) + " "
				}
			}
			others()
		})
	}
	time.Sleep(time.Minute)
	live := w.snapshot()
	for _, native := range slices.Sorted(maps.Keys(touched)) {
		was, is := touched[native], live[native]
		if strings.Contains(states[native], "create ") { // which goes on with what the create could not carry
			was, is = field3(was), field3(is)
		}
		if was != is {
			return fmt.Sprintf("%s is   %s\nothers left %s\n%s", native, is, was, strings.Join(statesOf(r), "\n"))
		}
	}
	for _, op := range r.Operations {
		if _, theirs := touched[op.Key]; theirs && op.State == sync.Verified && op.Sent && !strings.Contains(states[op.Key], string(op.Op)) {
			return fmt.Sprintf("%s %s was sent", op.Op, op.Key)
		}
		if _, theirs := touched[op.Key]; theirs && op.Op == diff.Create && w.upserts() > 0 {
			return "an upsert"
		}
	}
	return ""
}

// afterCreate is what is set after the create by what its row asks for: whose
// the account is, its state, and further values of a list.
var afterCreate = regexp.MustCompile(` of "[0-9a-f]*" \(by hand: (true|false)\)| (disabled|locked)=(true|false)| groups=\[[^]]*\]`)

// field3 is what others did to a snapshot of an account that the run created.
func field3(held string) string {
	if strings.Contains(held, `note="by others"`) {
		return "by others"
	}
	return afterCreate.ReplaceAllString(held, "")
}

func statesOf(r *result) (lines []string) {
	for _, op := range r.Operations {
		lines = append(lines, fmt.Sprintf("%s %s: %s %+v %v", op.Op, op.Key, op.State, op.Reason.Code, op.Changes))
	}
	return lines
}
