package approval_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"strings"
	"testing"
	"time"

	"accountsync/approval"

	"golang.org/x/crypto/ssh"
)

// key is a new key pair.
func key(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return signer(t, private, err)
}

func ecdsaKey(t testing.TB) ssh.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return signer(t, private, err)
}

func rsaKey(t testing.TB, bits int) ssh.Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	return signer(t, private, err)
}

func signer(t testing.TB, private crypto.PrivateKey, err error) ssh.Signer {
	t.Helper()
	var s ssh.Signer
	if err == nil {
		s, err = ssh.NewSignerFromKey(private)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// line is a line of a list of signers.
func line(before string, s ssh.Signer) string {
	return before + " " + string(ssh.MarshalAuthorizedKey(s.PublicKey()))
}

func list(t testing.TB, lines ...string) *approval.Signers {
	t.Helper()
	s, err := approval.ParseSigners([]byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, plan string, s ssh.Signer) []byte {
	t.Helper()
	signature, err := approval.Sign(strings.NewReader(plan), s)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// judge gives the names of those whose signatures count, and why the others do not.
func judge(t testing.TB, s *approval.Signers, plan string, madeBy string, signatures ...[]byte) (names, refused string) {
	t.Helper()
	var all []approval.Signature
	for i, content := range signatures {
		all = append(all, approval.Signature{File: string(rune('a' + i)), Content: content})
	}
	counts, no, err := s.Judge(func() io.Reader { return strings.NewReader(plan) }, strings.Fields(madeBy), all, today)
	if err != nil {
		t.Fatal(err)
	}
	var by, why []string
	for _, one := range counts {
		by = append(by, one.By)
	}
	for _, one := range no {
		why = append(why, one.File+": "+one.Why)
	}
	return strings.Join(by, " "), strings.Join(why, "; ")
}

var today = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
