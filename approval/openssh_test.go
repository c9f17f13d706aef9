//go:build integration

package approval_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/approval"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// keygen runs the real ssh-keygen.
func keygen(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "ssh-keygen", args...)
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	return string(out), err
}

// TestOpenSSHTakesOurSignaturesAndWeItsOwn: of keys of every kind, as ssh-keygen
// makes them, by a list in its form.
func TestOpenSSHTakesOurSignaturesAndWeItsOwn(t *testing.T) {
	t.Parallel()
	for _, kind := range [][]string{{"ed25519"}, {"ecdsa", "-b", "256"}, {"ecdsa", "-b", "384"}, {"ecdsa", "-b", "521"}, {"rsa", "-b", "2048"}, {"rsa", "-b", "3072", "-m", "PEM"}} {
		t.Run(strings.Join(kind, " "), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file, plan, list := filepath.Join(dir, "key"), filepath.Join(dir, "plan-r.json"), filepath.Join(dir, "approvers.txt")
			if out, err := keygen(t, "", append([]string{"-q", "-N", "", "-C", "bob", "-f", file, "-t"}, kind...)...); err != nil {
				t.Fatal(err, out)
			}
			private, public := read(t, file), read(t, file+".pub")
			write(t, plan, []byte(`{"a plan":"of ours"}`))
			write(t, list, append([]byte(`bob@example.com namespaces="accountsync-plan",valid-after="20200101Z" `), public...))
			key, err := approval.ParseKey(private, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			ours := approval.FileName(plan, key.PublicKey())
			write(t, ours, sign(t, string(read(t, plan)), key))

			verify := []string{"-Y", "verify", "-f", list, "-I", "bob@example.com", "-n", approval.Namespace, "-s", ours}
			if out, err := keygen(t, string(read(t, plan)), verify...); err != nil || !strings.Contains(out, "Good") {
				t.Errorf("ssh-keygen: %v, %s", err, out)
			}
			if out, err := keygen(t, string(read(t, plan))+" ", verify...); err == nil {
				t.Errorf("ssh-keygen takes another plan: %s", out)
			}
			for _, hash := range []string{"sha512", "sha256"} {
				_ = os.Remove(plan + ".sig")
				if out, err := keygen(t, "", "-Y", "sign", "-f", file, "-n", approval.Namespace, "-O", "hashalg="+hash, plan); err != nil {
					t.Fatal(err, out)
				}
				signers, err := approval.ReadSigners(list)
				if err != nil {
					t.Fatal(err)
				}
				names, refused := judge(t, signers, string(read(t, plan)), "root", read(t, plan+".sig"))
				if names != "bob@example.com" {
					t.Errorf("%s of ssh-keygen: %q counts; refused: %s", hash, names, refused)
				}
			}
			beside, err := approval.Beside(plan)
			if err != nil || len(beside) != 2 {
				t.Errorf("%d signatures beside the plan, %v", len(beside), err)
			}
		})
	}
}

// TestOpenSSHAgrees: what we refuse in a list, or do not count by it, ssh-keygen
// does not accept either, where it is about the same thing.
func TestOpenSSHAgrees(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bob := key(t)
	file := filepath.Join(dir, "sig")
	write(t, file, sign(t, plan, bob))
	for options, want := range map[string]bool{
		`namespaces="git"`:                                      false,
		`namespaces="git,accountsync-plan"`:                     true,
		`valid-before="20200101Z"`:                              false,
		`valid-after="20990101Z"`:                               false,
		`valid-after="20200101",valid-before="20990101120000Z"`: true,
		`VALID-AFTER="202001011200"`:                            true,
		`restrict`:                                              false,
		`valid-before="soon"`:                                   false,
		``:                                                      true,
	} {
		content := line("bob "+options, bob)
		list := filepath.Join(dir, "list")
		write(t, list, []byte(content))
		out, err := keygen(t, plan, "-Y", "verify", "-f", list, "-I", "bob", "-n", approval.Namespace, "-s", file)
		signers, parseErr := approval.ParseSigners([]byte(content))
		ours := false
		if parseErr == nil {
			names, _ := judge(t, signers, plan, "root", read(t, file))
			ours = names == "bob"
		}
		if ours != want || (err == nil) != want {
			t.Errorf("%s: ours %v, ssh-keygen %v, want %v (%v, %s)", options, ours, err == nil, want, parseErr, out)
		}
	}
}

// TestKeysOfOpenSSH: with a passphrase, in an agent, and neither.
func TestKeysOfOpenSSH(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "locked")
	if out, err := keygen(t, "", "-q", "-t", "ed25519", "-N", "open sesame", "-f", file); err != nil {
		t.Fatal(err, out)
	}
	public := read(t, file+".pub")
	asked := 0
	says := func(passphrase string) func() ([]byte, error) {
		return func() ([]byte, error) { asked++; return []byte(passphrase), nil }
	}
	key, err := approval.ParseKey(read(t, file), nil, says("open sesame"))
	if err != nil || asked != 1 {
		t.Fatalf("asked %d times: %v", asked, err)
	}
	if _, err := approval.ParseKey(read(t, file), nil, says("sesame")); err == nil || !strings.Contains(err.Error(), "wrong passphrase") {
		t.Errorf("%v", err)
	}
	if _, err := approval.ParseKey(public, nil, nil); err != approval.ErrNoKey {
		t.Errorf("%v", err)
	}

	socket := filepath.Join(dir, "agent")
	c := exec.CommandContext(t.Context(), "ssh-agent", "-D", "-a", socket)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	var conn net.Conn
	for conn == nil { // until it listens
		conn, _ = net.Dial("unix", socket)
	}
	defer conn.Close()
	keys := agent.NewClient(conn)
	if _, err := approval.ParseKey(public, keys, nil); err != approval.ErrNoKey {
		t.Errorf("an empty agent: %v", err)
	}
	raw, err := ssh.ParseRawPrivateKeyWithPassphrase(read(t, file), []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Add(agent.AddedKey{PrivateKey: raw}); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"private": read(t, file), "public": public} {
		held, err := approval.ParseKey(content, keys, nil) // nobody is asked
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(held.PublicKey().Marshal(), key.PublicKey().Marshal()) {
			t.Errorf("%s: another key", name)
		}
		if names, refused := judge(t, list(t, line("bob", key)), plan, "root", sign(t, plan, held)); names != "bob" {
			t.Errorf("%s: %q counts, %s", name, names, refused)
		}
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
