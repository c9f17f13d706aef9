package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"accountsync/internal/problem"
	"accountsync/samples"
	"accountsync/sandbox"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the documents say is run and looked up here.
//
// A block marked console is a session: a line that begins with "$ " is typed,
// what follows is what it prints, a line of ... standing for any lines. A
// status other than 0 must be shown by "$ echo $?". A block marked with a
// language and a file name is that file. Each section of a document has a shell
// in a directory that holds contractors.csv and keys of three approvers, and a
// sandbox of its own.

const repository = "../.."

// document is a Markdown file.
type document struct {
	path     string // from the top of the repository
	text     string
	sections []section
}

// section is what stands between two headings.
type section struct {
	title  string
	blocks []block
}

// block is a fenced block.
type block struct {
	lang, file string
	line       int // of its first line, from 1
	lines      []string
}

// files are those that match any of the patterns, by their path.
func files(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(filepath.Join(repository, pattern))
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			path, _ = filepath.Rel(repository, path)
			all[filepath.ToSlash(path)] = string(b)
		}
		if len(paths) == 0 {
			t.Fatalf("no file %s", pattern)
		}
	}
	return all
}

func documents(t *testing.T) (all []document) {
	t.Helper()
	for path, text := range files(t, "*.md", "docs/*.md", "deploy/*.md", "deploy/windows/*.md", "samples/*.md") {
		all = append(all, parseDocument(path, text))
	}
	return all
}

func parseDocument(path, text string) document {
	d := document{path: path, text: text, sections: []section{{title: "top"}}}
	var open *block
	for i, line := range strings.Split(text, "\n") {
		now := &d.sections[len(d.sections)-1]
		info, fence := strings.CutPrefix(line, "```")
		heading, isHeading := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		switch {
		case fence && open == nil:
			lang, file, _ := strings.Cut(info, " ")
			open = &block{lang: lang, file: file, line: i + 2}
		case fence:
			now.blocks, open = append(now.blocks, *open), nil
		case open != nil:
			open.lines = append(open.lines, line)
		case isHeading && strings.HasPrefix(line, "#"):
			d.sections = append(d.sections, section{title: heading})
		}
	}
	return d
}

// typed is a command of a session, what it is to print and its exit status.
type typed struct {
	line    int
	command string
	prints  []string
	status  int
}

func (b block) commands() (all []typed) {
	more := false // the command goes on
	for i, line := range b.lines {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch last := len(all) - 1; {
		case isCommand:
			all = append(all, typed{line: b.line + i, command: command})
			more = strings.HasSuffix(command, "\\")
		case more:
			all[last].command += "\n" + line
			more = strings.HasSuffix(line, "\\")
		case last >= 0:
			all[last].prints = append(all[last].prints, line)
		}
	}
	for i := range all {
		if i+1 < len(all) && all[i+1].command == "echo $?" && len(all[i+1].prints) == 1 {
			all[i].status, _ = strconv.Atoi(all[i+1].prints[0])
		}
	}
	return all
}

// TestDocumentsRun types what the documents show.
func TestDocumentsRun(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, s := range d.sections {
			isSession := func(b block) bool { return b.lang == "console" }
			onDatabase := func(b block) bool {
				return isSession(b) && strings.Contains(tenant.Replace(strings.Join(b.lines, "\n")), "$STATE")
			}
			if slices.ContainsFunc(s.blocks, isSession) && (newDatabase != nil || !slices.ContainsFunc(s.blocks, onDatabase)) {
				t.Run(d.path+"/"+s.title, func(t *testing.T) {
					t.Parallel()
					s.run(t)
				})
			}
		}
	}
}

// prelude makes a shell of the tests fit for the documents. A sandbox that is
// started is served on a free port, and signed in to: what another terminal
// would do. So are the pages of a worker. make does what the Makefile says of a target, without building and
// testing everything once more.
const prelude = `
exec 2>&1
accountsync() {
	case "$1" in
	sandbox)
		command accountsync "$@" --addr 127.0.0.1:0 >sandbox.out & served=$!
		trap 'kill $served' EXIT
		until grep -qs Ctrl-C sandbox.out; do sleep 0.05; done
		eval "$(grep export sandbox.out)"
		cat sandbox.out ;;
	worker)
		command accountsync "$@" --log-format console >worker.out 2>&1 & worked=$!
		trap 'kill $worked; wait' EXIT
		until PAGES=$(sed -n 's/.*address=\([^ ]*\).*/\1/p' worker.out) && test "$PAGES"; do sleep 0.05; done
		cat worker.out ;;
	*) command accountsync "$@" ;;
	esac
}
PAGES=127.0.0.1:0
make() {
	command make -s -n -C "$ROOT" "$@" >make.out || return
	case "$1" in
	demo) sed -n 's/^bin.//p' make.out >demo.sh && . ./demo.sh ;;
	test) cat make.out; go -C "$ROOT" list -f '{{if or .TestGoFiles .XTestGoFiles}}ok  	{{.ImportPath}}{{else}}?   	{{.ImportPath}}{{end}}' ./... ;;
	esac
}
`

