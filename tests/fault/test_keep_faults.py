# SPDX-License-Identifier: BSD-2-Clause
"""Retention and compression when things go wrong.

H6 with compression, H7, E6; a compression that is killed, or fails, at each
of its calls; a disk that is kept free; threads and disks that hang.
"""

import errno
import os
import signal
import threading
import time

import pytest

import configured
import harness
import nth
import oracle
import packed
import rotated
import senders
import shim
from harness import eventually
from rotated import DAY, there
from rounds import LONG, rounds

pytestmark = pytest.mark.fault

TEXT = b"".join(b"line %d of a file\n" % n for n in range(20000))
# What changes a folder; the others are for the full rounds.
CHANGES = ("write", "fsync", "rename", "unlink", "chmod")
CONFIG = """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/d/out.log
"""


def forms(path):
    return there(path, path + ".zst", path + ".gz")


def temps(folder):
    return [f for f in os.listdir(folder) if f.endswith(".tmp")]


def check_once(path, end):
    """The text is there once, compressed; nothing else is."""
    eventually(lambda: forms(path) == [path + end] and
               not temps(os.path.dirname(path)),
               what=lambda: forms(path) + temps(os.path.dirname(path)))
    assert packed.read(path + end) == TEXT


# A kill, a failure


@pytest.mark.parametrize("kind, end", (("zstd", ".zst"), ("gzip", ".gz")))
def test_kill_at_each_call_of_a_compression(collect, tmp_path, kind, end):
    """Whatever the moment: one whole form at least, and one after a start."""
    logs = tmp_path / "d"
    args = ("--compress", kind)
    kinds = nth.FILES if LONG else CHANGES
    path = rotated.make(str(logs / "out.log"), 1, DAY, TEXT)
    number, killed = 1, 0
    while True:
        fault = nth.Fault(tmp_path, logs)
        fault.arm(kinds, at=number, how=nth.KILL)
        c = collect(output="d/out.log", args=args, env=fault.env, ready=False)
        eventually(lambda: c.process.poll() is not None or
                   (forms(path) == [path + end] and not temps(logs)))
        fault.cure()
        if fault.count < number:
            break
        c.process.wait(harness.DEADLINE)
        killed += 1
        whole = [f for f in forms(path) if packed.read(f) == TEXT]
        assert whole and forms(path) == whole, (number, forms(path))
        # the next start may compress, or not: it cleans up all the same
        c = collect(output="d/out.log", args=args if number % 2 else ())
        if number % 2:
            check_once(path, end)
        eventually(lambda: len(forms(path)) == 1 and not temps(logs),
                   what=lambda: forms(path) + temps(logs))
        assert packed.read(forms(path)[0]) == TEXT
        c.kill()
        os.unlink(forms(path)[0])
        path = rotated.make(str(logs / "out.log"), 1, DAY, TEXT)
        number += 1
    assert killed >= 6, "the harness hits nothing"


def test_each_call_of_a_compression_fails(collect, tmp_path):
    """Once, with what disks say; the file stays whole, is tried again, and
    that was counted and said."""
    logs = tmp_path / "d"
    logs.mkdir()
    fault = nth.Fault(tmp_path, logs)
    run = configured.start(collect, tmp_path, CONFIG + "    compress: zstd\n",
                           env=fault.env)
    kinds = ("write", "fsync", "rename", "unlink", "chmod", "read", "open",
             "flock")
    live = str(logs / "out.log")
    file = 0
    for error in (errno.ENOSPC, errno.EIO, errno.EACCES):
        number = 1
        while True:
            file += 1
            before = run.c.metric("failed_writes_total", reason="compress")
            path = rotated.make(live, file, DAY, TEXT)
            fault.arm(kinds, at=number, error=error)
            run.reload()
            eventually(lambda: fault.hits or forms(path) == [path + ".zst"])
            if not fault.cure():
                break
            # it is whole, and the next time all is well
            assert any(packed.read(f) == TEXT for f in forms(path)), number
            run.reload()
            check_once(path, ".zst")
            number += 1 if LONG else 2
        assert number > 6
        assert run.c.metric(
            "failed_writes_total", reason="compress") >= before
    said = run.c.stop()
    assert run.c.process.returncode == 0
    assert "tried again later" in said and "are compressed again" in said


# H6


