package check

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// repository is the root of the work tree.
const repository = "../.."

// program is accountsync, built once.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "accountsync")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./cmd/accountsync")
	build.Dir, build.Env = repository, append(os.Environ(), "CGO_ENABLED=0") // as make build does
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	return m.Run()
}

// checkArgs holds a command line against the program: the command and each of its flags exist.
func checkArgs(t *testing.T, where string, args []string) {
	t.Helper()
	command := args[0]
	out, err := exec.Command(program, command, "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "accountsync "+command) {
		t.Errorf("%s: accountsync %s --help: %v\n%s", where, command, err, out)
		return
	}
	for _, arg := range args[1:] {
		name, _, _ := strings.Cut(arg, "=")
		if strings.HasPrefix(name, "--") && !regexp.MustCompile(`(?m)\s`+name+`(\s|$)`).Match(out) {
			t.Errorf("%s: accountsync %s has no flag %s", where, command, name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
