# SPDX-License-Identifier: BSD-2-Clause
"""A disk that gives back something else than the sender's spool wrote."""

import os
import signal

import pytest

from sending import Drive, drive, numbers

pytestmark = pytest.mark.fault
COUNT = 20


def damage(part):
    """One byte of a text."""
    segment, = [name for name in part.iterdir()
                if b" n=7 " in name.read_bytes()]
    with open(segment, "r+b") as f:
        f.seek(f.read().index(b" n=7 ") + 3)
        f.write(b"8")
        os.fsync(f.fileno())


def test_a_damaged_record_is_counted(collect, tmp_path):
    """This message is not sent, it is counted; all others are, in order."""
    spool = tmp_path / "spool"
    drive("flood", "file://%s" % spool, count=COUNT)
    damage(spool / "00")
    c = collect()
    got = drive("flood", "tcp://%s:%d" % c.address(), count=1, spool=spool)
    assert got["damaged"] == 1 and got["sent"] == COUNT
    found = numbers(c.wait_lines(COUNT))
    assert sorted(found.values()) == [
        [0], [n for n in range(COUNT) if n != 7]]


def test_damage_is_counted_through_all_parts(collect, tmp_path):
    """One part has a damaged record, the next one, which is sent after it,
    has none."""
    spool = tmp_path / "spool"
    crowd = [Drive("paused", "file://%s" % spool, count=COUNT)
             for _ in range(2)]
    for one in crowd:
        assert one.process.stdout.readline() == "waiting\n"
    for one in crowd:
        one.process.send_signal(signal.SIGUSR1)
    for one in crowd:
        one.end()
    damage(spool / "00")
    c = collect()
    got = drive("flood", "tcp://%s:%d" % c.address(), count=1, spool=spool)
    assert got["damaged"] == 1
    c.wait_lines(2 * (COUNT + 1))
