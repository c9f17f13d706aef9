package job

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"accountsync/approval"
	"accountsync/config"
	"accountsync/internal/atomicfile"
	"accountsync/internal/exit"
	"accountsync/internal/inputfile"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/reports"
	"accountsync/sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Approve shows what a saved plan would do, signs it with the SSH key of a file,
// and says how many approvals are there. On a terminal it asks, unless yes was
// said beforehand.
func Approve(env *Env, conf *config.Sync, plan *sync.PlanFile, keyFile string, yes bool) error {
	if err := planFits(&plan.Head, time.Now(), plan.Head.Tenant); err != nil {
		return err
	}
	key, err := env.signingKey(keyFile)
	if err != nil {
		return err
	}
	if err := env.review(plan); err != nil {
		return err
	}
	if !yes && terminal.CanAsk(env.Stdin, env.Stderr) {
		yes, err := terminal.Ask(env.Stop.Draining, env.Stdin, env.Stderr, "Approve it?")
		if err == nil && !yes {
			err = problem.Errorf(problem.Failure, "", "cancelled; nothing was signed")
		}
		if err != nil {
			return err
		}
	}
	file, signature, err := approval.SignPlan(plan, key)
	if err != nil {
		return fmt.Errorf("signing %s: %w", plan.Path(), err)
	}
	if err := atomicfile.Write(file, signature); err != nil {
		return problem.Errorf(problem.CannotWrite, exit.WriteHint(err), "%w", err)
	}
	fmt.Fprintf(env.Stdout, "Signed with %s: %s\n", ssh.FingerprintSHA256(key.PublicKey()), text.Visible(file))
	return env.approvals(conf, plan, file)
}

// review shows what a plan would do: of the file that is signed then, whatever
// stands under its name meanwhile.
func (env *Env) review(plan *sync.PlanFile) error {
	run, err := reports.ReadPlan(plan)
	if err != nil {
		return problem.Errorf(problem.BadCSV, "", "%w", err)
	}
	return reports.Review(env.Stop.Draining, env.Stdout, run, env.Terminal(&config.Sync{}))
}

// approvals says how many approvals are there, where it is known who may give
// them, and whether the one just given counts.
func (env *Env) approvals(conf *config.Sync, plan *sync.PlanFile, file string) error {
	if conf.AllowedSigners == "" {
		return nil
	}
	v, err := approval.Look(plan, rules(conf), time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s\n", text.Visible(v.Standing()))
	if no := v.Check(filepath.Base(file)); no != nil {
		return problem.Errorf(problem.Blocked, "", "the signature does not count: %w", no)
	}
	if v.Enough() == nil {
		fmt.Fprintf(env.Stdout, "Next: %s\n", text.ShellLine("accountsync", "apply", plan.Path(), "--allowed-signers", conf.AllowedSigners))
	}
	return nil
}

// signingKey opens the key to sign with, and asks for its passphrase where it
// has one.
func (env *Env) signingKey(path string) (ssh.Signer, error) {
	if path == "" {
		return nil, problem.Errorf(problem.Usage, "name your SSH key: --key ~/.ssh/id_ed25519", "--key is not given")
	}
	const maxKey = 1 << 20
	content, err := inputfile.ReadAll(path, maxKey)
	if err != nil {
		return nil, problem.Errorf(problem.NoInput, "ssh-keygen -t ed25519 makes a key", "the SSH key: %w", err)
	}
	keys, done := env.agent()
	defer done()
	key, err := approval.ParseKey(content, keys, func() ([]byte, error) {
		if !terminal.CanAsk(env.Stdin, env.Stderr) {
			return nil, errors.New("it has a passphrase, and there is no terminal to ask for it: add the key to an SSH agent with ssh-add")
		}
		return terminal.AskSecret(env.Stdin, env.Stderr, "Passphrase of the key:")
	})
	switch {
	case errors.Is(err, approval.ErrNoKey):
		return nil, problem.Errorf(problem.NoInput, "name the private key, or add it to the agent: ssh-add "+text.ShellWord(strings.TrimSuffix(path, ".pub")), "%s: %w", path, err)
	case err != nil:
		return nil, problem.Errorf(problem.NoInput, "", "%s: %w", path, err)
	}
	return key, nil
}

// agent is the SSH agent that the environment names, nil where there is none.
func (env *Env) agent() (keys agent.Agent, done func()) {
	if socket := config.Lookup(env.Environ, "SSH_AUTH_SOCK"); socket != "" {
		if conn, err := net.Dial("unix", socket); err == nil {
			return agent.NewClient(conn), func() { _ = conn.Close() }
		}
	}
	return nil, func() {}
}

// rules are those of the settings on who must have approved a plan.
func rules(conf *config.Sync) approval.Rules {
	return approval.Rules{Required: conf.RequireApprovals, Signers: conf.AllowedSigners}
}

// makers are the names of who makes a plan.
func (j *Job) makers() []string {
	return approval.Makers(exit.User(), j.conf.MadeBy, func(name string) string { return config.Lookup(j.env.Environ, name) })
}

// approved is who approved a plan, nil where nobody needs to. What they did not
// see is refused: a flag that lifts a guard and was not in the plan.
func (j *Job) approved(plan *sync.PlanFile, terms sync.Terms) (*sync.Approved, error) {
	v, err := approval.Look(plan, rules(j.conf), time.Now())
	if v == nil || err != nil {
		return nil, err
	}
	if err := v.Enough(); err != nil {
		return nil, err
	}
	beyond := terms.Allow.Beyond(plan.Head.Terms.Allow)
	if _, given := j.command.Given("on-guard"); given && terms.SkipRemovals && !plan.Head.Terms.SkipRemovals {
		beyond = append(beyond, "--on-guard")
	}
	if len(beyond) > 0 {
		return nil, problem.Errorf(problem.Usage, "plan again with it, and have that approved", "%s: the plan that was approved is without it", strings.Join(beyond, ", "))
	}
	j.notes = append(j.notes, v.Notes...)
	return &v.Approved, nil
}
