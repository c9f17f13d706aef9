package main

import (
	"fmt"
	"os"
	"strings"

	"accountsync/config"
	"accountsync/internal/export"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the live accounts of a source as a desired-state CSV",
		Long: "export lists the live accounts and writes them in the format sync reads: exporting and syncing back\n" +
			"finds nothing to do. The rows are ordered by key. The file appears only when the listing is verified complete; one that is there is\n" +
			"overwritten only with --force. With --states it also says\n" +
			"whether each account is disabled and locked, and whose it is: a sync of such a file manages these too.\n\n" +
			"Values are written as they are. Text that begins with = + - @ can act as a formula in a spreadsheet.",
		Example: "  accountsync export --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync export --source \"HR Contractors\" --states > contractors.csv",
		Args: cobra.NoArgs,
		RunE: a.runExport,
	}
	config.SourceFlag(c.Flags())
	config.ConnectFlags(c.Flags())
	c.Flags().StringP("file", "f", "-", "the CSV `FILE` to write (- is standard output)")
	c.Flags().String("separator", ";", "between the values of one multi-valued cell")
	c.Flags().Bool("force", false, "overwrite a file that is there")
	c.Flags().Bool("states", false, "also write account.disabled, account.locked, account.identityId and account.manuallyCorrelated")
	return c
}

func (a *app) runExport(c *cobra.Command, _ []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	if conf.Source == "" {
		return problem.Errorf(problem.Usage, "--source takes the source's id or name", "--source is not given")
	}
	options := conf.CSV
	options.States, _ = c.Flags().GetBool("states")
	if !c.Flags().Changed("file") {
		conf.File = "-" // a setting's file is the desired state: not one to overwrite
	}
	if force, _ := c.Flags().GetBool("force"); !force {
		if _, err := os.Lstat(conf.File); conf.File != "-" && err == nil {
			return problem.Errorf(problem.Usage, "name another file, or overwrite this one with --force", "--file %s: the file exists", conf.File)
		}
	}
	api, err := a.env.Connect(conf)
	if err != nil {
		return err
	}
	bar := a.env.Progress(conf, api)
	listing := sync.ListOptions{Workers: conf.Workers, Watch: bar.Watch, Log: a.env.Log}
	done, err := export.Write(a.env.Stop.Draining, api.Client, conf.Source, conf.File, a.env.Stdout, options, listing)
	bar.End()
	if err != nil {
		return err
	}
	if !conf.Quiet {
		fmt.Fprintf(a.env.Stderr, "exported %d accounts of %s\n", done.Written, done.Source)
		if len(done.LeftOut) > 0 {
			fmt.Fprintf(a.env.Stderr, "left out, because no column can have the name: %s\n", text.Visible(strings.Join(done.LeftOut, ", ")))
		}
	}
	if done.Skipped > 0 {
		return problem.Errorf(problem.Partial, "look at them in ISC: no row of a CSV can name them", "%d accounts have no native identity and are not in the file", done.Skipped)
	}
	return nil
}
