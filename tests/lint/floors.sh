#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# floors.sh - includes point down or stay on their floor; input and output
# never meet, nor do the tool and the collector; OpenSSL is behind its doors
# (see ARCHITECTURE.md)

floor() {
	case $1 in
	sender/wire/*) echo 0 ;;
	sender/tool/*) echo 2 ;;
	sender/*) echo 1 ;;
	collector/base/*) echo 2 ;;
	collector/config/*) echo 3 ;;
	collector/route/*) echo 4 ;;
	collector/input/* | collector/output/*) echo 5 ;;
	collector/*) echo 6 ;;
	*) echo 9 ;;
	esac
}

# Prints what is wrong with the file $1 including "$2".
judge() {
	for to in "${1%/*}/$2" "sender/$2" "collector/$2"; do
		[ -f "$to" ] && break
	done
	if [ ! -f "$to" ]; then
		echo "not found"
	elif [ "$(floor "$to")" -gt "$(floor "$1")" ]; then
		echo "goes up"
	else
		case $1:$to in
		*/input/*:*/output/* | */output/*:*/input/*) echo "crosses" ;;
		collector/*:sender/tool/* | sender/*:collector/*)
			echo "crosses"
			;;
		esac
	fi
}

# The files that may include headers of OpenSSL.
is_door() {
	case $1 in
	sender/cert/* | sender/tls* | sender/tool/probe*) ;;
	*) false ;;
	esac
}

cd "${srcdir:-$(dirname "$0")/../..}" || exit 99
files=$(find sender collector -name '*.[ch]' | sort)
[ -n "$files" ] || exit 99
status=0
for from in $files; do
	if grep -q '^#[ \t]*include[ \t]*<openssl/' "$from" && ! is_door "$from"
	then
		echo "$from: includes headers of OpenSSL and is none of its doors"
		status=1
	fi
	names=$(sed -n 's/^#[ \t]*include[ \t]*"\(.*\)".*$/\1/p' "$from")
	for name in $names; do
		bad=$(judge "$from" "$name")
		if [ -n "$bad" ]; then
			echo "$from: \"$name\" $bad"
			status=1
		fi
	done
done
exit $status
