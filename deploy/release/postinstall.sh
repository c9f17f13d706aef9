#!/bin/sh
# After the package was installed or upgraded: the group accountsync, the directory of settings, the new units.
# A worker that runs goes on with the program it was started with until it is restarted.
set -e
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers accountsync.conf
elif ! getent group accountsync >/dev/null; then
	groupadd --system accountsync
fi
install -d -m 750 -g accountsync /etc/accountsync
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
