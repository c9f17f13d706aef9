#!/bin/sh
# Before the package is removed (not upgraded): timers and workers are stopped, and runs end in order.
set -e
case $1 in
remove | 0) ;; # dpkg, rpm
*) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now accountsync-worker.service 'accountsync@*.timer' || :
	systemctl stop 'accountsync@*.service' || :
fi
