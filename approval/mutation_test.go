package approval_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/approval"
	"accountsync/internal/problem"
	"accountsync/reports"
	"accountsync/sync"

	"golang.org/x/crypto/ssh"
)

// approvedPlan is a plan that asks for two approvals, with both beside it.
type approvedPlan struct {
	plan, signers string
	asked         string   // the digest of the list that the plan asks for
	files         []string // those that a change of makes it another plan
	rules         approval.Rules
}

func newApprovedPlan(t *testing.T, keys map[string]ssh.Signer, signing []ssh.Signer, pinned bool) *approvedPlan {
	t.Helper()
	dir := t.TempDir()
	a := &approvedPlan{plan: filepath.Join(dir, "plan-r.json"), signers: filepath.Join(dir, "approvers.txt")}
	var lines string
	for _, name := range []string{"alice@example.com", "bob", "carol"} {
		lines += line(name, keys[name])
	}
	write(t, a.signers, []byte(lines))
	a.rules = approval.Rules{Required: 2, Signers: a.signers}
	head := &sync.Head{Run: "r", Command: "plan", MadeBy: []string{"carol", "root"}, Source: account.Source{ID: "s", Name: "Staff"}, Expires: today.Add(time.Hour)}
	if pinned {
		var err error
		if head.Terms.Approvals, err = a.rules.Asked(); err != nil {
			t.Fatal(err)
		}
		a.asked = head.Terms.Approvals.Signers
		a.rules = approval.Rules{Signers: a.signers} // the plan itself asks for them
	}
	var content bytes.Buffer
	if err := sync.WritePlan(t.Context(), &content, reports.HeadOnly(head)); err != nil {
		t.Fatal(err)
	}
	write(t, a.plan, content.Bytes())
	a.files = []string{a.plan, a.signers}
	for _, key := range signing {
		file := approval.FileName(a.plan, key.PublicKey())
		write(t, file, sign(t, content.String(), key))
		a.files = append(a.files, file)
	}
	return a
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// applied says why the plan would not be applied, nil when it would.
func (a *approvedPlan) applied() error {
	plan, err := sync.OpenPlan(a.plan)
	if err != nil {
		return err
	}
	defer plan.Close()
	v, err := approval.Look(plan, a.rules, today)
	if err != nil {
		return err
	}
	return v.Enough()
}

// TestNothingChangedIsApplied changes the plan, a signature or the list of
// signers 10,000 times: none is applied any more.
func TestNothingChangedIsApplied(t *testing.T) {
	t.Parallel()
	keys := map[string]ssh.Signer{"alice@example.com": key(t), "bob": ecdsaKey(t), "carol": key(t)}
	a := newApprovedPlan(t, keys, []ssh.Signer{keys["alice@example.com"], keys["bob"]}, true)
	if err := a.applied(); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	var contents [][]byte
	for _, file := range a.files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, content)
	}
	why := map[string]int{}
	for i := 0; i < 10_000; {
		n := random.IntN(len(contents))
		changed := mutated(random, contents[n], contents[random.IntN(len(contents))])
		if same(a.files[n], changed, contents[n]) {
			continue
		}
		i++
		now := slices.Clone(contents)
		now[n] = changed
		ok := a.approved(t, now)
		if i%10 == 0 { // the same from files
			write(t, a.files[n], changed)
			ok = ok || a.applied() == nil
			write(t, a.files[n], contents[n])
		}
		if ok {
			t.Fatalf("seed %d: applied with %s as\n%q\ninstead of\n%q", seed, filepath.Base(a.files[n]), changed, contents[n])
		}
		why[filepath.Base(a.files[n])]++
	}
	if !a.approved(t, contents) {
		t.Error("what is unchanged is not approved")
	}
	if err := a.applied(); err != nil {
		t.Errorf("unchanged again: %v", err)
	}
	if len(why) != len(contents) {
		t.Errorf("only these were changed: %v", why)
	}
}

