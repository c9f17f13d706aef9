package reports

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/reports/page"
	"accountsync/sync"
)

func pageOf(t failer, r runner) string { return pageWith(t, r, "NONCE") }

func pageWith(t failer, r runner, nonce string) string {
	var b bytes.Buffer
	s := surveyed(t, r)
	data := newPageData(s.outline)
	if err := r.run().pass(context.Background(), data.operation); err != nil {
		t.Fatalf("%v", err)
	}
	if err := page.Write(&b, newPage(r.run(), s, data), nonce); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}

// Nothing in the page needs more than its policy allows, whatever the run holds.
func TestHTMLKeepsItsPolicy(t *testing.T) {
	t.Parallel()
	hostile, _ := hostile(t)
	for name, r := range map[string]*fake{"hostile": hostile, "every state": everyState(t), "nothing": head()} {
		text := pageOf(t, r)
		if !strings.Contains(text, `content="default-src &#39;none&#39;; script-src &#39;nonce-NONCE&#39;; style-src &#39;nonce-NONCE&#39;;`) {
			t.Errorf("%s: there is no policy", name)
		}
		for _, forbidden := range []string{`<[a-z]+(\s+[a-z-]+(="[^"]*")?)*\s+(style|src|on[a-z]+)=`, `<link`, `<base`, `<iframe`, `url\([^#)]`, `@import`, `<a[^>]* href="[^#]`} {
			if found := regexp.MustCompile(forbidden).FindString(text); found != "" {
				t.Errorf("%s: the page holds %.80s", name, found)
			}
		}
		if n := strings.Count(text, "<script"); n != 1+min(1, len(r.Operations)) || strings.Count(text, "</script>") != n {
			t.Errorf("%s: there are %d scripts", name, n)
		}
	}
}

// The nonce is another one each time.
func TestHTMLNonce(t *testing.T) {
	t.Parallel()
	nonce := regexp.MustCompile(`<script nonce="([A-Z2-7]{26})">`)
	seen := map[string]bool{}
	for range 3 {
		var b bytes.Buffer
		if err := writeHTML(context.Background(), &b, head().run()); err != nil {
			t.Fatal(err)
		}
		found := nonce.FindStringSubmatch(b.String())
		if found == nil || seen[found[1]] {
			t.Fatalf("the nonce is %v", found)
		}
		seen[found[1]] = true
	}
}

// The data is JSON that cannot end its element, whatever the values are, and
// holds a line for every operation.
func TestHTMLData(t *testing.T) {
	t.Parallel()
	data := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText()
		r := manyCreates(rapid.IntRange(1, 3).Draw(t, "n"), sync.Failed)
		for _, op := range r.Operations {
			v := account.StringValue(text.Draw(t, "value"))
			op.Key, op.Error = text.Draw(t, "key"), text.Draw(t, "error")+"</script><!--"
			op.Changes = append(op.Changes, diff.Field{Attribute: text.Draw(t, "attribute"), Before: v, After: account.ListValue([]string{string(v), "</SCRIPT"})})
		}
		found := data.FindStringSubmatch(pageOf(t, r))
		if found == nil || !jsontext.Value(found[1]).IsValid() {
			t.Fatalf("the data is no JSON: %.200v", found)
		}
		if i := strings.IndexAny(found[1], "<>&\u2028\u202e\x00"); i >= 0 {
			t.Fatalf("the data holds %q", found[1][i:])
		}
		if n := strings.Count(found[1], "{\"o\":"); n != len(r.Operations) {
			t.Fatalf("%d of %d operations are there", n, len(r.Operations))
		}
	})
}

// A result that was read back makes the same page, but for what only the input knows.
func TestHTMLOfAResultReadBack(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	if pageOf(t, readBack(t, resultJSON(t, r))) != pageOf(t, r) {
		t.Error("the pages differ")
	}
}

// What a later version may say does not stop the page.
func TestHTMLOfUnknownWords(t *testing.T) {
	t.Parallel()
	r := manyCreates(1, "parked")
	r.Outcome = "postponed"
	r.Operations[0].Op = "merge"
	r.Guards = []diff.Guard{{Name: "moon"}}
	text := pageOf(t, r)
	for _, want := range []string{"postponed", "merge", "parked", "moon"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the page", want)
		}
	}
}

// The page says what it leaves out.
func TestHTMLCaps(t *testing.T) {
	t.Parallel()
	r := manyCreates(250, sync.Failed)
	s := r
	for i, op := range s.Operations {
		s.Rejected = append(s.Rejected, account.Rejected{Line: i + 2, Reason: "no key"})
		if i%2 == 0 {
			op.Op, op.IdentityID = diff.Delete, "someone"
		}
	}
	tally(s, 0)
	text := pageOf(t, r)
	for _, want := range []string{`<a class="all" href="#state=failed">all 250</a>, of which these are the first 20`, "and 150 more in result.csv", `<a class="all" href="#op=delete&amp;op=disable">all 125</a>`, "The first 100 of 250 operations", "125 from an identity that is active"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// A page that is full holds what needs a look first, and says where the rest is.
func TestHTMLHoldsWhatNeedsALookFirst(t *testing.T) {
	t.Parallel()
	r := manyCreates(inPage+100, sync.Verified)
	states := map[int]sync.State{inPage + 10: sync.Failed, inPage + 5: sync.Stale, inPage + 3: sync.Accepted, inPage + 1: sync.Withheld}
	for i, state := range states {
		r.Operations[i].State = state
	}
	r.Operations[inPage+50].Op = diff.Delete
	tally(r, 0)
	o := surveyed(t, r).outline
	data := newPageData(o)
	if err := r.run().pass(context.Background(), data.operation); err != nil {
		t.Fatal(err)
	}
	var first []int64
	for i, op := range data.all() {
		if i < 6 {
			first = append(first, op.place-1)
		}
	}
	if want := []int64{inPage + 10, inPage + 5, inPage + 3, inPage + 1, inPage + 50, 0}; !slices.Equal(first, want) || data.size != inPage {
		t.Errorf("the page holds %d, first of all %v instead of %v", data.size, first, want)
	}
	if want := "This page holds the first 20,000 of 20,100 operations"; !strings.Contains(pageOf(t, r), want) {
		t.Errorf("the page does not say %q", want)
	}
}

// A reload whose task has ended is all there is to see: nobody has to look at it.
func TestSettledNeedsNobody(t *testing.T) {
	t.Parallel()
	r := manyCreates(2, sync.Accepted)
	s := r
	for _, op := range s.Operations {
		op.Op = diff.Reload
	}
	s.Operations[1].TaskStatus, s.Operations[1].Reason = "", "its task could not be followed"
	tally(s, 0)
	human := regexp.MustCompile(`(?s)<section id="look".*?</section>`).FindString(pageOf(t, r))
	for name, text := range map[string]string{"page": human, "summary": summaryMD(t, r), "table": rendered(t, Table, r, Options{})} {
		if strings.Contains(text, "user.000000") || !strings.Contains(text, "user.000001") {
			t.Errorf("%s: the wrong one needs a human:\n%s", name, text)
		}
	}
}
