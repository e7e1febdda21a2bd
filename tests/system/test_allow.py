# SPDX-License-Identifier: BSD-2-Clause
"""Only who is in `allow` may send.

RFC-61, RFC-100. A check that is configured and not made is the worst of all
(rsyslog's AllowedSender, 2008): each test sends from both sides of the fence.
"""

import json

import pytest

import configured
import senders
from harness import eventually

pytestmark = pytest.mark.fault


def send_from(c, source, scheme, *messages):
    with senders.connect(c.address(scheme), scheme, source) as s:
        for m in messages:
            s.sendall(m + b"\n" if scheme == "tcp" else m)
        if scheme == "tcp":
            senders.finish(s)


def test_datagrams_from_elsewhere_are_dropped_and_counted(collect):
    c = collect(listen=("udp://127.0.0.1:0?name=u&allow=127.0.0.1"
                        "&allow=127.1.0.0/16",), args=("-f", "raw"))
    send_from(c, "127.0.0.2", "udp", b"<13>a", b"", b"<13>b")
    send_from(c, "127.2.0.1", "udp", b"<13>c")
    c.wait_metric("dropped_messages_total", 4, reason="allow", listener="u")
    send_from(c, "127.0.0.1", "udp", b"<13>one")
    send_from(c, "127.1.2.3", "udp", b"<13>two")
    assert c.wait_lines(2) == [b"<13>one", b"<13>two"]
    assert c.metric("received_messages_total") == 2
    assert c.metric("received_bytes_total") == 14
    assert c.metric("empty_total") == 0
    told = [s for s in c.stderr().splitlines() if "`allow`" in s]
    assert told == ["syncline: listener u: dropping what 127.0.0.2 sends: "
                    "its address is not in `allow`"], "one line a minute"


def test_connections_from_elsewhere_are_closed_and_counted(collect):
    c = collect(listen=("tcp://127.0.0.1:0?name=t&allow=127.0.0.1",),
                args=("-f", "raw"))
    for n in range(3):
        with senders.connect(c.address(), source="127.0.0.2") as s:
            assert senders.is_closed(s)
    c.wait_metric("rejected_connections_total", 3, reason="allow",
                  listener="t")
    assert "127.0.0.2" in c.stderr()
    send_from(c, "127.0.0.1", "tcp", b"<13>one")
    assert c.wait_lines(1) == [b"<13>one"]
    c.wait_metric("connections", 0)
    assert c.metric("connections_total") == 1


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_ipv4_is_the_same_on_a_socket_for_both(collect, scheme):
    """A socket for every address sees ::ffff:127.0.0.1."""
    c = collect(listen=("%s://*:0?allow=127.0.0.1" % scheme,),
                args=("-f", "raw"))
    port = c.address(scheme)[1]

    def send(source, message):
        with senders.connect(("127.0.0.1", port), scheme, source) as s:
            if scheme == "tcp" and source != "127.0.0.1":
                assert senders.is_closed(s)
            else:
                s.sendall(message)

    send("127.0.0.2", b"<13>no")
    send("127.0.0.1", b"<13>yes")
    assert c.wait_lines(1) == [b"<13>yes"]
    name = ("dropped_messages_total" if scheme == "udp"
            else "rejected_connections_total")
    assert c.metric(name, reason="allow") == 1


def test_unix_sockets_have_no_addresses(collect, tmp_path):
    """Nor has a program on this machine to be in any list of the others."""
    c = collect(listen=("unix://%s/d" % tmp_path,
                        "udp://127.0.0.1:0?allow=192.0.2.1"),
                args=("-f", "raw"))
    senders.send_datagrams(c.address("unix"), "unix", [b"<13>local"])
    assert c.wait_lines(1) == [b"<13>local"]


RELOADED = """
http: 127.0.0.1:0
workers: 2
listen:
  - { url: "udp://127.0.0.1:0", name: u, MORE }
  - { url: "tcp://127.0.0.1:0", name: t, MORE }
output:
  - { path: "{dir}/out.log", format: json }
"""


def test_a_reload_counts_for_those_who_are_there(collect, tmp_path):
    """A datagram socket asks the new list; a connection lives on, and what is
    said of its listener counts for it at once."""
    def text(more):
        return RELOADED.replace("MORE", more)

    k = configured.start(collect, tmp_path, text("trust_hostname: true"))
    udp, tcp = k.c.address("udp"), k.c.address("tcp")
    message = b"<13>Nov 22 10:15:00 web1 a: %d"
    with senders.connect(tcp) as s, senders.connect(
            udp, "udp", "127.0.0.2") as d:
        s.sendall(message % 1 + b"\n")
        d.send(message % 2)
        k.wait_lines("out.log", 2)
        k.reload(text('trust_hostname: false, allow: [ "127.0.0.1" ]'))
        d.send(message % 3)
        k.c.wait_metric("dropped_messages_total", 1, reason="allow")
        s.sendall(message % 4 + b"\n")
        got = [json.loads(line) for line in k.wait_lines("out.log", 3)]
        assert [m["msg"] for m in got][2] == "4"
        assert got[0]["hostname"] == got[1]["hostname"] == "web1"
        assert got[2]["hostname"] == "127.0.0.1"
        k.reload(text("trust_hostname: true, timezone: UTC"))
        d.send(message % 5)
        s.sendall(message % 6 + b"\n")
        got = [json.loads(line) for line in k.wait_lines("out.log", 5)]
        assert {m["msg"] for m in got[3:]} == {"5", "6"}
        assert {m["hostname"] for m in got[3:]} == {"web1"}
    eventually(lambda: k.c.metric("connections") == 0)
