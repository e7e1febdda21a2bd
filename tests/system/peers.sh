#!/bin/sh -e
# SPDX-License-Identifier: BSD-2-Clause
# peers.sh [DIR] - fetches the relays that the system tests talk to
#
# rsyslog and syslog-ng exclude each other as packages and neither belongs on
# a developer's machine, so they are unpacked below DIR (default: build/peers)
# and run from there by path; only the libraries they need are installed.
# What is there already is left alone.

here=$(cd "$(dirname "$0")/../.." && pwd)
peers=${1:-$here/build/peers}
packages="rsyslog syslog-ng-core"

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Runs apt-get, also when somebody else is just using it.
apt() {
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -o DPkg::Lock::Timeout=120 "$@"
}

# The libraries that a package needs and that are not there yet, the first of
# alternatives. What is installed is not named to apt, which would upgrade it.
libraries_of() {
	dpkg-deb -f "$1" Depends | tr ',' '\n' |
		sed -n 's/^ *\(lib[^ |(:]*\).*/\1/p' |
		while read -r library; do
			dpkg-query -W -f '${Status}' "$library" 2>/dev/null |
				grep -q ' installed' || echo "$library"
		done
}

mkdir -p "$peers"
cd "$peers"
for package in $packages; do
	[ -e "$package/.complete" ] && continue
	rm -rf "$package" "$package"_*.deb
	apt-get -q download "$package" || {
		apt update
		apt-get -q download "$package"
	}
	set -- "$package"_*.deb
	dpkg-deb -x "$1" "$package"
	libraries=$(libraries_of "$1")
	# shellcheck disable=SC2086  # one word for each library
	[ -z "$libraries" ] ||
		apt install -y --no-install-recommends $libraries
	rm -f "$1"
	touch "$package/.complete"
done
