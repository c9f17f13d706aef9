// Package approval signs saved plans, and says who of those allowed to has
// signed one. Signatures and lists of signers are in OpenSSH's form.
package approval

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"accountsync/internal/inputfile"

	"golang.org/x/crypto/ssh"
)

// Namespace is what signatures of plans are for: one made for something else,
// such as a commit, does not count.
const Namespace = "accountsync-plan"

// Signers are the people whose signatures count, each with their keys.
type Signers struct {
	SHA256 string // of the list, in hexadecimal
	byKey  map[string]signer
}

// signer is one key, and whose it is.
type signer struct {
	name     string
	line     int
	from, to time.Time // when the key counts; zero: without a beginning, an end
	others   bool      // its namespaces leave plans out
}

// maxFile is how large a list of signers may be, in bytes.
const maxFile = 1 << 20

// ReadSigners reads the list of a file.
func ReadSigners(path string) (*Signers, error) {
	content, err := inputfile.ReadAll(path, maxFile)
	if err != nil {
		return nil, err
	}
	s, err := ParseSigners(content)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return s, nil
}

// ParseSigners reads a list in the form of OpenSSH's allowed signers, as
// ssh-keygen(1) has it: a name, options, a key. A name is one person: patterns,
// several names of one key, and authorities that could vouch for people who are
// not named are refused, as is an option it does not know. It honours
// namespaces, valid-after and valid-before, whose times are those of this
// machine's zone unless they end with Z. Errors begin with the line.
func ParseSigners(content []byte) (*Signers, error) {
	digest := sha256.Sum256(content)
	s := &Signers{SHA256: hex.EncodeToString(digest[:]), byKey: map[string]signer{}}
	for i, line := range bytes.Split(content, []byte("\n")) {
		line = bytes.Trim(line, " \t\r")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		one, key, err := parseSigner(string(line))
		if err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
		one.line = i + 1
		if other, twice := s.byKey[string(key.Marshal())]; twice {
			return nil, fmt.Errorf("%d: the key of line %d again: a key is one person's, and is listed once", one.line, other.line)
		}
		s.byKey[string(key.Marshal())] = one
	}
	if len(s.byKey) == 0 {
		return nil, errors.New("1: it lists no signer")
	}
	return s, nil
}

// People counts the people of the list.
func (s *Signers) People() int {
	people := map[string]bool{}
	for _, one := range s.byKey {
		people[folded(one.name)] = true
	}
	return len(people)
}

// parseSigner reads one line.
func parseSigner(line string) (s signer, key ssh.PublicKey, err error) {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return s, nil, errors.New("not a signer: write a name and a public key, such as: alice@example.com ssh-ed25519 AAAAC3Nz")
	}
	s.name = line[:end]
	odd := func(r rune) bool { return !unicode.IsGraphic(r) || strings.ContainsRune(`,*?!"\`, r) }
	if strings.ContainsFunc(s.name, odd) {
		return s, nil, fmt.Errorf("%q is not one person: write one name, without a pattern", s.name)
	}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(line[end:]))
	if err != nil {
		return s, nil, errors.New("no public key can be read behind the name and the options")
	}
	if err := usable(key); err != nil {
		return s, nil, err
	}
	seen := map[string]bool{}
	for _, option := range options {
		name, _, _ := strings.Cut(strings.ToLower(option), "=")
		if seen[name] {
			return s, nil, fmt.Errorf("option %s is given twice", name)
		}
		seen[name] = true
		if err := s.set(option); err != nil {
			return s, nil, err
		}
	}
	return s, key, nil
}

// set takes in one option.
func (s *signer) set(option string) (err error) {
	name, value, has := strings.Cut(option, "=")
	quoted := len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' && !strings.Contains(value, `\`)
	if has && !quoted {
		return fmt.Errorf("option %s: write its value in quotes", name)
	}
	value = strings.Trim(value, `"`)
	switch {
	case has && strings.EqualFold(name, "namespaces"):
		return s.forNamespaces(value)
	case has && strings.EqualFold(name, "valid-after"):
		s.from, err = parseTime(value)
	case has && strings.EqualFold(name, "valid-before"):
		s.to, err = parseTime(value)
	case strings.EqualFold(name, "cert-authority"):
		err = errors.New("cert-authority is not taken here: list the people and their keys")
	default:
		err = fmt.Errorf("unknown option %q: namespaces, valid-after and valid-before are known, each with a value", name)
	}
	return err
}

func (s *signer) forNamespaces(list string) error {
	s.others = true
	for name := range strings.SplitSeq(list, ",") {
		if name == "" || strings.ContainsAny(name, "*?!") {
			return fmt.Errorf("namespaces=%q: write each in full, such as %s", list, Namespace)
		}
		s.others = s.others && name != Namespace
	}
	return nil
}

// parseTime reads a time as OpenSSH writes it: YYYYMMDD[HHMM[SS]][Z].
func parseTime(text string) (time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	zone := time.Local
	if utc {
		zone = time.UTC
	}
	for _, form := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(digits) == len(form) {
			if t, err := time.ParseInLocation(form, digits, zone); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z for UTC", text)
}

// usable refuses keys whose signatures do not count.
func usable(key ssh.PublicKey) error {
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		return nil
	case ssh.KeyAlgoRSA:
		const least = 2048
		if is, ok := key.(ssh.CryptoPublicKey); ok {
			if public, ok := is.CryptoPublicKey().(*rsa.PublicKey); ok && public.N.BitLen() >= least {
				return nil
			}
		}
		return fmt.Errorf("an RSA key of fewer than %d bits does not count", least)
	}
	return fmt.Errorf("a key of type %s does not count: use ed25519, ecdsa or rsa", key.Type())
}
