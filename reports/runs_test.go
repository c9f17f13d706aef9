package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"accountsync/internal/text"
	"accountsync/sync"
)

// nights are runs as an admin finds them in the morning, the newest first.
func nights() []Row {
	night := func(day int, id string) time.Time { return time.Date(2026, 11, day, 2, 0, 0, 0, time.UTC) }
	row := func(day int, id, command, source string, o sync.Outcome, exit int, took time.Duration, t sync.Totals) Row {
		began := night(day, id)
		return Row{Run: began.Format("20060102T150405Z-") + id, Command: command, Tenant: "https://acme.api.identitynow.com", SourceID: "id of " + source, Source: source,
			Outcome: o, ExitCode: exit, Started: began, Finished: began.Add(took), Totals: t}
	}
	all := []Row{
		row(25, "aaaa", "sync", "HR Contractors", sync.Interrupted, 0, 0, sync.Totals{Put: sync.Tally{Planned: 1200, Verified: 900, Withheld: 300}}),
		row(24, "bbbb", "apply", "HR Contractors", sync.Partial, 3, 95*time.Second, sync.Totals{Rejected: 2, Create: sync.Tally{Planned: 4, Verified: 4},
			Put: sync.Tally{Planned: 5, Verified: 3, Failed: 1, Stale: 1}, Delete: sync.Tally{Planned: 3, Withheld: 3}, Disable: sync.Tally{Planned: 2, Verified: 2}}),
		row(24, "bbbb", "apply", "Badges 山", sync.Partial, 3, 95*time.Second, sync.Totals{Kept: 12}),
		row(23, "cccc", "sync", "HR Contractors", sync.InSync, 0, 310*time.Millisecond, sync.Totals{Kept: 61}),
	}
	all[0].Finished, all[0].Resumable, all[1].Resumable = time.Time{}, true, true
	return all
}

func listedRuns(t *testing.T, rows []Row, opt Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Runs(&b, rows, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRunsGolden(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 60} {
		golden(t, fmt.Sprintf("runs.%d.golden", width), []byte(listedRuns(t, nights(), Options{Width: width})))
	}
}

// Only what runs have to say has a column; several tenants have one.
func TestRunsColumns(t *testing.T) {
	t.Parallel()
	rows := nights()[3:]
	if want := "RUN                    STARTED (UTC)      TOOK  COMMAND  SOURCE          OUTCOME  EXIT  CREATE  PUT  DELETE\n" +
		"20261123T020000Z-cccc  2026-11-23 02:00  310ms  sync     HR Contractors  in-sync     0       -    -       -\n"; listedRuns(t, rows, Options{}) != want {
		t.Errorf("got\n%s", listedRuns(t, rows, Options{}))
	}
	other := rows[0]
	other.Tenant = "https://other.api.identitynow.com"
	if text := listedRuns(t, append(rows, other), Options{}); !strings.Contains(text, "TENANT") || !strings.Contains(text, " other.api.identitynow.com  HR Contractors") {
		t.Errorf("got\n%s", text)
	}
	if text := listedRuns(t, nil, Options{}); text != "No runs are on record.\n" {
		t.Errorf("got %q", text)
	}
}

// Lines fit and end where they end, nothing acts, and colour adds nothing.
func TestRunsOnATerminal(t *testing.T) {
	t.Parallel()
	rows := nights()
	rows[1].Source, rows[1].Command, rows[1].Outcome, rows[1].Tenant, rows[1].Run = "a\x1b[31m\u202e\n"+strings.Repeat("long ", 99), "\x07", "\x00", "\u2066", "\r"
	for _, rows := range [][]Row{nights(), rows} {
		for width := 20; width < 200; width += 9 {
			said := listedRuns(t, rows, Options{Width: width})
			if strings.IndexFunc(said, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) >= 0 {
				t.Errorf("something is let through in %q", said)
			}
			for line := range strings.Lines(said) {
				line = strings.TrimSuffix(line, "\n")
				if text.Width(line) > max(width, 44) || strings.TrimRight(line, " ") != line {
					t.Errorf("%d cells in a terminal of %d: %q", text.Width(line), width, line)
				}
			}
			if colored := listedRuns(t, rows, Options{Width: width, Color: true}); colored == said || escapes.ReplaceAllString(colored, "") != said {
				t.Error("colour adds something, or is not there")
			}
		}
	}
}

func TestRunsJSON(t *testing.T) {
	t.Parallel()
	for _, rows := range [][]Row{{}, nights()[:1], nights()} {
		var b bytes.Buffer
		if err := RunsJSON(&b, rows); err != nil {
			t.Fatal(err)
		}
		var back []Row
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
		if cmp.Diff(rows, back) != "" {
			t.Errorf("read back as %+v", back)
		}
		if got := strings.Count(b.String(), "\n"); got != len(rows)+2 && len(rows) > 0 || len(rows) == 0 && b.String() != "[]\n" {
			t.Errorf("%d lines: %s", got, b.String())
		}
	}
}
