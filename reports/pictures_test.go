//go:build integration

package reports

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/record"
)

var pictures = flag.String("pictures", "", "write pictures of report.html into this directory")

// The pictures of the guide can be taken, and show something. This takes them
// anew: go test ./reports -run TestPictures -pictures ../docs/img
func TestPictures(t *testing.T) {
	dir := *pictures
	if dir == "" {
		dir = t.TempDir()
	}
	ctx := browser(t)
	for _, shot := range []struct{ name, scheme, part string }{
		{"report-light", "light", ""}, {"report-dark", "dark", "#op=put"}, {"report-requests", "light", "#requests"},
	} {
		p := newTab(t, ctx, media("", shot.scheme), chromedp.EmulateViewport(1180, 760))
		p.open(p.write(aNight()) + shot.part)
		until(p, `document.getElementById("filters")?.hidden ?? true`, false)
		switch shot.part {
		case "#op=put":
			until(p, countText, "50 of 92 operations")
		case "#requests":
			until(p, `(document.getElementById("requests").scrollIntoView(), window.scrollY > 1000)`, true)
		}
		picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if n := colors(t, picture); n < 100 {
			t.Errorf("%s has %d colours", shot.name, n)
		}
		if err := os.WriteFile(filepath.Join(dir, shot.name+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// colors counts the colours of a picture that has the size it should have.
func colors(t *testing.T, picture []byte) int {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size != image.Pt(1180, 760) {
		t.Errorf("a picture of %v", size)
	}
	seen := map[color.Color]bool{}
	for y := range 760 {
		for x := range 1180 {
			seen[img.At(x, y)] = true
		}
	}
	return len(seen)
}

var (
	cities = []string{"Austin", "Paris", "Osaka", "Malmö", "Łódź", "Lagos", "Quito", "Cork"}
	teams  = []string{"Field Service", "Logistics", "Engineering", "Finance", "Customer Support"}
	logins = []string{"acastell", "hnovak", "oquill", "bkato", "iweiss", "phaas", "jeker", "lmoreau", "tadeyemi", "sokafor", "rlind", "mdubois"}
)

// aNight is a night as an identity admin may meet it; everybody in it is made up.
func aNight() *fake {
	s := &fake{Head: record.Head{
		Source:  account.Source{ID: "a045c710482c4a3da26c84698223dc32", Name: "HR Contractors", Type: "DelimitedFile", ConnectionType: "file"},
		Input:   record.Input{File: "contractors.csv", SHA256: "9f2b5c7d1e0a4f6b8c3d5e7f9a1b2c4d6e8f0a1b3c5d7e9f0b2d4f6a8c0e1f3b", Records: 12_480, Rows: 12_480, Rejected: 2, Key: "employeeId", Columns: []string{"employeeId", "userName", "mail", "department", "city", "groups"}},
		Listing: record.Listing{Accounts: 12_452, Pages: 50, TotalBefore: 12_452, TotalAfter: 12_452, Proven: true, Tries: 1},
		Guards: []diff.Guard{{Name: diff.GuardRemovals, Planned: 6, Limit: 1245}, {Name: diff.GuardUpdates, Planned: 50, Limit: 6226},
			{Name: diff.GuardCleared, Attribute: "mail", Planned: 3, Limit: 2, Needed: 3, AllowedBy: "--allow-cleared 3"}}},
		Rejected: []account.Rejected{{Line: 412, Key: "C1410", Reason: "duplicate key: also on line 9,031"}, {Line: 7_702, Reason: "the row has 5 cells, the header has 6"}},
	}
	for i := range 92 {
		s.Operations = append(s.Operations, nightly(i))
	}
	tally(s, 12_392)
	r := head(s)
	r.Finished = r.Started.Add(48*time.Second + 300*time.Millisecond)
	r.Requests = record.Requests{Total: 164, Throttled: 3, Retried: 3, PausedMS: 4200, ByCode: []record.CodeCount{{Code: 200, Count: 70}, {Code: 202, Count: 89}, {Code: 400, Count: 2}, {Code: 429, Count: 3}}}
	r.Latency = &record.Latency{Count: 164, P50MS: 132, P90MS: 240, P99MS: 810, MaxMS: 1_320}
	for at := range 48 {
		i := record.Interval{At: at, Seconds: 1, Requests: int64(3 + at*5%4)}
		switch {
		case at == 21:
			i.Refused, i.PausedMS = 3, 200
		case at > 21 && at < 26:
			i.Requests, i.PausedMS = 0, 1000
		}
		r.Timeline = append(r.Timeline, i)
	}
	r.Settings = []record.Setting{{Name: "file", Value: "contractors.csv", Origin: "the command line"}, {Name: "rate", Value: "100/10s", Origin: "default"},
		{Name: "removal", Value: "disable", Origin: "configuration file accountsync.yaml"}, {Name: "source", Value: "HR Contractors", Origin: "the environment"}}
	return r
}

// nightly is the i-th of 92 operations: creates, then puts, then disables.
func nightly(i int) *testOp {
	who, city, team := logins[i%len(logins)], cities[i%len(cities)], teams[i%len(teams)]
	op := &testOp{Op: diff.Put, Key: fmt.Sprintf("C%d", 1001+i*7), Account: fmt.Sprintf("%032x", 0x2c91808e+i*104729), Line: 20 + i*13, State: record.Verified, Attempts: 1, HTTP: 202,
		Task: "t", TaskStatus: "SUCCESS", Changes: []diff.Field{field("city", cities[(i+3)%len(cities)], city)}}
	switch {
	case i < 36:
		op.Op = diff.Create
		op.Changes = []diff.Field{field("userName", "", who), field("mail", "", who+"@example.com"), field("city", "", city), {Attribute: "groups", After: account.ListValue([]string{"VPN", team})}}
	case i >= 86:
		op.Op, op.Line, op.Changes = diff.Disable, 0, nil
		op.State, op.HTTP, op.Attempts, op.TaskStatus = record.Withheld, 0, 0, ""
		op.Code = record.Reason{Code: record.CodeHeld, Details: record.Details{Count: 2}}
		if i%3 == 0 {
			op.IdentityID, op.IdentityState = fmt.Sprintf("2c9180%02d", i), "ACTIVE"
		}
	case i%4 == 0:
		op.Changes = []diff.Field{{Attribute: "groups", Before: account.ListValue([]string{"VPN", "Wiki", "Build"}), After: account.ListValue([]string{"VPN", "Wiki", team})}}
	case i%15 == 0:
		op.Changes = []diff.Field{field("mail", who+"@example.com", "")}
	case i%7 == 0:
		op.Changes = append(op.Changes, field("department", team, teams[(i+1)%len(teams)]))
	}
	switch i {
	case 12:
		op.State, op.HTTP, op.Attempts, op.TaskStatus, op.Account = record.Failed, 400, 1, "", ""
		op.Error, op.TrackingID = "400.1.3 the value of badgeNumber is not a LONG", "e7eab60924f64aa284175b9fa3309599"
	case 41:
		op.State, op.HTTP, op.TaskStatus, op.Code.Code = record.Stale, 404, "", record.CodeGone
	case 58:
		op.State, op.Code = record.Accepted, notShown
	}
	return op
}
