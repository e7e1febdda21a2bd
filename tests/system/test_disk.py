# SPDX-License-Identifier: BSD-2-Clause
"""A full disk makes senders wait; nothing is lost, torn or doubled.

Fault B1, in small: a tmpfs of its own that is filled and freed.
"""

import os
import signal

import pytest

import oracle
import senders
from harness import eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]

# A file system of 16 MiB at $1, then the command; mkdir outside, see collect.
INSIDE = 'mount -t tmpfs -o size=16m none "$1" && shift && exec "$@"'


@pytest.fixture
def small_disk(collect, private, tmp_path):
    """A collector that logs on a disk of 16 MiB, and that disk from here."""
    (tmp_path / "disk").mkdir()
    c = collect(output="disk/out.log", prefix=private + [
        "sh", "-c", INSIDE, "sh", str(tmp_path / "disk")],
        args=("--memory", "8M", "--rotate-size", "256K"))
    c.path = "/proc/%d/root%s" % (c.pid, c.path)
    return c, os.path.dirname(c.path)


def fill(disk, leave):
    """Takes all room but some, so that the disk is full soon."""
    room = os.statvfs(disk)
    with open(disk + "/fill", "wb") as f:
        f.write(b"\0" * (room.f_bavail * room.f_bsize - leave))
        f.flush()


def wait_stalled(c):
    eventually(lambda: c.metric("stalled") == 1)
    status, _, body = c.http(path="/readyz")
    assert status == 503 and b"out.log" in body, body
    assert c.http(path="/healthz")[0] == 200


def test_tcp_waits_until_there_is_room(small_disk):
    """B1, twice: stalled and said so, then everything, in order."""
    c, disk = small_disk
    for turn in "one", "two":
        before = c.count_lines()
        fill(disk, 50000)
        sent = {turn + str(n): load(1500) for n in range(3)}
        crowd = senders.Senders()
        for src, count in sent.items():
            crowd.start(senders.send_stream, c.address(), "tcp",
                        oracle.stream(src, count, senders.octet))
        wait_stalled(c)
        assert c.metric("failed_writes_total", reason="ENOSPC") > 0
        os.unlink(disk + "/fill")
        crowd.join()
        lines = c.wait_lines(before + sum(sent.values()))[before:]
        tally = oracle.check(lines, sent)
        assert tally.perfect(), tally
        eventually(lambda: c.metric("stalled") == 0)
        assert c.http(path="/readyz")[0] == 200
    assert c.metric("dropped_messages_total") == 0
    assert "again" in c.stderr()


def test_full_in_the_middle_of_a_line(small_disk):
    """B3, in small: short writes at many places of a line; each line is
    whole in the end."""
    c, disk = small_disk
    count = 0
    with senders.connect(c.address()) as s:
        for leave in range(0, 8):
            fill(disk, leave * 4096)
            for _ in range(40):
                s.sendall(senders.octet(oracle.message("a", count)))
                count += 1
            eventually(lambda: c.metric("stalled") == 1 or
                       c.count_lines() == count)
            os.unlink(disk + "/fill")
            c.wait_lines(count)
    tally = oracle.check(c.lines(), {"a": count})
    assert tally.perfect(), tally


def test_a_stop_while_the_disk_is_full(small_disk):
    """Status 1 after stop_timeout, and what it costs is said."""
    c, disk = small_disk
    fill(disk, 20000)
    count = load(500)
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", count, senders.octet))
    wait_stalled(c)
    c.wait_metric("received_messages_total", count)
    written = c.count_lines()
    assert written < count
    c.signal(signal.SIGTERM)
    assert c.wait_exit() == 1
    assert str(count - written) in c.stderr().replace(",", "")
