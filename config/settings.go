package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/internal/problem"
	"accountsync/notify"
	"accountsync/ratelimit"
)

// setting is one setting: the only place where it is parsed.
type setting struct {
	name  string
	parse func(*Sync, value) error
	none  string // what holds when it is empty, for those who look at the settings
}

// value is a setting as it was written.
type value struct {
	raw  any
	flag bool // it stands on the command line
}

// settings are all there are. What a person writes into syncs: alone is in
// entrySettings.
var settings = []setting{
	{"file", text(func(s *Sync) *string { return &s.File }), "none"},
	{"source", text(func(s *Sync) *string { return &s.Source }), "none"},

	{"key", text(func(s *Sync) *string { return &s.CSV.Key }), "the schema's identityAttribute, or nativeIdentity"},
	{"map", renames, "none"},
	{"ignore", list(func(s *Sync) *[]string { return &s.CSV.Ignore }), "none"},
	{"multi", list(func(s *Sync) *[]string { return &s.CSV.Multi }), "those of the schema"},
	{"separator", separator, ";"},
	{"delimiter", delimiter, "auto"},
	{"merge-rows", truth(func(s *Sync) *bool { return &s.CSV.MergeRows }), "false"},
	{"skip-lines", number(0, func(s *Sync) *int { return &s.CSV.SkipLines }), "0"},
	{"comment", text(func(s *Sync) *string { return &s.CSV.Comment }), "a row that begins with # is rejected"},
	{"key-width", number(0, func(s *Sync) *int { return &s.CSV.KeyWidth }), "0"},
	{"trim", truth(func(s *Sync) *bool { return &s.CSV.Trim }), "false"},
	{"encoding", text(func(s *Sync) *string { return &s.CSV.Encoding }), "UTF-8, or found"},
	{"columns", text(func(s *Sync) *string { return &s.Columns }), "none beside the file"},
	{"file-header-file", text(func(s *Sync) *string { return &s.CSV.HeaderFile }), "none"},
	{"null", list(func(s *Sync) *[]string { return &s.CSV.Null }), "none"},
	{"date-format", list(func(s *Sync) *[]string { return &s.CSV.Dates }), "none"},

	{"removal", removal, "report"},
	{"update-with", parsed(diff.ParseUpdateWith, func(s *Sync) *diff.Op { return &s.UpdateWith }), "put"},
	{"allow-direct-create", truth(func(s *Sync) *bool { return &s.AllowDirectCreate }), "false"},
	{"allow-recorrelate", truth(func(s *Sync) *bool { return &s.AllowRecorrelate }), "false"},
	{"only", list(func(s *Sync) *[]string { return &s.Only }), "all operations"},
	{"exclude", list(func(s *Sync) *[]string { return &s.Exclude }), "none"},
	{"protect", list(func(s *Sync) *[]string { return &s.Protect }), "none"},

	{"max-removals", parsed(diff.ParseLimit, func(s *Sync) *diff.Limit { return &s.Limits.Removals }), "10%, or the source's deleteThreshold if lower"},
	{"max-updates", parsed(diff.ParseLimit, func(s *Sync) *diff.Limit { return &s.Limits.Updates }), "50%"},
	{"max-creates", parsed(diff.ParseLimit, func(s *Sync) *diff.Limit { return &s.Limits.Creates }), "no limit"},
	{"max-cleared", parsed(diff.ParseLimit, func(s *Sync) *diff.Limit { return &s.Limits.Cleared }), "20%"},
	{"max-shrunk", parsed(diff.ParseLimit, func(s *Sync) *diff.Limit { return &s.Limits.Shrunk }), "20%"},
	{"max-errors", parsed(diff.ParseLimit, func(s *Sync) *diff.Limit { return &s.MaxErrors }), "no limit"},
	{"max-stale", parsed(diff.ParseLimit, func(s *Sync) *diff.Limit { return &s.MaxStale }), "no limit"},
	{"max-unusual", factor, "a warning from 3"},

	{"allow-removals", allowed(func(s *Sync) **int { return &s.Allow.Removals }), "0"},
	{"allow-updates", allowed(func(s *Sync) **int { return &s.Allow.Updates }), "0"},
	{"allow-creates", allowed(func(s *Sync) **int { return &s.Allow.Creates }), "0"},
	{"allow-cleared", allowed(func(s *Sync) **int { return &s.Allow.Cleared }), "0"},
	{"allow-shrunk", allowed(func(s *Sync) **int { return &s.Allow.Shrunk }), "0"},
	{"allow-lookalikes", allowed(func(s *Sync) **int { return &s.AllowLookalikes }), "0"},
	{"allow-unusual", truth(func(s *Sync) *bool { return &s.Allow.Unusual }), "false"},
	{"allow-empty", truth(func(s *Sync) *bool { return &s.Allow.Empty }), "false"},

	{requireApprovals, number(0, func(s *Sync) *int { return &s.RequireApprovals }), "0"},
	{allowedSigners, text(func(s *Sync) *string { return &s.AllowedSigners }), "none"},
	{"made-by", text(func(s *Sync) *string { return &s.MadeBy }), "the user of this system"},

	{"on-guard", choice(func(s *Sync, word string) { s.SkipRemovals = word == "skip-removals" }, "block", "skip-removals"), "block"},
	{"canary", number(0, func(s *Sync) *int { return &s.Canary }), "0"},
	{"reload", truth(func(s *Sync) *bool { return &s.Reload }), "false"},
	{"verify", choice(func(s *Sync, word string) { s.VerifyOff = word == "off" }, "auto", "off"), "auto"},
	{"verify-timeout", length(func(s *Sync) *time.Duration { return &s.VerifyTimeout }), ""},
	{"lost-after", length(func(s *Sync) *time.Duration { return &s.LostAfter }), ""},
	{"lock-wait", length(func(s *Sync) *time.Duration { return &s.LockWait }), ""},
	{"aggregation-wait", length(func(s *Sync) *time.Duration { return &s.AggregationWait }), ""},
	{"aggregation-zone", parsed(zone, func(s *Sync) **time.Location { return &s.AggregationZone }), "UTC"},
	{"expires", expires, ""},

	{"api", text(func(s *Sync) *string { return &s.API }), ""},
	{"rate", rate, ""},
	{"workers", number(1, func(s *Sync) *int { return &s.Workers }), ""},
	{"parallel", number(1, func(s *Sync) *int { return &s.Parallel }), ""},
	{"client-secret-file", text(func(s *Sync) *string { return &s.Tenant.Secret.File }), "none"},
	{"client-secret-command", command, "none"},

	{"ping-url", receiver(func(s *Sync) **notify.Receiver { return &s.Ping }), "none"},
	{"webhook", receiver(func(s *Sync) **notify.Receiver { return &s.Webhook }), "none"},

	{"redact", list(func(s *Sync) *[]string { return &s.Redact }), "none"},
	{"state", state, "$STATE_DIRECTORY, or ~/.local/state/accountsync"},
	{"out", text(func(s *Sync) *string { return &s.Out }), DefaultOut},
	{"log-format", choice(func(s *Sync, word string) { s.LogFormat = word }, "auto", "console", "json"), "auto"},
	{"log-level", choice(func(s *Sync, word string) { s.LogLevel = word }, "debug", "info", "warn", "error"), "info"},
	{"quiet", truth(func(s *Sync) *bool { return &s.Quiet }), "false"},
	{"no-progress", truth(func(s *Sync) *bool { return &s.NoProgress }), "false"},
	{"verbose", truth(func(s *Sync) *bool { return &s.Verbose }), "false"},
	{"detailed-exitcode", truth(func(s *Sync) *bool { return &s.DetailedExitCode }), "false"},
}

