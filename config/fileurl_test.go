package config

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// What follows ? in the address of a file is often the secret to get it.
func TestFileAddressIsMasked(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	ConfigFlag(flags)
	SyncFlags(flags)
	if err := flags.Parse([]string{"--file", "https://host/people.csv?sig=hush"}); err != nil {
		t.Fatal(err)
	}
	all, err := Read(flags, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	one, err := all.Whole()
	if err != nil {
		t.Fatal(err)
	}
	if one.File != "https://host/people.csv?sig=hush" {
		t.Errorf("file %q", one.File)
	}
	for _, s := range one.Effective {
		if strings.Contains(s.Value, "hush") || s.Name == "file" && s.Value != "https://host/people.csv?***" {
			t.Errorf("setting %s is shown as %q", s.Name, s.Value)
		}
	}
}
