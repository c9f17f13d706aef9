package main

import (
	"fmt"
	"os"

	"accountsync/account"
	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/atomicfile"
	"accountsync/internal/columns"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/internal/text"

	"github.com/spf13/cobra"
)

func (a *app) columnsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "columns",
		Short: "Show a file's header and a source's schema side by side, and the flags to type",
		Long: "columns holds the header of a desired-state table against the account schema of the source, as plan does: what is\n" +
			"missing, what is unknown and the nearest name for it, types, and an example value of both sides. It writes nothing\n" +
			"to the API. --write writes what says how the table is read, these flags among it, to NAME.columns.yaml beside the\n" +
			"file, which plan, sync and doctor then use. The exit status is 0 when the header fits, else 65.",
		Example: "  accountsync columns --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync columns --source \"HR Contractors\" --file contractors.csv --map Town=city --write\n" +
			"  accountsync columns --source \"HR Contractors\" --file 'https://hr.example.com/export.csv' --columns hr.yaml --json",
		Args: cobra.NoArgs,
		RunE: a.runColumns,
	}
	config.SourceFlag(c.Flags())
	config.ConnectionFlags(c.Flags())
	config.LogFlags(c.Flags())
	config.CSVFlags(c.Flags())
	c.Flags().StringArray("redact", nil, "show no value of an `ATTRIBUTE` (repeatable)")
	c.Flags().Bool("json", false, "as JSON")
	c.Flags().Bool("write", false, "write the settings to the file of --columns, else to NAME.columns.yaml beside the file")
	c.Flags().Bool("force", false, "with --write: overwrite a file that is there")
	return c
}

func (a *app) runColumns(c *cobra.Command, _ []string) error {
	target := columnsTarget(c)
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	if err := conf.NeedsTable(); err != nil {
		return err
	}
	if target, err = a.mayWriteColumns(c, conf, target); err != nil {
		return err
	}
	if note := conf.ColumnsNote(); note != "" {
		a.env.Log.Info().Msg(note)
	}
	api, err := a.env.Connect(conf)
	if err != nil {
		return err
	}
	masked := func(schema account.Schema) ([]string, error) {
		return past.MaskNames(conf.Redact, schema, conf.CSV.Map)
	}
	report, err := columns.Compare(a.env.Stop.Draining, api, conf.File, conf.Source, conf.CSV, masked)
	if err != nil {
		return err
	}
	show := report.Print
	if asJSON, _ := c.Flags().GetBool("json"); asJSON {
		show = report.WriteJSON
	}
	if err := show(a.env.Stdout); err != nil {
		return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing to standard output: %w", err), "")
	}
	switch {
	case report.Remains != nil:
		return report.Remains
	case target != "":
		return a.writeColumns(report, target)
	case report.Err != nil:
		return problem.Errorf(problem.BadCSV, "type these flags, or correct them and keep them with --write: "+text.ShellLine(report.Flags...),
			"the header of %s does not fit the schema of source %q as it is", report.File, report.Source)
	}
	return nil
}

// columnsTarget is the file of --columns where that is to be written and is not
// there yet, so that it cannot be read either.
func columnsTarget(c *cobra.Command) string {
	path, _ := c.Flags().GetString("columns")
	if write, _ := c.Flags().GetBool("write"); !write || path == "" || path == config.NoColumns || exists(path) {
		return ""
	}
	_ = c.Flags().Set("columns", config.NoColumns) // it takes every text
	return path
}

// mayWriteColumns is the file to write, "" without --write.
func (a *app) mayWriteColumns(c *cobra.Command, conf *config.Sync, target string) (string, error) {
	if write, _ := c.Flags().GetBool("write"); !write {
		return "", nil
	}
	if target == "" {
		target = conf.Columns
	}
	if target == "" {
		target = csvfile.Beside(conf.File, csvfile.ColumnsEnd)
	}
	force, _ := c.Flags().GetBool("force")
	switch _, err := os.Lstat(target); {
	case target == "":
		return "", problem.Errorf(problem.Usage, "name the file to write with --columns FILE", "--write: there is no place beside %s", conf.File)
	case err == nil && !force:
		return "", problem.Errorf(problem.Usage, "name another file with --columns FILE, or overwrite this one with --force: what it says is kept", "--write: %s exists", target)
	}
	return target, nil
}

func (a *app) writeColumns(report *columns.Report, target string) error {
	text, err := report.YAML()
	if err == nil {
		err = atomicfile.Write(target, text)
	}
	if err != nil {
		return problem.Wrap(problem.CannotWrite, err, "name another file with --columns FILE")
	}
	fmt.Fprintf(a.env.Stderr, "Wrote %s\n", target)
	return nil
}