func (s section) run(t *testing.T) {
	dir := t.TempDir()
	script, commands := s.script(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-c", script)
	sh.Dir, sh.WaitDelay = dir, time.Second
	sh.Env = s.environ(t, dir)
	if strings.Contains(script, "$STATE") {
		sh.Env = append(sh.Env, "STATE="+newDatabase(t))
	}
	out, err := sh.Output()
	if ctx.Err() != nil {
		t.Fatalf("%v after %q", ctx.Err(), out)
	}
	answers := strings.SplitAfter(string(out), "\036")
	for i, c := range commands {
		if i+1 >= len(answers) {
			t.Fatalf("line %d: $ %s: the shell ended (%v): %s", c.line, c.command, err, answers[len(answers)-1])
		}
		status, printed := 0, strings.TrimSuffix(answers[i], "\036")
		if at := strings.LastIndexByte(printed, '\037'); at >= 0 {
			status, _ = strconv.Atoi(printed[at+1:])
			printed = printed[:at]
		}
		c.check(t, status, printed)
	}
}

// script is what the shell runs: after each command it tells the status.
func (s section) script(t *testing.T, dir string) (script string, commands []typed) {
	if err := os.WriteFile(filepath.Join(dir, "contractors.csv"), samples.Contractors, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := makeApprovers(dir, "alice", "bob", "carol"); err != nil {
		t.Fatal(err)
	}
	script = prelude
	for _, b := range s.blocks {
		switch {
		case b.lang == "console":
			commands = append(commands, b.commands()...)
		case b.file != "":
			text := strings.Join(b.lines, "\n") + "\n"
			if err := os.WriteFile(filepath.Join(dir, b.file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range commands {
		c.command = savedPlan.ReplaceAllString(c.command, "$$(ls -t ${1}plan-*.json | head -1)")
		script += "\n" + c.command + "\n" + `status=$?; printf '\037%d\036' $status; (exit $status)` + "\n"
	}
	return tenant.Replace(script), commands
}

// savedPlan is a plan as a document names it, by a run of long ago; the last one
// saved there stands for it.
var savedPlan = regexp.MustCompile(`([\w-]+/)plan-\d{8}T\d{6}Z-[a-z0-9]{4}\.json`)

// tenant is what stands in the documents for the reader's own.
var tenant = strings.NewReplacer("https://acme.api.identitynow.com", "$BOX", "YOUR-CLIENT-ID", "demo", "YOUR-CLIENT-SECRET", "demo-secret",
	"postgres:///accountsync", "$STATE", "127.0.0.1:8080", "$PAGES")

// newDatabase makes a database for a document, on a server that is there only with
// the tag integration.
var newDatabase func(testing.TB) string

// environ is the environment of a section's shell. A section that signs in by
// itself is not signed in.
func (s section) environ(t *testing.T, dir string) []string {
	seed := sandbox.DefaultSeed()
	url, stop, err := sandbox.New(seed).Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop(context.Background()) }) // the session is over
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GORACE=" + os.Getenv("GORACE"), "ROOT=" + root, "BOX=" + url}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"} {
		if b, err := exec.Command("go", "env", name).Output(); err == nil {
			environ = append(environ, name+"="+strings.TrimSpace(string(b)))
		}
	}
	for _, b := range s.blocks {
		if strings.Contains(strings.Join(b.lines, "\n"), "export SAIL_CLIENT_ID") {
			return environ
		}
	}
	return append(environ, "SAIL_BASE_URL="+url, "SAIL_CLIENT_ID="+seed.Clients[0].ID, "SAIL_CLIENT_SECRET="+seed.Clients[0].Secret)
}

// check holds what a command did against what the document says.
func (c typed) check(t *testing.T, status int, printed string) {
	t.Helper()
	if status != c.status {
		t.Errorf("line %d: $ %s: exit status %d, the document says %d:\n%s", c.line, c.command, status, c.status, printed)
	}
	got, want := strings.Split(strings.TrimRight(printed, "\n"), "\n"), c.prints
	want = strings.Split(strings.TrimRight(strings.Join(want, "\n"), "\n"), "\n")
	if !alike(normalized(want), normalized(got)) {
		t.Errorf("line %d: $ %s: (-document +printed)\n%s\nprinted:\n%s", c.line, c.command, cmp.Diff(normalized(want), normalized(got)), printed)
	}
}

// alike reports whether the lines are as wanted, where ... is any lines.
func alike(want, got []string) bool {
	switch {
	case len(want) == 0:
		return len(got) == 0
	case want[0] == "...":
		return alike(want[1:], got) || len(got) > 0 && alike(want, got[1:])
	}
	return len(got) > 0 && want[0] == got[0] && alike(want[1:], got[1:])
}

// varying is what differs from day to day, and machine to machine.
var varying = []struct {
	is  *regexp.Regexp
	put string
}{
	{regexp.MustCompile(`\d{8}T\d{6}Z-[a-z0-9]{4}`), "RUN"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ?)?`), "DATE"},
	{regexp.MustCompile(`\d+ requests? in [0-9.hm]+s`), "N requests in TIME"},
	{regexp.MustCompile(`Requests: \d+ sent, \d+ throttled, \d+ retried, paused for \S+s\.`), "Requests: SOME"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`^\d\d:\d\d:\d\d `), "TIME "},
	{regexp.MustCompile(`(; made by \S+, ).*`), "${1}..."},
	{regexp.MustCompile(`(ok  \t\S+).*`), "$1"},
	{regexp.MustCompile(`^(RUN  .*  )[0-9.]+m?s  `), "${1}TIME  "},
	{regexp.MustCompile(`(\S)   +`), "$1  "}, // the columns of a table fit what is in it
	{regexp.MustCompile(`accountsync \S+ go\S+ \S+/\S+`), "accountsync VERSION"},
}

func normalized(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		for _, v := range varying {
			line = v.is.ReplaceAllString(line, v.put)
		}
		out[i] = strings.TrimRight(line, " ")
	}
	return out
}

// TestExitTable: the README's table is that of the program.
func TestExitTable(t *testing.T) {
	t.Parallel()
	var want []string
	for _, s := range problem.Statuses {
		want = append(want, fmt.Sprintf("| %d | %s |", s.Code, s.Text))
	}
	got := regexp.MustCompile(`(?m)^\| \d+ \| .*\|$`).FindAllString(files(t, "README.md")["README.md"], -1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the README's table of exit status (-program +README)\n%s", diff)
	}
}

// TestDocumentedNames: every command, flag and variable that is named exists.
func TestDocumentedNames(t *testing.T) {
	t.Parallel()
	root := (&app{}).root()
	all := everyFlag(root)
	for _, d := range append(documents(t), deployed(t)...) {
		for _, m := range regexp.MustCompile(`\baccountsync ([a-z]+)((?: [^\n`+"`"+`]*)?)`).FindAllStringSubmatch(d.codeOnly(), -1) {
			c, _, err := root.Find(strings.Fields(m[1] + m[2]))
			if err != nil || c == root {
				t.Errorf("%s: %q: there is no command %s", d.path, m[0], m[1])
				continue
			}
			for _, f := range flagWord.FindAllStringSubmatch(m[2], -1) {
				if c.Flag(f[1]) == nil && f[1] != "help" {
					t.Errorf("%s: %q: %s has no flag --%s", d.path, m[0], m[1], f[1])
				}
			}
		}
		for _, f := range regexp.MustCompile("(?m)(?:`|^ *- )--([a-z][a-z-]*)").FindAllStringSubmatch(d.text, -1) {
			if all.Lookup(f[1]) == nil {
				t.Errorf("%s: there is no flag --%s", d.path, f[1])
			}
		}
		for _, v := range regexp.MustCompile(`ACCOUNTSYNC_([A-Z_]+)`).FindAllStringSubmatch(d.text, -1) {
			if key := strings.ReplaceAll(strings.ToLower(v[1]), "_", "-"); key != "config" && key != "name" && key != "remuval" && all.Lookup(key) == nil {
				t.Errorf("%s: there is no variable %s", d.path, v[0])
			}
		}
	}
}

var flagWord = regexp.MustCompile(`(?:^|[ \[])--([a-z][a-z-]*)`)

// codeOnly is what stands in blocks and between backquotes, a line each;
// commands that go on are one line.
func (d document) codeOnly() string {
	var b strings.Builder
	for _, s := range d.sections {
		for _, block := range s.blocks {
			b.WriteString(strings.Join(block.lines, "\n") + "\n")
		}
	}
	for _, m := range regexp.MustCompile("`[^`\n]+`").FindAllString(d.text, -1) {
		b.WriteString(m + "\n")
	}
	return strings.ReplaceAll(b.String(), "\\\n", " ")
}

// deployed are the files of deploy/ and the Dockerfile, as one block each.
func deployed(t *testing.T) (all []document) {
	for path, text := range files(t, "Dockerfile", "deploy/container/*", "deploy/systemd/*", "deploy/kubernetes/*/*/*.yaml", "deploy/windows/*") {
		all = append(all, document{path: path, text: text, sections: []section{{blocks: []block{{lines: strings.Split(text, "\n")}}}}})
	}
	return all
}

func everyFlag(c *cobra.Command) *pflag.FlagSet {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	all.AddFlagSet(c.PersistentFlags())
	for _, sub := range c.Commands() {
		all.AddFlagSet(sub.Flags())
		all.AddFlagSet(everyFlag(sub))
	}
	all.AddFlagSet(c.Flags())
	return all
}

// TestLinks: every link between the documents leads somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	docs := documents(t)
	for _, d := range docs {
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(d.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			path := d.path
			if file != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(d.path), file))
			}
			if _, err := os.Stat(filepath.Join(repository, path)); err != nil {
				t.Errorf("%s: link to %s: %v", d.path, m[1], err)
			}
			if anchor != "" && !hasAnchor(docs, path, anchor) {
				t.Errorf("%s: link to %s: no such heading", d.path, m[1])
			}
		}
	}
}

