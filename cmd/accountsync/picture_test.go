package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/samples"
	"accountsync/sandbox"
)

var terminalPicture = flag.String("terminal-picture", "", "write the README's picture of a terminal to this `FILE`")

// TestTerminalPicture draws the picture of the README from a real session: a
// plan against the sandbox.
func TestTerminalPicture(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	url, stop, err := sandbox.New(seed).Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop(t.Context()) }) // the session is over
	dir := t.TempDir()
	input, out := filepath.Join(dir, "contractors.csv"), filepath.Join(dir, "accountsync-out")
	if err := os.WriteFile(input, samples.Contractors, 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"HOME=" + dir, "SAIL_BASE_URL=" + url, "SAIL_CLIENT_ID=" + seed.Clients[0].ID, "SAIL_CLIENT_SECRET=" + seed.Clients[0].Secret}
	var stdout, stderr bytes.Buffer
	args := []string{"plan", "--source", "HR Contractors", "--file", input, "--removal", "delete", "--out", out}
	if code := run(t.Context(), environ, args, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("exit status %d\n%s", code, &stderr)
	}
	session := "$ accountsync plan --source 'HR Contractors' --file contractors.csv --removal delete\n" +
		strings.ReplaceAll(stdout.String(), dir+string(filepath.Separator), "")
	picture := drawTerminal(session)
	for _, want := range []string{"+ create", "~ put", "- delete", "Next: accountsync apply"} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture lacks %q:\n%s", want, session)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
	if *terminalPicture != "" {
		if err := os.WriteFile(*terminalPicture, []byte(picture), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// drawTerminal draws lines as a terminal shows them; wide ones are cut, and of
// a list of one kind three operations are kept.
func drawTerminal(session string) string {
	const columns, rowHeight, most = 110, 18, 3
	var lines []string
	kind, n := "", 0
	for line := range strings.SplitSeq(strings.TrimRight(session, "\n"), "\n") {
		if mark := strings.Fields(line + " ."); strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   ") && strings.Contains("+~-", mark[0]) {
			if mark[0] != kind {
				kind, n = mark[0], 0
			}
			n++
		} else if !strings.HasPrefix(line, "   ") {
			kind, n = "", 0
		}
		if n > most+1 || n > most && strings.HasPrefix(line, "   ") {
			continue
		}
		if n > most {
			line = "  ..."
		}
		if r := []rune(line); len(r) > columns {
			line = string(r[:columns-3]) + "..."
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	width, height := columns*8+32, len(lines)*rowHeight+32
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="13">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#16181d"/>`+"\n", width, height)
	for i, line := range lines {
		fmt.Fprintf(&b, `<text x="16" y="%d" xml:space="preserve" fill="%s">`, i*rowHeight+30, colorOf(line))
		_ = xml.EscapeText(&b, []byte(line)) // a Builder takes all
		b.WriteString("</text>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func colorOf(line string) string {
	for _, c := range []struct{ begins, color string }{{"  + ", "#7ee08a"}, {"  ~ ", "#e8c268"}, {"  - ", "#ff8f85"}, {"  ! ", "#ffb86b"}, {"$ ", "#ffffff"}, {"Next: ", "#8cc8ff"}, {"Plan: ", "#ffffff"}} {
		if strings.HasPrefix(line, c.begins) {
			return c.color
		}
	}
	return "#c9ced6"
}
