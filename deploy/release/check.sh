#!/usr/bin/env bash
# Checks .goreleaser.yaml, builds a snapshot of this system's archive and packages twice, which must be equal byte
# for byte, and installs, runs and removes the deb. Needs root (for dpkg) on Debian or Ubuntu.
#
#   deploy/release/check.sh
#
# The tools are built here first, which takes minutes when the cache of go build is empty.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
(cd deploy/release && go build -trimpath -o "$work/bin/" github.com/goreleaser/goreleaser/v2 github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod)
export PATH="$work/bin:$PATH"

goreleaser check

# The other systems are built by make platforms; here one of them goes all the way.
arch=$(go env GOARCH)
git clone -q --no-local . "$work/src"
for n in 1 2; do
	git clone -q "$work/src" "$work/$n/src" # a path of its own each time
	(
		cd "$work/$n/src"
		sed -e 's/goos: \[linux, darwin, windows\]/goos: [linux]/' -e "s/goarch: \[amd64, arm64\]/goarch: [$arch]/" .goreleaser.yaml >"$work/$n/goreleaser.yaml"
		goreleaser release --snapshot --clean --config "$work/$n/goreleaser.yaml"
	)
	(cd "$work/$n/src/out/dist" && sha256sum ./*.deb ./*.rpm ./*.tar.gz ./*.cdx.json checksums.txt) >"$work/$n.sums"
done
diff "$work/1.sums" "$work/2.sums"
cat "$work/1.sums"

dist=$work/1/src/out/dist
(cd "$dist" && sha256sum --check --quiet checksums.txt)
grep -q '"modernc.org/sqlite"' "$dist"/*.cdx.json || { echo "the SBOM does not name the modules"; exit 1; }

deb=$(echo "$dist"/*.deb)
version=$(dpkg-deb --field "$deb" Version)
if [ "$(id -u)" -ne 0 ]; then
	echo "the deb can be installed by root only" >&2
	exit 1
fi
dpkg --install "$deb"
trap 'dpkg --purge accountsync >/dev/null; rm -rf "$work"' EXIT
test "$(command -v accountsync)" = /usr/bin/accountsync
(cd "$work" && accountsync version && accountsync demo --out "$work/demo" >/dev/null)
getent group accountsync
for file in /usr/lib/systemd/system/accountsync@.service /usr/lib/systemd/system/accountsync-worker.service \
	/usr/share/man/man1/accountsync-sync.1.gz /usr/share/bash-completion/completions/accountsync; do
	dpkg --listfiles accountsync | grep -x "$file" >/dev/null || { echo "the package has no $file"; exit 1; }
done
systemd-analyze verify --man=no /usr/lib/systemd/system/accountsync-worker.service /usr/lib/systemd/system/accountsync@.service
dpkg --remove accountsync
if [ -e /usr/bin/accountsync ] || [ -e /usr/lib/systemd/system/accountsync@.service ]; then
	echo "files are left after dpkg --remove" >&2
	exit 1
fi
echo "1 passed, 0 failed: accountsync $version was packed twice alike, installed, run and removed"