func hasAnchor(docs []document, path, anchor string) bool {
	i := slices.IndexFunc(docs, func(d document) bool { return d.path == path })
	return i < 0 || slices.ContainsFunc(docs[i].sections, func(s section) bool { return slug(s.title) == anchor })
}

// slug is the anchor that a heading gets.
func slug(title string) string {
	title = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(title), "")
	return strings.ReplaceAll(title, " ", "-")
}

// TestDocumentedErrors: the texts in the tables of docs/csv.md are the program's.
// … stands for what a text is about.
func TestDocumentedErrors(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for path, text := range files(t, "account/*.go", "csvfile/*.go", "diff/*.go", "config/*.go", "job/*.go", "cmd/accountsync/cmd_columns.go") {
		if !strings.HasSuffix(path, "_test.go") {
			source.WriteString(text)
		}
	}
	n := 0
	for _, m := range regexp.MustCompile("(?m)^\\| .*\\| `([^`]+)` \\|$").FindAllStringSubmatch(files(t, "docs/csv.md")["docs/csv.md"], -1) {
		for part := range strings.SplitSeq(m[1], "…") {
			if part = strings.TrimSpace(part); !strings.Contains(source.String(), part) {
				t.Errorf("docs/csv.md: the program never says %q", part)
			}
		}
		n++
	}
	if n < 20 {
		t.Errorf("only %d texts found", n)
	}
}

