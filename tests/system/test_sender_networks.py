# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline on bad networks: faults C1, C6, C7.

SYNCLINE_LONG=1: a partition of half a minute, and a gap of 1 ms behind each
byte.
"""

import contextlib
import os
import random
import re
import socket
import subprocess
import threading
import time

import pytest

import harness
from harness import eventually, load
from sending import Drive, drive, first_of_each, numbers

pytestmark = pytest.mark.plain

ETIMEDOUT = 110


def slowest(said):
    """us of the slowest call."""
    return int(re.search(r"slowest: (\d+)", said)[1])


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True,
                          check=False)


@pytest.fixture
def other_host():
    """(command prefix that runs on another host, our address on the wire to
    it, the name of our end of that wire)."""
    if os.geteuid() != 0:
        pytest.skip("needs root, for a network namespace")
    number = random.randrange(1 << 14)  # of 198.18.0.0/16, by four
    name, wire = "slns%d" % os.getpid(), "slw%d" % os.getpid()
    net = "198.18.%d.%d" % (number >> 6, number % 64 * 4)
    ours, theirs = (net[:net.rindex(".") + 1] +
                    str(number % 64 * 4 + n) for n in (1, 2))
    try:
        made = ip("netns", "add", name)
    except FileNotFoundError:
        pytest.skip("no ip(8)")
    if made.returncode != 0:
        pytest.skip("no network namespaces: " + made.stderr.strip())
    try:
        for words in (
                ("link", "add", wire, "type", "veth", "peer", "name", "eth0",
                 "netns", name),
                ("addr", "add", ours + "/30", "dev", wire),
                ("link", "set", wire, "up"),
                ("-n", name, "addr", "add", theirs + "/30", "dev", "eth0"),
                ("-n", name, "link", "set", "lo", "up"),
                ("-n", name, "link", "set", "eth0", "up")):
            made = ip(*words)
            if made.returncode != 0:
                pytest.skip("no wire: ip %s: %s" % (
                    " ".join(words), made.stderr.strip()))
        yield ("ip", "netns", "exec", name), ours, wire
    finally:
        ip("link", "del", wire)
        ip("netns", "del", name)


@pytest.mark.long
def test_a_network_that_is_cut_in_two(collect, other_host):
    """C1: the wire is down for a while: no call waits, all arrives in order,
    and what came twice was counted as sent again."""
    prefix, address, wire = other_host
    gap = 30 if harness.LONG else 3
    c = collect(listen=("tcp://%s:0" % address,))
    url = "tcp://%s:%d" % c.address()
    before, count = load(2000), load(10000)
    one = Drive("flood", url, prefix=prefix, count=count,
                pace=(gap + 2) * 1000000 // count, memory=1 << 24,
                timeout=60000)
    eventually(lambda: c.count_lines() >= before // 10 or
               one.process.poll() is not None, what=c.stderr)
    assert ip("link", "set", wire, "down").returncode == 0
    time.sleep(gap)  # it is what is tested
    missing = c.count_lines() < count
    assert ip("link", "set", wire, "up").returncode == 0
    healed = time.monotonic()
    got = one.end()
    assert missing and got["dropped"] == 0 and got["sent"] == count
    assert slowest(got["said"]) < 500000
    found, = numbers(c.wait_lines(count)).values()
    if harness.LONG:
        assert time.monotonic() - healed < 15
    assert first_of_each(found) == list(range(count))
    assert len(found) - count <= got["resent"]


def test_a_peer_that_never_reads():
    """C6: it takes the connection, and no more: no call waits, the memory is
    what it was, the rest is refused and counted, and flush and close end when
    they shall."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = "tcp://127.0.0.1:%d" % listener.getsockname()[1]
        count = 60000
        begun = time.monotonic()
        one = Drive("flood", url, count=count, size=300, timeout=1000)
        peer, _ = listener.accept()
        with peer:
            got = one.end(1)
        took = time.monotonic() - begun
    assert slowest(got["said"]) < 500000
    assert got["flush"] == -ETIMEDOUT and got["close"] < 0
    assert got["accepted"] + got["dropped"] == count
    # ring, flight, and what two kernels hold, of some 400 bytes each
    assert 0 < got["accepted"] < 40000
    assert took < harness.DEADLINE / 2


def test_a_peer_that_never_answers(collect):
    """C6: nobody takes the connection up: the next URL is tried when the
    attempt has had its time."""
    c = collect()
    with socket.socket() as listener, contextlib.ExitStack() as crowd:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # its backlog is full: the kernel does not answer any more
        for _ in range(4):
            s = crowd.enter_context(socket.socket())
            s.setblocking(False)
            s.connect_ex(listener.getsockname())
        url = "tcp://127.0.0.1:%d tcp://%s:%d" % (
            listener.getsockname()[1], *c.address())
        got = drive("flood", url, count=100, pace=100, connect=500)
    assert got["connects"] == 1 and got["sent"] == 100
    assert slowest(got["said"]) < 500000
    found, = numbers(c.wait_lines(100)).values()
    assert found == list(range(100))


def carry(source, target, gap):
    """Byte for byte, until the source ends."""
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while byte := source.recv(1):
        target.sendall(byte)
        if gap:
            time.sleep(gap)
    target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("flags", (0, 64), ids=("octet", "lf"))
def test_one_byte_at_a_time(collect, flags):
    """C7: what the network cuts into single bytes is what was sent."""
    c = collect()
    count = 200 if harness.LONG else load(50)
    with socket.socket() as listener, \
            socket.create_connection(c.address()) as target:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        one = Drive("flood", "tcp://127.0.0.1:%d" % listener.getsockname()[1],
                    count=count, flags=flags)
        source, _ = listener.accept()
        carrier = threading.Thread(target=carry, daemon=True, args=(
            source, target, 0.001 if harness.LONG else 0))
        carrier.start()
        got = one.end()
        carrier.join(harness.DEADLINE)
        assert not carrier.is_alive()
        source.close()
    assert got["sent"] == count and got["resent"] == 0
    lines = c.wait_lines(count)
    found, = numbers(lines).values()
    assert found == list(range(count)) and len(lines) == count
