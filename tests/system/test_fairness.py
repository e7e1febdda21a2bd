# SPDX-License-Identifier: BSD-2-Clause
"""Whoever sends most does not make the others wait.

Fault D2. What is measured is the order of the lines, not time.
"""

import os
import signal
import threading

import pytest

import oracle
import senders
from harness import DEADLINE, load

pytestmark = [pytest.mark.fault, pytest.mark.plain, pytest.mark.threads]

MIB = 1 << 20


def stop(c):
    """The collector stands still, every thread of it, until SIGCONT."""
    c.signal(signal.SIGSTOP)
    os.waitid(os.P_PID, c.pid, os.WSTOPPED)


def fill(s, data):
    """Sends as much as the kernel takes at once; returns the rest."""
    s.setblocking(False)
    try:
        while data:
            data = data[s.send(data[:65536]):]
    except BlockingIOError:
        pass
    s.settimeout(DEADLINE)
    return data


def test_a_fast_connection_among_slow_ones(collect):
    """D2: 200 connections, one with a hundred times as much as the others
    together. All have sent while the collector stood still, the fast one
    first. Until the last slow one has had its turn, it gets a few reads."""
    c = collect(args=("--workers", "1"))
    sent = {"slow%d" % n: 10 for n in range(199)}
    slow = {src: senders.connect(c.address()) for src in sent}
    fast = senders.connect(c.address())
    c.wait_metric("connections", 200)
    sent["fast"] = load(100000)
    data = memoryview(oracle.stream("fast", sent["fast"], senders.lf))
    stop(c)
    rest = fill(fast, data)
    for src, s in slow.items():
        s.sendall(oracle.stream(src, sent[src], senders.lf))
    pump = threading.Thread(target=fast.sendall, args=(rest,))
    pump.start()
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
    assert ahead <= MIB, ahead


def test_datagrams_among_streams(collect, tmp_path):
    """D2: many streams have brought some bites, and then a few datagrams
    came, while the collector stood still. They wait for the first bite alone:
    a longer queue of them would be lost meanwhile."""
    c = collect(listen=("unix-stream://%s/stream" % tmp_path,
                        "udp://127.0.0.1:0"), args=("--workers", "1"))
    sent = {"s%d" % n: 160 for n in range(64)}
    streams = {src: senders.connect(c.address("unix-stream"), "unix-stream")
               for src in sent}
    datagrams = senders.connect(c.address("udp"), "udp")
    c.wait_metric("connections", len(streams))
    data = {src: oracle.stream(src, sent[src], senders.lf) for src in sent}
    assert sum(map(len, data.values())) >= 5 * MIB
    stop(c)
    for src, s in streams.items():
        s.sendall(data[src])  # has room in the kernel
    sent["datagram"] = 20
    for message in oracle.messages("datagram", 20):
        datagrams.send(message)
    c.signal(signal.SIGCONT)
    for s in streams.values():
        senders.finish(s)
    lines = c.wait_lines(sum(sent.values()))
    tally = oracle.check(lines, sent)
    assert tally.perfect(), tally
    last = max(n for n, line in enumerate(lines) if b"src=datagram" in line)
    ahead = sum(len(line) + 1 for line in lines[:last])
    assert ahead <= 2 * MIB, ahead
