package config

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/internal/problem"
	"accountsync/notify"

	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// The places that are no file.
const (
	fromDefault     = "default"
	fromFlags       = "the command line"
	fromEnvironment = "the environment"
	envPrefix       = "ACCOUNTSYNC_"
)

// Sources are the places that settings come from.
type Sources struct {
	flags    *pflag.FlagSet
	defaults *pflag.FlagSet // of settings that the command has no flag for; nil: they are not set
	env      place
	file     *file
	environ  []string
	tables   map[string]table // by path: the files beside tables
}

// Read reads the settings of a command from all places: its flags, the
// environment, the file of --config. A key that no command knows is an error;
// one that only another command takes is not. Settings that the command has no
// flag for have the defaults of further flags, or none where that is nil. With
// an error the Sources hold what could be read.
func Read(flags, defaults *pflag.FlagSet, environ []string) (*Sources, error) {
	s := &Sources{flags: flags, defaults: defaults, environ: environ, env: place{name: fromEnvironment, keys: newKeys()},
		file: &file{settings: place{keys: newKeys()}}}
	path, _ := flags.GetString("config")
	if path == "" {
		path = Lookup(environ, envPrefix+"CONFIG")
	}
	vars := env.Provider("\x00", env.Opt{Prefix: envPrefix, EnvironFunc: func() []string { return environ }, TransformFunc: envKey})
	if err := s.env.keys.Load(vars, nil); err != nil {
		return s, problem.Errorf(problem.Config, "", "reading the environment: %w", err)
	}
	isKnown := func(name string) bool { return flags.Lookup(name) != nil }
	var problems []error
	if path != "" {
		var err error
		s.file, err = readFile(path, isKnown)
		problems = append(problems, err)
	}
	for _, name := range s.env.keys.Keys() {
		switch {
		case !isKnown(name) && !slices.ContainsFunc(settings, func(s setting) bool { return s.name == name }):
			problems = append(problems, problem.Errorf(problem.Config, unknownHint(name), "%s: unknown setting %q", envName(name), name))
		case forOneRun(name):
			problems = append(problems, problem.Errorf(problem.Config, "take it out there; the plan that needs it prints the flag to type", "%s: --%s counts on the command line only", envName(name), name))
		}
	}
	return s, problem.Join(problems...)
}

// envKey turns ACCOUNTSYNC_MAX_REMOVALS into max-removals. A variable that is
// empty is as good as not set.
func envKey(name, value string) (string, any) {
	key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-")
	if key == "config" || value == "" {
		return "", nil
	}
	if slices.Contains(listSettings, key) {
		return key, nonBlankLines(value)
	}
	return key, value
}

