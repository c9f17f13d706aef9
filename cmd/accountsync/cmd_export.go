package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/atomicfile"
	"accountsync/internal/connection"
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
			"finds nothing to do. The rows are ordered by key. The file appears only when the listing is proven complete; one that is there is\n" +
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
	file, err := a.exportFile(conf.File)
	if err != nil {
		return problem.Wrap(problem.CannotWrite, err, "name another file with --file")
	}
	defer file.Cleanup()
	listed, err := a.exportFile(conf.File)
	if err != nil {
		return problem.Wrap(problem.CannotWrite, err, "name another file with --file")
	}
	defer listed.Cleanup()
	api, err := a.env.Connect(conf)
	if err != nil {
		return err
	}
	ctx := a.env.Stop.Draining
	source, err := api.Source(ctx, conf.Source)
	if err != nil {
		return err
	}
	schema, err := api.Schema(ctx, source.ID)
	if err != nil {
		return err
	}
	export := export{file: listed.File, source: source, schema: schema, options: options}
	if err := a.exportAll(ctx, api, conf, &export); err != nil {
		return err
	}
	if err := export.order(file); err != nil {
		return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing the export: %w", err), "")
	}
	return a.deliver(conf, file, &export)
}

// exportAll lists until the listing is proven complete.
func (a *app) exportAll(ctx context.Context, api *connection.API, conf *config.Sync, e *export) error {
	bar := a.env.Progress(conf, api)
	defer bar.End()
	proof, err := sync.List(ctx, api, e.source, sync.ListOptions{Workers: conf.Workers, Watch: bar.Watch, Log: a.env.Log}, e.begin)
	if err != nil {
		return err
	}
	if !proof.Proven {
		return problem.Errorf(problem.Partial, "nothing was written; try again when the source is at rest",
			"the listing of source %q is not proven complete: %s", e.source.Name, proof.Doubt)
	}
	if err := e.writer.Flush(); err != nil {
		return err
	}
	return e.out.Flush()
}

// export writes accounts to a file in the order of the listing, from its
// beginning at each try, and then in that of their keys to another one.
type export struct {
	out     countedWriter
	rows    []exportedRow
	file    *os.File
	source  account.Source
	schema  account.Schema
	options csvfile.Options
	writer  *csvfile.Writer
	written int
	skipped int
}

func (e *export) begin() (func(*account.Account) error, error) {
	if err := e.file.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := e.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	e.out = countedWriter{Writer: bufio.NewWriterSize(e.file, 64<<10)}
	e.writer, e.written, e.skipped, e.rows = csvfile.NewWriter(&e.out, e.source, e.schema, e.options), 0, 0, e.rows[:0]
	return e.write, e.writer.Flush() // the header
}

// exportedRow is where the row of a key stands in the file.
type exportedRow struct {
	key        string
	begin, end int64
}

// countedWriter counts what was written.
type countedWriter struct {
	*bufio.Writer
	n int64
}

func (w *countedWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.n += int64(n)
	return n, err
}

// order copies the header and the rows, by their keys, so that two exports can
// be compared line by line.
func (e *export) order(to io.Writer) error {
	out := bufio.NewWriterSize(to, 64<<10)
	header := e.out.n
	if len(e.rows) > 0 {
		header = e.rows[0].begin
	}
	slices.SortStableFunc(e.rows, func(a, b exportedRow) int { return strings.Compare(a.key, b.key) })
	for _, row := range append([]exportedRow{{end: header}}, e.rows...) {
		if _, err := io.Copy(out, io.NewSectionReader(e.file, row.begin, row.end-row.begin)); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (e *export) write(a *account.Account) error {
	var skip *csvfile.SkippedError
	begin := e.out.n
	err := e.writer.Write(a)
	if errors.As(err, &skip) {
		e.skipped++
		return nil
	}
	if err == nil {
		err = e.writer.Flush()
	}
	e.rows = append(e.rows, exportedRow{strings.Clone(a.NativeIdentity), begin, e.out.n})
	e.written++
	return err
}

// exportFile is a temporary file beside its target, or anywhere for standard output.
func (a *app) exportFile(path string) (*atomicfile.File, error) {
	if path == "-" {
		path = filepath.Join(os.TempDir(), "accountsync-export.csv")
	}
	return atomicfile.New(path)
}

// deliver puts the whole file in its place.
func (a *app) deliver(conf *config.Sync, file *atomicfile.File, e *export) error {
	if err := a.handOver(conf, file); err != nil {
		return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing the export: %w", err), "")
	}
	if !conf.Quiet {
		fmt.Fprintf(a.env.Stderr, "exported %d accounts of %s\n", e.written, e.source.Name)
		if left := e.writer.LeftOut(); len(left) > 0 {
			fmt.Fprintf(a.env.Stderr, "left out, because no column can have the name: %s\n", text.Visible(strings.Join(left, ", ")))
		}
	}
	if e.skipped > 0 {
		return problem.Errorf(problem.Partial, "look at them in ISC: no row of a CSV can name them", "%d accounts have no native identity and are not in the file", e.skipped)
	}
	return nil
}

func (a *app) handOver(conf *config.Sync, file *atomicfile.File) error {
	if conf.File != "-" {
		return file.CloseAtomicallyReplace()
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(a.env.Stdout, file)
	return err
}
