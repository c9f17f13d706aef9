#!/bin/sh
# Writes shell completions and manual pages into out/release, for archives and packages.
# SOURCE_DATE_EPOCH is the date of the pages, VERSION the version they name.
set -eu
rm -rf out/release
mkdir -p out/release/completions out/release/man
go build -trimpath -buildvcs=false -ldflags "-X main.release=${VERSION-}" -o out/release/accountsync ./cmd/accountsync
for shell in bash zsh fish; do
	out/release/accountsync completion "$shell" >"out/release/completions/accountsync.$shell"
done
out/release/accountsync completion powershell >out/release/completions/accountsync.ps1
out/release/accountsync man --out out/release/man
gzip -9n out/release/man/*.1
rm out/release/accountsync
