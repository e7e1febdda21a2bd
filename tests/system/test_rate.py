# SPDX-License-Identifier: BSD-2-Clause
"""`rate`: whoever sends too much loses what is too much, and nobody else.

RFC-61; faults D1, D3. What is dropped is counted to the message: received =
written + dropped.
"""

import os
import time

import pytest

import configured
import senders
from harness import eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]


def settled(c, sent):
    """All that was sent has arrived and is accounted for."""
    m = c.metric
    received = m("received_messages_total")
    return (received + m("dropped_messages_total", reason="kernel") == sent
            and m("written_messages_total") +
            m("dropped_messages_total", reason="rate") == received)


def of(c, name):
    """The lines of one sender."""
    return sum(b" %s " % name in line for line in c.lines())


def flood(c, scheme, name, count, source=None):
    with senders.connect(c.address(scheme), scheme, source) as s:
        for n in range(count):
            s.sendall(b"<13>a: %s %d" % (name, n) +
                      (b"\n" if scheme.endswith(("tcp", "stream")) else b""))
        if scheme.endswith(("tcp", "stream")):
            senders.finish(s)


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_each_address_has_its_own_rate(collect, scheme):
    """From one address far too much, from another just what is allowed."""
    c = collect(listen=("%s://127.0.0.1:0?rate=100" % scheme,),
                args=("--workers", "2"))
    many = load(5000)
    start = time.monotonic()
    flood(c, scheme, b"greedy", many // 2)
    flood(c, scheme, b"honest", 100, "127.0.0.2")
    flood(c, scheme, b"greedy", many // 2)
    eventually(lambda: settled(c, many + 100))
    took = time.monotonic() - start
    assert of(c, b"honest") == 100
    assert 100 <= of(c, b"greedy") <= 100 + 100 * (took + 1)
    assert c.metric("dropped_messages_total", reason="rate") == \
        many - of(c, b"greedy")


def test_connections_of_one_address_share_its_rate(collect):
    """However many workers there are."""
    c = collect(listen=("tcp://127.0.0.1:0?rate=50",), args=("--workers", "4"))
    start = time.monotonic()
    crowd = [senders.connect(c.address()) for _ in range(20)]
    for s in crowd:
        s.sendall(b"<13>a: greedy x\n" * 50)
    for s in crowd:
        senders.finish(s)
    eventually(lambda: settled(c, 1000))
    took = time.monotonic() - start
    assert 50 <= of(c, b"greedy") <= 50 + 50 * (took + 1)


def test_empty_messages_cost_nothing(collect):
    c = collect(listen=("udp://127.0.0.1:0?rate=1",))
    with senders.connect(c.address("udp"), "udp") as s:
        for _ in range(20):
            s.send(b"\n")
        s.send(b"<13>a: greedy x")
    c.wait_metric("empty_total", 20)
    assert len(c.wait_lines(1)) == 1
    assert c.metric("dropped_messages_total") == 0


def as_user(uid, address, scheme, name, count):
    """Body of a sender process, which becomes another user."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    with senders.connect(address, scheme) as s:
        for n in range(count):
            s.sendall(b"<13>a: %s %d" % (name, n) +
                      (b"\n" if scheme == "unix-stream" else b""))
        if scheme == "unix-stream":
            senders.finish(s)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
@pytest.mark.parametrize("scheme", ["unix", "unix-stream"])
def test_a_user_s_flood_costs_no_other_user_anything(
        open_folder, collect, scheme):
    """D3: by the kernel's word on who it is, not by anything in the text."""
    c = collect(listen=("%s://%s/s?rate=200" % (scheme, open_folder),),
                args=("--workers", "2"))
    crowd = senders.Senders()
    many = load(20000)
    start = time.monotonic()
    for _ in range(2):
        crowd.start(as_user, 12345, c.address(scheme), scheme, b"greedy", many)
    crowd.start(as_user, 23456, c.address(scheme), scheme, b"honest", 200)
    crowd.join()
    eventually(lambda: settled(c, 2 * many + 200))
    took = time.monotonic() - start
    assert of(c, b"honest") == 200
    assert 200 <= of(c, b"greedy") <= 200 + 200 * (took + 1)


TEXT = """
http: 127.0.0.1:0
workers: 1
listen:
  - { url: "udp://127.0.0.1:0", name: u, rate: RATE }
  - { url: "tcp://127.0.0.1:0", name: t, rate: RATE }
output:
  - { path: "{dir}/out.log" }
"""


def test_a_reload_sets_another_rate(collect, tmp_path):
    """It counts for connections that are there, and 0 ends it."""
    k = configured.start(collect, tmp_path, TEXT.replace("RATE", "1"))
    c = k.c
    with senders.connect(c.address("udp"), "udp") as d, \
            senders.connect(c.address("tcp")) as s:
        def send(count):
            before = c.metric("received_messages_total")
            for n in range(count):
                d.send(b"<13>a: x %d" % n)
                s.sendall(b"<13>a: x %d\n" % n)
            c.wait_metric("received_messages_total", before + 2 * count)
            return c.metric("dropped_messages_total", reason="rate")

        assert send(500) > 0
        k.reload(TEXT.replace("RATE", "0"))
        dropped = c.metric("dropped_messages_total", reason="rate")
        assert send(500) == dropped
        k.reload(TEXT.replace("RATE", "1000000"))
        assert send(500) == dropped
        k.reload(TEXT.replace("RATE", "1"))
        assert send(500) > dropped
