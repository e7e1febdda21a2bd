# SPDX-License-Identifier: BSD-2-Clause
"""Too many connections hurt nobody who is already there.

Fault E1, E2; libevent's listener spins at EMFILE (3.2 million errors in 2 s).
"""

import resource

import pytest

import oracle
import senders
from harness import SLOW, eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain, pytest.mark.threads]



def limit_to(c, spare):
    """From now on the collector may open only so many more descriptors."""
    hard = resource.prlimit(c.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(c.pid, resource.RLIMIT_NOFILE,
                     (c.descriptors() + spare, hard))


def unlimit(c):
    hard = resource.prlimit(c.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(c.pid, resource.RLIMIT_NOFILE, (hard, hard))


def test_500_connections_when_descriptors_run_out(collect):
    """E1: ten honest clients lose nothing, the CPU rests, and when
    descriptors are free the waiting ones are served, in full."""
    c = collect(args=("--workers", 2))
    each = load(1000)
    sent = {"honest%d" % n: each for n in range(10)}
    honest = {src: senders.connect(c.address()) for src in sent}
    for src, s in honest.items():
        s.sendall(oracle.stream(src, each // 2, senders.lf))
    c.wait_lines(10 * (each // 2))
    limit_to(c, 20)
    crowd = []
    for n in range(500):
        s = senders.connect(c.address())
        s.sendall(senders.lf(oracle.message("crowd%d" % n, 0)))
        crowd.append(s)
        sent["crowd%d" % n] = 1
    eventually(lambda: c.count_lines() >= 10 * (each // 2) + 10)
    share = c.cpu_share()
    assert share < (0.6 if SLOW else 0.2), share
    for src, s in honest.items():
        s.sendall(b"".join(senders.lf(oracle.message(src, n))
                           for n in range(each // 2, each)))
        senders.wait_read(s)
    unlimit(c)
    for s in crowd:
        senders.finish(s)
    for s in honest.values():
        senders.finish(s)
    tally = oracle.check(c.wait_lines(sum(sent.values())), sent)
    assert tally.perfect(), tally
    c.wait_metric("connections", 0)


def test_a_low_limit_from_the_start(collect):
    """E1: 64 descriptors in all. That fewer connections fit is said; of 500
    more clients each is served or closed and counted; the ten who are inside
    lose nothing."""
    c = collect(prefix=("prlimit", "--nofile=64:64", "--"))
    assert "descriptors" in c.stderr()
    honest = [senders.connect(c.address()) for _ in range(10)]
    c.wait_metric("connections", 10)
    crowd = [senders.connect(c.address()) for _ in range(500)]
    eventually(lambda: c.metric("connections") > 20)
    share = c.cpu_share()
    assert share < (0.6 if SLOW else 0.2), share
    for n, s in enumerate(honest):
        s.sendall(oracle.stream("honest%d" % n, 100, senders.lf))
        senders.finish(s)
    tally = oracle.check(c.wait_lines(1000), {
        "honest%d" % n: 100 for n in range(10)})
    assert tally.perfect(), tally
    for s in crowd:
        s.close()
    eventually(lambda: c.metric("connections_total") + c.metric(
        "rejected_connections_total") == 510)
    c.wait_metric("connections", 0)
    senders.send_stream(c.address(), "tcp", senders.lf(
        oracle.message("after", 0)))
    c.wait_lines(1001)


def test_no_descriptor_at_all(collect, tmp_path):
    """E1: what is open goes on: datagrams are stored, though a rotation
    cannot open its file; later it can."""
    c = collect(listen=("tcp://127.0.0.1:0", "unix://%s/d" % tmp_path),
                args=("-f", "raw", "--rotate-size", "4K"))
    senders.send_stream(c.address(), "tcp", b"<13>first\n")
    c.wait_lines(1)
    c.wait_metric("connections", 0)
    limit_to(c, 0)
    sent = [b"<13>first"]
    with senders.connect(c.address("unix"), "unix") as s:
        def send_more():
            for _ in range(100):
                sent.append(b"<13>datagram %d " % len(sent) + b"x" * 100)
                s.send(sent[-1])
            return c.wait_lines(len(sent))

        send_more()
        before = len(c.files())
        unlimit(c)
        eventually(lambda: send_more() and len(c.files()) > before + 1)
    assert c.lines() == sent


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
