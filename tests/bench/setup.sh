#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# setup.sh PEERS - what the benchmark takes beyond what is built: rsyslog and
# syslog-ng, unpacked into PEERS by tests/system/peers.sh (the packages exclude
# each other, and would start services), and matplotlib for the plot.
#
# What is there already is left alone. Without matplotlib there is no plot,
# without a peer the benchmark says so.

here=$(cd "$(dirname "$0")" && pwd)

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

"$here/../system/peers.sh" "$1" rsyslog syslog-ng-core

/usr/bin/python3 -c 'import matplotlib' 2>/dev/null && exit
echo "setup.sh: installing python3-matplotlib"
log=$(mktemp)
for try in now updated; do
	[ "$try" = now ] || as_root apt-get -q update >"$log" 2>&1
	if as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o DPkg::Lock::Timeout=120 install -y \
		--no-install-recommends python3-matplotlib >"$log" 2>&1; then
		rm -f "$log"
		exit
	fi
done
tail -n 5 "$log" >&2
rm -f "$log"
echo "setup.sh: going on without a plot" >&2
