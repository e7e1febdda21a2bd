#!/bin/sh -eu
# SPDX-License-Identifier: BSD-2-Clause
# gather.sh - lays out the image: a program, and what it needs at run time
#
# Usage: docker/gather.sh PROGRAM FOLDER    (in the build stage of Dockerfile)
#
# FOLDER/root is the file system, FOLDER/logs what /var/log/syncline is at
# first. Of each Debian package that something comes from, its entry in dpkg's
# list and its licence come along: scanners look there for what is inside.

program=$1 folder=$2
root=$folder/root
uid=10514

[ -x "$program" ] || {
	echo "gather.sh: $program: no such program" >&2
	exit 1
}
mkdir -p "$root/etc/syncline" "$root/tmp" "$root/usr/sbin" \
	"$root/usr/share/doc/syncline" "$root/var/lib/dpkg/status.d" \
	"$folder/logs"
chmod 1777 "$root/tmp"

# The package that a file comes from; Debian lists it with or without /usr.
owner() {
	dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}"
}

# Copies a file to where it was, and says of which package it is.
take() {
	mkdir -p "$root${1%/*}"
	cp -L "$1" "$root$1"
	package=$(owner "$(realpath "$1")" | sed 's/: .*//; q')
	name=${package%%:*}
	dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$name"
	mkdir -p "$root/usr/share/doc/$name"
	cp -L "/usr/share/doc/$name/copyright" "$root/usr/share/doc/$name/"
}

cp "$program" "$root/usr/sbin/synclined"
cp LICENSE "$root/usr/share/doc/syncline/copyright"
ldd "$program" | grep -o '/[^ ]*' | sort -u | while read -r library; do
	take "$library"
done

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

# Whatever is missing shows here, and not when somebody starts it.
chroot "$root" /usr/sbin/synclined --version
