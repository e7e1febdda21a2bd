#!/bin/sh -eu
# SPDX-License-Identifier: BSD-2-Clause
# gather.sh - lays out an image: programs, and what they need at run time
#
# Usage: docker/gather.sh FOLDER PROGRAM...  (in build stages of Dockerfile)
#
# FOLDER/root is the file system, with each PROGRAM where it is installed;
# FOLDER/logs and FOLDER/tls are what /var/log/syncline and /etc/syncline/tls
# are at first. Of each Debian package that something comes from, its entry in
# dpkg's list and its licence come along: scanners look there for what is
# inside.

folder=$1
root=$folder/root
uid=10514
shift

mkdir -p "$root/etc/syncline" "$root/tmp" "$root/usr/share/doc/syncline" \
	"$root/var/lib/dpkg/status.d" "$folder/logs" "$folder/tls"
chmod 1777 "$root/tmp"

# The package that a file comes from; Debian lists it with or without /usr.
owner() {
	dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}" 2>/dev/null
}

# Copies a file to where it was, and says of which package it is, unless it is
# ours.
take() {
	mkdir -p "$root${1%/*}"
	cp -L "$1" "$root$1"
	package=$(owner "$(realpath "$1")" | sed 's/: .*//; q')
	[ -n "$package" ] || return 0
	name=${package%%:*}
	dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$name"
	mkdir -p "$root/usr/share/doc/$name"
	cp -L "/usr/share/doc/$name/copyright" "$root/usr/share/doc/$name/"
}

for program; do
	[ -x "$program" ] || {
		echo "gather.sh: $program: no such program" >&2
		exit 1
	}
	take "$program"
	ldd "$program" | grep -o '/[^ ]*' | sort -u | while read -r library; do
		take "$library"
	done
done
cp LICENSE "$root/usr/share/doc/syncline/copyright"

take /usr/share/zoneinfo/tzdata.zi
cp -R /usr/share/zoneinfo "$root/usr/share/"
rm -rf "$root/usr/share/zoneinfo/right" "$root/usr/share/zoneinfo/posix"

cat >"$root/etc/passwd" <<END
root:x:0:0:root:/:/nonexistent
syncline:x:$uid:$uid:Syncline:/:/nonexistent
END
cat >"$root/etc/group" <<END
root:x:0:
syncline:x:$uid:
END
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