// entrySettings stand in a configuration file only. Those of a tenant stand
// under tenant:.
var entrySettings = []setting{
	{"name", text(func(s *Sync) *string { return &s.Name }), "the source"},
	{"schedule", scheduled, "none: it runs when it is asked for"},
	{"schedule-zone", parsed(zone, func(s *Sync) **time.Location { return &scheduleOf(s).Zone }), "UTC"},
	{"starting-deadline", startingDeadline, "1h"},
	{"base-url", text(func(s *Sync) *string { return &s.Tenant.BaseURL }), "SAIL_BASE_URL"},
	{"client-id", text(func(s *Sync) *string { return &s.Tenant.ClientID }), "SAIL_CLIENT_ID"},
	{"client-secret-variable", text(func(s *Sync) *string { return &s.Tenant.Secret.Variable }), "SAIL_CLIENT_SECRET"},
}

var allSettings = slices.Concat(settings, entrySettings)

// What a configuration file says of these, a flag or a variable can make
// stricter, and not less strict.
const (
	requireApprovals = "require-approvals"
	allowedSigners   = "allowed-signers"
)

// tenantKeys stand under tenant:.
var tenantKeys = []string{"base-url", "client-id", "client-secret-variable", "client-secret-file", "client-secret-command"}

// secretKeys say where the client secret comes from: one of them.
var secretKeys = tenantKeys[2:]

// listSettings take several names. None is split at commas, which a name, a
// column or a distinguished name may hold: the flag is repeated, a variable has
// one name a line, and a configuration file a list.
var listSettings = []string{"map", "ignore", "multi", "protect", "only", "exclude", "redact", "null", "date-format"}

