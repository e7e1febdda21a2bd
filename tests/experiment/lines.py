# SPDX-License-Identifier: BSD-2-Clause
"""lines.py - the numbered lines that the processes of the experiment write

A line names its run, its process and its number, and goes on with the letter
of its process, in a length that follows from both numbers. So what a line
must look like is known to the last byte, and two lines that were written into
each other never pass for one.
"""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def line(run, process, number):
    """The text of one line, without a newline."""
    letter = LETTERS[process % len(LETTERS)]
    length = 20 + (process * 11 + number * 37) % 100
    return "run %s process %03d line %06d %s end" % (
        run, process, number, letter * length)
