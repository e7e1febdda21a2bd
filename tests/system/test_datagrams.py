# SPDX-License-Identifier: BSD-2-Clause
"""A datagram is one message, whatever is in it.

RFC 5426 section 3.1 (RFC-93, RFC-94, RFC-109), fault F14; CVE-2016-7796
(an empty datagram stopped a daemon), journald's death on `:` and ` `.
"""

import os
import socket

import pytest

import senders
from harness import eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]


@pytest.fixture(params=["udp", "unix"])
def scheme(request):
    return request.param


@pytest.fixture
def collector(collect, tmp_path, scheme):
    url = {"udp": "udp://127.0.0.1:0", "unix": "unix://%s/in" % tmp_path}
    return collect(listen=(url[scheme],), args=("--workers", "1", "-f", "raw"))


def test_strange_datagrams(collector, scheme):
    """F14: a colon, a blank, single bytes."""
    odd = [b":", b" ", b"<", b">", b"1", b"-", b"[", b"]", b'"', b"\\", b"#",
           b"<13>", b"<13>1", b"<13>1 ", b"<13>:", b"<13> "]
    got = senders.feed(collector, *odd, scheme=scheme)
    assert got == odd


def test_empty_datagrams_are_counted_and_nothing_else(collector, scheme):
    """F14, RFC-110: of 0 bytes, or of nothing but delimiters."""
    got = senders.feed(collector, b"", b"<13>a", b"\n", b"\0", b"\r\n", b"\n\0",
                       b"", b"<13>b", scheme=scheme)
    assert got == [b"<13>a", b"<13>b"]
    assert collector.metric("empty_total") == 6
    assert collector.metric("received_messages_total") == 3


def test_the_largest_datagram(collector, scheme):
    """F14: 65507 bytes is the most that UDP over IPv4 carries."""
    largest = b"<13>" + b"m" * (65507 - 4)
    got = senders.feed(collector, largest, b"<13>next", scheme=scheme)
    assert got == [largest, b"<13>next"]


def test_a_datagram_above_the_limit_is_cut(collect, tmp_path):
    """RFC-8, RFC-9: at the end only, and counted."""
    c = collect(listen=("unix://%s/in" % tmp_path,),
                args=("--workers", "1", "-f", "raw", "--max-message", "2K"))
    long = b"<13>" + b"m" * 9000
    got = senders.feed(c, long, b"<13>next", scheme="unix")
    assert got == [long[:2048], b"<13>next"]
    assert c.metric("truncated_messages_total") == 1


def test_a_datagram_is_never_split(collector, scheme):
    """LF and NUL inside stay; at the end they are no part of it; a count is
    stripped only when it equals the rest (logger --octet-count, loggen -P)."""
    sent = [b"<13>a\nb", b"<13>a\n<13>b", b"<13>a\0b", b"<13>a\r\n",
            b"<13>a\n\0", b"5 <13>x", b"6 <13>x", b"4 <13>x", b"5 <13>x\n"]
    got = senders.feed(collector, *sent, scheme=scheme)
    assert got[:-1] == [b"<13>a#012b", b"<13>a#012<13>b", b"<13>a#000b",
                        b"<13>a", b"<13>a", b"<13>x", b"6 <13>x",
                        b"4 <13>x"]


def test_attached_descriptors_are_closed(collect, tmp_path):
    """F14: 253 descriptors with each message, thousands in all; a daemon
    that takes them without looking runs out."""
    c = collect(listen=("unix://%s/d" % tmp_path,
                        "unix-stream://%s/s" % tmp_path),
                args=("--workers", "1", "-f", "raw"))
    before = c.descriptors()
    with open(os.devnull) as null:
        attached = [null.fileno()] * 253
        for scheme in "unix", "unix-stream":
            with senders.connect(c.address(scheme), scheme) as s:
                for n in range(load(40)):
                    eventually(lambda: send_with(s, n, attached))
    c.wait_lines(2 * load(40))
    eventually(lambda: c.descriptors() <= before,
               what=lambda: "%d descriptors; %d before" % (
                   c.descriptors(), before))


def send_with(s, n, attached):
    try:
        return socket.send_fds(s, [b"<13>message %d\n" % n], attached)
    except OSError:  # ETOOMANYREFS: too many in flight
        return 0
