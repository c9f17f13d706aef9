package approval_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"accountsync/approval"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

const plan = `{"schema":"accountsync/plan/v2"}`

// TestWhoseSignaturesCount: people count, not keys, and nobody who made the plan.
func TestWhoseSignaturesCount(t *testing.T) {
	t.Parallel()
	alice, laptop, bob, carol, stranger := key(t), ecdsaKey(t), rsaKey(t, 2048), key(t), key(t)
	signers := list(t, "# who may approve\n\n", line("alice@example.com", alice), line("Alice@example.com", laptop), line("bob", bob), line("carol@example.com", carol))
	if n := signers.People(); n != 3 {
		t.Errorf("%d people, want 3", n)
	}
	commit, err := sshsig.Sign(strings.NewReader(plan), bob, sshsig.HashSHA512, "git")
	if err != nil {
		t.Fatal(err)
	}
	short, err := sshsig.Sign(strings.NewReader(plan), bob, sshsig.HashSHA256, approval.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		madeBy     string
		signatures [][]byte
		counts     string
		refused    string
	}{
		"none":                          {"root", nil, "", ""},
		"two people":                    {"root", [][]byte{sign(t, plan, bob), sign(t, plan, alice)}, "alice@example.com bob", ""},
		"the same signature twice":      {"root", [][]byte{sign(t, plan, bob), sign(t, plan, bob)}, "bob", "b: another signature of bob counts already"},
		"two keys of one person":        {"root", [][]byte{sign(t, plan, alice), sign(t, plan, laptop)}, "alice@example.com", "b: another signature of Alice@example.com counts already"},
		"the maker":                     {"bob", [][]byte{sign(t, plan, bob), sign(t, plan, alice)}, "alice@example.com", "a: bob made the plan"},
		"the maker, known by the user":  {"root carol", [][]byte{sign(t, plan, carol)}, "", "a: carol@example.com made the plan"},
		"the maker, known by mail":      {"bob@example.com", [][]byte{sign(t, plan, bob)}, "", "a: bob made the plan"},
		"the maker, on Windows":         {`CORP\Bob`, [][]byte{sign(t, plan, bob)}, "", "a: bob made the plan"},
		"another carol":                 {"carol@other.example", [][]byte{sign(t, plan, carol)}, "carol@example.com", ""},
		"somebody who is not listed":    {"root", [][]byte{sign(t, plan, stranger)}, "", "a: its key " + ssh.FingerprintSHA256(stranger.PublicKey()) + " is not in the list of allowed signers"},
		"another plan":                  {"root", [][]byte{sign(t, plan+" ", alice)}, "", "a: alice@example.com did not sign this plan: the signature does not fit it"},
		"for something else":            {"root", [][]byte{sshsig.Armor(commit)}, "", `a: it was made for "git", not for accountsync-plan`},
		"with SHA-256":                  {"root", [][]byte{sshsig.Armor(short)}, "bob", ""},
		"not a signature":               {"root", [][]byte{[]byte("yes")}, "", "a: not an SSH signature"},
		"text before the signature":     {"root", [][]byte{append([]byte("approved\n"), sign(t, plan, bob)...)}, "", "a: an SSH signature with something else in it"},
		"text behind the signature":     {"root", [][]byte{append(sign(t, plan, bob), "approved\n"...)}, "", "a: an SSH signature with something else in it"},
		"line breaks of another system": {"root", [][]byte{[]byte(strings.ReplaceAll(string(sign(t, plan, bob)), "\n", "\r\n"))}, "bob", ""},
	} {
		counts, refused := judge(t, signers, plan, c.madeBy, c.signatures...)
		if counts != c.counts || refused != c.refused {
			t.Errorf("%s: %q count, want %q; refused %q, want %q", name, counts, c.counts, refused, c.refused)
		}
	}
}

