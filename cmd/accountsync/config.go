package main

import (
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/internal/inputfile"
	"accountsync/internal/problem"
	"accountsync/ratelimit"
	"accountsync/sync"

	"github.com/spf13/pflag"
)

// config holds every setting, named as its flag. A flag goes over the
// environment (ACCOUNTSYNC_NAME), that over the file of --config, that over the default.
type config struct {
	File   string `koanf:"file"`
	Source string `koanf:"source"`

	Key       string   `koanf:"key"`
	Map       []string `koanf:"map"`
	Ignore    []string `koanf:"ignore"`
	Multi     []string `koanf:"multi"`
	Separator string   `koanf:"separator"`
	Delimiter string   `koanf:"delimiter"`
	MergeRows bool     `koanf:"merge-rows"`
	SkipLines int      `koanf:"skip-lines"`
	Comment   string   `koanf:"comment"`
	KeyWidth  int      `koanf:"key-width"`
	Trim      bool     `koanf:"trim"`
	Encoding  string   `koanf:"encoding"`

	FileHeaderFile string   `koanf:"file-header-file"`
	Null           []string `koanf:"null"`
	Dates          []string `koanf:"date-format"`

	Removal     string `koanf:"removal"`
	MaxRemovals string `koanf:"max-removals"`
	MaxUpdates  string `koanf:"max-updates"`
	MaxCreates  string `koanf:"max-creates"`
	MaxCleared  string `koanf:"max-cleared"`
	MaxShrunk   string `koanf:"max-shrunk"`
	MaxErrors   string `koanf:"max-errors"`

	UpdateWith        string `koanf:"update-with"`
	AllowDirectCreate bool   `koanf:"allow-direct-create"`
	AllowRecorrelate  bool   `koanf:"allow-recorrelate"`

	Protect      []string `koanf:"protect"`
	MaxUnusual   float64  `koanf:"max-unusual"`
	AllowUnusual bool     `koanf:"allow-unusual"`

	AllowRemovals   int  `koanf:"allow-removals"`
	AllowUpdates    int  `koanf:"allow-updates"`
	AllowCreates    int  `koanf:"allow-creates"`
	AllowCleared    int  `koanf:"allow-cleared"`
	AllowShrunk     int  `koanf:"allow-shrunk"`
	AllowLookalikes int  `koanf:"allow-lookalikes"`
	AllowEmpty      bool `koanf:"allow-empty"`

	Verify          string        `koanf:"verify"`
	VerifyTimeout   time.Duration `koanf:"verify-timeout"`
	LostAfter       time.Duration `koanf:"lost-after"`
	LockWait        time.Duration `koanf:"lock-wait"`
	AggregationWait time.Duration `koanf:"aggregation-wait"`
	AggregationZone string        `koanf:"aggregation-zone"`
	OnGuard         string        `koanf:"on-guard"`
	Reload          bool          `koanf:"reload"`
	Canary          int           `koanf:"canary"`
	MaxStale        string        `koanf:"max-stale"`
	Expires         time.Duration `koanf:"expires"`

	API              string `koanf:"api"`
	Rate             string `koanf:"rate"`
	Workers          int    `koanf:"workers"`
	ClientSecretFile string `koanf:"client-secret-file"`

	PingURL string `koanf:"ping-url"`
	Webhook string `koanf:"webhook"`

	Redact     []string `koanf:"redact"`
	State      string   `koanf:"state"`
	Out        string   `koanf:"out"`
	LogFormat  string   `koanf:"log-format"`
	LogLevel   string   `koanf:"log-level"`
	Quiet      bool     `koanf:"quiet"`
	NoProgress bool     `koanf:"no-progress"`

	DetailedExitCode bool `koanf:"detailed-exitcode"`
	Verbose          bool `koanf:"verbose"`

	sources   []string       // ids of all sources the file is read for, when its column sourceId names several
	effective []sync.Setting // all of it, and where each came from

	told account.Unlock // what enable, disable and unlock are told; no setting
}

const envPrefix = "ACCOUNTSYNC_"

// listSettings take several names. None is split at commas, which a name, a
// column or a distinguished name may hold: the flag is repeated, a variable has
// one name a line, and a configuration file a list.
var listSettings = []string{"map", "ignore", "multi", "protect", "redact", "null"}

// envKey turns ACCOUNTSYNC_MAX_REMOVALS into max-removals. A variable that is
// empty is as good as not set.
func envKey(name, value string) (string, any) {
	key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-")
	if key == "config" || value == "" {
		return "", nil
	}
	if slices.Contains(listSettings, key) {
		return key, linesOf(value)
	}
	return key, value
}

