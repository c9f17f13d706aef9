package main

import (
	"fmt"
	"strings"

	"accountsync/internal/problem"

	"github.com/spf13/cobra"
)

const startHere = `Start here:
  accountsync demo                                     see it work, without a tenant
  accountsync doctor --source "HR"                     check credentials, scopes and quota
  accountsync export --source "HR" --file live.csv     write the live accounts as a CSV
  accountsync plan --source "HR" --file hr.csv         show what would change; writes nothing
  accountsync apply accountsync-out/plan-RUN.json      carry out exactly that
  accountsync show last C1007                          show what became of one account

Sign in with SAIL_BASE_URL, SAIL_CLIENT_ID and SAIL_CLIENT_SECRET: accountsync help credentials`

// commandGroups are the commands by task. What none of them names is shown last.
var commandGroups = []struct {
	title    string
	commands []string
}{
	{"Synchronize a source", []string{"plan", "approve", "apply", "sync", "export", "columns"}},
	{"Look at runs, and take them back", []string{"runs", "report", "show", "resume", "undo"}},
	{"Single accounts", []string{"accounts"}},
	{"Check settings and connection", []string{"doctor", "config"}},
	{"Run many syncs", []string{"worker", "run"}},
	{"Try it without a tenant", []string{"demo", "sandbox"}},
}

// groupCommands puts the commands of the program under the headings of its help.
func groupCommands(root *cobra.Command) {
	for _, g := range commandGroups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, name := range g.commands {
			for _, c := range root.Commands() {
				if c.Name() == name {
					c.GroupID = g.title
				}
			}
		}
	}
}

// helpTopics are what accountsync help TOPIC tells beside the commands.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-status", Short: "What each exit status means", Long: exitHelp()},
		{Use: "credentials", Short: "How to sign in, and where settings come from", Long: credentialsHelp},
	}
}

// strictHelp lets help and completion refuse what they do not know: by
// themselves they print something else and succeed.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = knownCommand
		case "completion":
			c.Args = cobra.NoArgs
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			for _, shell := range c.Commands() {
				shell.Args = usageArgs(shell.Args)
			}
		}
	}
}

// knownCommand accepts the path to a command.
func knownCommand(c *cobra.Command, path []string) error {
	_, rest, err := c.Root().Find(path)
	if err != nil {
		return err
	}
	return cobra.NoArgs(c, rest)
}

// credentialsHelp says how to sign in.
const credentialsHelp = `SAIL_BASE_URL (https://TENANT.api.identitynow.com), SAIL_CLIENT_ID and SAIL_CLIENT_SECRET of a
personal access token with the scopes idn:accounts:read, idn:accounts:manage, idn:sources:read,
idn:source-schema:read, idn:task-management:read and, to disable, enable or unlock,
idn:accounts-state:manage; the secret also from --client-secret-file or
$CREDENTIALS_DIRECTORY. Every flag is also a variable ACCOUNTSYNC_NAME and a key of --config FILE;
a flag goes over the environment, that over the file.`

func exitHelp() string {
	var b strings.Builder
	b.WriteString("Exit status:\n")
	for _, s := range problem.Statuses {
		fmt.Fprintf(&b, "    %3d  %s\n", s.Code, s.Text)
	}
	return strings.TrimRight(b.String(), "\n")
}
