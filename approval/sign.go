package approval

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Sign makes the detached signature of a plan, such as ssh-keygen -Y verify takes.
func Sign(plan io.Reader, key ssh.Signer) ([]byte, error) {
	if err := usable(key.PublicKey()); err != nil {
		return nil, err
	}
	sig, err := sshsig.Sign(plan, key, sshsig.HashSHA512, Namespace)
	if err != nil {
		return nil, err
	}
	return sshsig.Armor(sig), nil
}

// ErrNoKey says that there is a public key, and nothing to sign with.
var ErrNoKey = errors.New("a public key, and no SSH agent holds the private one")

// ParseKey gives what signs with the key that a file holds: a private key, or a
// public one whose private one the agent holds. A key with a passphrase is taken
// from the agent where that holds it; otherwise the passphrase is asked for.
// keys are the agent's; nil: there is none.
func ParseKey(content []byte, keys agent.Agent, ask func() ([]byte, error)) (ssh.Signer, error) {
	if public, _, _, _, err := ssh.ParseAuthorizedKey(content); err == nil {
		if signer := held(keys, public); signer != nil {
			return signer, nil
		}
		return nil, ErrNoKey
	}
	signer, err := ssh.ParsePrivateKey(content)
	locked := (*ssh.PassphraseMissingError)(nil)
	if !errors.As(err, &locked) {
		return signer, err
	}
	if locked.PublicKey != nil {
		if signer := held(keys, locked.PublicKey); signer != nil {
			return signer, nil
		}
	}
	passphrase, err := ask()
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	if signer, err = ssh.ParsePrivateKeyWithPassphrase(content, passphrase); err != nil {
		return nil, fmt.Errorf("wrong passphrase, or not a key: %w", err)
	}
	return signer, nil
}

// held is the key as the agent holds it, nil where it does not.
func held(keys agent.Agent, public ssh.PublicKey) ssh.Signer {
	if keys == nil {
		return nil
	}
	signers, err := keys.Signers()
	if err != nil {
		return nil
	}
	for _, signer := range signers {
		if bytes.Equal(signer.PublicKey().Marshal(), public.Marshal()) {
			return signer
		}
	}
	return nil
}
