#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# documents.sh - writes what is made from the tables of keys into the tree
#
# Usage: collector/documents.sh SYNCLINED    (make documents)
#
# These are conf/synclined.yaml, conf/synclined.schema.json, and in
# collector/synclined.yaml.5 what stands between the lines BEGIN and END.
# tests/system/test_documents.py fails while they differ from the program.

program=$1
[ -x "$program" ] || {
	echo "usage: collector/documents.sh SYNCLINED" >&2
	exit 2
}
case $program in
/*) ;;
*) program=$PWD/$program ;;
esac
cd "$(dirname "$0")/.." || exit 1

# Puts what the program prints into the place of the file $2, if it differs.
write() {
	"$program" --help-config="$1" >"$2.new" || exit 1
	replace "$2"
}

replace() {
	if cmp -s "$1.new" "$1"; then
		rm -f "$1.new"
	else
		mv "$1.new" "$1" || exit 1
		echo "$1: new"
	fi
}

trap 'rm -f conf/*.new collector/synclined.yaml.5.*' EXIT
write sample conf/synclined.yaml
write schema conf/synclined.schema.json

page=collector/synclined.yaml.5
"$program" --help-config=man >$page.keys || exit 1
sed -e "/^\.\\\\\" BEGIN/r $page.keys" \
	-e '/^\.\\" BEGIN/,/^\.\\" END/{/^\.\\" \(BEGIN\|END\)/!d}' \
	$page >$page.new || exit 1
replace $page
