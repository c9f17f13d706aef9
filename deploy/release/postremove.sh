#!/bin/sh
# After the package was removed. Settings in /etc/accountsync, runs in /var/lib/private/accountsync and the
# group stay: they are yours.
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