// nonBlankLines are the lines of a text that are not blank.
func nonBlankLines(text string) (lines []string) {
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

// Lookup is the value of a variable; of several, that of the last one, as in os/exec.
func Lookup(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

// Fleet reports whether the configuration file names syncs.
func (s *Sources) Fleet() bool { return s.file.isFleet }

// File is the path of the configuration file, "" without one.
func (s *Sources) File() string { return s.file.path }

// narrowed reports whether the command is about one of several syncs only.
func (s *Sources) narrowed() bool { return len(s.file.syncs) > 1 && s.flags.Changed("source") }

// Whole is what the settings come to without the syncs of the file.
func (s *Sources) Whole() (*Sync, error) { return s.sync(nil) }

// Receivers are who is told of the whole command: none where nobody could be
// told, for whatever reason; that is said elsewhere. A ping of the file stands
// for all syncs, and not for one of them that --source picks.
func (s *Sources) Receivers() (ping, webhook *notify.Receiver, pingURL string) {
	k := s.merged(nil)
	get := func(name string) (r *notify.Receiver, text string) {
		text, _ = k.Get(name).(string)
		r, _ = notify.ParseReceiver(text)
		return r, text
	}
	ping, pingURL = get("ping-url")
	webhook, _ = get("webhook")
	if s.narrowed() && s.origin(nil, "ping-url") == s.file.settings.origin("ping-url") {
		ping = nil
	}
	return ping, webhook, pingURL
}

// Syncs are the syncs of the file, each with its reports in a directory of its
// own; --source picks those of one source or name. All that is wrong with any
// is found at once.
func (s *Sources) Syncs() (syncs []*Sync, err error) {
	var problems []error
	whole, _ := s.merged(nil).Get("source").(string)
	folders, rates := map[string]*Sync{}, map[string]*Sync{}
	for i := range s.file.syncs {
		e := &s.file.syncs[i]
		if s.flags.Changed("source") && whole != e.text("source") && whole != e.text("name") {
			continue
		}
		one, err := s.sync(e)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		folder := FolderName(one.Name)
		if other, taken := folders[folder]; taken {
			problems = append(problems, problem.Errorf(problem.Config, "give each a name of its own: name: hr-acme",
				"%s: the reports of %q and %q (%s) would go into one directory", one.Origin, one.Name, other.Name, other.Origin))
			continue
		}
		folders[folder] = one
		one.Out = filepath.Join(one.Out, folder)
		one.again = func() (*Sync, error) {
			fresh := *s
			fresh.tables = nil
			return fresh.sync(e)
		}
		if other := rates[one.Domain()]; other != nil && other.Rate != one.Rate {
			problems = append(problems, problem.Errorf(problem.Config, "write one rate for all syncs of a client id, under defaults: for instance",
				"%s: rate %s, and %s says %s for the same client id: they share its quota", s.origin(e, "rate"), one.Rate, other.Origin, other.Rate))
		}
		rates[one.Domain()] = one
		syncs = append(syncs, one)
	}
	if len(problems) == 0 && len(syncs) == 0 {
		return nil, problem.Errorf(problem.Config, "", "%s: no sync has the source or the name %q", s.file.path, whole)
	}
	problems = append(problems, s.strayedSecret(len(rates)))
	return syncs, once(problem.Join(problems...))
}

// once leaves out what is said twice: a setting of all syncs is wrong for each.
func once(err error) error {
	var all []error
	said := map[string]bool{}
	for _, each := range problem.Each(err) {
		if each != nil && !said[each.Error()] {
			said[each.Error()] = true
			all = append(all, each)
		}
	}
	return problem.Join(all...)
}

// strayedSecret refuses one client secret for several client ids: it would be
// sent to tenants that it is none of.
func (s *Sources) strayedSecret(domains int) error {
	for _, name := range secretKeys {
		if from := s.origin(nil, name); domains > 1 && (from == fromFlags || from == fromEnvironment) {
			return problem.Errorf(problem.Config, "write it under tenant: of the sync it is for", "%s: the client secret from %s would be sent to %d tenants or client ids", name, from, domains)
		}
	}
	return nil
}

// FolderName is a name as a directory's.
func FolderName(name string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return unicode.ToLower(r)
		}
		return '-'
	}, name)
	if s = strings.Trim(s, "-"); s == "" {
		return "source"
	}
	return s
}

