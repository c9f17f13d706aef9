package approval

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"accountsync/internal/inputfile"
	"accountsync/sync"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Signature is a detached signature, as its file has it.
type Signature struct {
	File    string
	Content []byte
}

// FileName is the file beside a plan that holds the signature of a key. Who
// signs again with the same key writes the same file.
func FileName(plan string, key ssh.PublicKey) string {
	fingerprint, _ := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(ssh.FingerprintSHA256(key), "SHA256:"))
	return fmt.Sprintf("%s.%x.sig", plan, fingerprint[:min(6, len(fingerprint))])
}

// Beside reads the signatures beside a plan: PLAN.sig, as ssh-keygen writes it,
// and PLAN.*.sig.
func Beside(plan string) (all []Signature, err error) {
	entries, err := os.ReadDir(filepath.Dir(plan))
	if err != nil {
		return nil, err
	}
	const maxSignature = 64 << 10
	for _, entry := range entries {
		middle, isSignature := strings.CutSuffix(entry.Name(), ".sig")
		rest, ofPlan := strings.CutPrefix(middle, filepath.Base(plan))
		if !isSignature || !ofPlan || rest != "" && rest[0] != '.' {
			continue
		}
		path := filepath.Join(filepath.Dir(plan), entry.Name())
		content, err := inputfile.ReadAll(path, maxSignature)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, Signature{entry.Name(), content})
	}
	return all, nil
}

// Refusal is a signature that does not count, and why.
type Refusal struct{ File, Why string }

// Judge says which signatures of a plan count: those of people on the list, by
// keys that are valid now, each person once, and nobody who made the plan. The
// plan is read anew for each. Its error is one of reading the plan.
func (s *Signers) Judge(plan func() io.Reader, madeBy []string, signatures []Signature, now time.Time) (counts []sync.Approval, refused []Refusal, err error) {
	by := map[string]bool{}
	counts = []sync.Approval{} // of nobody [], not null, on record
	for _, one := range slices.SortedFunc(slices.Values(signatures), func(a, b Signature) int { return cmp.Compare(a.File, b.File) }) {
		source := &reader{r: plan()}
		who, key, no := s.check(source, one.Content, now)
		if source.err != nil {
			return nil, nil, source.err
		}
		switch {
		case no != nil:
		case isMaker(who, madeBy):
			no = fmt.Errorf("%s made the plan", who)
		case by[folded(who)]:
			no = fmt.Errorf("another signature of %s counts already", who)
		}
		if no != nil {
			refused = append(refused, Refusal{one.File, no.Error()})
			continue
		}
		by[folded(who)] = true
		counts = append(counts, sync.Approval{By: who, Key: key})
	}
	slices.SortStableFunc(counts, func(a, b sync.Approval) int { return cmp.Compare(folded(a.By), folded(b.By)) })
	return counts, refused, nil
}

// check says who made a signature of a plan, and with which key.
func (s *Signers) check(plan io.Reader, content []byte, now time.Time) (who, key string, err error) {
	sig, err := parse(content)
	if err != nil {
		return "", "", err
	}
	key = ssh.FingerprintSHA256(sig.PublicKey)
	one, listed := s.byKey[string(sig.PublicKey.Marshal())]
	switch {
	case !listed:
		return "", "", fmt.Errorf("its key %s is not in the list of allowed signers", key)
	case sig.Namespace != Namespace:
		return "", "", fmt.Errorf("it was made for %q, not for %s", sig.Namespace, Namespace)
	case one.others:
		return "", "", fmt.Errorf("the key of %s is not for plans, say its namespaces", one.name)
	case !one.from.IsZero() && now.Before(one.from):
		return "", "", fmt.Errorf("the key of %s is not valid before %s", one.name, one.from.Format(time.RFC3339))
	case !one.to.IsZero() && now.After(one.to):
		return "", "", fmt.Errorf("the key of %s is not valid after %s", one.name, one.to.Format(time.RFC3339))
	}
	if err := sshsig.Verify(plan, sig, sig.PublicKey, sig.HashAlgorithm, Namespace); err != nil {
		return "", "", fmt.Errorf("%s did not sign this plan: the signature does not fit it", one.name)
	}
	return one.name, key, nil
}

// parse reads a signature in the one form it can have.
func parse(content []byte) (*sshsig.Signature, error) {
	sig, err := sshsig.Unarmor(content)
	if err != nil {
		return nil, errors.New("not an SSH signature")
	}
	if err := usable(sig.PublicKey); err != nil {
		return nil, err
	}
	unbroken := strings.NewReplacer("\r", "", "\n", "").Replace
	hardware := strings.HasPrefix(sig.PublicKey.Type(), "sk-") // which says more than the signature
	if unbroken(string(content)) != unbroken(string(sshsig.Armor(sig))) || len(sig.Signature.Rest) > 0 && !hardware {
		return nil, errors.New("an SSH signature with something else in it")
	}
	return sig, nil
}

// reader keeps the error of reading a plan, which is none of its signature.
type reader struct {
	r   io.Reader
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}
