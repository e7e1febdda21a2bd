# SPDX-License-Identifier: BSD-2-Clause
"""Very many connections: the limits hold, and who was there stays.

Fault E2; syslogd CVE-1999-0831.
"""

import os
import resource

import pytest

import oracle
import senders
from harness import eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain, pytest.mark.threads]


def affordable(wanted):
    """As many sockets as this process may hold."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted if hard == resource.RLIM_INFINITY else min(
        wanted, hard - 500)


def come_in(address, scheme):
    """Connects, as soon as there is room in the queue of a unix socket."""
    def tried():
        try:
            return senders.connect(address, scheme)
        except BlockingIOError:
            return None

    return eventually(tried, what="room in the queue")


@pytest.mark.parametrize("scheme, wanted", [("tcp", 20000),
                                            ("unix-stream", 2000)])
def test_a_crowd_that_says_nothing(collect, tmp_path, scheme, wanted):
    """E2: beyond max_connections they are closed and counted. Ten honest
    senders, who were there before, lose nothing meanwhile, nor does one
    that talks to another listener."""
    crowd_size = affordable(load(wanted))
    limit = crowd_size // 4
    url = {"tcp": "tcp://127.0.0.1:0", "unix-stream": "unix-stream://%s/s" %
           tmp_path}[scheme]
    c = collect(listen=(url + "?name=l&max_connections=%d" % limit,
                        "udp://127.0.0.1:0"))
    address = c.address(scheme)
    sent = {"honest%d" % n: 200 for n in range(10)}
    honest = {src: come_in(address, scheme) for src in sent}
    c.wait_metric("connections", 10)
    crowd = []
    try:
        for n in range(crowd_size):
            crowd.append(come_in(address, scheme))
            seq, rest = divmod(n, max(1, crowd_size // 200))
            if rest == 0 and seq < 200:
                for src, s in honest.items():
                    s.sendall(senders.lf(oracle.message(src, seq)))
        eventually(lambda: c.metric("connections_total", listener="l") +
                   c.metric("rejected_connections_total", listener="l",
                            reason="max_connections") == crowd_size + 10)
        assert c.metric("connections", listener="l") == limit
        assert c.metric("connections_total", listener="l") == limit
        for s in honest.values():
            senders.finish(s)
    finally:
        for s in crowd:
            s.close()
    senders.send_datagrams(c.address("udp"), "udp", [
        oracle.message("other", 0)])
    sent["other"] = 1
    tally = oracle.check(c.wait_lines(sum(sent.values())), sent)
    assert tally.perfect(), tally
    c.wait_metric("connections", 0)
    again = come_in(address, scheme)
    again.sendall(senders.lf(oracle.message("again", 0)))
    senders.finish(again)
    c.wait_lines(sum(sent.values()) + 1)


def test_max_connections_per_peer(collect):
    """One address cannot take the places of the others; one that it gives up
    it may take again."""
    c = collect(listen=("tcp://127.0.0.1:0?max_connections_per_peer=3",
                        "tcp://127.0.0.3:0?name=free"),
                args=("-f", "raw", "--workers", "2"))
    address = c.address()
    inside = [senders.connect(address) for _ in range(3)]
    c.wait_metric("connections", 3)
    for n in range(1, 5):
        with senders.connect(address) as s:
            assert senders.is_closed(s)
        c.wait_metric("rejected_connections_total", n,
                      reason="max_connections_per_peer")
    assert "127.0.0.1" in c.stderr()
    others = [senders.connect(address, source="127.0.0.2") for _ in range(3)]
    c.wait_metric("connections", 6)
    for n in range(50):
        senders.finish(inside.pop())
        inside.append(senders.connect(address))
        inside[-1].sendall(senders.octet(b"<13>%d" % n))
        c.wait_lines(n + 1)
    elsewhere = [senders.connect(c.addresses("tcp")[1]) for _ in range(5)]
    c.wait_metric("connections", 5, listener="free")
    assert c.metric("rejected_connections_total") == 4
    for s in inside + others + elsewhere:
        s.close()
    c.wait_metric("connections", 0)


def test_max_connections_per_peer_of_users(collect, tmp_path):
    """On a unix socket, each user of this machine is a peer."""
    c = collect(listen=("unix-stream://%s/s?max_connections_per_peer=2" %
                        tmp_path,), args=("-f", "raw"))
    path = c.address("unix-stream")
    inside = [come_in(path, "unix-stream") for _ in range(2)]
    with come_in(path, "unix-stream") as s:
        assert senders.is_closed(s)
    c.wait_metric("rejected_connections_total", 1,
                  reason="max_connections_per_peer")
    assert "user %d" % os.getuid() in c.stderr()
    senders.finish(inside.pop())
    with come_in(path, "unix-stream") as s:
        s.sendall(senders.octet(b"<13>fine"))
        assert c.wait_lines(1) == [b"<13>fine"]


def test_a_crowd_of_one_address_does_not_shut_out_the_others(collect):
    """E2: with a limit for each address, a thousand connections of one leave
    room for the rest."""
    count = load(1000)
    c = collect(listen=("tcp://127.0.0.1:0?max_connections=%d"
                        "&max_connections_per_peer=10" % (count // 2),),
                args=("-f", "raw"))
    crowd = [senders.connect(c.address()) for _ in range(count)]
    c.wait_metric("rejected_connections_total", count - 10,
                  reason="max_connections_per_peer")
    with senders.connect(c.address(), source="127.0.0.2") as s:
        s.sendall(b"<13>fine\n")
        senders.finish(s)
    assert c.wait_lines(1) == [b"<13>fine"]
    assert c.metric("connections") == 10
    for s in crowd:
        s.close()
