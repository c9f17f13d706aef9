package sync_test

import (
	"testing"

	"accountsync/diff"
	"accountsync/sync"
)

// chosen makes the world's runs leave out what rules say.
func (w *world) chosen(only, exclude []string) diff.Selection {
	w.t.Helper()
	s, err := diff.ParseSelection(only, exclude, nil)
	if err == nil {
		w.settings.Policy.Select, err = s.Selector()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// A plan that is applied in part ends as one that was made in part: what
// follows an excluded create is left out with it, and guards judge what is sent.
func TestAPlanAppliedInPart(t *testing.T) {
	csv := "id,city,groups,account.disabled\na0,Oslo,VPN,\na1,Rome,VPN,\na2,Oslo,VPN,true\nnew1,Oslo,,true\nnew2,Oslo,,true\n"
	rules := []string{"key=new1", "key=a3", "op=put"}
	want := []string{"create new1 withheld", "create new2 verified", "put a1 withheld", "disable new1 withheld", "disable new2 verified",
		"disable a2 verified", "delete a3 withheld", "delete a4 verified"}
	t.Parallel()
	bubble(t, 5, csv, func(w *world) {
		w.terms.Limits.Removals = limit(w.t, "1")
		plan := w.plan(&sync.FromFile{File: w.csv})
		if !plan.Head().Blocked() {
			w.t.Fatal("two removals are within a limit of one")
		}
		s, err := diff.ParseSelection(nil, rules, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		rec := w.narrowed(plan, s)
		err = sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
		got := w.read(rec, err)
		w.want(got, want...)
		if got.outcome != sync.Changed || err != nil {
			w.t.Errorf("outcome %s, %v", got.outcome, err)
		}
		if g := got.Guards[0]; g.Planned != 1 || g.Tripped {
			w.t.Errorf("guard %+v", g)
		}
		for _, op := range got.Operations {
			if op.State == sync.Withheld && (op.Reason.Code != sync.CodeExcluded || op.Reason.Details.Text == "") {
				w.t.Errorf("%s %s: %+v", op.Op, op.Key, op.Reason)
			}
		}
	})
	bubble(t, 5, csv, func(w *world) {
		w.terms.Limits.Removals = limit(w.t, "1")
		w.chosen(nil, rules)
		got, err := w.sync()
		w.want(got, want...)
		if got.outcome != sync.Changed || err != nil {
			w.t.Errorf("outcome %s, %v", got.outcome, err)
		}
	})
}
