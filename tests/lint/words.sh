#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# words.sh - what must not stand in a source file of ours
#
# A line that has to break one of these rules says so in the comment before
# it, which begins with "RULE" (see ARCHITECTURE.md, rule zero).

cd "${srcdir:-$(dirname "$0")/../..}" || exit 99
files=$(find sender collector tests -name '*.[ch]' | sort)
[ -n "$files" ] || exit 99
status=0
for file in $files; do
	awk -v file="$file" '
		function bad(text) {
			if (rule)
				return
			printf "%s:%d: %s\n", file, NR, text
			failed = 1
		}
		NR == 1 && $0 != "/* SPDX-License-Identifier: BSD-2-Clause */" {
			bad("no licence in the first line")
		}
		/\/\* RULE/ { rule = NR }
		rule && /[;{]/ && NR > rule + 6 { rule = 0 }
		/(^|[^A-Za-z])(TODO|FIXME)([^A-Za-z(]|$|\([^#])/ {
			bad("a TODO needs the number of an issue: TODO(#12)")
		}
		file !~ /^tests\// &&
		    /[^a-z_](sprintf|vsprintf|strcpy|strcat|strtok|gets|atoi|atol|alloca)\(/ &&
		    !/strcpy\([^,]*, "/ {
			bad("a function that checks nothing")
		}
		/[ \t]+$/ { bad("blank at the end of the line") }
		# The first column belongs to the file level. What is not const
		# is state, and state hangs on an object; three files may have
		# some: the level of the log, the counters, the signals.
		file !~ /^tests\/|base\/(log|metrics)\.c$|\/main\.c$/ && /^(static )?[a-z_].*[a-z0-9_\]]( = .*|;)$/ &&
		    !/\(/ && !/const|^(struct|enum|union) [A-Za-z0-9_]+;$/ &&
		    !/^(extern|typedef|goto|return|#)/ {
			bad("a variable of the whole file: " $0)
		}
		END { exit failed }' "$file" || status=1
done
exit $status
