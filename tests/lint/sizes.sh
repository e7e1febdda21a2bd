#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sizes.sh - a function has at most 60 lines, a file at most 500
#
# When it grows, it has two subjects. The layout is clang-format's: the brace
# that opens a function, and no other, stands alone in the first column.

cd "${srcdir:-$(dirname "$0")/../..}" || exit 99
files=$(find sender collector -name '*.[ch]' | sort)
[ -n "$files" ] || exit 99
status=0
for file in $files; do
	awk -v file="$file" '
		/^[a-z_]+[a-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
		/^{/ { start = NR }
		/^}/ && start {
			if (NR - start - 1 > 60) {
				printf "%s:%d: %s() has %d lines\n", file,
				    start, name, NR - start - 1
				bad = 1
			}
			start = 0
		}
		END {
			if (NR > 500) {
				printf "%s: %d lines\n", file, NR
				bad = 1
			}
			exit bad
		}' "$file" || status=1
done
exit $status