// TestImportTable: CONTRIBUTING's table of folders is the one the import test holds.
func TestImportTable(t *testing.T) {
	t.Parallel()
	got := map[string][]string{}
	rows := regexp.MustCompile("(?m)^\\| `([a-z/]+)/` \\| ([a-z/, ]+) \\|$")
	for _, m := range rows.FindAllStringSubmatch(files(t, "CONTRIBUTING.md")["CONTRIBUTING.md"], -1) {
		var may []string
		for name := range strings.SplitSeq(m[2], ", ") {
			if name != "nothing" && name != "all" {
				may = append(may, "accountsync/"+name)
			}
		}
		got["accountsync/"+m[1]] = may
	}
	for pkg, may := range mayImport {
		if !slices.Equal(got[pkg], may) {
			t.Errorf("CONTRIBUTING.md: %s may import %v, the test says %v", pkg, got[pkg], may)
		}
	}
}

// TestUnitStatuses: the systemd unit tries again what it should, and nothing else.
func TestUnitStatuses(t *testing.T) {
	t.Parallel()
	const unit = "deploy/systemd/accountsync@.service"
	want := "RestartPreventExitStatus="
	for _, s := range problem.Statuses {
		if !slices.Contains([]int{problem.OK, problem.Unreachable, problem.Locked}, s.Code) {
			want += strconv.Itoa(s.Code) + " "
		}
	}
	if want = strings.TrimSpace(want); !strings.Contains(files(t, unit)[unit], "\n"+want+"\n") {
		t.Errorf("the unit has no line %s", want)
	}
}

// TestMakeTargets: every target that is named exists.
func TestMakeTargets(t *testing.T) {
	t.Parallel()
	makefile := files(t, "Makefile")["Makefile"]
	for _, d := range documents(t) {
		for _, m := range regexp.MustCompile("`make ([a-z ]+)`").FindAllStringSubmatch(d.text, -1) {
			for target := range strings.FieldsSeq(m[1]) {
				if !strings.Contains(makefile, "\n"+target+":") {
					t.Errorf("%s: the Makefile has no target %s", d.path, target)
				}
			}
		}
	}
}
