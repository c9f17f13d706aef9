#!/bin/sh
# Builds the root file system of the container from the sources in the current directory:
#
#   deploy/container/rootfs.sh DIR [VERSION [COMMIT [DATE]]]
#
# The Dockerfile copies DIR into an empty image. What it holds:
#
#   /usr/local/bin/accountsync           static; the time zones are inside it
#   /etc/ssl/certs/ca-certificates.crt   of the machine that builds
#   /etc/passwd, /etc/group              names for the user 65532
#   /state, /work, /tmp                  empty
set -eu
root=$1
CGO_ENABLED=0 go build -trimpath -buildvcs=false \
	-ldflags "-s -w -buildid= -X main.release=${2-} -X main.commit=${3-} -X main.date=${4-}" \
	-o "$root/usr/local/bin/accountsync" ./cmd/accountsync
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf 'nonroot:x:65532:65532::/state:/sbin/nologin\n' >"$root/etc/passwd"
printf 'nonroot:x:65532:\n' >"$root/etc/group"
install -d -m 700 "$root/state" "$root/work"
install -d -m 1777 "$root/tmp"
