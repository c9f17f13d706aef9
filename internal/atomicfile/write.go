// Package atomicfile writes a file under a name of its own and gives it its name when it is whole: whoever looks
// sees the old file or the new one. Where POSIX renames it is renameio; renameio leaves Windows out on purpose,
// as a rename over a file is not atomic there: on Windows it is the nearest thing, a rename that replaces.
package atomicfile

import "errors"

// Write writes a whole file.
func Write(path string, text []byte) (err error) {
	file, err := New(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Cleanup()) }()
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}