// linesOf are the lines of a text that are not blank.
func linesOf(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// envName undoes envKey.
func envName(key string) string {
	return envPrefix + strings.ReplaceAll(strings.ToUpper(key), "-", "_")
}

func lookup(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v // the last one counts, as in os/exec
		}
	}
	return value
}

// options are the settings of the desired-state CSV.
func (c config) options() (csvfile.Options, error) {
	o := csvfile.Options{Key: c.Key, Ignore: c.Ignore, Multi: c.Multi, Separator: strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(c.Separator), MergeRows: c.MergeRows,
		SkipLines: c.SkipLines, Comment: c.Comment, KeyWidth: c.KeyWidth, Trim: c.Trim, Null: c.Null, Dates: c.Dates,
		Encoding: c.Encoding, HeaderFile: c.FileHeaderFile,
		Sources: c.sources, Map: map[string]string{}}
	for _, pair := range c.Map {
		column, attribute, ok := strings.Cut(pair, "=")
		if !ok || column == "" || attribute == "" {
			return o, problem.Errorf(problem.Usage, "", "--map %q: write Column=attribute", pair)
		}
		o.Map[column] = attribute
	}
	if strings.ContainsAny(c.Separator, "\"\r") {
		return o, problem.Errorf(problem.Usage, "", "--separator %q: neither a quote nor a carriage return can stand between values", c.Separator)
	}
	switch d := strings.ReplaceAll(strings.ReplaceAll(c.Delimiter, `\t`, "\t"), "tab", "\t"); {
	case d == "" || d == "auto":
	case len([]rune(d)) == 1 && !strings.Contains("\"\r\n", d):
		o.Delimiter = []rune(d)[0]
	default:
		return o, problem.Errorf(problem.Usage, "", `--delimiter %q: write one of "," ";" "tab" "|"`, c.Delimiter)
	}
	if err := o.Check(); err != nil {
		return o, problem.Errorf(problem.Usage, "", "%w", err)
	}
	return o, nil
}

// limits are the guards' limits and what is allowed past them in this one run.
func (c config) limits(flags *pflag.FlagSet) (diff.Limits, diff.Allow, error) {
	limits := diff.DefaultLimits()
	for _, l := range []struct {
		name, text string
		limit      *diff.Limit
	}{
		{"max-removals", c.MaxRemovals, &limits.Removals},
		{"max-updates", c.MaxUpdates, &limits.Updates},
		{"max-creates", c.MaxCreates, &limits.Creates},
		{"max-cleared", c.MaxCleared, &limits.Cleared},
		{"max-shrunk", c.MaxShrunk, &limits.Shrunk},
	} {
		if l.text == "" {
			continue
		}
		var err error
		if *l.limit, err = diff.ParseLimit(l.text); err != nil {
			return limits, diff.Allow{}, problem.Errorf(problem.Usage, "", "--%s: %w", l.name, err)
		}
	}
	allow := diff.Allow{Empty: c.AllowEmpty, Unusual: c.AllowUnusual}
	allow.Removals = given(flags, "allow-removals", c.AllowRemovals)
	allow.Updates = given(flags, "allow-updates", c.AllowUpdates)
	allow.Creates = given(flags, "allow-creates", c.AllowCreates)
	allow.Cleared = given(flags, "allow-cleared", c.AllowCleared)
	allow.Shrunk = given(flags, "allow-shrunk", c.AllowShrunk)
	return limits, allow, nil
}

// given is the number of an --allow flag: such a flag is for one run, so it
// counts on the command line only.
func given(flags *pflag.FlagSet, name string, n int) *int {
	if !flags.Changed(name) {
		return nil
	}
	return &n
}

// quota is what the tenant grants.
func (c config) quota() (ratelimit.Quota, error) {
	q, err := ratelimit.ParseQuota(c.Rate)
	if err != nil {
		return q, problem.Errorf(problem.Usage, "", "--rate: %w", err)
	}
	return q, nil
}

// Bounds on the files that settings come from, in bytes.
const (
	mostSecret   = 64 << 10
	mostSettings = 8 << 20
	mostNames    = 256 << 20
)

// readNameFile reads a file of names whole.
func readNameFile(path string) ([]byte, error) { return inputfile.ReadAll(path, mostNames) }

// secret reads a secret from a file, without the line end editors add.
func secret(path string) (string, error) {
	b, err := inputfile.ReadAll(path, mostSecret)
	if err != nil {
		return "", problem.Errorf(problem.Config, "", "reading the client secret: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