// approved reports whether two people approved what stands in the files, by the
// list that the plan was made with.
func (a *approvedPlan) approved(t *testing.T, contents [][]byte) bool {
	t.Helper()
	signers, err := approval.ParseSigners(contents[1])
	if err != nil || signers.SHA256 != a.asked {
		return false
	}
	var signatures []approval.Signature
	for i, content := range contents[2:] {
		signatures = append(signatures, approval.Signature{File: a.files[2+i], Content: content})
	}
	counts, _, err := signers.Judge(func() io.Reader { return bytes.NewReader(contents[0]) }, []string{"carol", "root"}, signatures, today)
	if err != nil {
		t.Fatal(err)
	}
	return len(counts) >= 2
}

// same reports whether a change is none: a signature may be broken into lines
// anywhere.
func same(file string, a, b []byte) bool {
	if strings.HasSuffix(file, ".sig") {
		unbroken := func(b []byte) string { return strings.NewReplacer("\n", "", "\r", "").Replace(string(b)) }
		return unbroken(a) == unbroken(b)
	}
	return bytes.Equal(a, b)
}

// TestNoChangeOfKeysLetsOthersApprove: too few people signed, and whatever is
// changed in the list behind the names, of their keys and options, or in the
// signatures, it stays so. The plan does not know the list.
func TestNoChangeOfKeysLetsOthersApprove(t *testing.T) {
	t.Parallel()
	keys := map[string]ssh.Signer{"alice@example.com": key(t), "bob": key(t), "carol": key(t)}
	a := newApprovedPlan(t, keys, []ssh.Signer{keys["bob"], keys["carol"], key(t)}, false) // carol made it, the third is a stranger
	if err := a.applied(); err == nil {
		t.Fatal("applied with one approval")
	}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	list, err := os.ReadFile(a.signers)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(list), "\n"), "\n")
	plan, err := sync.OpenPlan(a.plan)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	signatures, err := approval.Beside(a.plan)
	if err != nil || len(signatures) != 3 {
		t.Fatal(len(signatures), err)
	}
	read := 0
	for range 10_000 {
		all := append([]approval.Signature{}, signatures...)
		text := string(list)
		if n := random.IntN(6); n < 3 {
			name, rest, _ := strings.Cut(lines[n], " ")
			other := append([]string{}, lines...)
			other[n] = name + " " + strings.ReplaceAll(string(mutated(random, []byte(rest), signatures[n].Content)), "\n", " ") + "\n"
			text = strings.Join(other, "")
		} else {
			all[n-3].Content = mutated(random, all[n-3].Content, signatures[random.IntN(3)].Content)
		}
		signers, err := approval.ParseSigners([]byte(text))
		if err != nil {
			continue
		}
		read++
		counts, _, err := signers.Judge(plan.Content, plan.Head.MadeBy, all, today)
		if err != nil {
			t.Fatal(err)
		}
		if len(counts) > 1 {
			t.Fatalf("seed %d: %v count by\n%s", seed, counts, text)
		}
	}
	if read == 0 {
		t.Error("no list could be read")
	}
}

// TestWhatALookAsksFor: without rules nothing, otherwise enough of both.
func TestWhatALookAsksFor(t *testing.T) {
	t.Parallel()
	keys := map[string]ssh.Signer{"alice@example.com": key(t), "bob": key(t), "carol": key(t)}
	a := newApprovedPlan(t, keys, []ssh.Signer{keys["alice@example.com"], keys["bob"]}, false)
	empty := filepath.Join(filepath.Dir(a.plan), "empty.txt")
	write(t, empty, nil)
	for _, c := range []struct {
		rules  approval.Rules
		status int // of its error, 0 without one
		looked bool
	}{
		{approval.Rules{}, 0, false},
		{approval.Rules{Required: 2, Signers: a.signers}, 0, true},
		{approval.Rules{Required: 3, Signers: a.signers}, problem.Blocked, true},
		{approval.Rules{Required: 4, Signers: a.signers}, problem.Config, false}, // more than there are people
		{approval.Rules{Required: 2}, problem.Usage, false},
		{approval.Rules{Signers: a.signers}, problem.Usage, false},
		{approval.Rules{Required: 2, Signers: a.signers + ".not"}, problem.NoInput, false},
		{approval.Rules{Required: 2, Signers: empty}, problem.Config, false},
	} {
		plan, err := sync.OpenPlan(a.plan)
		if err != nil {
			t.Fatal(err)
		}
		v, err := approval.Look(plan, c.rules, today)
		_ = plan.Close()
		if v != nil && err == nil {
			err = v.Enough()
		}
		status := 0
		if is := (*problem.Error)(nil); err != nil {
			if !errors.As(err, &is) {
				t.Fatalf("%v: %v", c.rules, err)
			}
			status = is.Code
		}
		if status != c.status || (v != nil) != c.looked {
			t.Errorf("%v: status %d (%v), want %d; looked: %v", c.rules, status, err, c.status, v != nil)
		}
	}
}

