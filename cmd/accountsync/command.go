package main

import (
	"slices"
	"strings"
	"sync"

	"accountsync/job"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandOf is a command line as a job has to know it.
func commandOf(c *cobra.Command) job.Command {
	reads := slices.Clone(c.Flags().Args())
	for _, name := range []string{"config", "from", "json"} {
		if f := c.Flag(name); f != nil {
			reads = append(reads, f.Value.String())
		}
	}
	given := func(flag string) (value string, given bool) {
		f := c.Flags().Lookup(flag)
		if f == nil || !f.Changed {
			return "", false
		}
		return f.Value.String(), true
	}
	var asking sync.Mutex // the runs of a fleet ask side by side, and cobra writes when it is asked
	repeat := func(name string, args ...string) []string {
		asking.Lock()
		defer asking.Unlock()
		return repeated(c, name, args)
	}
	return job.Command{Name: strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" "), Reads: reads, Given: given, Repeat: repeat}
}

// notRepeated are the flags that the next command is given anew, or that are
// for one run, or a secret. The rows of a failed.csv remove nothing.
var notRepeated = []string{"ping-url", "webhook", "client-secret-command", "source", "file", "state", "out", "removal", "allow-removals", "allow-updates", "allow-creates", "allow-cleared", "allow-shrunk", "allow-empty", "allow-lookalikes"}

// repeated are the words of a command line that asks for the same as this one did:
// every flag given here that the command takes.
func repeated(c *cobra.Command, name string, args []string) []string {
	words := append([]string{"accountsync", name}, args...)
	command, _, err := c.Root().Find([]string{name})
	if err != nil {
		return nil
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		inPlan := name == "apply" && (f.Name == "only" || f.Name == "exclude") // what it leaves out says so itself
		if !inPlan && !slices.Contains(notRepeated, f.Name) && command.Flag(f.Name) != nil {
			words = append(words, flagWords(f)...)
		}
	})
	return words
}

// flagWords are the words that set a flag to what it is.
func flagWords(f *pflag.Flag) (words []string) {
	list, ok := f.Value.(pflag.SliceValue)
	switch {
	case f.NoOptDefVal == f.Value.String():
		return []string{"--" + f.Name}
	case f.NoOptDefVal != "":
		return []string{"--" + f.Name + "=" + f.Value.String()}
	case !ok:
		return []string{"--" + f.Name, f.Value.String()}
	}
	for _, element := range list.GetSlice() {
		words = append(words, "--"+f.Name, element)
	}
	return words
}