def send_until(c, src, stop):
    """Sends on a connection until that breaks, or stop says so."""
    seq = 0
    try:
        with senders.connect(c.address()) as s:
            while not stop.is_set():
                s.sendall(b"".join(senders.octet(oracle.message(src, n))
                                   for n in range(seq, seq + 200)))
                seq += 200
            senders.finish(s)
    except OSError:
        pass


def highest(folder):
    numbers = [int(harness.ROTATED.search(f)[2]) for f in os.listdir(folder)
               if harness.ROTATED.search(f)]
    return max(numbers, default=0)


def test_kill_9_between_thousands_of_rotations(collect, tmp_path):
    """H6 with compression: every record in exactly one file, no number is
    missing, nothing is left."""
    logs = tmp_path / "d"
    logs.mkdir()
    total, life = rounds(10000), 125
    args = ("--rotate-size", "16K", "--compress", "zstd", "--workers", 1)
    lives = 0
    while lives == 0 or highest(logs) < total:
        c = collect(output="d/out.log", args=args, http="none")
        stop = threading.Event()
        feeders = [threading.Thread(target=send_until, args=(
            c, "l%d-%d" % (lives, k), stop)) for k in range(2)]
        for t in feeders:
            t.start()
        goal = highest(logs) + life
        eventually(lambda: highest(logs) >= goal)
        c.kill()
        stop.set()
        for t in feeders:
            t.join()
        lives += 1
    c = collect(output="d/out.log", args=args)
    eventually(lambda: all(f.endswith(".zst") for f in c.files()[:-1]) and
               not temps(logs), timeout=300)
    c.stop()
    numbers = [int(harness.ROTATED.search(f)[2]) for f in c.files()[:-1]]
    assert numbers == list(range(1, len(numbers) + 1))
    tally = oracle.check(c.lines(), {})
    assert tally.torn == tally.mixed == tally.doubled == 0, tally
    assert len(tally.seen) > lives
    for src in tally.seen:
        assert oracle.prefix_of(tally, src), src


# A disk that fills

INSIDE = 'mount -t tmpfs -o size=16m none "$1" && shift && exec "$@"'


