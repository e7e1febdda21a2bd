#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# symbols.sh - libsyncline.so exports syncline_* and nothing else, as
# syncline.h declares it, and is at most 150 KiB without its debug symbols

so=.libs/libsyncline.so
[ -f "$so" ] || exit 77
header=${srcdir:-$(dirname "$0")/../..}/sender/syncline.h
status=0

exported=$(nm -D --defined-only "$so" | sed -n 's/^[0-9a-f]* [TDBRVW] //p' |
	sed 's/@.*//' | sort)
bad=$(echo "$exported" | grep -Ev '^(syncline_|__[a-z]+san_)')
[ -z "$bad" ] || {
	echo "$so exports: $bad"
	status=1
}

# Functions of the header: a name and a parenthesis, not behind a '*' of a
# comment.
declared=$(grep -v '^ \*' "$header" | grep -o 'syncline_[a-z_]*(' |
	tr -d '(' | sort -u)
[ "$(echo "$exported" | grep '^syncline_')" = "$declared" ] || {
	echo "$so does not export what $header declares"
	status=1
}

case $(nm -D "$so") in
*san_*) exit $status ;; # a sanitizer is not small
esac
small=$(mktemp) || exit 99
strip -o "$small" "$so" && size=$(stat -c %s "$small")
rm -f "$small"
[ "$size" -le 153600 ] || {
	echo "$so has $size bytes"
	status=1
}
exit $status