// TestCertificatesDoNotCount: an authority vouches for whom it likes.
func TestCertificatesDoNotCount(t *testing.T) {
	t.Parallel()
	authority, bob := key(t), key(t)
	cert := &ssh.Certificate{Key: bob.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{"bob"}, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(strings.NewReader(strings.Repeat("x", 100)), authority); err != nil {
		t.Fatal(err)
	}
	certified, err := ssh.NewCertSigner(cert, bob)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := approval.Sign(strings.NewReader(plan), certified); err == nil {
		t.Error("a certificate signs")
	}
	sig, err := sshsig.Sign(strings.NewReader(plan), certified, sshsig.HashSHA512, approval.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	counts, refused := judge(t, list(t, line("authority", authority), line("bob", bob)), plan, "root", sshsig.Armor(sig))
	if counts != "" || !strings.Contains(refused, "does not count") {
		t.Errorf("%q count; refused: %q", counts, refused)
	}
}

// TestOptionsOfSigners: those it knows are honoured, the others refused.
func TestOptionsOfSigners(t *testing.T) {
	t.Parallel()
	bob := key(t)
	for options, why := range map[string]string{
		`namespaces="accountsync-plan"`:                                           "",
		`namespaces="git,accountsync-plan"`:                                       "",
		`namespaces="git"`:                                                        "a: the key of bob is not for plans, say its namespaces",
		`valid-after="20261129Z"`:                                                 "",
		`valid-after="202611291200Z"`:                                             "",
		`valid-after="20261129120001Z"`:                                           "a: the key of bob is not valid before 2026-11-29T12:00:01Z",
		`valid-before="20261129120000Z"`:                                          "",
		`valid-before="202611291159Z"`:                                            "a: the key of bob is not valid after 2026-11-29T11:59:00Z",
		`Valid-After="20260101Z",valid-before="20270101Z"`:                        "",
		`valid-after="20200101Z",valid-before="20210101Z"`:                        "a: the key of bob is not valid after 2021-01-01T00:00:00Z",
		`namespaces="git",valid-before="20270101Z",namespaces="accountsync-plan"`: "1: option namespaces is given twice",
		`valid-before="20210101Z",VALID-BEFORE="20270101Z"`:                       "1: option valid-before is given twice",
		`cert-authority`:                                                          "1: cert-authority is not taken here: list the people and their keys",
		`Cert-Authority,namespaces="accountsync-plan"`:                            "1: cert-authority is not taken here: list the people and their keys",
		`namespaces="*"`:                                                          `1: namespaces="*": write each in full, such as accountsync-plan`,
		`namespaces="!git,accountsync-plan"`:                                      `1: namespaces="!git,accountsync-plan": write each in full, such as accountsync-plan`,
		`namespaces=""`:                                                           `1: namespaces="": write each in full, such as accountsync-plan`,
		`namespaces=accountsync-plan`:                                             "1: option namespaces: write its value in quotes",
		`valid-before="tomorrow"`:                                                 `1: "tomorrow" is not a time: write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z for UTC`,
		`valid-before="20261399Z"`:                                                `1: "20261399Z" is not a time: write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with Z for UTC`,
		`valid-before`:                                                            `1: unknown option "valid-before": namespaces, valid-after and valid-before are known, each with a value`,
		`restrict`:                                                                `1: unknown option "restrict": namespaces, valid-after and valid-before are known, each with a value`,
		`no-touch-required`:                                                       `1: unknown option "no-touch-required": namespaces, valid-after and valid-before are known, each with a value`,
	} {
		signers, err := approval.ParseSigners([]byte(line("bob "+options, bob)))
		if err != nil {
			if err.Error() != why {
				t.Errorf("%s: %v, want %q", options, err, why)
			}
			continue
		}
		counts, refused := judge(t, signers, plan, "root", sign(t, plan, bob))
		if refused != why || (counts == "bob") != (why == "") {
			t.Errorf("%s: %q counts, refused %q, want %q", options, counts, refused, why)
		}
	}
}

// TestSignersThatAreRefused: a line is one person with one key.
func TestSignersThatAreRefused(t *testing.T) {
	t.Parallel()
	bob, other, weak := key(t), key(t), rsaKey(t, 1024)
	for content, want := range map[string]string{
		"":                         "1: it lists no signer",
		"# nobody yet\n":           "1: it lists no signer",
		line("alice,bob", bob):     `1: "alice,bob" is not one person: write one name, without a pattern`,
		line("*@example.com", bob): `1: "*@example.com" is not one person: write one name, without a pattern`,
		line("bo?", bob):           `1: "bo?" is not one person: write one name, without a pattern`,
		line("!bob", bob):          `1: "!bob" is not one person: write one name, without a pattern`,
		line(`"bob"`, bob):         `1: "\"bob\"" is not one person: write one name, without a pattern`,
		line("bob\u200b", bob):     `1: "bob\u200b" is not one person: write one name, without a pattern`,
		line("bob", weak):          "1: an RSA key of fewer than 2048 bits does not count",
		"bob\n":                    "1: not a signer: write a name and a public key, such as: alice@example.com ssh-ed25519 AAAAC3Nz",
		"bob ssh-ed25519\n":        "1: no public key can be read behind the name and the options",
		"bob ssh-ed25519 AAAA\n":   "1: no public key can be read behind the name and the options",
		line("bob cert-authority ", bob)[:60] + "\n":                               "1: no public key can be read behind the name and the options",
		line("bob", bob) + "\n" + line("alice", other) + line("carol", bob):        "4: the key of line 1 again: a key is one person's, and is listed once",
		line("bob", bob) + line("bob", bob):                                        "2: the key of line 1 again: a key is one person's, and is listed once",
		strings.Replace(line("bob", bob), "ssh-ed25519", "ecdsa-sha2-nistp256", 1): "1: no public key can be read behind the name and the options",
	} {
		if _, err := approval.ParseSigners([]byte(content)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", content, err, want)
		}
	}
}

// TestAPlanThatCannotBeRead is an error, not a signature that does not fit.
func TestAPlanThatCannotBeRead(t *testing.T) {
	t.Parallel()
	bob := key(t)
	broken := func() io.Reader { return io.MultiReader(strings.NewReader(plan), errReader{}) }
	_, _, err := list(t, line("bob", bob)).Judge(broken, nil, []approval.Signature{{File: "a", Content: sign(t, plan, bob)}}, today)
	if err == nil || err.Error() != "disk on fire" {
		t.Errorf("%v", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, fmt.Errorf("disk on fire") }

// TestMakers: a name that is given is one more.
func TestMakers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		user, given string
		environ     map[string]string
		want        string
	}{
		{"root", "", nil, "root"},
		{"root", "alice@example.com", nil, "alice@example.com root"},
		{"alice", "alice", nil, "alice"},
		{"runner", "", map[string]string{"GITHUB_ACTOR": "mallory"}, "runner"},
		{"runner", "", map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "alice", "GITHUB_TRIGGERING_ACTOR": "bob"}, "runner alice bob"},
		{"root", "", map[string]string{"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "alice", "GITLAB_USER_EMAIL": "alice@example.com"}, "root alice alice@example.com"},
	} {
		got := approval.Makers(c.user, c.given, func(name string) string { return c.environ[name] })
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %q, want %q", c, got, c.want)
		}
	}
}
