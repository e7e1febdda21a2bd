# SPDX-License-Identifier: BSD-2-Clause
"""The N-th call of every kind fails, with every error there is for it.

Once, and from then on until it is cured. The output stalls or goes on, the
operator can see it, it goes on within a second of the cure, and no line that
came over TCP is lost, torn or doubled. (Faults B1, B3, B6, B8.)
"""

import concurrent.futures
import errno
import os
import signal

import pytest

import afterlife
import bench
import harness
import nth
import oracle
from rounds import LONG, rounds

pytestmark = pytest.mark.fault

DISK = ("EIO", "ENOSPC", "EDQUOT", "EROFS")
ERRORS = {
    "write": DISK + ("EFBIG", "EINTR", "EAGAIN", "ENOMEM"),
    "fsync": DISK + ("EINTR",),
    "fdatasync": DISK + ("EINTR",),
    "exchange": DISK + ("ENOENT", "EACCES", "ENOMEM"),
    "rename": DISK + ("ENOENT", "EACCES"),
    "open": DISK + ("EMFILE", "ENFILE", "ENOMEM", "EACCES", "ENOENT",
                    "EINTR"),
    "openat2": ("EMFILE", "ENFILE", "ENOMEM", "EACCES", "EAGAIN", "ENOSYS",
                "EPERM", "EIO"),
    "fstat": ("EIO", "ENOMEM"),
    "statat": ("EIO", "EACCES", "ENOENT"),
    "flock": ("EINTR", "ENOMEM", "EWOULDBLOCK"),
    "unlink": ("EIO", "EROFS"),
    "dup": ("EMFILE",),
    "readdir": ("EIO",),
    "chmod": ("EPERM",),
    "mkdir": ("EIO", "ENOSPC", "EACCES"),
}
SYNCS = "fsync", "fdatasync"
# A loop that goes on after it would never end.
ONCE_ONLY = ("EINTR",)
PATHS = {
    "fixed": {},
    "always": {"sync": "always"},
    "steps": {"lacking": ("exchange",)},
    "fields": {"name": bench.FIELDS, "files": 3},
    "walk": {"name": bench.FIELDS, "files": 3, "lacking": ("openat2",)},
}
PIECE = 48     # messages of a round: about 24 KiB, so it rotates
RESUMED = 1.0  # seconds after the cure
SLACK = 2.0    # that a busy machine may take on top


def load(b, number, move=True):
    """A round: text for some files, rotated by size and now and then by
    hand; sometimes a file is moved away, and all are opened again."""
    if number % 3 == 1:
        b.c.signal(signal.SIGUSR1)
    if move and number % 5 == 2 and b.files == 1:
        moved = "%s.moved%d" % (b.path, number)
        try:
            os.rename(b.path, moved)
        except FileNotFoundError:
            pass  # steps: between two names
        b.c.signal(signal.SIGHUP)
    b.send(PIECE)


def one_round(b, number, kind, at, error, lasting):
    """False: there are not so many calls of that kind."""
    before = b.failures()
    b.fault.arm([kind], at, error=getattr(errno, error), lasting=lasting)
    load(b, number, move=kind not in SYNCS)
    if lasting:
        # until it is felt, or there is nothing more to feel it
        b.until(lambda: b.fault.hits > 0 or b.caught_up())
    else:
        b.until(b.caught_up)
    hits = b.fault.cure()
    took = b.until(b.caught_up)
    assert not lasting or took <= RESUMED + SLACK, (kind, at, error, took)
    if hits and kind == "write" and error not in ("EINTR", "EAGAIN"):
        assert b.failures() > before, (kind, at, error)
    return hits > 0


def loop(folder, kinds, options):
    """All kinds, errors and numbers with one collector; how many rounds."""
    b = bench.Bench(folder, **options)
    number = felt = 0
    try:
        for kind in kinds:
            for n, error in enumerate(ERRORS[kind]):
                for lasting in (False, True):
                    if lasting and error in ONCE_ONLY:
                        continue
                    at = 1
                    most = 40 if LONG else 3 if n < 2 else 1
                    while at <= most:
                        hit = one_round(b, number, kind, at, error, lasting)
                        number += 1
                        felt += hit
                        if not hit:
                            break
                        at += 1
        b.until(lambda: b.c.metric("stalled") == 0)
        b.c.signal(signal.SIGHUP)
        b.send(PIECE)
        b.until(b.caught_up)
        b.s.close()
        b.c.stop()
        # what is written again then is test_failed_sync.py's subject
        b.check(again=kinds is SYNCS)
    finally:
        b.kill()
    return number, felt


@pytest.mark.parametrize("path", PATHS)
def test_the_nth_call_fails(tmp_path, path):
    kinds = [k for k in ERRORS if k not in SYNCS]
    half = [kinds[::2], kinds[1::2], SYNCS]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(loop, tmp_path / str(n), some, PATHS[path])
                for n, some in enumerate(half)]
        done = [job.result() for job in jobs]
    assert sum(felt for _, felt in done) > 40, done
    print("%s: rounds, and those that were felt: %s" % (path, done))


