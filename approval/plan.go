package approval

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/sync"

	"golang.org/x/crypto/ssh"
)

// Rules say what a plan must have before it is carried out.
type Rules struct {
	Required int    // how many people must have approved it; 0: none
	Signers  string // the file of those who may; "" when there is none
}

// Verdict is what the signatures beside a plan come to.
type Verdict struct {
	sync.Approved
	Refused []Refusal
	Notes   []string // what a reader of the record should know, in sentences
	plan    string   // its path
}

// read reads the list of who may approve.
func (r Rules) read() (*Signers, error) {
	if r.Signers == "" {
		return nil, problem.Errorf(problem.Usage, "name the file of who may approve with --allowed-signers", "%s: nobody is named who may give them", approvals(r.Required))
	}
	signers, err := ReadSigners(r.Signers)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Errorf(problem.NoInput, "--allowed-signers names a file with a name and an SSH public key a line", "allowed signers: %w", err)
	case err != nil:
		return nil, problem.Errorf(problem.Config, "a name and an SSH public key a line, as in ssh-keygen(1) under ALLOWED SIGNERS", "allowed signers: %w", err)
	case signers.People() < r.Required:
		return nil, problem.Errorf(problem.Config, "add the others, or ask for fewer with --require-approvals", "%s lists too few people for %s: %d", r.Signers, approvals(r.Required), signers.People())
	}
	return signers, nil
}

// Asked is what a plan that is made by these rules asks for.
func (r Rules) Asked() (asked sync.Approvals, err error) {
	if r.Required == 0 {
		return asked, nil
	}
	signers, err := r.read()
	if err != nil {
		return asked, err
	}
	return sync.Approvals{Required: r.Required, Signers: signers.SHA256}, nil
}

// Look looks at the signatures beside a plan, by the stricter of the rules and
// what the plan itself asks for. With neither there is nothing to look at: nil.
func Look(plan *sync.PlanFile, rules Rules, now time.Time) (*Verdict, error) {
	asked := plan.Head.Terms.Approvals
	rules.Required = max(rules.Required, asked.Required)
	switch {
	case rules.Required == 0 && rules.Signers == "":
		return nil, nil
	case rules.Required == 0:
		return nil, problem.Errorf(problem.Usage, "add how many people must approve, such as --require-approvals 2", "--allowed-signers alone asks for nobody's approval")
	}
	signers, err := rules.read()
	if err != nil {
		return nil, err
	}
	switch {
	case asked.Signers != "" && asked.Signers != signers.SHA256:
		return nil, problem.Errorf(problem.Stale, "plan again, and have that approved", "%s is not the list of allowed signers that the plan was made with", rules.Signers)
	case len(plan.Head.MadeBy) == 0:
		return nil, problem.Errorf(problem.Stale, "plan again, and have that approved", "%s does not say who made it, so that nobody can be told from its maker", plan.Path())
	}
	signatures, err := Beside(plan.Path())
	if err != nil {
		return nil, problem.Errorf(problem.NoInput, "", "reading the signatures of the plan: %w", err)
	}
	counts, refused, err := signers.Judge(plan.Content, plan.Head.MadeBy, signatures, now)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plan.Path(), err)
	}
	v := &Verdict{Approved: sync.Approved{Required: rules.Required, Plan: plan.SHA256, By: counts}, Refused: refused, plan: plan.Path()}
	for _, no := range refused {
		v.Notes = append(v.Notes, fmt.Sprintf("Signature %s does not count: %s.", no.File, no.Why))
	}
	if !signers.knows(plan.Head.MadeBy) {
		v.Notes = append(v.Notes, fmt.Sprintf("The plan was made by %s, who is not in the list of allowed signers: that its maker did not approve it rests on the word of those who did.", strings.Join(plan.Head.MadeBy, ", ")))
	}
	return v, nil
}

// Enough refuses a plan that too few people have approved.
func (v *Verdict) Enough() error {
	if len(v.By) >= v.Required {
		return nil
	}
	said := "the plan has " + v.Standing()
	for _, no := range v.Refused {
		said += fmt.Sprintf("; %s does not count: %s", no.File, no.Why)
	}
	return problem.Errorf(problem.Blocked, "each who may approve it, and did not make it, types: "+text.ShellLine("accountsync", "approve", v.plan)+" --key ~/.ssh/id_ed25519", "%s", said)
}

// Standing says in words how many approvals there are, and whose.
func (v *Verdict) Standing() string {
	said := fmt.Sprintf("%d of %s", len(v.By), approvals(v.Required))
	var names []string
	for _, one := range v.By {
		names = append(names, one.By)
	}
	if len(names) > 0 {
		said += ": " + strings.Join(names, ", ")
	}
	return said
}

// Kept refuses to go on with a run that fewer people approved than are asked for.
func (r Rules) Kept(head *sync.Head) error {
	if r.Required == 0 || head.Approved != nil && len(head.Approved.By) >= r.Required {
		return nil
	}
	return problem.Errorf(problem.Blocked, "plan again, have that approved, and apply it", "run %s was begun without %s", head.Run, approvals(r.Required))
}

// Refuse refuses a command that writes what nobody can have approved.
func (r Rules) Refuse(command string) error {
	if r.Required == 0 {
		return nil
	}
	return problem.Errorf(problem.Usage, "accountsync plan, accountsync approve, accountsync apply", "%s writes what nobody has approved: a plan needs %s", command, approvals(r.Required))
}

// Check says whether a signature just made counts, nil when it does.
func (v *Verdict) Check(file string) error {
	for _, no := range v.Refused {
		if no.File == file {
			return errors.New(no.Why)
		}
	}
	return nil
}

func approvals(n int) string {
	if n == 1 {
		return "1 approval"
	}
	return fmt.Sprintf("%d approvals", n)
}

// SignPlan signs a plan as it was opened.
func SignPlan(plan *sync.PlanFile, key ssh.Signer) (file string, signature []byte, err error) {
	signature, err = Sign(plan.Content(), key)
	return FileName(plan.Path(), key.PublicKey()), signature, err
}