@pytest.mark.parametrize("kind", ("none", "zstd"))
def test_a_disk_is_kept_free(collect, private, tmp_path, kind):
    """Much more is logged than fits: nothing is lost on the way, and the
    newest files are there."""
    (tmp_path / "disk").mkdir()
    c = collect(output="disk/out.log", prefix=private + [
        "sh", "-c", INSIDE, "sh", str(tmp_path / "disk")], args=(
            "--memory", "8M", "--rotate-size", "256K", "--keep-free", "6M",
            "--compress", kind))
    c.path = "/proc/%d/root%s" % (c.pid, c.path)
    count = rounds(2000000, 200000)
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", count, senders.octet))
    c.wait_metric("written_messages_total", count)
    bytes_written = c.metric("written_bytes_total")
    assert kind == "zstd" or bytes_written > 16 << 20
    free = os.statvfs(os.path.dirname(c.path))
    eventually(lambda: (lambda v: v.f_bavail * v.f_frsize)(
        os.statvfs(os.path.dirname(c.path))) >= 6 << 20, what=free)
    if kind == "none":
        assert c.metric("deleted_files_total", reason="keep_free") > 20
    numbers = [int(harness.ROTATED.search(f)[2]) for f in c.files()[:-1]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    tally = oracle.check(c.lines(), {})
    have = tally.seen["a"]
    assert list(have) == list(range(count - len(have), count))


# H7


def test_ten_thousand_old_files(collect, tmp_path):
    """And as many strangers: only ours go; a reload and a stop are quick."""
    logs = tmp_path / "d"
    count = rounds(10000, 3000)
    ours, strangers = [], []
    for n in range(1, count + 1):
        ours.append(rotated.make(str(logs / "out.log"), n, DAY, b"x\n"))
        strangers.append(rotated.make(
            str(logs / "out.log\n"), n, DAY, b"x\n"))
    twin = rotated.make(str(logs / "out.log"), count, DAY, b"other", ".gz")
    run = configured.start(
        collect, tmp_path, CONFIG + "    keep: 10\n    keep_age: 2d\n")
    eventually(lambda: not there(*ours[:-10]))
    assert there(*ours[-10:], twin) == ours[-10:] + [twin]
    assert there(*strangers) == strangers
    run.c.wait_metric("deleted_files_total", count - 10, reason="keep")
    run.reload(CONFIG + "    keep: 1\n")
    eventually(lambda: there(*ours) == ours[-1:])
    assert there(twin)
    run.c.stop()


def test_ten_thousand_live_names(collect, tmp_path):
    logs = tmp_path / "d"
    count = rounds(10000, 1000)
    paths = [rotated.make(str(logs / ("h%d.log" % (n % count))), n // count,
                          DAY, b"x\n") for n in range(count, 3 * count)]
    run = configured.start(collect, tmp_path, CONFIG.replace(
        "{dir}/d/out.log", '"{dir}/d/%{hostname}.log"') + "    keep: 1\n")
    eventually(lambda: not there(*paths[:count]))
    assert there(*paths[count:]) == paths[count:]
    run.c.stop()


# E6


@pytest.mark.long
def test_no_thread_can_be_started(collect, tmp_path):
    """Rotation goes on, it is said once, and tried again until it works."""
    fault = nth.Fault(tmp_path)
    fault.arm(["thread"], at=3, error=errno.EAGAIN)
    c = collect(args=("--rotate-size", "4K", "--compress", "zstd",
                      "--keep", 5), env=fault.env)
    fault.arm(["thread"], at=1, error=errno.EAGAIN, lasting=True)
    c.wait_says("cannot be started")
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", 200, senders.octet))
    c.wait_metric("written_messages_total", 200)
    eventually(lambda: fault.hits >= 2)
    assert len(c.files()) > 7
    assert not any(f.endswith(".zst") for f in c.files())
    assert oracle.check(c.lines(), {"a": 200}).perfect()
    fault.cure()
    c.wait_says("rotated files is started")
    eventually(lambda: len(c.files()) == 6 and all(
        f.endswith(".zst") for f in c.files()[:-1]))
    assert c.stop().count("cannot be started") == 1


# A disk that hangs, and much that is asked for


HANGING = """
#include <linux/fs.h>
#include <sys/syscall.h>
#include <stdlib.h>
#include <unistd.h>

int
renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	while (flags == RENAME_NOREPLACE && access(getenv("HANG"), F_OK) == 0)
		usleep(10000);
	return (int)syscall(SYS_renameat2, a, from, b, to, flags);
}
"""


def test_a_compression_that_hangs_does_not_hold_a_stop(collect, tmp_path):
    """All is written: the collector ends in time, and well."""
    (tmp_path / "hang.c").write_text("#undef _FORTIFY_SOURCE\n" + HANGING)
    library = str(tmp_path / "hang.so")
    shim.compile_c("-shared", "-fPIC", "-o", library,
                   str(tmp_path / "hang.c"))
    flag = tmp_path / "flag"
    flag.touch()
    path = rotated.make(str(tmp_path / "out.log"), 1, DAY, TEXT)
    c = collect(args=("--compress", "zstd"), env={
        "LD_PRELOAD": library, "HANG": str(flag)})
    eventually(lambda: temps(tmp_path))
    senders.send_stream(c.address(), "tcp",
                        oracle.stream("a", 100, senders.octet))
    c.wait_metric("written_messages_total", 100)
    start = time.monotonic()
    c.signal(signal.SIGTERM)
    assert c.wait_exit() == 0, c.stderr()
    assert time.monotonic() - start < 6
    assert packed.read(path) == TEXT


def test_many_reloads_leak_nothing(collect, tmp_path):
    logs = tmp_path / "d"
    run = configured.start(collect, tmp_path, CONFIG)
    more = "".join("  - path: {dir}/d/%d.log\n" % n for n in range(50))
    texts = [CONFIG + "    keep: %d\n    compress: %s\n" % (n + 1, kind) + more
             for n, kind in enumerate(("zstd", "none", "gzip"))]
    before = None
    for n in range(rounds(1000)):
        rotated.make(str(logs / "out.log"), n + 1, DAY, b"x\n" * 1000)
        run.reload(texts[n % len(texts)])
        if n == 30:
            before = run.c.memory(), run.c.descriptors()
    eventually(lambda: run.c.descriptors() <= before[1] + 2)
    assert run.c.memory() < before[0] + (4 << 20)
    eventually(lambda: len(os.listdir(logs)) <= 54)

    run.c.stop()
