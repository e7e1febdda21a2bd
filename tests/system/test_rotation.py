# SPDX-License-Identifier: BSD-2-Clause
"""Rotation: by size and on SIGUSR1; names sort in the order written.

The contract's "Files and rotation".
"""

import datetime
import os
import signal
import stat

import pytest

import oracle
import senders
from harness import ROTATED, eventually, load

pytestmark = [pytest.mark.plain, pytest.mark.threads]


def send(c, src, count):
    senders.send_stream(c.address(), "tcp",
                        oracle.stream(src, count, senders.octet))


def test_the_size_is_a_bound(collect):
    """No file exceeds it, and none is rotated long before it is full."""
    c = collect(args=("--rotate-size", "16K"))
    send(c, "a", load(1000))
    c.wait_lines(load(1000))
    sizes = [os.path.getsize(f) for f in c.files()]
    assert max(sizes) <= 16 << 10
    longest = max(map(len, c.lines())) + 1
    assert min(sizes[:-1]) > (16 << 10) - longest
    assert oracle.check(c.lines(), {"a": load(1000)}).perfect()


def test_a_line_longer_than_the_bound_has_a_file_alone(collect):
    """The live file never exceeds rotate_size unless a single line does."""
    c = collect(args=("--rotate-size", "4K", "--workers", 1))
    sizes = 100, 10000, 100, 5000, 5000, 100
    lines = [b"<13>1 - h a - - - %d " % n + b"x" * n for n in sizes]
    senders.send_stream(c.address(), "tcp", b"".join(
        senders.lf(m) for m in lines))
    assert c.wait_lines(6) == lines
    assert [os.path.getsize(f) > 4096 for f in c.files()] == [
        False, True, False, True, True, False]


def test_rotated_names(collect):
    """path-YYYYMMDDTHHMMSSZ-NNNNNN, UTC, numbers in sequence."""
    c = collect(args=("--rotate-size", "4K"))
    before = datetime.datetime.utcnow().replace(microsecond=0)
    send(c, "a", load(300))
    c.wait_lines(load(300))
    names = [ROTATED.search(f).groups() for f in c.files()[:-1]]
    stamps = [datetime.datetime.strptime(s, "%Y%m%dT%H%M%SZ")
              for s, _ in names]
    assert stamps == sorted(stamps) and stamps[0] >= before
    assert stamps[-1] <= datetime.datetime.utcnow()
    assert [n for _, n in names] == [
        "%06d" % (n + 1) for n in range(len(names))]
    assert set(os.listdir(c.folder)) == {
        os.path.basename(f) for f in c.files()} | {"stderr.0"}


def test_numbers_go_on_where_the_folder_ends(collect, tmp_path):
    """One more than the highest there, and the stamp never earlier."""
    old = tmp_path / "out.log-20990101T000000Z-000041"
    old.write_bytes(b"<13>old\n")
    for other in ("out.log-20990101T000000Z-x", "out.log-1", "out.log.torn",
                  "other.log-20990101T000000Z-000099"):
        (tmp_path / other).write_bytes(b"not ours\n")
    c = collect(args=("-f", "raw"))
    senders.send_stream(c.address(), "tcp", b"<13>new\n")
    c.wait_lines(2)
    c.signal(signal.SIGUSR1)
    eventually(lambda: len(c.files()) == 3)
    assert os.path.basename(c.files()[1]) == (
        "out.log-20990101T000000Z-000042")
    assert c.lines() == [b"<13>old", b"<13>new"]


def test_sigusr1_rotates_now(collect):
    """And an empty file is not rotated."""
    c = collect(args=("-f", "raw", "-v"))

    def rotate_in_vain():
        times = c.stderr().count("is empty, not rotated")
        c.signal(signal.SIGUSR1)
        eventually(
            lambda: c.stderr().count("is empty, not rotated") > times)

    rotate_in_vain()
    senders.send_stream(c.address(), "tcp", b"<13>one\n")
    c.wait_lines(1)
    assert len(c.files()) == 1
    c.signal(signal.SIGUSR1)
    eventually(lambda: len(c.files()) == 2)
    c.wait_metric("rotations_total", 1)
    rotate_in_vain()
    senders.send_stream(c.address(), "tcp", b"<13>two\n")
    assert c.wait_lines(2) == [b"<13>one", b"<13>two"]
    assert len(c.files()) == 2
    assert os.path.getsize(c.path) == len(b"<13>two\n")


def test_sigusr1_under_load(collect):
    """Rotations in the middle of a stream lose and tear nothing."""
    c = collect(args=("--workers", 2))
    crowd = senders.Senders()
    sent = {"s%d" % n: load(5000) for n in range(3)}
    for src, count in sent.items():
        crowd.start(senders.send_stream, c.address(), "tcp",
                    oracle.stream(src, count, senders.lf))
    while any(p.is_alive() for p in crowd.processes):
        have = len(c.files())
        c.signal(signal.SIGUSR1)
        eventually(lambda: len(c.files()) > have or not any(
            p.is_alive() for p in crowd.processes))
    crowd.join()
    tally = oracle.check(c.wait_lines(sum(sent.values())), sent)
    assert tally.perfect(), tally


def test_several_outputs_rotate_each_for_itself(collect, tmp_path):
    """Two files, one folder, one limit each."""
    other = tmp_path / "out.log.more"
    c = collect(args=("-o", other, "--rotate-size", "8K"))
    send(c, "a", load(500))
    first = c.wait_lines(load(500))
    names = [os.path.basename(f) for f in c.files()]
    c.path = str(other)
    assert c.wait_lines(load(500)) == first
    assert not set(names) & {os.path.basename(f) for f in c.files()}


def test_modes_of_files_and_folders(collect, tmp_path):
    """0640 and 0750, whatever the umask; missing folders are made."""
    old = os.umask(0o007)
    try:
        c = collect(output="a/b/out.log", args=("--rotate-size", "4K"))
    finally:
        os.umask(old)
    send(c, "a", 100)
    c.wait_lines(100)
    assert len(c.files()) > 1
    for name in c.files():
        assert stat.S_IMODE(os.stat(name).st_mode) == 0o640
    for folder in tmp_path / "a", tmp_path / "a" / "b":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_a_restart_appends(collect):
    """What is there stays, and the limit counts it."""
    c = collect(args=("--rotate-size", "8K"))
    send(c, "a", 20)
    c.wait_lines(20)
    c.stop()
    c = collect(args=("--rotate-size", "8K"))
    send(c, "b", 20)
    tally = oracle.check(c.wait_lines(40), {"a": 20, "b": 20})
    assert tally.perfect(), tally
    assert all(os.path.getsize(f) <= 8192 for f in c.files())


def test_a_file_of_yesterday_is_rotated_at_the_start(collect):
    """rotate_every: what an earlier period left makes way for ours."""
    options = ("--rotate-every", "1d")
    c = collect(args=options)
    send(c, "a", 10)
    c.wait_lines(10)
    assert len(c.files()) == 1
    c.stop()
    os.utime(c.path, (1e9, 1e9))
    c = collect(args=options)
    eventually(lambda: len(c.files()) == 2)
    assert os.path.getsize(c.path) == 0
    send(c, "b", 10)
    c.wait_lines(20)
    assert len(c.files()) == 2
