package csvfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// What stands before the header of a file: lines that are passed over because
// they are known, and others, which are named for what they are.

// firstLine is the first line of a sample that is not blank.
func firstLine(sample []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimLeft(sample, "\r\n"), newline)
	return string(bytes.TrimSuffix(line, []byte("\r")))
}

// known reports whether a line before the header is one to pass over: a
// comment, or the line sep=X with which a spreadsheet is told the delimiter.
func (f *File) known(line string) bool {
	if c := f.opt.comment(); c != 0 && strings.HasPrefix(line, string(c)) {
		return true
	}
	delimiter, ok := separatorLine(line)
	if ok && f.opt.Delimiter == 0 {
		f.comma = delimiter
	}
	return ok
}

// separatorLine reads a line such as sep=; or "sep=;", which may be filled up
// with delimiters.
func separatorLine(line string) (delimiter rune, ok bool) {
	text := strings.TrimLeft(line, `"`)
	if len(text) < 5 || !strings.EqualFold(text[:4], "sep=") {
		return 0, false
	}
	delimiter = rune(text[4])
	if !slices.Contains(delimiters, delimiter) {
		return 0, false
	}
	return delimiter, strings.Trim(text[5:], `"`+string(delimiter)) == ""
}

// skipLines passes over n lines from start on, after the blank ones.
func (f *File) skipLines(n int) error {
	br := bufio.NewReader(io.NewSectionReader(f.in, f.start, f.size-f.start))
	for blank := n == 1 && f.opt.SkipLines == 0; n > 0; {
		line, err := br.ReadSlice('\n')
		f.start += int64(len(line))
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF:
			return f.headerError(io.EOF)
		case err != nil:
			return f.unreadable(err)
		}
		f.skipped++
		if !blank || len(bytes.Trim(line, "\r\n")) > 0 {
			n--
		}
	}
	return nil
}

// orPreamble is what stands before the header where it is to blame for an error
// about the header, and else the error itself. isHeader tells a header that
// suits the source; nil where it is not known.
func (f *File) orPreamble(err error, isHeader func(names []string) bool) error {
	sample, readErr := f.sample()
	if readErr != nil {
		return readErr
	}
	first := firstLine(sample)
	what := preambleLine(first)
	line, found := 0, false
	if isHeader != nil {
		line, found = f.headerBelow(sample, isHeader)
	}
	if what == "" && !found || isHeader != nil && !found && strings.HasPrefix(first, "#") {
		return err
	}
	if !found {
		line = f.headerLineAfter(sample)
	}
	at := f.skipped + 1 + bytes.Count(sample[:len(sample)-len(bytes.TrimLeft(sample, "\r\n"))], newline)
	if what == "" {
		what = "not the header"
	} else {
		what += ", not the header"
	}
	msg := fmt.Sprintf("line %d is %s", at, what)
	if found {
		msg += fmt.Sprintf(", which is line %d", line)
	}
	return f.bad(at, msg, f.preambleHint(sample, first, line))
}

// preambleHint is the flag that passes over what comes before the line of the header.
func (f *File) preambleHint(sample []byte, first string, header int) string {
	skip := fmt.Sprintf("use --skip-lines %d, or delete what is before the header", header-1)
	if !strings.HasPrefix(first, "#") || strings.HasPrefix(first, "#TYPE") || f.opt.Comment != "" {
		return skip
	}
	for i, line := range bytes.Split(sample, newline) {
		if i+1+f.skipped >= header {
			break
		}
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return skip
		}
	}
	return "use --comment '#' to skip lines that begin with #"
}

// preambleLine says what a line is that is known to be no header; "" for all others.
func preambleLine(line string) string {
	text := strings.ToLower(strings.TrimLeft(line, `"`))
	switch {
	case strings.HasPrefix(text, "#type"):
		return "the #TYPE line that PowerShell's Export-Csv writes"
	case strings.HasPrefix(text, "#"):
		return "a comment"
	case strings.HasPrefix(text, "version:"), strings.HasPrefix(text, "version="):
		return "a line that names a version"
	case strings.HasPrefix(text, "sep="):
		return "a line that names a delimiter"
	case isRule([]string{strings.Join(strings.FieldsFunc(line, isDelimiter), "")}):
		return "a rule"
	}
	return ""
}

func isDelimiter(r rune) bool { return slices.Contains(delimiters, r) || r == ' ' || r == '"' }

// preambleLines is how many lines at the most are looked at to find the header.
const preambleLines = 50

// headerBelow finds the first line after the first one that is a header.
func (f *File) headerBelow(sample []byte, isHeader func(names []string) bool) (line int, found bool) {
	line = f.skipped + 1
	for range preambleLines {
		at := bytes.IndexByte(sample, '\n')
		if at < 0 {
			return 0, false
		}
		sample, line = sample[at+1:], line+1
		for _, d := range delimiters {
			if names, err := oneRecord(sample, d); err == nil && isHeader(names) {
				return line, true
			}
		}
	}
	return 0, false
}

// headerLineAfter is the first line that is not blank and not known to be no header.
func (f *File) headerLineAfter(sample []byte) int {
	line := f.skipped
	for text := range bytes.SplitSeq(sample, newline) {
		line++
		if s := string(bytes.TrimRight(text, "\r")); s != "" && preambleLine(s) == "" {
			return line
		}
	}
	return line
}

// oneRecord reads the record that begins at the sample, in one line.
func oneRecord(sample []byte, delimiter rune) ([]string, error) {
	line, _, _ := bytes.Cut(sample, newline)
	cr := csv.NewReader(bytes.NewReader(line))
	cr.Comma = delimiter
	return cr.Read()
}
