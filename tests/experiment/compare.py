# SPDX-License-Identifier: BSD-2-Clause
"""compare.py - the same load on Python's rotating handlers

Here the processes write to one file themselves, each with a handler of its
own, as many programs do. Python's documentation warns of it; the table shows
by how much.
"""

import logging
import logging.handlers
import os
import time

from count import Count
from senders import Crowd, log_lines

# Nothing may be deleted by design, only by accident.
BACKUPS = 5000


def _by_size(path):
    return logging.handlers.RotatingFileHandler(
        path, maxBytes=1 << 20, backupCount=BACKUPS)


def _by_time(path):
    return logging.handlers.TimedRotatingFileHandler(
        path, when="S", interval=1)


HANDLERS = (
    ("RotatingFileHandler", _by_size),
    ("TimedRotatingFileHandler", _by_time),
)


def run_handler(open_handler, folder, run, processes, lines, say):
    """Returns the count, the errors that the programs saw, and the time."""
    path = os.path.join(folder, "shared.log")

    def make(_process):
        return open_handler(path)

    def work(handler, process):
        # What the program was told is no secret loss, but it is a loss: the
        # handler gave up on the line. So it counts as sent.
        return lines, log_lines(handler, run, process, lines, quiet=True)

    crowd = Crowd(processes, make, work)
    begin = time.monotonic()
    crowd.start()
    while not crowd.poll():
        time.sleep(0.05)
    took = time.monotonic() - begin
    count = Count(run, dict.fromkeys(range(processes), lines))
    names = sorted(os.listdir(folder))
    for name in names:
        count.read(os.path.join(folder, name), False)
    if count.missing() == 0:
        say("  it lost nothing: its file was rotated only %d times; more "
            "processes and lines show it" % (len(names) - 1))
    return count, crowd.failed()[0], took


def compare(folder, run, processes, lines, ours, say):
    """Runs the load on each handler and says the table; ours is the row of
    the collector: (name, count, errors, seconds)."""
    rows = [ours]
    for name, open_handler in HANDLERS:
        own = os.path.join(folder, name)
        os.makedirs(own)
        say("%s, shared by %d processes ..." % (name, processes))
        rows.append((name,) + run_handler(
            open_handler, own, run, processes, lines, say))
    say("")
    say("%-26s %9s %9s %9s %8s %7s %7s %8s" % (
        "", "sent", "stored", "missing", "doubled", "mixed", "errors",
        "lines/s"))
    for name, count, errors, took in rows:
        say("%-26s %9s %9s %9s %8s %7s %7s %8s" % (
            (name,) + tuple(format(n, ",") for n in (
                count.total_sent(), count.stored, count.missing(),
                count.doubled, count.mixed, errors,
                int(count.stored / took) if took > 0 else 0))))
    say("")
