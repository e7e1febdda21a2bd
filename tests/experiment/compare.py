# SPDX-License-Identifier: BSD-2-Clause
"""compare.py - the same load on what Python has without a collector

Here the processes write to one file (or table) themselves, as many programs
do. Of the two handlers that rotate, Python's documentation says that several
processes must not share them; the table shows by how much. Others take a lock
or ask a database, and the table shows what that costs.
"""

import os
import time

from count import Count
from methods import METHODS
from senders import Crowd, log_lines


def run_method(method, folder, run, args):
    """Returns the count, the errors that the programs saw, the seconds, and
    how often it was rotated."""
    os.makedirs(folder)
    method.prepare(folder)

    def make(_process):
        return method.open()

    def work(handler, process):
        # What the program was told is no secret loss, but it is a loss: the
        # handler gave up on the line. So it counts as sent.
        return log_lines(handler, run, process, args.lines, quiet=True,
                         seconds=args.limit)

    crowd = Crowd(args.processes, make, work)
    begin = time.monotonic()
    try:
        crowd.start()
        while not crowd.poll():
            time.sleep(0.01)
    except BaseException:
        crowd.stop()
        method.abandon()
        raise
    method.finish()
    took = time.monotonic() - begin
    count = Count(run, crowd.sent())
    files = method.count(count)
    errors, broken = crowd.failed()
    return count, errors + broken, took, files - 1


def _seconds(count, took, total):
    """For all lines; reckoned (~) when it was stopped before."""
    sent = count.total_sent()
    if sent == total:
        return "%.1f" % took
    return "~%.1f" % (took * total / sent) if sent else "-"


def show(rows, total, say):
    say("")
    line = "%-28s %8s %8s %8s %8s %7s %7s %7s"
    say(line % ("", "sent", "stored", "seconds", "lost", "mixed", "doubled",
                "errors"))
    for name, count, errors, took in rows:
        say(line % (name, format(count.total_sent(), ","),
                    format(count.stored, ","), _seconds(count, took, total),
                    *(format(n, ",") for n in (
                        count.missing(), count.mixed, count.doubled,
                        errors))))


def compare(folder, run, args, ours, say):
    """Runs the load on each method and says the table; ours are the rows of
    the collector: (name, count, errors, seconds)."""
    rows, skipped = list(ours), []
    total = args.processes * args.lines
    for number, method in enumerate(METHODS):
        if method.missing():
            skipped.append(method.name)
            continue
        say("%s, shared by %d processes ..." % (method.name, args.processes))
        count, errors, took, rotated = run_method(
            method, os.path.join(folder, str(number)), run, args)
        if method.loses and count.missing() == 0:
            say("  it lost nothing: its file was rotated only %d times; more "
                "processes and lines show it" % rotated)
        rows.append((method.name, count, errors, took))
    show(rows, total, say)
    say("seconds: for %s lines, until the last one is in the file"
        % format(total, ","))
    if any(count.total_sent() < total for _, count, _, _ in rows):
        say("~: stopped after %g s; the seconds for all lines are reckoned "
            "from what was sent until then" % args.limit)
    if skipped:
        say("not installed here: " + ", ".join(skipped))
    say("")
