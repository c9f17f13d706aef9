package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"accountsync/internal/inputfile"
	"accountsync/internal/problem"

	"go.yaml.in/yaml/v3"
)

// Tenant is whom a sync signs in to, and as whom.
type Tenant struct {
	BaseURL, ClientID string
	Secret            Secret

	environ []string
}

// Secret is where a client secret comes from: the first of them that is set.
// None: SAIL_CLIENT_SECRET, or the service manager's credentials directory.
type Secret struct {
	Variable string
	File     string
	Command  []string // run as it is
	Shell    string   // run by the shell
}

func (s Secret) isZero() bool {
	return s.Variable == "" && s.File == "" && len(s.Command) == 0 && s.Shell == ""
}

// maxSecret is how large a file with a secret may be, in bytes.
const maxSecret = 64 << 10

// complete fills in what is missing of base URL and client id, where every
// official tool looks: the SAIL_ variables, the service manager's credentials
// directory, the sail CLI's active environment.
func (t *Tenant) complete() {
	if t.BaseURL == "" {
		t.BaseURL = t.lookup("SAIL_BASE_URL")
	}
	if t.BaseURL == "" {
		t.BaseURL = sailBaseURL(Lookup(t.environ, "HOME"))
	}
	if t.ClientID == "" {
		t.ClientID = t.lookup("SAIL_CLIENT_ID")
	}
	t.BaseURL = strings.TrimRight(t.BaseURL, "/")
}

// lookup is the value of a variable, or of a file named as it in the service
// manager's credentials directory, in either case: how systemd's LoadCredential
// hands over secrets.
func (t *Tenant) lookup(name string) string {
	if value := Lookup(t.environ, name); value != "" {
		return value
	}
	dir := Lookup(t.environ, "CREDENTIALS_DIRECTORY")
	if dir == "" {
		return ""
	}
	for _, file := range []string{name, strings.ToLower(name)} {
		if value, err := secretFile(filepath.Join(dir, file)); err == nil && value != "" {
			return value
		}
	}
	return ""
}

// sailBaseURL is the base URL of the sail CLI's active environment. Its secrets
// are in the system's keyring, out of reach of a batch job.
func sailBaseURL(home string) string {
	if home == "" {
		return ""
	}
	b, err := inputfile.ReadAll(filepath.Join(home, ".sailpoint", "config.yaml"), maxSettings)
	if err != nil {
		return ""
	}
	var sail struct {
		Active       string `yaml:"activeenvironment"`
		Environments map[string]struct {
			BaseURL string `yaml:"baseurl"`
		} `yaml:"environments"`
	}
	if yaml.Unmarshal(b, &sail) != nil {
		return ""
	}
	return sail.Environments[sail.Active].BaseURL
}

// ReadSecret reads the client secret, once everything else that sign-in needs
// is known to be there. It is never printed.
func (t *Tenant) ReadSecret(ctx context.Context) (secret string, err error) {
	const hint = "export SAIL_BASE_URL=https://TENANT.api.identitynow.com SAIL_CLIENT_ID=... SAIL_CLIENT_SECRET=... " +
		"(or give the secret with --client-secret-file or --client-secret-command); to try it without a tenant: accountsync demo"
	switch {
	case t.BaseURL == "":
		return "", problem.Errorf(problem.Config, hint, "SAIL_BASE_URL is not set")
	case t.ClientID == "":
		return "", problem.Errorf(problem.Config, hint, "SAIL_CLIENT_ID is not set")
	}
	switch s := t.Secret; {
	case s.Variable != "":
		if secret = Lookup(t.environ, s.Variable); secret == "" {
			return "", problem.Errorf(problem.Config, "export it, or name another one with client-secret-variable", "the variable %s, which holds the client secret, is not set", s.Variable)
		}
	case s.File != "":
		if secret, err = secretFile(s.File); err == nil && secret == "" {
			err = fmt.Errorf("%s is empty", s.File)
		}
		if err != nil {
			return "", problem.Errorf(problem.Config, "", "reading the client secret: %w", err)
		}
	case len(s.Command) > 0:
		return runSecret(ctx, t.environ, s.Command)
	case s.Shell != "":
		return runSecret(ctx, t.environ, shell(s.Shell))
	default:
		if secret = t.lookup("SAIL_CLIENT_SECRET"); secret == "" {
			return "", problem.Errorf(problem.Config, hint, "SAIL_CLIENT_SECRET is not set")
		}
	}
	return secret, nil
}

// secretFile reads a secret from a file, without the line end editors add.
func secretFile(path string) (string, error) {
	b, err := inputfile.ReadAll(path, maxSecret)
	return strings.TrimRight(string(b), "\r\n"), err
}

func shell(command string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/c", command}
	}
	return []string{"/bin/sh", "-c", command} // also under a cron without a PATH
}

// secretTimeout is how long a command may take to print the client secret.
const secretTimeout = 30 * time.Second

// runSecret has a command print the client secret. What it prints is never
// shown; what it complains of is.
func runSecret(ctx context.Context, environ, command []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	var out, complaint bytes.Buffer
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Env, c.Stdout, c.Stderr = environ, &limited{&out, maxSecret}, &limited{&complaint, 2 << 10}
	c.WaitDelay = time.Second // for what it started and left behind
	err := c.Run()
	secret := strings.TrimRight(out.String(), "\r\n")
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s", secretTimeout)
	case ctx.Err() != nil:
		return "", context.Canceled
	case err == nil && secret == "":
		err = errors.New("it printed nothing")
	case err == nil:
		return secret, nil
	}
	text := fmt.Sprintf("client-secret-command: %s: %v", command[0], err)
	if said := strings.TrimSpace(complaint.String()); said != "" {
		text += ": " + strings.ReplaceAll(said, "\n", "; ")
	}
	return "", problem.Errorf(problem.Config, "run it by hand as the same user: it must print the client secret and nothing else", "%s", text)
}

// limited keeps the beginning of what is written to it.
type limited struct {
	to   *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	keep := min(len(p), l.left)
	l.left -= keep
	l.to.Write(p[:keep])
	return len(p), nil
}
