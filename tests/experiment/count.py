# SPDX-License-Identifier: BSD-2-Clause
"""count.py - what the experiment stored, counted from the files alone

Every line of the files is read. A line that was sent and is not there is
missing, one that is there twice is doubled, and a line that is not, to the
last byte, what one process wrote is mixed.
"""

import glob
import os
import re

from lines import line as make_line

# RFC 5424, section 6: what the collector writes in front of the text.
HEADER = rb"<\d{1,3}>1 \S+ \S+ \S+ \S+ \S+ (?:-|\[[^\n]*\]) (?:\xef\xbb\xbf)?"

WHOLE = re.compile(rb"<\d{1,3}>1 (?:\S+ ){5}(?:-|\[[^\n]*\])(?: [^\n]*)?\n")

# What the collector has to say itself (messages were lost, and how many).
OWN = re.compile(rb"<44>1 \S+ \S+ synclined \d+ ")

# What can be a piece of a line of ours, whatever happened to it.
OURS = rb"process \d{3}|line \d{6}|([A-Z])\1{4}"

SHOWN = 5


class Count:
    """What one run left in its files."""

    def __init__(self, run, sent):
        self.run = run
        self.sent = sent  # {process: number of lines it sent}
        self.seen = {p: bytearray(n + 1) for p, n in sent.items()}
        self.stored = 0
        self.doubled = 0
        self.strange = []  # mixed lines: (file, line number, bytes)
        self.mixed = 0
        self.own = []
        self.foreign = 0  # whole lines of somebody else's
        self.ours = re.compile(OURS + b"|" + re.escape(run.encode()))
        self.files = 0
        self.largest = 0
        self.too_large = []

    def total_sent(self):
        return sum(self.sent.values())

    def missing(self):
        return sum(marks.count(0) - 1 for marks in self.seen.values())

    def missing_examples(self):
        """Some of the missing lines, as (process, number)."""
        found = []
        for process, marks in sorted(self.seen.items()):
            at = marks.find(0, 1)
            while at != -1 and len(found) < SHOWN:
                found.append((process, at))
                at = marks.find(0, at + 1)
        return found

    def perfect(self):
        return (self.stored == self.total_sent() and self.missing() == 0
                and self.doubled == 0 and self.mixed == 0
                and not self.too_large)

    def read(self, path, with_header, max_size=0):
        """Counts the lines of one file."""
        pattern = re.compile(
            (HEADER if with_header else b"") + b"(run "
            + re.escape(self.run.encode()) + rb" process (\d{3}) line (\d{6}) "
            rb"[^\n]* end)\n")
        self.files += 1
        number = longest = 0
        with open(path, "rb") as file:
            for raw in file:
                number += 1
                longest = max(longest, len(raw))
                match = pattern.fullmatch(raw)
                if match is None or not self._mark(match):
                    self._strange(path, number, raw, with_header)
        size = os.path.getsize(path)
        self.largest = max(self.largest, size)
        # A single line may be longer than the limit; then it stands alone.
        if max_size and size > max_size and not (
                number == 1 and longest == size):
            self.too_large.append((path, size))

    def _mark(self, match):
        process, at = int(match[2]), int(match[3])
        marks = self.seen.get(process)
        if marks is None or not 0 < at < len(marks):
            return False
        if match[1] != make_line(self.run, process, at).encode():
            return False
        self.stored += 1
        if marks[at]:
            self.doubled += 1
        marks[at] = 1
        return True

    def _strange(self, path, number, raw, with_header):
        if OWN.match(raw) and raw.endswith(b"\n"):
            self.own.append(raw)
            return
        # Others may send to the same port. That cannot hide a loss: a line
        # of ours that was harmed is missing in any case.
        if with_header and WHOLE.fullmatch(raw) and not self.ours.search(raw):
            self.foreign += 1
            return
        self.mixed += 1
        if len(self.strange) < SHOWN:
            self.strange.append((path, number, raw))

    def explain(self, out=print):
        """What is wrong, in words; silent when nothing is."""
        examples = self.missing_examples()
        if examples:
            out("missing, for example: "
                + ", ".join("process %03d line %06d" % e for e in examples))
        for path, number, raw in self.strange:
            out("mixed: %s:%d: %r" % (path, number, raw[:300]))
        for path, size in self.too_large:
            out("too large: %s has %s bytes" % (path, format(size, ",")))
        for raw in self.own[:SHOWN]:
            out("the collector says: "
                + raw.decode(errors="replace").rstrip("\n"))


def files_of(path):
    """The live file of that path and what was rotated away from it."""
    found = glob.glob(glob.escape(path) + "-*")
    found = sorted(f for f in found if os.path.isfile(f))
    if os.path.isfile(path):
        found.append(path)
    return found
