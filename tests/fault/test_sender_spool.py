# SPDX-License-Identifier: BSD-2-Clause
"""A disk that gives back something else than the sender's spool wrote."""

import os

import pytest

from sending import drive, numbers

pytestmark = pytest.mark.fault
COUNT = 20


def test_a_damaged_record_is_counted(collect, tmp_path):
    """One byte of a text: this message is not sent, it is counted; all others
    are, in order."""
    spool = tmp_path / "spool"
    drive("flood", "file://%s" % spool, count=COUNT)
    segment, = [name for name in (spool / "00").iterdir()
                if b" n=7 " in name.read_bytes()]
    with open(segment, "r+b") as f:
        f.seek(f.read().index(b" n=7 ") + 3)
        f.write(b"8")
        os.fsync(f.fileno())
    c = collect()
    got = drive("flood", "tcp://%s:%d" % c.address(), count=1, spool=spool)
    assert got["damaged"] == 1 and got["sent"] == COUNT
    found = numbers(c.wait_lines(COUNT))
    assert sorted(found.values()) == [
        [0], [n for n in range(COUNT) if n != 7]]
