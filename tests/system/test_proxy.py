# SPDX-License-Identifier: BSD-2-Clause
"""Behind a balancer, the sender is who the balancer says it is.

Faults F12, F13; RFC-149. Apache CVE-2019-10097, syslog-ng #5516 and #5780
(aborts on headers), nginx #1400 (a header in two segments), sōzu #1334
(LOCAL with an address forges the source).
"""

import json
import socket
import struct

import pytest

import senders

pytestmark = pytest.mark.fault

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(command, family, block, length=None):
    length = len(block) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, length) + block


def inet(source, port=1, family=socket.AF_INET):
    here = "192.0.2.1" if family == socket.AF_INET else "::1"
    return (socket.inet_pton(family, source) + socket.inet_pton(family, here) +
            struct.pack("!HH", port, 514))


LINE = b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 514\r\n"
BINARY = v2(0x21, 0x11, inet("203.0.113.7"))

STATED = {
    "line": (LINE, "203.0.113.7"),
    "line, IPv6": (b"PROXY TCP6 2001:db8::7 ::1 1 2\r\n", "2001:db8::7"),
    "binary": (BINARY, "203.0.113.7"),
    "binary, IPv6": (v2(0x21, 0x21, inet("2001:db8::7", 1, socket.AF_INET6)),
                     "2001:db8::7"),
    "binary with TLVs": (
        v2(0x21, 0x11, inet("203.0.113.7") + b"\x02\0\x05a.net\xea\0\x01\xff"),
        "203.0.113.7"),
    "binary, all the room": (
        v2(0x21, 0x11, inet("203.0.113.7").ljust(4080, b"\0")),
        "203.0.113.7"),
}

# The socket's own address stays.
UNSTATED = {
    "unknown": b"PROXY UNKNOWN\r\n",
    "unknown with addresses": b"PROXY UNKNOWN 203.0.113.7 ::1 1 2\r\n",
    "local": v2(0x20, 0, b""),
    "local with a forged address (F13)": v2(0x20, 0x11, inet("203.0.113.7")),
    "unspecified": v2(0x21, 0, b"x"),
    "unix": v2(0x21, 0x31, b"/run/x".ljust(216, b"\0")),
}

BAD = {
    "a message": b"<13>hello\n",
    "an octet count": b"9 <13>hello",
    "an empty line": b"\n",
    "LF alone": LINE.replace(b"\r\n", b"\n"),
    "CR alone": LINE.replace(b"\r\n", b"\r<13>"),
    "a line without end": b"PROXY UNKNOWN " + b"x" * 200,
    "no address": b"PROXY TCP4 web1 web2 1 2\r\n",
    "a zero in front": b"PROXY TCP4 203.0.113.07 192.0.2.1 1 2\r\n",
    "an impossible port": b"PROXY TCP4 203.0.113.7 192.0.2.1 65536 2\r\n",
    "an unknown version": v2(0x31, 0x11, inet("203.0.113.7")),
    "an unknown command": v2(0x22, 0x11, inet("203.0.113.7")),
    "an unknown family": v2(0x21, 0x41, b""),
    "length 0": v2(0x21, 0x11, b""),
    "length 1": v2(0x21, 0x11, b"", 1),
    "length 65535": v2(0x21, 0x11, b"", 65535),
}


def start(collect, more="", workers=1):
    return collect(listen=("tcp://127.0.0.1:0?proxy=127.0.0.1" + more,),
                   args=("-f", "json", "--workers", workers))


def sources(lines):
    return [(json.loads(line)["from"], json.loads(line)["msg"])
            for line in lines]


def refused(c, reason="proxy"):
    return c.metric("rejected_connections_total", reason=reason)


def test_the_source_is_what_the_header_says(collect):
    """RFC-149: in one piece with the first message, and byte by byte."""
    c = start(collect)
    for name, (header, source) in STATED.items():
        pieces = [bytes([b]) for b in header[:64]] + [header[64:]]
        for i, cut in enumerate(([header + b"<13>a: one\n<13>a: two\n"],
                                 pieces + [b"<13>a: one\n<13>a: two\n"])):
            with senders.connect(c.address()) as s:
                senders.send_pieces(s, [p for p in cut if p])
                senders.finish(s)
            c.marks += 2
            got = sources(c.wait_lines(c.marks))[-2:]
            assert got == [(source, "one"), (source, "two")], (name, i)
    assert refused(c) == 0
    assert c.metric("malformed_messages_total") == 0


