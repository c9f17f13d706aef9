#!/usr/bin/env bash
# Checks .goreleaser.yaml, builds a snapshot of this system's archive and packages twice, which must be equal byte
# for byte, and installs, runs and removes the deb; the rpm too, in a directory of its own. Needs root (for dpkg) on
# Debian or Ubuntu, rpm and cpio.
#
#   deploy/release/check.sh
#
# tools.sh builds the tools first, which takes minutes when it has not done so before.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$(deploy/release/tools.sh)
export PATH="$tools:$PATH"

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

# The rpm has the files of the deb, but for where zsh looks; it is installed, run and removed without its scripts,
# which are those of the deb.
deb=$(echo "$dist"/*.deb) rpm=$(echo "$dist"/*.rpm)
diff <(dpkg-deb --contents "$deb" | awk '$1 !~ /^d/ { sub(/^\./, "", $6); sub("vendor-completions", "site-functions", $6); print $6 }' | sort) <(rpm --query --package --list "$rpm" | sort)
for script in postinstall preremove postremove; do
	rpm --query --package --scripts "$rpm" | grep -qF "$(sed -n 2p "deploy/release/$script.sh")" || { echo "the rpm lacks $script.sh"; exit 1; }
done
root=$work/rpm
mkdir "$root"
rpm --root "$root" --install --nodeps --noscripts "$rpm"
"$root/usr/bin/accountsync" version
rpm --root "$root" --verify --nodeps --noscripts accountsync
rpm --root "$root" --erase --noscripts accountsync
test ! -e "$root/usr/bin/accountsync"

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
