package main

import (
	"runtime/debug"

	"accountsync/config"
	"accountsync/job"

	"github.com/spf13/cobra"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "accountsync",
		Short: "Make the accounts of a SailPoint ISC source equal to a CSV file, and prove it",
		Long: "accountsync makes the accounts of a SailPoint Identity Security Cloud source equal to a CSV file,\n" +
			"and proves it: it lists, compares, guards, writes, lists again, and reports on every row and account.\n\n" +
			startHere,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asked, _ := c.Flags().GetBool("version"); asked {
				return a.printVersion(false)
			}
			return c.Help()
		},
	}
	root.Flags().Bool("version", false, "print the version")
	config.ConfigFlag(root.PersistentFlags())
	root.SetUsageFunc(showUsage)
	root.SetFlagErrorFunc(usageFlag)
	root.AddCommand(a.planCommand(), a.approveCommand(), a.applyCommand(), a.syncCommand(), a.resumeCommand(), a.undoCommand(), a.runsCommand(), a.reportCommand(), a.showCommand(), a.exportCommand(), a.accountsCommand(), a.columnsCommand(), a.configCommand(), a.doctorCommand(), a.sandboxCommand(), a.demoCommand(), a.manCommand(), a.workerCommand(), a.runCommand(), a.versionCommand())
	root.AddCommand(helpTopics()...)
	strictHelp(root)
	groupCommands(root)
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	root.Args = usageArgs(cobra.NoArgs)
	return root
}

// settings gathers a command's settings and sets up the log.
func (a *app) settings(c *cobra.Command) (*config.Sync, error) {
	_, conf, err := a.gather(c)
	return conf, err
}

// gather gathers a command's settings from all places and sets up the log. Who
// is to be told of the command is told that it begins, also when its settings
// are wrong: that is how it will end.
func (a *app) gather(c *cobra.Command) (all *config.Sources, conf *config.Sync, err error) {
	if all, err = config.Read(c.Flags(), nil, a.env.Environ); err == nil {
		conf, err = all.Whole()
	}
	if err == nil {
		a.env.Log, err = job.NewLog(conf, a.env.Stderr, a.env.RunID)
	}
	a.env.Notifier.Listen(all)
	return all, conf, err
}

// notifying wraps a command that others are told of.
func (a *app) notifying(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		return a.env.Notify(c.Name(), func() error { return run(c, args) })
	}
}

// each carries a command out for each sync that it asks for.
func (a *app) each(c *cobra.Command, one func(*job.Env, *config.Sync, job.Command) error) error {
	all, conf, err := a.gather(c)
	if err != nil {
		return err
	}
	return job.Each(a.env, all, conf, commandOf(c), one)
}

// neverExit2 makes a crash of the Go runtime, a panic that nothing caught or no
// memory left, end the process by SIGABRT (134 in a shell). By itself it exits
// with 2, which says of plan --detailed-exitcode that there is something to do.
// A core dump would hold values and secrets: none is written.
func neverExit2() {
	noCoreDump()
	debug.SetTraceback("crash")
}
