package main

import (
	"path/filepath"

	"accountsync/internal/inputfile"
	"accountsync/internal/problem"

	"go.yaml.in/yaml/v3"
)

// credentials are what sign-in needs. They are never printed.
type credentials struct {
	baseURL, clientID, clientSecret string
}

// findCredentials looks where every official tool looks: the SAIL_ variables,
// a secret file, the service manager's credentials directory, and the sail
// CLI's active environment.
func findCredentials(c config, environ []string) (credentials, error) {
	found := credentials{
		baseURL:      lookup(environ, "SAIL_BASE_URL"),
		clientID:     lookup(environ, "SAIL_CLIENT_ID"),
		clientSecret: lookup(environ, "SAIL_CLIENT_SECRET"),
	}
	if c.ClientSecretFile != "" {
		s, err := secret(c.ClientSecretFile)
		if err != nil {
			return found, err
		}
		found.clientSecret = s
	}
	found.fromDirectory(lookup(environ, "CREDENTIALS_DIRECTORY"))
	found.fromSail(lookup(environ, "HOME"))
	return found, found.check()
}

// fromDirectory fills what is missing from files named as the variables, in
// either case: how systemd's LoadCredential hands over secrets.
func (f *credentials) fromDirectory(dir string) {
	if dir == "" {
		return
	}
	for _, want := range []struct {
		value *string
		names [2]string
	}{
		{&f.baseURL, [2]string{"SAIL_BASE_URL", "sail_base_url"}},
		{&f.clientID, [2]string{"SAIL_CLIENT_ID", "sail_client_id"}},
		{&f.clientSecret, [2]string{"SAIL_CLIENT_SECRET", "sail_client_secret"}},
	} {
		for _, name := range want.names {
			if *want.value != "" {
				break
			}
			if s, err := secret(filepath.Join(dir, name)); err == nil {
				*want.value = s
			}
		}
	}
}

// fromSail fills the base URL from the sail CLI's active environment. Its
// secrets are in the system's keyring, out of reach of a batch job.
func (f *credentials) fromSail(home string) {
	if f.baseURL != "" || home == "" {
		return
	}
	b, err := inputfile.ReadAll(filepath.Join(home, ".sailpoint", "config.yaml"), mostSettings)
	if err != nil {
		return
	}
	var sail struct {
		Active       string `yaml:"activeenvironment"`
		Environments map[string]struct {
			BaseURL string `yaml:"baseurl"`
		} `yaml:"environments"`
	}
	if yaml.Unmarshal(b, &sail) == nil {
		f.baseURL = sail.Environments[sail.Active].BaseURL
	}
}

func (f *credentials) check() error {
	const hint = "export SAIL_BASE_URL=https://TENANT.api.identitynow.com SAIL_CLIENT_ID=... SAIL_CLIENT_SECRET=... " +
		"(or give the secret with --client-secret-file); to try it without a tenant: accountsync demo"
	for _, missing := range []struct{ name, value string }{
		{"SAIL_BASE_URL", f.baseURL}, {"SAIL_CLIENT_ID", f.clientID}, {"SAIL_CLIENT_SECRET", f.clientSecret},
	} {
		if missing.value == "" {
			return problem.Errorf(problem.Config, hint, "%s is not set", missing.name)
		}
	}
	return nil
}