// sync is what the settings come to for one of the file's syncs, or without one.
func (s *Sources) sync(e *entry) (*Sync, error) {
	k := s.merged(e)
	one := &Sync{}
	one.Limits = diff.DefaultLimits()
	var problems []error
	for _, setting := range allSettings {
		if !k.Exists(setting.name) || s.flags.Lookup(setting.name) == nil && slices.Contains(receiverSettings, setting.name) {
			continue
		}
		f := s.flags.Lookup(setting.name)
		v := value{raw: k.Get(setting.name), flag: f != nil && f.Changed}
		if err := setting.parse(one, v); err != nil {
			problems = append(problems, s.badSetting(e, setting.name, err))
		}
	}
	if t := s.table(e); t.err != nil {
		problems = append(problems, t.err)
	}
	if one.Columns == NoColumns {
		one.Columns = ""
	}
	if err := one.CSV.Check(); err != nil {
		problems = append(problems, problem.Errorf(problem.Usage, "", "%w", err))
	}
	problems = append(problems, s.loosened(e))
	one.PingURL, _ = k.Get("ping-url").(string)
	if e != nil {
		one.Origin = fmt.Sprintf("%s:%d", e.name, e.line)
		problems = append(problems, s.completeEntry(e, one))
	}
	one.Tenant.environ = s.environ
	one.Tenant.complete()
	s.flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			one.Effective = append(one.Effective, Setting{f.Name, shown(k, f.Name), s.origin(e, f.Name)})
		}
	})
	if e == nil {
		return one, problem.Join(problems...)
	}
	for _, setting := range entrySettings {
		one.Effective = append(one.Effective, Setting{setting.name, shown(k, setting.name), s.origin(e, setting.name)})
	}
	return one, problem.Join(problems...)
}

// completeEntry fills in what follows from a sync's other settings, and checks
// what belongs together.
func (s *Sources) completeEntry(e *entry, one *Sync) error {
	if one.Name == "" {
		one.Name = cmp.Or(e.text("source"), one.Source)
	}
	if source := e.text("source"); source != "" { // --source picks a sync, also by its name
		one.Source = source
	}
	if one.StartingDeadline == 0 {
		const usual = 3600e9
		one.StartingDeadline = usual
	}
	var problems []error
	if one.Source == "" {
		problems = append(problems, problem.Errorf(problem.Config, "write source: ID or name", "%s: the sync names no source", one.Origin))
	}
	if one.Schedule != nil {
		if one.Schedule.Cron == "" {
			one.Schedule = nil
		} else if parsed, err := parseSchedule(one.Schedule.Cron, one.Schedule.Zone); err == nil {
			one.Schedule = parsed
		}
	}
	if one.Tenant.ClientID != "" && one.Tenant.Secret.isZero() {
		problems = append(problems, problem.Errorf(problem.Config, "write client-secret-file, client-secret-variable or client-secret-command under tenant:",
			"%s: the tenant names a client id, and not where its secret comes from", s.origin(e, "client-id")))
	}
	return problem.Join(problems...)
}

// loosened refuses a flag or a variable that asks for fewer approvals, or for
// those of others, than what it goes over: a configuration file or a variable.
func (s *Sources) loosened(e *entry) error {
	type said struct{ text, from string }
	var problems []error
	for _, name := range []string{requireApprovals, allowedSigners} {
		var all []said // the files as one, the environment, the command line
		places := s.places(e)
		for i, p := range places {
			if !p.keys.Exists(name) {
				continue
			}
			if i < len(places)-1 {
				all = []said{{fmt.Sprint(p.keys.Get(name)), p.origin(name)}}
			} else {
				all = append(all, said{fmt.Sprint(p.keys.Get(name)), envName(name)})
			}
		}
		if f := s.flags.Lookup(name); f != nil && f.Changed {
			all = append(all, said{f.Value.String(), "--" + name})
		}
		for i := 1; i < len(all); i++ {
			low, high := all[i-1], all[i]
			least, _ := strconv.Atoi(low.text)
			n, err := strconv.Atoi(high.text)
			if low.text != high.text && (name == allowedSigners || err != nil || n < least) {
				problems = append(problems, problem.Errorf(problem.Usage, "leave it out: only there it can be made less strict", "%s %s: %s says %s", high.from, high.text, low.from, low.text))
			}
		}
	}
	return problem.Join(problems...)
}