// tableSettings say how a table is read. They can also stand in a file beside it.
var tableSettings = []string{"key", "map", "ignore", "multi", "separator", "delimiter", "merge-rows", "skip-lines", "comment", "key-width", "trim", "encoding", "null", "date-format"}

// receiverSettings hold addresses that nobody may see whole.
var receiverSettings = []string{"ping-url", "webhook"}

func known(name string) (setting, bool) {
	i := slices.IndexFunc(allSettings, func(s setting) bool { return s.name == name })
	if i < 0 {
		return setting{}, false
	}
	return allSettings[i], true
}

// wrong is a value that is none of those possible.
type wrong struct{ text, advice string }

func (w *wrong) Error() string { return fmt.Sprintf("%q: %s", w.text, w.advice) }

// write is the text of a value: a number or a truth value as it is written.
func (v value) write() (string, error) {
	switch raw := v.raw.(type) {
	case string:
		return raw, nil
	case bool, int, int64, uint64, float64, time.Duration:
		return fmt.Sprint(raw), nil
	}
	return "", errors.New("write one text")
}

// parsed is a setting with a parser of its own. An empty one is not set.
func parsed[T any](parse func(string) (T, error), field func(*Sync) *T) func(*Sync, value) error {
	return func(s *Sync, v value) error {
		text, err := v.write()
		if err != nil || text == "" {
			return err
		}
		got, err := parse(text)
		if err == nil {
			*field(s) = got
		}
		return err
	}
}

func text(field func(*Sync) *string) func(*Sync, value) error {
	return parsed(func(s string) (string, error) { return s, nil }, field)
}

func number(least int, field func(*Sync) *int) func(*Sync, value) error {
	return parsed(func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, &wrong{s, "write a whole number"}
		}
		if n < least {
			return 0, &wrong{s, fmt.Sprintf("at least %d", least)}
		}
		return n, nil
	}, field)
}

func truth(field func(*Sync) *bool) func(*Sync, value) error {
	return parsed(func(s string) (bool, error) {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return false, &wrong{s, "write true or false"}
		}
		return b, nil
	}, field)
}

// allowed is a permission for one run: it counts on the command line only.
func allowed(field func(*Sync) **int) func(*Sync, value) error {
	set := number(0, func(s *Sync) *int {
		*field(s) = new(int)
		return *field(s)
	})
	return func(s *Sync, v value) error {
		if !v.flag {
			return nil
		}
		return set(s, v)
	}
}

// length is a length of time.
func length(field func(*Sync) *time.Duration) func(*Sync, value) error {
	return parsed(func(s string) (time.Duration, error) {
		d, err := diff.ParseTime(s)
		switch {
		case err != nil && strings.HasPrefix(s, "-"):
			return 0, &wrong{s, "a time is not below 0"}
		case err != nil:
			return 0, &wrong{s, "write a time such as 90s, 5m, 2h or 14d"}
		}
		return d, nil
	}, field)
}

func choice(set func(*Sync, string), words ...string) func(*Sync, value) error {
	return func(s *Sync, v value) error {
		text, err := v.write()
		if err == nil && !slices.Contains(words, text) {
			last := len(words) - 1
			err = &wrong{text, "write " + strings.Join(words[:last], ", ") + " or " + words[last]}
		}
		if err == nil {
			set(s, text)
		}
		return err
	}
}

func list(field func(*Sync) *[]string) func(*Sync, value) error {
	return func(s *Sync, v value) error {
		texts, err := v.list()
		*field(s) = texts
		return err
	}
}

func (v value) list() (texts []string, err error) {
	switch raw := v.raw.(type) {
	case []string:
		return raw, nil
	case []any:
		for _, element := range raw {
			text, err := value{raw: element}.write()
			if err != nil {
				return nil, errors.New("write a list of texts")
			}
			texts = append(texts, text)
		}
		return texts, nil
	}
	one, err := v.write()
	if err != nil || one == "" {
		return nil, err
	}
	return []string{one}, nil
}

// The settings with rules of their own.

func renames(s *Sync, v value) error {
	pairs, err := v.list()
	s.CSV.Map = map[string]string{}
	for _, pair := range pairs {
		at := strings.LastIndexByte(pair, '=') // names of columns hold it, as in ="id", those of attributes hardly
		if at < 1 || at == len(pair)-1 {
			return &wrong{pair, "write Column=attribute"}
		}
		s.CSV.Map[pair[:at]] = pair[at+1:]
	}
	return err
}

