// Package atomicfile writes a file under a name of its own and gives it its name when it is whole: whoever looks
// sees the old file or the new one. Where POSIX renames it is renameio; renameio leaves Windows out on purpose,
// as a rename over a file is not atomic there: on Windows it is the nearest thing, a rename that replaces.
package atomicfile
