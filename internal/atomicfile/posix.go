//go:build !windows

package atomicfile

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

// File is a file under its temporary name. CloseAtomicallyReplace gives it its own; Cleanup removes it if that did not happen.
type File = renameio.PendingFile

// New makes a file beside its target, readable by its owner only.
func New(path string) (*File, error) {
	return renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
}