// badSetting says where a value stands that cannot be used. On the command line
// that is wrong usage, elsewhere bad configuration.
func (s *Sources) badSetting(e *entry, name string, err error) error {
	code, place, what := problem.Config, "", name
	switch from := s.origin(e, name); {
	case from == fromDefault, strings.HasPrefix(from, fromFlags):
		code, what = problem.Usage, "--"+name
	case from == fromEnvironment:
		what = envName(name)
	default:
		place = from + ": "
	}
	hint := ""
	if is := (*problem.Error)(nil); errors.As(err, &is) {
		code, hint = is.Code, is.Hint
	}
	if is := (*wrong)(nil); errors.As(err, &is) {
		return problem.Errorf(code, hint, "%sinvalid %s %w", place, what, err)
	}
	return problem.Errorf(code, hint, "%s%s: %w", place, what, err)
}

// merged lays all places over one another, the flags last. A place that says
// where the client secret comes from says it instead of those below.
func (s *Sources) merged(e *entry) *koanf.Koanf {
	k := newKeys()
	for _, p := range s.places(e) {
		if slices.ContainsFunc(secretKeys, p.keys.Exists) {
			for _, name := range secretKeys {
				k.Delete(name)
			}
		}
		_ = k.Merge(p.keys) // flat keys always merge
	}
	for _, name := range secretKeys {
		if f := s.flags.Lookup(name); f != nil && f.Changed {
			for _, name := range secretKeys {
				k.Delete(name)
			}
			break
		}
	}
	_ = k.Load(posflag.ProviderWithFlag(s.flags, "\x00", k, flagValue(s.flags)), nil)
	if t := s.table(e); t.place != nil {
		s.addToTable(k, *t.place)
	}
	if s.defaults != nil {
		_ = k.Load(posflag.ProviderWithFlag(s.defaults, "\x00", k, flagValue(s.defaults)), nil)
	}
	return k
}

// flagValue gives a flag's name and value; those of a list as they were given.
func flagValue(flags *pflag.FlagSet) func(*pflag.Flag) (string, any) {
	return func(f *pflag.Flag) (string, any) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			return f.Name, list.GetSlice()
		}
		return f.Name, posflag.FlagVal(flags, f)
	}
}

// places are those below the flags, the weakest first.
func (s *Sources) places(e *entry) []place {
	places := s.placesBut(e)
	if t := s.table(e); t.place != nil {
		places = slices.Insert(places, len(places)-1, *t.place)
	}
	return places
}

// placesBut are the places but the file beside the table, the environment last.
func (s *Sources) placesBut(e *entry) []place {
	places := []place{s.file.settings}
	if e != nil {
		places = append(append(places, e.defaults...), e.place)
	}
	return append(places, s.env)
}

// origin says where the value of a setting comes from.
func (s *Sources) origin(e *entry, name string) string {
	if f := s.flags.Lookup(name); f != nil && f.Changed {
		if s.addsToTable(e, name) {
			return fromFlags + " and " + s.table(e).origin(name)
		}
		return fromFlags
	}
	from := fromDefault
	for _, p := range s.places(e) {
		if p.keys.Exists(name) {
			from = p.origin(name)
		}
	}
	return from
}

// shown is the value of a setting as anybody may see it.
func shown(k *koanf.Koanf, name string) string {
	raw := k.Get(name)
	text, isText := raw.(string)
	empty := raw == nil || isText && strings.TrimSpace(text) == ""
	if list, ok := raw.([]string); ok && len(list) == 0 {
		empty = true
	}
	switch s, known := known(name); {
	case empty && known && s.none != "":
		return s.none
	case empty:
		return "none"
	case slices.Contains(receiverSettings, name):
		return notify.Masked(text)
	case name == "file" && csvfile.IsURL(text): // what follows ? in it is often the secret
		return csvfile.ShownURL(text)
	case name == "client-secret-command": // its arguments can hold a secret
		words := strings.Fields(fmt.Sprint(raw))
		if list, isList := raw.([]any); isList && len(list) > 0 {
			words = []string{fmt.Sprint(list[0])}
		}
		return words[0] + " ***"
	}
	if n, ok := raw.(float64); ok && n == 0 && name == "max-unusual" {
		s, _ := known(name)
		return s.none
	}
	return fmt.Sprint(raw)
}
