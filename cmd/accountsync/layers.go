package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"accountsync/internal/inputfile"
	"accountsync/internal/problem"
	"accountsync/sync"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// syncsKey lists the syncs of a configuration file: each a map of settings
// that go over those of the file.
const syncsKey = "syncs"

// layer is one place settings come from.
type layer struct {
	origin string
	keys   *koanf.Koanf
}

// layers are all the places, the weakest first; the defaults and the flags are
// the flag set's.
type layers struct {
	file  layer
	syncs []layer
	env   layer
	flags *pflag.FlagSet
}

// gather reads the settings of a command from all places. A key no command
// knows is an error; one that only another command takes is not. With an error
// the layers hold what could be read.
func gather(flags, known *pflag.FlagSet, environ []string) (*layers, error) {
	l := &layers{file: layer{keys: newKeys()}, env: layer{"the environment", newKeys()}, flags: flags}
	path, _ := flags.GetString("config")
	if path == "" {
		path = lookup(environ, envPrefix+"CONFIG")
	}
	vars := env.Provider("\x00", env.Opt{Prefix: envPrefix, EnvironFunc: func() []string { return environ }, TransformFunc: envKey})
	if err := l.env.keys.Load(vars, nil); err != nil {
		return l, problem.Errorf(problem.Config, "", "reading the environment: %w", err)
	}
	if path != "" {
		if err := l.readFile(path, known); err != nil {
			return l, err
		}
	}
	return l, unknownKeys(l.env.keys.Keys(), known, envName)
}

// newKeys makes an empty set of settings; their names are flat.
func newKeys() *koanf.Koanf { return koanf.New("\x00") }

// readFile reads the configuration file and the syncs in it.
func (l *layers) readFile(path string, known *pflag.FlagSet) error {
	l.file.origin = "configuration file " + path
	if err := loadFile(l.file.keys, path); err != nil {
		return err
	}
	entries := l.file.keys.Get(syncsKey)
	l.file.keys.Delete(syncsKey)
	if err := unknownKeys(l.file.keys.Keys(), known, func(string) string { return l.file.origin }); err != nil {
		return err
	}
	if entries == nil {
		return nil
	}
	list, ok := entries.([]any)
	if !ok || len(list) == 0 {
		return problem.Errorf(problem.Config, "write syncs: and under it, for each sync, - source: NAME with its settings", "%s: syncs is not a list of syncs", l.file.origin)
	}
	for i, entry := range list {
		if err := l.addSync(i, entry, known); err != nil {
			return err
		}
	}
	return nil
}

func (l *layers) addSync(i int, entry any, known *pflag.FlagSet) error {
	origin := fmt.Sprintf("%s, sync %d", l.file.origin, i+1)
	settings, ok := entry.(map[string]any)
	if !ok {
		return problem.Errorf(problem.Config, "write - source: NAME with its settings below", "%s is not a set of settings", origin)
	}
	keys := newKeys()
	if err := keys.Load(confmap.Provider(settings, ""), nil); err != nil {
		return problem.Errorf(problem.Config, "", "%s: %w", origin, err)
	}
	l.syncs = append(l.syncs, layer{origin, keys})
	return unknownKeys(keys.Keys(), known, func(string) string { return origin })
}

// config is what the settings come to, with one of the file's syncs laid over
// the file, or without one.
func (l *layers) config(place *layer) (c config, err error) {
	k, err := l.merged(place)
	if err != nil {
		return c, err
	}
	for _, setting := range receiverSettings {
		if err := l.checkReceiver(k, setting); err != nil {
			return c, err
		}
	}
	if err := checkState(k.String("state")); err != nil {
		return c, err
	}
	if err := k.Unmarshal("", &c); err != nil {
		return c, problem.Errorf(problem.Config, "see accountsync help for what each setting takes", "bad setting: %w", err)
	}
	l.flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			c.effective = append(c.effective, sync.Setting{Name: f.Name, Value: fmt.Sprint(shownSetting(k, f.Name)), Origin: l.origin(place, f.Name)})
		}
	})
	return c, nil
}