def test_a_header_without_a_source_changes_nothing(collect):
    """F13: nobody forges a source by a header that states none."""
    c = start(collect)
    for n, (name, header) in enumerate(UNSTATED.items()):
        senders.send_stream(c.address(), "tcp", header + b"<13>a: one\n")
        got = sources(c.wait_lines(n + 1))
        assert got[n:] == [("127.0.0.1", "one")], name


def test_without_a_header_nothing_is_taken(collect):
    """F12: a peer in `proxy` must send one; no byte of what it sent instead
    is stored."""
    c = start(collect)
    for n, (name, sent) in enumerate(BAD.items()):
        with senders.connect(c.address()) as s:
            s.sendall(sent)
            assert senders.is_closed(s), name
        c.wait_metric("rejected_connections_total", n + 1, reason="proxy")
    assert "127.0.0.1: it did not begin with a PROXY header" in c.stderr()
    assert c.metric("received_messages_total") == 0
    assert c.metric("malformed_messages_total") == 0
    c.wait_metric("connections", 0)
    senders.send_stream(c.address(), "tcp", LINE + b"<13>a: still here\n")
    assert sources(c.wait_lines(1)) == [("203.0.113.7", "still here")]


def test_a_header_that_ends_in_its_middle(collect):
    """F12: every truncation; only a connection without a byte is none of our
    business: balancers look so whether we are there."""
    c = start(collect)
    count = 0
    for header in (LINE, BINARY, b"PROXY UNKNOWN\r\n"):
        for n in range(len(header)):
            with senders.connect(c.address()) as s:
                s.sendall(header[:n])
                senders.finish(s)
            count += n > 0
    c.wait_metric("rejected_connections_total", count, reason="proxy")
    assert c.metric("received_messages_total") == 0
    assert c.metric("empty_total") == 0


def test_a_stop_in_the_middle_of_a_header(collect):
    """What there is of it is no message."""
    c = start(collect)
    with senders.connect(c.address()) as s:
        s.sendall(LINE[:-1])
        senders.wait_read(s)
        c.stop()
    assert c.lines() == []


def test_a_header_counts_only_once_and_only_first(collect):
    """F13: the second one is text, whoever sends it."""
    c = start(collect)
    second = b"PROXY TCP4 198.51.100.9 192.0.2.1 1 2\r\n"
    senders.send_stream(c.address(), "tcp", LINE + second + b"<13>a: x\n")
    got = sources(c.wait_lines(2))
    assert got == [("203.0.113.7", second[:-2].decode()),
                   ("203.0.113.7", "x")]
    senders.send_stream(c.address(), "tcp", BINARY + b"<13>a: y\n" + LINE)
    assert [g[0] for g in sources(c.wait_lines(4))[2:]] == ["203.0.113.7"] * 2


def test_the_header_of_a_stranger_is_text(collect):
    """F13: from an address that is not in `proxy`."""
    c = start(collect)
    with senders.connect(c.address(), source="127.0.0.2") as s:
        s.sendall(LINE + b"<13>a: x\n")
        senders.finish(s)
    assert sources(c.wait_lines(2)) == [("127.0.0.2", LINE[:-2].decode()),
                                        ("127.0.0.2", "x")]
    with senders.connect(c.address(), source="127.0.0.2") as s:
        s.sendall(BINARY + b"<13>a: y\n")
        senders.finish(s)
    assert {source for source, _ in sources(c.wait_lines(3))} == {"127.0.0.2"}


