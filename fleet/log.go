package fleet

import (
	"crypto/rand"
	"log/slog"
	"strings"

	"github.com/rs/zerolog"
)

// riverLog hands on what River has to say, where it matters.
func riverLog(log zerolog.Logger) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(log.Level(zerolog.WarnLevel)))
}

// random is a few letters or digits.
func random() string { return strings.ToLower(rand.Text()[:4]) }
