#!/usr/bin/env bash
# Builds goreleaser and cyclonedx-gomod as go.mod here has them, which takes minutes, and prints the directory they
# are in. It is done once: they are kept in the user's cache, until a version changes. Who comes while they are being
# built waits.
set -euo pipefail
cd "$(dirname "$0")"
all=${XDG_CACHE_HOME:-$HOME/.cache}/accountsync-release
key=$( (go version && cat go.mod go.sum) | sha256sum | cut -c 1-16)
mkdir -p "$all"
exec 9>"$all/lock"
flock 9
if [ ! -d "$all/$key" ]; then
	rm -rf "$all"/*/ # those of other versions
	go build -trimpath -o "$all/new/" github.com/goreleaser/goreleaser/v2 github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
	mv "$all/new" "$all/$key"
fi
echo "$all/$key"
