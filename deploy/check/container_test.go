package check

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// container is the root file system of the container, and a way to run the program in it.
type container struct{ root string }

// buildContainer does what the Dockerfile does, with the files that .dockerignore lets in.
func buildContainer(t *testing.T, version string) container {
	t.Helper()
	root, src := t.TempDir(), t.TempDir()
	copyContext(t, src)
	build := exec.Command("deploy/container/rootfs.sh", root, version, "0123456789abcdef", "2026-11-29T20:00:00Z")
	build.Dir = src
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("rootfs.sh: %v\n%s", err, out)
	}
	if os.Getuid() == 0 { // as COPY --chown does; else they are ours, and we are user 65532 inside
		for _, dir := range []string{"state", "work"} {
			if err := os.Chown(filepath.Join(root, dir), 65532, 65532); err != nil {
				t.Fatal(err)
			}
		}
	}
	for dir := root; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) { // t.TempDir is for its owner only
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return container{root}
}

// copyContext copies the context of docker build: the files of the work tree that git would take and
// .dockerignore does not leave out.
func copyContext(t *testing.T, to string) {
	t.Helper()
	ignored := dockerignore(t)
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = repository
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if leave, err := ignored.MatchesOrParentMatches(path); err != nil || leave {
			continue
		}
		text, err := os.ReadFile(filepath.Join(repository, path))
		if os.IsNotExist(err) {
			continue // deleted in the work tree
		}
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(repository, path))
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(to, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, text, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

func dockerignore(t *testing.T) *patternmatcher.PatternMatcher {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(read(t, ".dockerignore")))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return ignored
}

// TestDockerignore: every file that the program is built from gets into the build, and no test does.
func TestDockerignore(t *testing.T) {
	t.Parallel()
	ignored := dockerignore(t)
	const files = `{{with .Module}}{{if .Main}}{{$dir := $.Dir}}{{range $.GoFiles}}{{$dir}}/{{.}}
{{end}}{{range $.EmbedFiles}}{{$dir}}/{{.}}
{{end}}{{end}}{{end}}`
	list := exec.Command("go", "list", "-deps", "-f", files, "./cmd/accountsync")
	list.Dir = repository
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	needed := strings.Fields(string(out))
	if len(needed) < 100 {
		t.Fatalf("%d files", len(needed))
	}
	for _, path := range needed {
		path, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		if leave, err := ignored.MatchesOrParentMatches(path); err != nil || leave {
			t.Errorf("%s is left out of the build: add its folder to .dockerignore; %v", path, err)
		}
	}
	for _, path := range []string{".git/HEAD", "bin/accountsync", "out/result.csv", "diff/plan_test.go", "csvfile/testdata/a.csv"} {
		if leave, err := ignored.MatchesOrParentMatches(path); err != nil || !leave {
			t.Errorf("%s gets into the build; %v", path, err)
		}
	}
}

// command is the program as the image starts it: inside its root file system, as user 65532, with nothing in
// its environment but what the image and env say. Root changes into it; others do so in a user namespace.
func (c container) command(env []string, args ...string) *exec.Cmd {
	cmd := exec.Command("/usr/local/bin/accountsync", args...)
	cmd.Dir = "/work"
	cmd.Env = append([]string{"STATE_DIRECTORY=/state"}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65532, Gid: 65532}
		return cmd
	}
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 65532, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 65532, HostID: os.Getgid(), Size: 1}}
	return cmd
}

// run runs the program to its end; where neither root nor user namespaces are there, the test fails.
func (c container) run(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	out, err := c.command(env, args...).CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatalf("the program cannot be run in a root file system of its own here, which needs root or user namespaces: %v", err)
	}
	return string(out), err
}

func TestContainer(t *testing.T) {
	t.Parallel()
	c := buildContainer(t, "1.2.3")

	out, err := c.run(t, nil, "version", "--json")
	for _, want := range []string{`"version": "1.2.3"`, `"commit": "0123456789abcdef"`, `"date": "2026-11-29T20:00:00Z"`} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("version: %v, no %s in\n%s", err, want, out)
		}
	}
	if out, err := c.run(t, nil, "demo", "--out", "demo"); err != nil {
		t.Errorf("demo: %v\n%s", err, out)
	}
	if found, _ := filepath.Glob(filepath.Join(c.root, "work/demo/*")); len(found) == 0 {
		t.Error("demo left nothing in /work")
	}
	c.checkAuthorities(t)
	c.checkHTTPS(t)
}

// checkAuthorities counts the certificates: an empty file would be found, too.
func (c container) checkAuthorities(t *testing.T) {
	t.Helper()
	rest, err := os.ReadFile(c.authorities())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err == nil {
			n++
		}
	}
	if n < 50 {
		t.Errorf("%d certificate authorities", n)
	}
}

func (c container) authorities() string {
	return filepath.Join(c.root, "etc/ssl/certs/ca-certificates.crt")
}

// checkHTTPS calls an API by https with a time zone: refused by a server whose authority the image does not
// have, and answered once the authority is in the image's file.
func (c container) checkHTTPS(t *testing.T) {
	t.Helper()
	server := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(c.sandbox(t)))
	defer server.Close()
	env := []string{"SAIL_BASE_URL=" + server.URL, "SAIL_CLIENT_ID=demo", "SAIL_CLIENT_SECRET=demo-secret"}
	args := []string{"doctor", "--source", "HR Contractors", "--aggregation-zone", "America/Chicago"}

	if out, err := c.run(t, env, args...); err == nil || !strings.Contains(out, "certificate") {
		t.Errorf("a server that nobody vouches for: %v\n%s", err, out)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	appendTo(t, c.authorities(), authority)
	if out, err := c.run(t, env, args...); err != nil || !strings.Contains(out, "sign-in") {
		t.Errorf("doctor: %v\n%s", err, out)
	}
	args[len(args)-1] = "America/Nowhere"
	if out, err := c.run(t, env, args...); err == nil || !strings.Contains(out, "write a time zone") {
		t.Errorf("a zone that does not exist: %v\n%s", err, out)
	}
}

func appendTo(t *testing.T, path string, text []byte) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(before, text...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sandbox serves the sandbox from the container until the test ends.
func (c container) sandbox(t *testing.T) *url.URL {
	t.Helper()
	cmd := c.command(nil, "sandbox", "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	var said bytes.Buffer
	for !strings.Contains(said.String(), "SAIL_CLIENT_SECRET") {
		if _, err := io.CopyN(&said, out, 1); err != nil {
			t.Fatalf("sandbox: %v\n%s", err, said.String())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	u, err := url.Parse(regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said.String()))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestDockerfile: the image is what the tested script makes, and the final stage needs no registry.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text := read(t, "Dockerfile")
	_, final, ok := strings.Cut(text, "\nFROM scratch\n")
	if !ok || strings.Contains(final, "\nFROM ") || !strings.Contains(text, "deploy/container/rootfs.sh /out ") {
		t.Error("the Dockerfile does not end in what rootfs.sh makes, on scratch")
	}
	for _, line := range []string{"COPY --from=build /out/usr /usr", "COPY --from=build /out/etc /etc", "ENV STATE_DIRECTORY=/state", "WORKDIR /work", "USER 65532:65532", `ENTRYPOINT ["/usr/local/bin/accountsync"]`} {
		if !strings.Contains(final, "\n"+line+"\n") && !strings.HasPrefix(final, line+"\n") {
			t.Errorf("the final stage has no line %s", line)
		}
	}
}
