package main

import (
	"accountsync/account"
	"accountsync/diff"
	"accountsync/job"

	"github.com/spf13/cobra"
)

// stateCommand is an operation that is told no more than which account.
type stateCommand struct {
	op       diff.Op
	destroys bool
	toggles  bool // takes --force-provisioning and --external-verification-id
	short    string
	long     string
	example  string
}

var stateCommands = []stateCommand{
	{op: diff.Delete, destroys: true, short: "Delete accounts",
		long: "delete deletes accounts of a flat-file source from ISC. It does not reach into the source: an account that is\n" +
			"still in the source's file returns with the next aggregation. The API's documentation recommends to disable\n" +
			"accounts instead, which can be taken back. Other sources refuse it.",
		example: "  accountsync accounts delete --source \"HR Contractors\" C1007\n" +
			"  accountsync accounts delete --source \"HR Contractors\" --from leavers.txt --yes --allow-removals 12"},
	{op: diff.Enable, toggles: true, short: "Enable accounts",
		long: "enable asks for accounts to be enabled. On a flat-file source that may only open a manual task for the source\n" +
			"owner: an account that does not show it before --verify-timeout is reported as accepted, never as verified.",
		example: "  accountsync accounts enable --source \"HR Contractors\" C1007\n  accountsync accounts enable 2c9180835d38ca0c015d606b50851b1e"},
	{op: diff.Disable, destroys: true, toggles: true, short: "Disable accounts",
		long: "disable asks for accounts to be disabled. On a flat-file source that may only open a manual task for the source\n" +
			"owner: an account that does not show it before --verify-timeout is reported as accepted, never as verified.",
		example: "  accountsync accounts disable --source \"HR Contractors\" C1007\n" +
			"  accountsync accounts disable --source \"HR Contractors\" --from leavers.txt --yes"},
	{op: diff.Unlock, toggles: true, short: "Unlock accounts",
		long: "unlock asks for accounts to be unlocked; with --unlock-idn-account also the identity's own account in ISC.\n" +
			"The API cannot lock an account. With --force-provisioning the token needs the scope\n" +
			"idn:accounts-provisioning:manage, too.",
		example: "  accountsync accounts unlock --source \"Corporate Directory\" 'CN=Ada,OU=Staff' --unlock-idn-account"},
	{op: diff.Reload, short: "Read accounts again from their source",
		long: "reload asks ISC to read accounts again from a direct source. Nothing in an account says that this was done: it\n" +
			"is accepted once its task has ended well, and verified only when the account shows a change since.",
		example: "  accountsync accounts reload --source \"Corporate Directory\" 'CN=Ada,OU=Staff'"},
}

func (a *app) stateCommand(s stateCommand) *cobra.Command {
	c := &cobra.Command{
		Use:     string(s.op) + " ACCOUNT...",
		Short:   s.short,
		Long:    s.long + "\n\n" + namesHelp,
		Example: s.example,
		RunE:    func(c *cobra.Command, args []string) error { return a.runState(c, args, s) },
	}
	f := c.Flags()
	writeFlags(f)
	hideUnused(f, "max-creates", "allow-creates", "max-updates", "allow-updates", "max-cleared", "allow-cleared", "allow-empty", "lost-after")
	if !s.destroys {
		hideUnused(f, "max-removals", "allow-removals", "on-guard")
	}
	if s.op != diff.Reload {
		hideUnused(f, "reload")
	}
	if s.destroys {
		f.Bool("yes", false, "do not ask; needed where there is no terminal")
		f.StringArray("protect", nil, "accounts never removed: a `FILE|PATTERN` of keys and names, e.g. svc-* (repeatable)")
	}
	if s.toggles {
		f.Bool("force-provisioning", false, "send it even if ISC already shows the account so, and let ISC provision it")
		f.String("external-verification-id", "", "`id` of an external verification, passed on to the API")
	}
	if s.op == diff.Unlock {
		f.Bool("unlock-idn-account", false, "unlock the identity's account in ISC too; that does not show in the list of accounts")
	}
	return c
}

func (a *app) runState(c *cobra.Command, args []string, s stateCommand) error {
	names, err := a.someNames(c, args)
	if err != nil {
		return err
	}
	options := actionOptions(c)
	return a.write(c, job.Change{Op: s.op, Destroys: s.destroys, Names: names, Options: options, Force: options.ForceProvisioning || options.UnlockIDNAccount})
}

// actionOptions are what the API is told beyond the account. A flag that the command
// lacks is not set.
func actionOptions(c *cobra.Command) (o account.Unlock) {
	o.ForceProvisioning, _ = c.Flags().GetBool("force-provisioning")
	o.ExternalVerificationID, _ = c.Flags().GetString("external-verification-id")
	o.UnlockIDNAccount, _ = c.Flags().GetBool("unlock-idn-account")
	return o
}