def test_allow_asks_about_the_stated_source(collect):
    """The proxy itself need not be in `allow`; whom it speaks for must."""
    c = start(collect, "&allow=203.0.113.0/24")
    with senders.connect(c.address()) as s:
        s.sendall(LINE.replace(b"203.0.113.7", b"198.51.100.9") + b"<13>a: x\n")
        assert senders.is_closed(s)
    c.wait_metric("rejected_connections_total", 1, reason="allow")
    assert "198.51.100.9" in c.stderr()
    with senders.connect(c.address()) as s:
        s.sendall(b"PROXY UNKNOWN\r\n<13>a: x\n")
        assert senders.is_closed(s)
    with senders.connect(c.address(), source="127.0.0.2") as s:
        assert senders.is_closed(s)
    c.wait_metric("rejected_connections_total", 3, reason="allow")
    assert c.metric("received_messages_total") == 0
    senders.send_stream(c.address(), "tcp", LINE + b"<13>a: welcome\n")
    assert sources(c.wait_lines(1)) == [("203.0.113.7", "welcome")]
    assert refused(c) == 0


def test_limits_of_a_peer_are_the_stated_sources(collect):
    """One balancer, many senders: each has a rate of its own, and how many
    connections the balancer has is not its limit."""
    c = start(collect, "&rate=5&max_connections_per_peer=1")
    crowd = []
    for n in range(20):
        s = senders.connect(c.address())
        s.sendall(LINE.replace(b"203.0.113.7", b"203.0.113.%d" % n) +
                  b"<13>a: x\n" * 5)
        crowd.append(s)
    for s in crowd:
        senders.finish(s)
    assert len(c.wait_lines(100)) == 100
    assert c.metric("dropped_messages_total", reason="rate") == 0
    assert c.metric("rejected_connections_total") == 0


def test_connections_are_counted_by_the_stated_source(collect):
    """Whoever has as many as it may have gets no more through the balancer or
    without it, whichever worker serves them, and may come again; checks of
    the balancer itself are not counted."""
    c = start(collect, "&max_connections_per_peer=2", workers=3)

    def opened(header, n):
        s = senders.connect(c.address())
        s.sendall(header + b"<13>a: %d\n" % n)
        return s

    checks = [opened(b"PROXY UNKNOWN\r\n", n) for n in range(4)]
    inside = [opened(LINE, 4), opened(BINARY, 5)]
    c.wait_lines(6)
    for n in range(1, 4):
        with opened(LINE, 99) as s:
            assert senders.is_closed(s)
        c.wait_metric("rejected_connections_total", n,
                      reason="max_connections_per_peer")
    assert "203.0.113.7: it has as many as" in c.stderr()
    for n in range(20):
        senders.finish(inside.pop(0))
        inside.append(opened(LINE, n))
        c.wait_lines(7 + n)
    near = LINE.replace(b"203.0.113.7", b"127.0.0.2")
    others = [opened(near, 0), senders.connect(c.address(),
                                               source="127.0.0.2")]
    c.wait_lines(27)
    with opened(near, 99) as s:
        assert senders.is_closed(s)
    c.wait_metric("rejected_connections_total", 4)
    for s in inside + checks + others:
        senders.finish(s)
    c.wait_metric("connections", 0)


@pytest.mark.long
def test_a_header_has_ten_seconds(collect):
    """F12: whoever sends none, or a part of one, or one byte now and then, is
    closed; whoever has sent one may be silent."""
    c = start(collect)
    silent, part, drip, fine = (senders.connect(c.address()) for _ in range(4))
    part.sendall(BINARY[:-1])
    fine.sendall(LINE)
    drip.settimeout(0.25)
    line = iter(b"PROXY UNKNOWN " + b"x" * 90)
    try:
        while True:
            drip.sendall(bytes([next(line)]))
            try:
                assert drip.recv(1) == b""
                break
            except TimeoutError:
                pass
    except ConnectionError:
        pass
    assert senders.is_closed(silent)
    assert senders.is_closed(part)
    c.wait_metric("rejected_connections_total", 3, reason="proxy")
    c.wait_metric("connections", 1)
    fine.sendall(b"<13>a: at last\n")
    senders.finish(fine)
    assert sources(c.wait_lines(1)) == [("203.0.113.7", "at last")]
