package main

import (
	"io"

	"github.com/rs/zerolog"
)

// newLog logs to stderr: for people on a terminal, as JSON elsewhere. No line
// ever holds an attribute value or a token.
func newLog(c config, w io.Writer) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(c.LogLevel)
	if err != nil || c.LogLevel == "" {
		return zerolog.Nop(), problemf(exitUsage, "", "--log-level %q: write debug, info, warn or error", c.LogLevel)
	}
	switch c.LogFormat {
	case "json":
	case "console":
		w = consoleLog(w)
	case "auto":
		if isTerminal(w) {
			w = consoleLog(w)
		}
	default:
		return zerolog.Nop(), problemf(exitUsage, "", "--log-format %q: write auto, console or json", c.LogFormat)
	}
	if c.Quiet && level < zerolog.WarnLevel {
		level = zerolog.WarnLevel
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}

func consoleLog(w io.Writer) io.Writer {
	return zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05", NoColor: !isTerminal(w)}
}
