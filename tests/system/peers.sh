#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# peers.sh [DIR [NAME...]] - fetches the programs that the system tests talk to
#
# Some exclude each other as packages, some start services, and none belongs on
# a developer's machine. So they are unpacked below DIR (default: build/peers)
# and run from there by path; only the libraries they need are installed.
# What is there already is left alone. Which ones: clients/packages.txt; with
# names, only those.
#
# For one that cannot be had there is a file NAME.missing with the reason; the
# tests decide what that means.

here=$(cd "$(dirname "$0")/../.." && pwd)
peers=${1:-$here/build/peers}
[ "$#" -eq 0 ] || shift
wanted=$*
table=$here/tests/system/clients/packages.txt

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

# The newest package that each pattern fits.
newest() {
	for pattern; do
		apt-cache pkgnames | grep -xE -- "$pattern" | sort -V |
			tail -n 1 | grep . || {
			echo "no package $pattern"
			return 1
		}
	done
}

# The libraries that a package needs and that are not there yet, the first of
# alternatives. What is installed is not named to apt, which would upgrade it.
# Without LLVM, which PostgreSQL has for a compiler that nobody here needs.
libraries_of() {
	dpkg-deb -f "$1" Depends | tr ',' '\n' |
		sed -n 's/^ *\(lib[^ |(:]*\).*/\1/p' | grep -v '^libllvm' |
		while read -r library; do
			dpkg-query -W -f '${Status}' "$library" 2>/dev/null |
				grep -q ' installed' || echo "$library"
		done
}

# Absolute links are turned to where their targets are now.
turn_links() {
	find "$1" -type l -lname '/*' | while read -r link; do
		target=$peers/$1$(readlink "$link")
		[ ! -e "$target" ] || ln -sfn "$target" "$link"
	done
}

# True when all programs below this folder find their libraries.
are_linked() {
	! find . -type f -path '*bin/*' -perm -u+x -exec ldd {} + 2>/dev/null |
		grep -q 'not found'
}

# unpack NAME PROGRAM PATTERN...
unpack() (
	name=$1
	program=$2
	shift 2
	packages=$(newest "$@") || {
		echo "$packages"
		exit 1
	}
	rm -rf "$name"
	mkdir "$name" && cd "$name" || exit 1
	# shellcheck disable=SC2086  # one word for each package
	apt-get -q download $packages || exit 1
	for package in *.deb; do
		dpkg-deb -x "$package" . || exit 1
	done
	(cd .. && turn_links "$name")
	# shellcheck disable=SC2086  # a pattern
	set -- $program
	[ -x "$1" ] || {
		echo "no $1 in" "$packages"
		exit 1
	}
	if ! are_linked; then
		libraries=$(for package in *.deb; do
			libraries_of "$package"
		done)
		# shellcheck disable=SC2086  # one word for each library
		apt install -y --no-install-recommends $libraries || exit 1
	fi
	rm -f -- *.deb
)

# The same, when it has to be with newer lists of packages.
fetch() {
	unpack "$@" >"$1.log" 2>&1 || {
		[ -n "$updated" ] || apt update >>"$1.log" 2>&1
		updated=yes
		unpack "$@" >>"$1.log" 2>&1
	}
}

mkdir -p "$peers" && cd "$peers" || exit 1
peers=$(pwd)
updated=
grep -v '^#' "$table" | while read -r name program patterns; do
	[ -n "$name" ] || continue
	case " ${wanted:-$name} " in
	*" $name "*) ;;
	*) continue ;;
	esac
	[ "$(cat "$name/.complete" 2>/dev/null)" != "$patterns" ] || continue
	echo "peers.sh: fetching $name"
	set -f
	# shellcheck disable=SC2086  # one word for each pattern
	set -- $patterns
	set +f
	if fetch "$name" "$program" "$@" </dev/null; then
		rm -f "$name.log" "$name.missing"
		echo "$patterns" >"$name/.complete"
	else
		tail -n 5 "$name.log" | tee "$name.missing"
	fi
done