// checkReceiver finds an address that cannot be used, where the command takes
// one, before anything is done. What is not even a text is not shown either.
func (l *layers) checkReceiver(k *koanf.Koanf, setting string) error {
	value := k.Get(setting)
	text, ok := value.(string)
	if value != nil && !ok {
		return problem.Errorf(problem.Config, "write one address", "the setting %s is not a text", setting)
	}
	if l.flags.Lookup(setting) == nil {
		return nil
	}
	_, err := parseReceiver(setting, text)
	return err
}

// receiver is who a setting names and what it says; none where nobody could be
// told, for whatever reason: that is said elsewhere.
func (l *layers) receiver(setting string) (*receiver, string) {
	k, err := l.merged(nil)
	if err != nil {
		return nil, ""
	}
	text, _ := k.Get(setting).(string)
	r, _ := parseReceiver(setting, text)
	return r, text
}

// narrowed reports whether the command is about one of several syncs only.
func (l *layers) narrowed() bool { return len(l.syncs) > 1 && l.flags.Changed("source") }

// shownSetting is the value of a setting as anybody may see it.
func shownSetting(k *koanf.Koanf, name string) any {
	if text, ok := k.Get(name).(string); ok && slices.Contains(receiverSettings, name) {
		return show(maskedReceiver(text))
	}
	return show(k.Get(name))
}

// merged lays all places over one another, the flags last.
func (l *layers) merged(sync *layer) (*koanf.Koanf, error) {
	k := newKeys()
	for _, place := range l.places(sync) {
		if err := k.Merge(place.keys); err != nil {
			return nil, problem.Errorf(problem.Config, "", "%s: %w", place.origin, err)
		}
	}
	if err := k.Load(posflag.ProviderWithFlag(l.flags, "\x00", k, flagValue(l.flags)), nil); err != nil {
		return nil, problem.Errorf(problem.Config, "", "reading the flags: %w", err)
	}
	return k, nil
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

// places are the layers below the flags, the weakest first.
func (l *layers) places(sync *layer) []layer {
	places := []layer{l.file}
	if sync != nil {
		places = append(places, *sync)
	}
	return append(places, l.env)
}

// origin says where the value of a setting comes from.
func (l *layers) origin(sync *layer, name string) string {
	if f := l.flags.Lookup(name); f != nil && f.Changed {
		return "the command line"
	}
	from := "default"
	for _, place := range l.places(sync) {
		if place.keys.Exists(name) {
			from = place.origin
		}
	}
	return from
}

func loadFile(k *koanf.Koanf, path string) error {
	text, err := inputfile.ReadAll(path, mostSettings)
	var settings map[string]any
	if err == nil {
		settings, err = yaml.Parser().Unmarshal(text)
	}
	if err == nil {
		err = k.Load(confmap.Provider(settings, ""), nil)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem.Errorf(problem.Config, "", "no configuration file %s", path)
	case err != nil:
		return problem.Errorf(problem.Config, "the file is YAML: one `name: value` per line, named as the flags", "configuration file %s: %w", path, err)
	}
	return nil
}

// unknownKeys finds a key no command knows, or one that counts on the command
// line only, and says where it stands. A permission for destructive work that
// waits in a file or a variable would let through what nobody looked at.
func unknownKeys(keys []string, known *pflag.FlagSet, where func(key string) string) error {
	for _, key := range keys {
		if known.Lookup(key) == nil {
			return problem.Errorf(problem.Config, "settings are named as the flags: see accountsync sync --help", "%s: unknown setting %q", where(key), key)
		}
		if strings.HasPrefix(key, "allow-") {
			return problem.Errorf(problem.Config, "take it out there; the plan that needs it prints the flag to type",
				"%s: --%s counts on the command line only", where(key), key)
		}
	}
	return nil
}
