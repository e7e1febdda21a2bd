# SPDX-License-Identifier: BSD-2-Clause
"""Whoever sends most does not make the others wait.

Fault D2. What is measured is the order of the lines, not time.
"""

import signal
import threading

import pytest

import oracle
import senders
from harness import load

pytestmark = pytest.mark.fault

MIB = 1 << 20


def test_a_fast_connection_among_slow_ones(collect):
    """D2: 200 connections, one with a hundred times as much as the others
    together. All have sent while the collector stood still; until the last
    slow one has had its turn, the fast one gets a few reads only."""
    c = collect(args=("--workers", "1"))
    sent = {"slow%d" % n: 10 for n in range(199)}
    slow = {src: senders.connect(c.address()) for src in sent}
    fast = senders.connect(c.address())
    c.wait_metric("connections", 200)
    sent["fast"] = load(100000)
    data = oracle.stream("fast", sent["fast"], senders.lf)
    c.signal(signal.SIGSTOP)
    pump = threading.Thread(target=fast.sendall, args=(data,))
    pump.start()
    for src, s in slow.items():
        s.sendall(oracle.stream(src, sent[src], senders.lf))
    c.signal(signal.SIGCONT)
    pump.join()
    for s in [*slow.values(), fast]:
        senders.finish(s)
    lines = c.wait_lines(sum(sent.values()))
    tally = oracle.check(lines, sent)
    assert tally.perfect(), tally
    is_slow = [b"src=slow" in line for line in lines]
    last = max(n for n, slow in enumerate(is_slow) if slow)
    ahead = sum(len(line) + 1 for n, line in enumerate(lines[:last])
                if not is_slow[n])
    assert ahead <= 4 * MIB, ahead
    assert ahead < len(data) / 2
