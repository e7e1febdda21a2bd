# SPDX-License-Identifier: BSD-2-Clause
"""oracle.py - messages that tell what became of them

Each message names its sender and its number and carries a checksum of its
body, so from the files alone one sees what is missing, doubled, mixed with
another, torn, or out of order.
"""

import random
import re
import zlib

HEADER = b"<14>1 2026-11-22T10:15:00.123456Z web1 oracle 42 - - "
SIZES = (40, 60, 90, 120, 200, 60, 90, 300, 40, 1200, 150, 80, 5000, 70, 500)
LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,"
FILLER = bytes(random.Random(1).choices(LETTERS, k=65536))
TEXT = re.compile(
    rb"src=([0-9A-Za-z.-]+) seq=(\d+) crc=([0-9a-f]{8}) ([^=]*)", re.S)


def text(src, seq):
    """The text of message seq of sender src; always the same. Those of a
    sender named big… are large."""
    size = SIZES[seq % len(SIZES)] * (10 if src.startswith("big") else 1)
    start = (seq * 7919 + len(src)) % (len(FILLER) - size)
    body = b"b" + FILLER[start:start + size] + b"e"
    return b"src=%s seq=%d crc=%08x %s" % (
        src.encode(), seq, zlib.crc32(body), body)


def message(src, seq):
    return HEADER + text(src, seq)


def messages(src, count):
    return [message(src, seq) for seq in range(count)]


def stream(src, count, framing):
    return b"".join(framing(m) for m in messages(src, count))


class Tally:
    """What came of the messages that were sent."""

    FAULTS = "missing", "doubled", "mixed", "torn", "foreign", "disordered"

    def __init__(self):
        self.stored = 0
        self.missing = self.doubled = self.mixed = 0
        self.torn = self.foreign = self.disordered = 0
        self.seen = {}       # sender: numbers in the order of the files
        self.fragments = []  # (sender, number) of beginnings of messages
        self.examples = []

    def __repr__(self):
        faults = ", ".join("%d %s" % (getattr(self, f), f)
                           for f in self.FAULTS)
        return "%d stored, %s; %r" % (self.stored, faults, self.examples[:3])

    def perfect(self):
        return not any(getattr(self, f) for f in self.FAULTS)

    def _fault(self, what, line):
        setattr(self, what, getattr(self, what) + 1)
        self.examples.append((what, line[:200]))

    def take(self, line):
        if line.count(b"src=") > 1:
            self._fault("mixed", line)
            return
        found = TEXT.search(line)
        if found is None:
            self._fault("foreign", line)
            return
        src, seq = found[1].decode(), int(found[2])
        whole = text(src, seq)
        if not line.endswith(b" " + whole) or found[0] != whole:
            if whole.startswith(found[0]):
                self.fragments.append((src, seq))
            self._fault("torn", line)
            return
        self.stored += 1
        self.seen.setdefault(src, []).append(seq)

    def compare(self, sent, ordered):
        for src, numbers in self.seen.items():
            if src not in sent:
                self._fault("foreign", src.encode())
            distinct = set(numbers)
            self.doubled += len(numbers) - len(distinct)
            if ordered and numbers != sorted(numbers):
                self._fault("disordered", src.encode())
            if any(n >= sent.get(src, 0) for n in distinct):
                self._fault("foreign", src.encode())
        for src, count in sent.items():
            self.missing += count - len(set(self.seen.get(src, ())))


def check(lines, sent, ordered=True):
    """Compares lines with sent, {sender: number of messages}."""
    tally = Tally()
    for line in lines:
        tally.take(line)
    tally.compare(sent, ordered)
    return tally


def is_own(line):
    """A message of the collector itself, about losses."""
    return line.startswith(b"<44>1 ") and b" synclined " in line[:400]


def prefix_of(tally, src):
    """True when what is there of a sender is the beginning of what it sent."""
    numbers = tally.seen.get(src, [])
    return numbers == list(range(len(numbers)))
