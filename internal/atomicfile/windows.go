//go:build windows

package atomicfile

// File is a file under its temporary name. CloseAtomicallyReplace gives it its own; Cleanup removes it if that did not happen.
type File = renamed

// New makes a file beside its target, readable by its owner only.
func New(path string) (*File, error) { return newRenamed(path) }
