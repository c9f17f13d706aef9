package reports

import (
	"strings"

	"accountsync/internal/text"
	"accountsync/sync"
)

// verdict is how a run ended, for people.
type verdict struct {
	Level  string // good, look or bad
	Symbol string
	Title  string
	Detail string // what that means, in a sentence
}

var verdicts = map[sync.Outcome]verdict{
	sync.InSync:      {"good", "✓", "In sync", "The accounts were as the file wants them: there was nothing to do."},
	sync.Planned:     {"good", "✓", "Planned", "Nothing was sent: this is what a sync would do."},
	sync.Changed:     {"good", "✓", "Done", "Every operation was seen in the live list."},
	sync.Partial:     {"look", "!", "Done in part", "Some of it is not done, or not known to be done."},
	sync.Blocked:     {"look", "!", "Blocked by a guard", "The operations that a guard holds back were not sent."},
	sync.StalePlan:   {"bad", "✗", "The plan no longer fits", "Nothing was sent: plan again."},
	sync.Interrupted: {"look", "!", "Interrupted", "Unsent operations were not started after the signal; calls under way were finished where possible."},
	sync.RunFailed:   {"bad", "✗", "The run could not be done", ""},
}

// verdictOf says how the run ended. A plan that a guard holds back, or a run
// with a bug, never looks good.
func verdictOf(r *sync.Head) verdict {
	v, known := verdicts[r.Outcome]
	if !known {
		v = verdict{"look", "!", text.Visible(string(r.Outcome)), ""}
	}
	if r.Error != "" && v.Level == "good" {
		v.Level, v.Symbol = "look", "!"
	}
	return v
}

// doneSentence says what was done, in counts.
func (o *outline) doneSentence() string {
	text := o.doneText()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// firstLine and furtherLines are the two parts of an error: what went wrong,
// and more about it.
func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return message(first)
}

func furtherLines(text string) []string {
	_, rest, _ := strings.Cut(text, "\n")
	return lines(rest)
}

func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		all = append(all, message(strings.TrimSuffix(line, "\n")))
	}
	return all
}
