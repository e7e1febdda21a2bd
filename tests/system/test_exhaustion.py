# SPDX-License-Identifier: BSD-2-Clause
"""Too many connections hurt nobody who is already there.

Fault E1, E2; libevent's listener spins at EMFILE (3.2 million errors in 2 s).
"""

import pytest

import oracle
import senders
from harness import SLOW, eventually, load

pytestmark = pytest.mark.fault

FEW = ("prlimit", "--nofile=64:64", "--")


def test_500_connections_on_64_descriptors(collect):
    """E1: ten honest clients lose nothing, the CPU rests, and when
    descriptors are free the waiting ones are served, in full."""
    c = collect(prefix=FEW, args=("--workers", 2))
    each = load(1000)
    sent = {"honest%d" % n: each for n in range(10)}
    honest = {src: senders.connect(c.address()) for src in sent}
    for src, s in honest.items():
        s.sendall(oracle.stream(src, each // 2, senders.lf))
    c.wait_lines(10 * (each // 2))
    crowd = []
    for n in range(500):
        s = senders.connect(c.address())
        s.sendall(senders.lf(oracle.message("crowd%d" % n, 0)))
        crowd.append(s)
        sent["crowd%d" % n] = 1
    eventually(lambda: c.descriptors() >= 60)
    share = c.cpu_share()
    assert share < (0.6 if SLOW else 0.2), share
    for src, s in honest.items():
        s.sendall(b"".join(senders.lf(oracle.message(src, n))
                           for n in range(each // 2, each)))
        senders.wait_read(s)
    for s in crowd:
        s.shutdown(1)
    for s in list(honest.values()):
        s.close()
    tally = oracle.check(c.wait_lines(sum(sent.values())), sent)
    assert tally.perfect(), tally
    for s in crowd:
        assert s.recv(1) == b""
        s.close()
    senders.send_stream(c.address(), "tcp", senders.lf(
        oracle.message("after", 0)))
    c.wait_lines(sum(sent.values()) + 1)


def test_datagrams_and_status_at_the_limit(collect):
    """E1: datagrams are stored and the end is orderly, though not one
    descriptor is free."""
    c = collect(listen=("tcp://127.0.0.1:0", "udp://127.0.0.1:0"),
                prefix=FEW, args=("-f", "raw", "--rotate-size", "4K"))
    crowd = [senders.connect(c.address()) for _ in range(100)]
    eventually(lambda: c.descriptors() >= 60)
    with senders.connect(c.address("udp"), "udp") as s:
        for n in range(200):
            s.send(b"<13>datagram %d " % n + b"x" * 100)
            if n % 20 == 19:
                c.wait_lines(n + 1)
    assert [line.split(b" ")[1] for line in c.lines()] == [
        b"%d" % n for n in range(200)]
    for s in crowd:
        s.close()
    eventually(lambda: c.descriptors() < 40)
    assert len(c.files()) > 1


def test_max_connections(collect, tmp_path):
    """What exceeds it is closed and counted; a free place can be taken."""
    c = collect(listen=("tcp://127.0.0.1:0?max_connections=3&name=t",
                        "unix-stream://%s/s?max_connections=2&name=u"
                        % tmp_path), args=("-f", "raw", "--workers", 2))
    for scheme, name, limit in ("tcp", "t", 3), ("unix-stream", "u", 2):
        address = c.address(scheme)
        inside = [senders.connect(address, scheme) for _ in range(limit)]
        for n, s in enumerate(inside):
            s.sendall(b"<13>%s %d\n" % (name.encode(), n))
        c.wait_metric("connections", limit, listener=name)
        c.wait_metric("received_messages_total", limit, listener=name)
        for n in range(4):
            with senders.connect(address, scheme) as s:
                assert closed(s)
        c.wait_metric("rejected_connections_total", 4, listener=name,
                      reason="max_connections")
        inside.pop().close()
        c.wait_metric("connections", limit - 1, listener=name)
        with senders.connect(address, scheme) as s:
            s.sendall(b"<13>again\n")
            c.wait_metric("received_messages_total", limit + 1, listener=name)
        for s in inside:
            s.close()
    assert len(c.lines()) == 3 + 2 + 2


def closed(s):
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def test_connections_without_data(collect):
    """E2: clients that connect and leave, thousands; nothing is left."""
    c = collect(args=("-f", "raw"))
    before = c.descriptors()
    for _ in range(load(2000)):
        senders.connect(c.address()).close()
    c.wait_metric("connections", 0)
    assert c.metric("connections_total") == load(2000)
    eventually(lambda: c.descriptors() <= before)
    senders.send_stream(c.address(), "tcp", b"<13>fine\n")
    assert c.wait_lines(1) == [b"<13>fine"]


def test_idle_connections_are_closed_when_asked_for(collect):
    """idle_timeout: silent ones are closed, talking ones are not."""
    c = collect(listen=("tcp://127.0.0.1:0?idle_timeout=2s",),
                args=("-f", "raw"))
    silent = senders.connect(c.address())
    talking = senders.connect(c.address())
    silent.settimeout(0.05)
    count = 0
    while True:
        talking.sendall(b"<13>talk\n")
        count += 1
        try:
            assert silent.recv(1) == b""
            break
        except TimeoutError:
            assert count < 2000, "never closed"
    c.wait_metric("connections", 1)
    senders.finish(talking)
    c.wait_lines(count)