# B3: room for exactly k bytes

def full_at(folder, sizes, options):
    b = bench.Bench(folder, big=True, rotate="64K", **options)
    try:
        for k in sizes:
            b.fault.arm(["write"], how=nth.ROOM, room=k, error=errno.ENOSPC)
            b.send(1)
            b.until(lambda: b.fault.hits > 0)
            assert b.written() == b.sent - 1
            b.fault.cure()
            b.until(b.caught_up, RESUMED + SLACK)
        b.stop()
    finally:
        b.kill()


def spread(tmp_path, work, sizes, options, at_once=12):
    """The sizes over some collectors, which mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for job in [pool.submit(work, tmp_path / str(n), sizes[n::at_once],
                                options) for n in range(at_once)]:
            job.result()


@pytest.mark.parametrize("path", ["fixed", "always", "fields"])
def test_full_after_k_bytes(tmp_path, path):
    """B3: every k from 1 to 300; the rest of the line follows."""
    step = 1 if LONG or path == "fixed" else 10
    spread(tmp_path, full_at, range(1, 301, step), PATHS[path])


def stop_while_full(folder, sizes, options):
    for k in sizes:
        b = bench.Bench(folder / str(k), big=True, stop="500ms", **options)
        b.send(3 * b.files)
        b.until(b.caught_up)
        b.fault.arm(["write"], how=nth.ROOM, room=k, error=errno.ENOSPC)
        b.send(1)
        b.until(lambda: b.fault.hits > 0)
        b.s.close()
        b.c.signal(signal.SIGTERM)
        assert b.c.wait_exit() == 1
        assert ", 1 lost," in b.c.stderr(), b.c.stderr()
        b.sent -= 1
        b.check()
        afterlife.check_names(b.logs)


@pytest.mark.parametrize("path", ["fixed", "fields"])
def test_stopped_while_full(tmp_path, path):
    """What cannot be written by then is lost, and said, but half of a line
    does not stay."""
    spread(tmp_path, stop_while_full, range(1, 301, 1 if LONG else 40),
           PATHS[path], 8)


# B8: short and interrupted writes

@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", ["short", "interrupted"])
def test_short_and_interrupted_writes(tmp_path, path, how):
    """At any one, with rotation; and every one is short."""
    b = bench.Bench(tmp_path, **PATHS[path])
    try:
        for at in range(1, rounds(60, 12)):
            if how == "short":
                b.fault.arm(["write"], at, nth.SHORT, lasting=at % 2)
            else:
                b.fault.arm(["write", "fsync", "fdatasync", "flock"], at,
                            error=errno.EINTR)
            load(b, at, move=False)
            b.until(b.caught_up)
        b.fault.cure()
        assert b.failures() == 0
        b.until(b.caught_up)
        b.s.close()
        b.c.stop()
        b.check()
    finally:
        b.kill()


# A start on a bad disk

FOUND = b"".join(bench.HEADER % 0 + oracle.text("old0", n) + b"\n"
                 for n in range(10))


def start(folder, name, kind, at, error, lacking):
    """True when it was felt. Refused with a reason, or it works."""
    logs = os.path.join(str(folder), "d")
    os.makedirs(logs)
    live = os.path.join(logs, "out.log")
    with open(live, "wb") as f:
        f.write(FOUND + b"<14>1 half a line")
    with open(live + "-20261122T101500Z-000001", "wb"):
        pass
    fault = nth.Fault(folder, logs, lacking)
    fault.arm([kind], at, error=getattr(errno, error))
    c = harness.Collector(folder, output="d/" + name, http="none",
                          ready=False, env=fault.env)
    harness.eventually(lambda: c.process.poll() is not None or
                       "syncline: ready\n" in c.stderr())
    if c.process.poll() is None:
        c.stop()
    else:
        assert c.process.returncode == 1, c.stderr()
        assert logs in c.stderr(), c.stderr()
    felt = fault.cure() > 0
    assert afterlife.read(live).startswith(FOUND)
    c = harness.Collector(folder, output="d/out.log", http="none")
    c.stop()
    assert afterlife.read(live) == FOUND
    assert b"<14>1 half a line\n" in afterlife.read(live + ".torn")
    afterlife.check_names(logs)
    return felt


@pytest.mark.parametrize("name", ["out.log", "%{app_name}.log"])
def test_the_nth_call_of_a_start_fails(tmp_path, name):
    """Refused with a reason, or it works; nothing is lost, and the next
    start finds all in order."""
    number = felt = 0
    for kind, errors in ERRORS.items():
        for error in errors if LONG else errors[:1]:
            at = 1
            while start(tmp_path / str(number), name, kind, at, error, ()):
                at += 1
                number += 1
                felt += 1
            number += 1
    assert felt > (20 if name == "out.log" else 4)
