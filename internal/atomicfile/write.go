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