// TestAPlanWithoutAMakerIsNotApproved: nobody can be told from its maker.
func TestAPlanWithoutAMakerIsNotApproved(t *testing.T) {
	t.Parallel()
	keys := map[string]ssh.Signer{"alice@example.com": key(t), "bob": key(t), "carol": key(t)}
	a := newApprovedPlan(t, keys, nil, false)
	var content bytes.Buffer
	if err := sync.WritePlan(t.Context(), &content, reports.HeadOnly(&sync.Head{Run: "r"})); err != nil {
		t.Fatal(err)
	}
	write(t, a.plan, content.Bytes())
	for _, name := range []string{"bob", "carol"} {
		write(t, approval.FileName(a.plan, keys[name].PublicKey()), sign(t, content.String(), keys[name]))
	}
	if err := a.applied(); err == nil || !strings.Contains(err.Error(), "does not say who made it") {
		t.Errorf("%v", err)
	}
}

// TestAPlanThatChangesWhileItIsRead is not what was signed.
func TestAPlanThatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	keys := map[string]ssh.Signer{"alice@example.com": key(t), "bob": key(t), "carol": key(t)}
	a := newApprovedPlan(t, keys, []ssh.Signer{keys["alice@example.com"], keys["bob"]}, true)
	plan, err := sync.OpenPlan(a.plan)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	content, err := os.ReadFile(a.plan)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(a.plan, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt([]byte("X"), int64(bytes.Index(content, []byte("Staff"))))
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if _, err := approval.Look(plan, a.rules, today); err == nil || !strings.Contains(err.Error(), sync.ErrEdited.Error()) {
		t.Errorf("%v", err)
	}
}

// mutated is a text changed in one of the ways in which files are changed, by
// accident or on purpose, with something of another one in it perhaps.
func mutated(random *rand.Rand, text, other []byte) []byte {
	b := bytes.Clone(text)
	at := func(n int) int { return random.IntN(max(1, n)) }
	for range 1 + random.IntN(3) {
		i := at(len(b))
		j := min(len(b), i+1+at(40))
		switch random.IntN(9) {
		case 0: // a bit
			if len(b) > 0 {
				b[i] ^= 1 << random.IntN(8)
			}
		case 1: // a character
			if len(b) > 0 {
				const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n ,*\"#-"
				b[i] = letters[random.IntN(len(letters))]
			}
		case 2: // something left out
			b = append(b[:i:i], b[j:]...)
		case 3: // something twice
			b = append(b[:j:j], b[i:]...)
		case 4: // cut off
			b = b[:i]
		case 5: // something of another file
			k := at(len(other))
			b = append(b[:i:i], append(bytes.Clone(other[k:min(len(other), k+1+at(200))]), b[i:]...)...)
		case 6: // another file in its place
			b = bytes.Clone(other)
		case 7: // a line moved to the end
			lines := bytes.SplitAfter(b, []byte("\n"))
			n := at(len(lines))
			b = bytes.Join(append(append(append([][]byte{}, lines[:n]...), lines[n+1:]...), lines[n]), nil)
		case 8: // two places exchanged
			if len(b) > 0 {
				k := at(len(b))
				b[i], b[k] = b[k], b[i]
			}
		}
	}
	return b
}
