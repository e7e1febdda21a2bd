# SPDX-License-Identifier: BSD-2-Clause
"""bench.py - a collector that lives through many faults, and what it was sent

Everything goes over one TCP connection, so nothing of it may be lost, and the
counter of written messages says when it is in the files.
"""

import os
import re
import time

import afterlife
import harness
import nth
import oracle
import senders

HEADER = b"<14>1 2026-11-22T10:15:00.123456Z web1 app%d 42 - - "
KEPT = re.compile(r"(\S+): a sync of it failed.* it is kept as (\S+), ")
UNSAFE = re.compile(r"output (\S+): f\w*sync: what was written to it last may ")
FIELDS = "%{app_name}/x.log"
CONFIG = """
workers: 1
stop_timeout: %s
output:
  - path: "%s"
    rotate_size: %s
    sync: %s
    max_new_files: 0
"""


class Bench:
    """files: 1, or more of a path with fields, which get the lines in turn.
    lines of big are some thousand bytes long."""

    def __init__(self, folder, name="out.log", files=1, rotate="16K",
                 sync="5ms", big=False, stop="5s", fault=None, lacking=()):
        self.folder = str(folder)
        self.logs = os.path.join(self.folder, "d")
        self.files, self.big = files, big
        self.sent = 0
        os.makedirs(self.folder, exist_ok=True)
        self.conf = os.path.join(self.folder, "conf")
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(CONFIG % (stop, os.path.join(self.logs, name), rotate,
                              sync))
        self.fault = fault or nth.Fault(self.folder, self.logs, lacking)
        self.c = harness.Collector(self.folder, output=None,
                                   args=("-c", self.conf), env=self.fault.env)
        self.path = os.path.join(self.logs, name)
        self.s = senders.connect(self.c.address())

    def source(self, number):
        return "%s%d" % ("big" if self.big else "t", number % self.files)

    def send(self, count=1):
        pieces = []
        for n in range(self.sent, self.sent + count):
            pieces.append(senders.octet(
                HEADER % (n % self.files) +
                oracle.text(self.source(n), n // self.files)))
        self.s.sendall(b"".join(pieces))
        self.sent += count

    def written(self):
        return self.c.metric("written_messages_total")

    def failures(self):
        return self.c.metric("failed_writes_total")

    def until(self, condition, timeout=harness.DEADLINE):
        """Waits, and returns the seconds that it took."""
        start = time.monotonic()
        while not condition():
            took = time.monotonic() - start
            assert self.c.process.poll() is None, self.c.stderr()
            assert took < timeout, "%d of %d written, %d hits; %s" % (
                self.written(), self.sent, self.fault.hits, self.c.stderr())
            time.sleep(0.001)
        return time.monotonic() - start

    def caught_up(self):
        return self.written() == self.sent

    def expected(self):
        return {self.source(n): -(-(self.sent - n) // self.files)
                for n in range(min(self.files, self.sent))}

    def suspects(self):
        """Files whose sync failed: they may hold what was written again."""
        said = self.c.stderr()
        rotated = {path for path in UNSAFE.findall(said)
                   if path != afterlife.live_of(path)}
        return rotated | {os.path.join(os.path.dirname(path), name)
                          for path, name in KEPT.findall(said)}

    def check(self, again=False):
        """Every message is in exactly one file, whole. again: or in another
        one, too, because of a sync that failed."""
        good, suspect = [], []
        suspects = self.suspects()
        for path in afterlife.all_files(self.logs):
            text = afterlife.read(path)
            assert text == b"" or text.endswith(b"\n"), path
            (suspect if path in suspects else good).extend(
                text.split(b"\n")[:-1])
        if again:
            good = sorted(set(good))
        once = set(good)
        for lines in good, good + [x for x in set(suspect) if x not in once]:
            tally = oracle.check(lines, self.expected(), ordered=False)
            assert not (tally.torn or tally.mixed or tally.doubled or
                        tally.foreign), tally
        assert tally.missing == 0, tally

    def stop(self):
        """It ends well, and the folder is as it should be."""
        self.s.close()
        said = self.c.stop()
        self.check()
        afterlife.check_names(self.logs)
        return said

    def kill(self):
        self.s.close()
        self.c.kill()