func separator(s *Sync, v value) error {
	text, err := v.write()
	if err == nil && strings.ContainsAny(text, "\"\r") {
		return &wrong{text, "neither a quote nor a carriage return can stand between values"}
	}
	s.CSV.Separator = strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(text)
	return err
}

func delimiter(s *Sync, v value) error {
	text, err := v.write()
	if err != nil {
		return err
	}
	switch d := strings.ReplaceAll(strings.ReplaceAll(text, `\t`, "\t"), "tab", "\t"); {
	case d == "" || d == "auto":
	case len([]rune(d)) == 1 && !strings.Contains("\"\r\n", d):
		s.CSV.Delimiter = []rune(d)[0]
	default:
		return &wrong{text, `write one of "," ";" "tab" "|"`}
	}
	return nil
}

func removal(s *Sync, v value) error {
	text, err := v.write()
	if err != nil {
		return err
	}
	if s.Removal, s.Grace, err = diff.ParseRemoval(text); err != nil {
		return &wrong{text, err.Error()}
	}
	return nil
}

func factor(s *Sync, v value) error {
	return parsed(func(text string) (float64, error) {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !(f >= 0) {
			return 0, &wrong{text, "write a number, not below 0"}
		}
		return f, nil
	}, func(s *Sync) *float64 { return &s.MaxUnusual })(s, v)
}

func expires(s *Sync, v value) error {
	if err := length(func(s *Sync) *time.Duration { return &s.Expires })(s, v); err != nil {
		return err
	}
	if s.Expires < 1 {
		text, _ := v.write()
		return &wrong{text, "at least 1ns"}
	}
	return nil
}

func rate(s *Sync, v value) (err error) {
	if s.Rate, err = v.write(); err != nil {
		return err
	}
	if s.Quota, err = ratelimit.ParseQuota(s.Rate); err != nil {
		return &wrong{s.Rate, err.Error()}
	}
	return nil
}

func zone(name string) (*time.Location, error) {
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, &wrong{name, "write a time zone such as America/Chicago, or UTC"}
	}
	return z, nil
}

func scheduleOf(s *Sync) *Schedule {
	if s.Schedule == nil {
		s.Schedule = &Schedule{Zone: time.UTC}
	}
	return s.Schedule
}

func scheduled(s *Sync, v value) error {
	return parsed(func(text string) (string, error) {
		_, err := parseSchedule(text, time.UTC)
		return text, err
	}, func(s *Sync) *string { return &scheduleOf(s).Cron })(s, v)
}

// startingDeadline leaves a worker that takes over the time to look.
func startingDeadline(s *Sync, v value) error {
	err := length(func(s *Sync) *time.Duration { return &s.StartingDeadline })(s, v)
	if d := s.StartingDeadline; err == nil && 0 < d && d < time.Minute {
		err = &wrong{d.String(), "write 1m or more: workers look every few seconds for what is due, and one that takes over needs a while"}
	}
	return err
}

// command is a text for the shell, or a list of words that are run as they are.
func command(s *Sync, v value) (err error) {
	if _, isList := v.raw.([]any); isList {
		s.Tenant.Secret.Command, err = v.list()
		if err == nil && (len(s.Tenant.Secret.Command) == 0 || s.Tenant.Secret.Command[0] == "") {
			err = errors.New("write the command and its arguments")
		}
		return err
	}
	return text(func(s *Sync) *string { return &s.Tenant.Secret.Shell })(s, v)
}

func receiver(field func(*Sync) **notify.Receiver) func(*Sync, value) error {
	return func(s *Sync, v value) error {
		text, isText := v.raw.(string)
		if v.raw != nil && !isText {
			return problem.Errorf(problem.Config, "write one address", "it is not a text")
		}
		r, err := notify.ParseReceiver(text)
		if err != nil {
			return problem.Errorf(problem.Config, "write https://HOST/... (http only to this machine); what stands in the file or the environment is not seen in the list of processes", "%w", err)
		}
		*field(s) = r
		return nil
	}
}

// state refuses an address that is none of a PostgreSQL, and one that holds a
// password: settings are shown, kept with every run and repeated in hints.
func state(s *Sync, v value) error {
	text, err := v.write()
	s.State = text
	if err != nil || !strings.Contains(text, "://") {
		return err
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return problem.Errorf(problem.Config, "name a directory, or postgres://USER@HOST/DATABASE", "it is neither a directory nor the address of a PostgreSQL database")
	}
	query := u.Query()
	if _, has := u.User.Password(); has || query.Has("password") || query.Has("sslpassword") {
		return problem.Errorf(problem.Config, "put the password into PGPASSWORD, or into the file ~/.pgpass or PGPASSFILE", "it holds a password, and settings are shown")
	}
	return nil
}
