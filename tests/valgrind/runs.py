# SPDX-License-Identifier: BSD-2-Clause
"""runs.py - what `./quickstart check valgrind` runs of the sender, and how

In the child of a fork the threads of its parent are not there. What they had
is lost, which is no leak; and nobody races with them, which helgrind does not
know. So leaks are looked for, and helgrind is asked, where nobody forks. drd
takes very long where many threads change many atomics. A handshake takes longer
than some tests wait (in_tls_is_said) or exit(3) does (by_its_header), and many
at once longer than a collector does (fork_sends_nothing).
"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = ("CFLAGS=-g -O1", "CPPFLAGS=-isystem " + HERE)
PROGRAMS = ("collector/synclined", "sender/syncline", "tests/sender/drive")
ALONE = tuple("tests/unit/test_" + name for name in (
    "compose", "flight", "hostname", "ring", "spool", "target", "tls_map"))

LEAKS = ("--leak-check=full", "--errors-for-leak-kinds=definite,possible")

# tool, its options, program
UNIT = tuple(("memcheck", LEAKS, name) for name in ALONE) + (
    ("helgrind", (), "tests/unit/test_ring"),)

# tool, its options, tests as pytest's -k chooses them
SYSTEM = (
    ("memcheck", LEAKS, "(test_sender.py or test_sender_tool.py) and not "
     "(fork or in_tls_is_said or (by_its_header and tls))"),
    ("memcheck", LEAKS, "test_sender_faults.py and "
     "(folder or its_part or next_url or killed or resets)"),
    ("memcheck", (), "(fork_sends_nothing and not tls) or a_daemon"),
    ("helgrind", (), "(test_sender.py and (tcp or tls or unix-stream) and not "
     "(fork or mask or (by_its_header and tls))) or test_in_tls or "
     "standard_input"),
    ("drd", (), "test_sender.py and (tcp or unix-stream) and "
     "(record or mask or loop or storm)"),
)


def command(tool, log, options):
    """What stands before the program; log: where its words go."""
    return ["valgrind", "-q", "--tool=" + tool, "--error-exitcode=9",
            "--log-file=" + log, *options,
            "--suppressions=" + os.path.join(HERE, "suppressions")]
