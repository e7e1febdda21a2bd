# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 in the middle of large writes: no torn line after a restart.

Fault A5, at a tenth of its rounds. What the process had not written is lost
(TCP has no answer), but only the end of what each connection sent.
"""

import os
import random
import re

import pytest

import oracle
import senders
from harness import eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]

CONNECTIONS = 3
ROUNDS = 12


def send_until_broken(address, src):
    """A sender process: as fast as it can, until the connection breaks."""
    seq = 0
    try:
        with senders.connect(address) as s:
            while True:
                s.sendall(b"".join(senders.octet(oracle.message(src, n))
                                   for n in range(seq, seq + 500)))
                seq += 500
    except OSError:
        pass


def size_of(c):
    """Bytes in all files."""
    total = 0
    for name in c.files():
        try:
            total += os.path.getsize(name)
        except FileNotFoundError:
            pass
    return total


def test_kill_9_during_large_writes(collect):
    """A5: ≥ 10 rounds at full speed, killed at an amount of progress."""
    dice = random.Random(9)
    torn = 0
    for n in range(load(ROUNDS) if load(10) == 10 else 3):
        c = collect(args=("--rotate-size", "4M"))
        crowd = senders.Senders()
        for k in range(CONNECTIONS):
            crowd.start(send_until_broken, c.address(), "r%d-%d" % (n, k))
        goal = size_of(c) + dice.randrange(10000, load(4 << 20))
        eventually(lambda: size_of(c) >= goal)
        c.kill()
        crowd.join()
        if n % 4 == 3:  # not every kill tears: help it
            with open(c.path, "ab") as f:
                f.write(b"<14>1 half of a li")
        said = check_restart(collect)
        moved = re.search(r"(\d+) bytes moved", said)
        if moved:
            torn += int(moved[1])
    if torn:
        with open(c.path + ".torn", "rb") as f:
            assert len(f.read().replace(b"\n", b"")) >= torn - ROUNDS


def check_restart(collect):
    """Everything in the files is whole after a start; what each connection
    lost is its end. Returns what the start said."""
    c = collect(args=("--rotate-size", "4M"))
    tally = oracle.check(c.lines(), {})
    assert tally.torn == tally.mixed == tally.doubled == 0, tally
    assert tally.foreign == 2 * len(tally.seen), tally  # unknown senders
    for src in tally.seen:
        assert oracle.prefix_of(tally, src), src
    return c.stop()
