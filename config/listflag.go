package config

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"
)

// List defines a flag that can be repeated, whose values are never split. It is
// pflag's StringArray without the CSV writer of 4 KB by which that one finds out,
// for each such flag of each command at each start, that nothing is given yet.
func List(f *pflag.FlagSet, name, usage string) {
	f.Var(new(listValue), name, usage)
	f.Lookup(name).DefValue = ""
}

// ListOf are the values of such a flag, none where there is no such flag.
func ListOf(f *pflag.FlagSet, name string) []string {
	if flag := f.Lookup(name); flag != nil {
		if l, ok := flag.Value.(pflag.SliceValue); ok {
			return l.GetSlice()
		}
	}
	return nil
}

// listValue is a pflag.SliceValue.
type listValue []string

func (l *listValue) Set(value string) error        { return l.Append(value) }
func (l *listValue) Append(value string) error     { *l = append(*l, value); return nil }
func (l *listValue) Replace(values []string) error { *l = slices.Clone(values); return nil }
func (l *listValue) GetSlice() []string            { return slices.Clone(*l) }
func (l *listValue) Type() string                  { return "stringArray" }
func (l *listValue) String() string                { return fmt.Sprint([]string(*l)) }
