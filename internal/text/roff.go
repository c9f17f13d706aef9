package text

import "strings"

// RoffParagraphs are paragraphs for troff. Indented lines stay as they are.
func RoffParagraphs(text string) string {
	var b strings.Builder
	asItIs := false
	for line := range strings.Lines(text + "\n") {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, " "); indented != asItIs && line != "" {
			b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
			asItIs = indented
		}
		if line == "" {
			line = ".PP"
		} else {
			line = Roff(line)
		}
		b.WriteString(line + "\n")
	}
	if asItIs {
		b.WriteString(".fi\n")
	}
	return b.String()
}

// Roff is a line of text for troff, to which a backslash, and a point or quote at
// the beginning of a line, are commands, and a hyphen may be a dash.
func Roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
