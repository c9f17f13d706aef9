//go:build integration && unix

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"accountsync/internal/pgtest"
	"accountsync/sandbox"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/bcrypt"
)

func init() { newDatabase = func(t testing.TB) string { return pgtest.New(t).Database(t) } }

// TestFleetGuide types every command of docs/fleet.md, on the database that its
// SQL makes and with the configuration file that it shows.
func TestFleetGuide(t *testing.T) {
	t.Parallel()
	text := files(t, "docs/fleet.md")["docs/fleet.md"]
	dir, server := t.TempDir(), pgtest.New(t)
	admin, err := pgx.Connect(t.Context(), server.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	for _, s := range strings.Split(strings.TrimSpace(shownBlock(t, text, "sql")), "\n") {
		if _, err := admin.Exec(t.Context(), s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	state := "postgres://accountsync@/accountsync?host=" + admin.Config().Host
	box := httptest.NewServer(sandbox.New(fleetSeed(0, 12, 1)))
	t.Cleanup(box.Close)
	conf := strings.NewReplacer("https://acme.api.identitynow.com", box.URL, "2c918086799a2d38", "me", "/run/secrets/acme", filepath.Join(dir, "acme"),
		"HR Contractors", syncName(0), "/input/acme/contractors.csv", writeRows(t, dir, [][]string{{"a00", "Oslo", "VPN"}}), "25,5%", "100%").Replace(shownBlock(t, text, "yaml"))
	hash, err := bcrypt.GenerateFromPassword([]byte("PASSWORD"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := httptest.NewTLSServer(nil)
	defer encrypted.Close()
	pair := encrypted.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"fleet.yaml": conf, "acme": "s", "users": "NAME:" + string(hash) + "\n",
		"tls.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})), "tls.key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := regexp.MustCompile(`postgres://\S+`)
	command := func(line string, more ...string) *exec.Cmd {
		c := exec.Command("accountsync", append(strings.Fields(address.ReplaceAllString(line, state))[1:], more...)...)
		c.Env, c.Dir = append(os.Environ(), "HOME="+dir, "ACCOUNTSYNC_CONFIG=fleet.yaml", "ACCOUNTSYNC_STATE="+state), dir
		return c
	}
	typed := 0
	for _, m := range regexp.MustCompile("(?m)(?:^ *|`)(accountsync [a-z]+ [^`\n]*--[^`\n]*)").FindAllStringSubmatch(strings.ReplaceAll(text, "\\\n", " "), -1) {
		line := m[1]
		typed++
		if !strings.Contains(line, "--listen") {
			if out, err := command(line).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
			continue
		}
		line = regexp.MustCompile(`--listen \S+`).ReplaceAllString(line, "--listen 127.0.0.1:0")
		worker := command(line, "--log-format", "json")
		log, err := worker.StderrPipe()
		if err == nil {
			err = worker.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = worker.Process.Signal(syscall.SIGTERM)
			if err := worker.Wait(); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		})
		lines := bufio.NewScanner(log)
		at, said := "", ""
		for at == "" && lines.Scan() {
			said += lines.Text() + "\n"
			if m := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(lines.Text()); m != nil {
				at = m[1]
			}
		}
		if at == "" {
			t.Fatalf("%s:\n%s", line, said)
		}
		go func() {
			for lines.Scan() {
			}
		}()
		scheme, want := "http://", http.StatusOK
		if strings.Contains(line, "--tls-cert") {
			scheme, want = "https://", http.StatusUnauthorized
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
		resp, err := client.Get(scheme + at + "/")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: the page answers %s", line, resp.Status)
		}
	}
	if typed < 6 {
		t.Errorf("only %d commands", typed)
	}
	dump := exec.Command("pg_dump", "--host", admin.Config().Host, "--username", "accountsync", "accountsync")
	if out, err := dump.Output(); err != nil || !strings.Contains(string(out), "fleet_runs") {
		t.Errorf("pg_dump: %v", err)
	}
}

// shownBlock is the first block of a document in a language, without its indent.
func shownBlock(t *testing.T, text, language string) string {
	t.Helper()
	m := regexp.MustCompile("(?ms)^( *)```" + language + "\n(.*?)^ *```").FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no block of %s", language)
	}
	return regexp.MustCompile("(?m)^"+m[1]).ReplaceAllString(m[2], "")
}
