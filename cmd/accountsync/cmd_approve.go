package main

import (
	"accountsync/approval"
	"accountsync/config"
	"accountsync/job"

	"github.com/spf13/cobra"
)

func (a *app) approveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "approve PLAN --key FILE",
		Short: "Sign a saved plan with your SSH key: apply --require-approvals asks for it",
		Long: "approve shows what a saved plan would do, and signs the file with an SSH key. The signature goes beside the plan,\n" +
			"where apply finds it, and is in OpenSSH's form: ssh-keygen -Y verify -n " + approval.Namespace + " accepts it, and apply accepts\n" +
			"those that ssh-keygen -Y sign -n " + approval.Namespace + " makes. The key may be a public one whose private one an SSH agent holds.\n" +
			"With --allowed-signers it says how many of the approvals are there. It calls no API.",
		Example: "  accountsync approve accountsync-out/plan-20261123T020000Z-7f3a.json --key ~/.ssh/id_ed25519\n" +
			"  accountsync approve plan-20261123T020000Z-7f3a.json --key ~/.ssh/id_ed25519.pub --allowed-signers approvers.txt --require-approvals 2",
		Args: cobra.ExactArgs(1),
		RunE: a.runApprove,
	}
	c.Flags().String("key", "", "`FILE` of the SSH key to sign with: a private key, or a public one that an SSH agent has the private one of")
	_ = c.Flags().SetAnnotation("key", ownFlag, []string{}) // not the CSV's
	c.Flags().Bool("yes", false, "do not ask on a terminal")
	config.ApprovalFlags(c.Flags())
	return c
}

func (a *app) runApprove(c *cobra.Command, args []string) error {
	plan, conf, err := a.openPlan(c, args[0])
	if err != nil {
		return err
	}
	defer plan.Close()
	key, _ := c.Flags().GetString("key")
	yes, _ := c.Flags().GetBool("yes")
	return job.Approve(a.env, conf, plan, key, yes)
}
