# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 at full speed, in large writes and between thousands of rotations.

Faults A5 and H6. TCP has no answer, so what the process had not written yet
is lost with it, but only the end of what each connection sent.
"""

import functools
import os
import random
import signal
import threading
import time

import pytest

import afterlife
import harness
import nth
import oracle
import senders
from rounds import rounds

pytestmark = pytest.mark.fault

CONNECTIONS = 4
PIECE = 250


class Load:
    """Connections that send as fast as they can, until they break or are
    told to stop. sent: messages of each."""

    def __init__(self, c, name):
        self.stopped = False
        self.sent = {"%s-%d" % (name, k): 0 for k in range(CONNECTIONS)}
        self.threads = [threading.Thread(
            target=self.run, args=(c.address(), src), daemon=True)
            for src in self.sent]
        for t in self.threads:
            t.start()

    def run(self, address, src):
        try:
            with senders.connect(address) as s:
                while not self.stopped:
                    first = self.sent[src]
                    s.sendall(piece(src, first // PIECE))
                    self.sent[src] = first + PIECE
                senders.finish(s)
        except OSError:
            pass

    def join(self):
        self.stopped = True
        for t in self.threads:
            t.join(harness.DEADLINE)
            assert not t.is_alive()


@functools.lru_cache(400)
def piece(src, number):
    return b"".join(senders.octet(oracle.message(src, n)) for n in range(
        number * PIECE, (number + 1) * PIECE))


def size_of(folder):
    total = 0
    for path in afterlife.all_files(folder):
        try:
            total += os.path.getsize(path)
        except FileNotFoundError:
            pass
    return total


def start(folder, args, env=None):
    return harness.Collector(folder, output="d/out.log", http="none",
                             args=args, env=env)


# A5

def test_killed_in_large_writes(tmp_path):
    """0 torn after the restart, and .torn holds what was."""
    dice = random.Random(5)
    torn = 0
    for n in range(rounds(100)):
        folder = tmp_path / str(n)
        os.mkdir(folder)
        logs = str(folder / "d")
        args = (("--rotate-size", "1M") if n % 3 == 2 else ()) + (
            "--workers", 1 + n % 2)
        fault = nth.Fault(folder, logs)
        c = start(folder, args, fault.env)
        load = Load(c, "a")
        goal = dice.randrange(100000, 4 << 20)
        while size_of(logs) < goal:
            pass
        if n % 2 == 0:  # surely inside of one
            fault.arm(["write"], how=nth.PART)
            c.process.wait(harness.DEADLINE)
        c.kill()
        load.join()
        photo = afterlife.texts(logs)
        torn += any(t and not t.endswith(b"\n") for t in photo.values())
        c = start(folder, args)
        c.stop()
        afterlife.check_kept(photo, logs)
        afterlife.check_names(logs)
        afterlife.check_lines(logs, dict.fromkeys(load.sent, 0), {})
    assert torn > 0
    print("rounds with a torn line: %d of %d" % (torn, rounds(100)))


# H6

ROTATIONS = rounds(10000)
LIVES = 10


def disturb(c, path, number, life):
    """What others do meanwhile."""
    c.signal(signal.SIGUSR1)
    if number in (1, 4):
        try:
            os.rename(path, "%s.moved%d" % (path, 10 * life + number))
        except FileNotFoundError:
            pass
        c.signal(signal.SIGHUP)


def count_rotated(logs):
    return sum(p != afterlife.live_of(p) for p in afterlife.all_files(logs))


@pytest.mark.parametrize("sync", ["1s", "never"])
def test_thousands_of_rotations(tmp_path, sync):
    """Every line is in exactly one file, and the names have no gap."""
    logs = str(tmp_path / "d")
    path = os.path.join(logs, "out.log")
    cut, complete = {}, {}
    for life in range(LIVES):
        last = life == LIVES - 1
        # thousands more would take the last one too long to stop
        c = start(tmp_path, ("--rotate-size", "256K" if last else "4K",
                             "--sync", sync, "--workers", 2))
        goal = count_rotated(logs) + (5 if last else ROTATIONS // LIVES)
        load = Load(c, "l%d" % life)
        end = time.monotonic() + 2 * harness.DEADLINE
        number = 0
        while count_rotated(logs) < goal:
            disturb(c, path, number, life)
            number += 1
            assert time.monotonic() < end, c.stderr()
        if not last:
            c.kill()
        load.join()
        if last:
            c.stop()
        for src in load.sent:
            if last:
                complete[src] = load.sent[src]
            else:
                cut[src] = 0
    c = start(tmp_path, ())
    c.stop()
    made = count_rotated(logs)
    assert made > ROTATIONS * 0.8, made
    afterlife.check_names(logs)
    afterlife.check_lines(logs, cut, complete)
    print("%d rotations, %d files moved away" % (
        made, len(afterlife.all_files(logs)) - made - 1))
