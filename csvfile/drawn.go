package csvfile

import (
	"regexp"
	"strings"
	"sync"
)

// Tables that clients of databases and shells draw for the eye: no delimiter
// stands between their cells alone, so that no option reads them.

// The lines that clients draw below or around the header.
var (
	boxRule   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+[-=+]+\+$`) })
	lightRule = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[┌╔┏╭][─═━┬╤┳╦]+[┐╗┓╮]$`)
	})
	psqlRule  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-+(\+-+)+$`) })
	markRule  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\|[ :]*-+[ :]*(\|[ :]*-+[ :]*)*\|$`) })
	widthRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-+( +-+)+$`) })
)

// drawnLines is how many lines at the most are looked at: some clients greet first.
const drawnLines = 10

// drawnTable finds a drawn table at the beginning of a file: the line on which
// it begins, what it is, and how to export it instead; 0 where there is none.
func drawnTable(sample []byte) (line int, what, hint string) {
	lines := strings.SplitN(string(sample[:min(len(sample), 8<<10)]), "\n", drawnLines+1)
	for i, text := range lines {
		text = strings.TrimRight(text, " \r")
		above, below := "", ""
		if i > 0 {
			above = strings.TrimRight(lines[i-1], " \r")
		}
		if i+1 < len(lines) {
			below = lines[i+1]
		}
		switch {
		case boxRule().MatchString(text) && strings.HasPrefix(below, "|"):
			return i + 1, "this is a table with lines drawn around it, as mysql shows it", "export it without them: mysql --batch ... > FILE, or psql --csv ... > FILE"
		case lightRule().MatchString(text):
			return i + 1, "this is a table with lines drawn around it, as sqlite3 or duckdb show it", "export it without them: sqlite3 -csv -header ... > FILE, or duckdb -csv ... > FILE"
		case psqlRule().MatchString(text) && strings.Contains(above, "|"):
			return i, "this is a table with lines drawn into it, as psql shows it", "export it without them: psql --csv ... > FILE"
		case markRule().MatchString(text) && strings.HasPrefix(above, "|"):
			return i, "this is a table as Markdown has it", "export it as CSV (UTF-8) instead"
		case widthRule().MatchString(text) && isWide(above):
			return i, "this is a table with columns of a fixed width, as sqlcmd, SQL*Plus or PowerShell show it",
				`export it with a delimiter: sqlcmd -s, -W ... > FILE, "set markup csv on" in SQL*Plus, or Export-Csv in PowerShell`
		}
	}
	return 0, "", ""
}

// isWide reports whether a line can be the header of columns of a fixed width:
// several words, and no delimiter.
func isWide(header string) bool {
	return len(strings.Fields(header)) > 1 && !strings.ContainsFunc(header, func(r rune) bool { return strings.ContainsRune(",;\t|", r) })
}
