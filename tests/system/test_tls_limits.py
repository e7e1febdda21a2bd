# SPDX-License-Identifier: BSD-2-Clause
"""Whoever stalls, floods or exhausts gets no further than a bound.

Faults E3, G9, G10, G11, C4; OpenBSD's syslogd comes back from descriptor
exhaustion without TLS, rsyslog #318 and #1533 stop for one stopped client.
"""

import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

import senders
import tlsclient
from harness import SLOW, eventually, load
from tlsclient import message

pytestmark = [pytest.mark.fault, pytest.mark.plain, pytest.mark.threads]


def client_hello(certs):
    outgoing = ssl.MemoryBIO()
    o = tlsclient.context(certs).wrap_bio(ssl.MemoryBIO(), outgoing,
                                          server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        o.do_handshake()
    return outgoing.read()


def test_out_of_descriptors_it_is_still_a_tls_listener(collect, certs):
    """E3."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"),
                prefix=("prlimit", "--nofile=96"))
    many = [tlsclient.plain(c) for _ in range(150)]
    c.wait_says("no descriptors left")
    for s in many:
        s.sendall(b"<13>plain\n") if s in many[:3] else s.close()
    c.wait_metric("connections", 0)
    with tlsclient.plain(c) as s:
        s.sendall(b"<13>plain\n")
        assert senders.is_closed(s)
    assert tlsclient.refused(c, certs, None)
    with tlsclient.connect(c, certs, certs.right) as s:
        s.sendall(message(1, "honest"))
        assert c.wait_lines(1) == [b"honest"]
    assert c.metric("received_messages_total") == 1


def test_stalled_handshakes_are_closed_and_cost_nothing(collect, certs):
    """G9: ClientHellos cut at all kinds of places; those who send meanwhile
    lose nothing."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    hello = client_hello(certs)
    began = time.monotonic()
    stalled = []
    for n in range(200):
        s = tlsclient.plain(c)
        s.sendall(hello[:1 + n * (len(hello) - 2) // 200])
        stalled.append(s)
    honest = tlsclient.connect(c, certs, certs.right)
    count = load(2000)
    for n in range(count):
        honest.sendall(message(n, "m%d" % n))
    assert c.wait_lines(count) == [b"m%d" % n for n in range(count)]
    assert c.cpu_share(0.5) < 0.3
    for s in stalled:
        s.settimeout(30)
        assert senders.is_closed(s)
    took = time.monotonic() - began
    assert took > 9.5
    if not SLOW:
        assert took < 12.5
    c.wait_metric("rejected_connections_total", 200, reason="tls_handshake")
    c.wait_says("its TLS handshake took longer than 10 s")
    tlsclient.finish(honest)


def test_no_more_than_256_at_once(collect, certs):
    """Those who stand still make room for those who wait."""
    c = collect(listen=(tlsclient.url(certs),),
                args=("-f", "%{msg}", "--workers", "1"))
    hello = client_hello(certs)
    stalled = []
    for _ in range(256):
        s = tlsclient.plain(c)
        s.sendall(hello[:100])
        stalled.append(s)
    senders.wait_read(*stalled)
    began = time.monotonic()
    with tlsclient.connect(c, certs, certs.right) as s:
        s.sendall(message(1, "in time"))
        c.wait_lines(1)
    assert time.monotonic() - began < 9 or SLOW
    c.wait_says("stood still while others waited")
    for s in stalled:
        s.close()


def test_a_flood_of_handshakes_stops_nobody(collect, certs):
    """G11: who has a connection goes on, memory stays as it is. That half of
    a worker is left is for tests/unit/test_handshakes.c to see, how much that
    is for the benchmark (tls-flood)."""
    c = collect(listen=(tlsclient.url(certs),), output="-",
                args=("--workers", "1"))
    honest = tlsclient.connect(c, certs, certs.right)
    host, port = c.address("tls")
    flood = [subprocess.Popen(
        ["openssl", "s_time", "-new", "-connect", "%s:%d" % (host, port),
         "-cert", certs.right + ".pem", "-key", certs.right + ".key",
         "-CAfile", certs.ca, "-time", "30"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=lambda: os.nice(19))
        for _ in range(4)]
    try:
        opened = c.metric("connections_total")
        eventually(lambda: c.metric("connections_total") > opened + 20)
        count = load(20000)
        for n in range(count):
            honest.sendall(message(n, "x" * 100))
        c.wait_metric("received_messages_total", count)
        memory = c.memory()
        opened = c.metric("connections_total")
        eventually(lambda: c.metric("connections_total") > opened + load(300))
        # a sanitizer keeps what was freed for a while
        assert SLOW or c.memory() < memory + (8 << 20)
        assert all(p.poll() is None for p in flood)
    finally:
        for p in flood:
            p.kill()
            p.wait()
    tlsclient.finish(honest)


def test_a_stopped_client_stops_nobody_else(collect, certs):
    """C4: also while it is in its handshake, and no processor spins."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    with tlsclient.s_client(c, certs, "-quiet") as client:
        client.stdin.write(b"<13>first\n")
        client.stdin.flush()
        c.wait_lines(1)
        client.send_signal(signal.SIGSTOP)
        with tlsclient.connect(c, certs, certs.right) as s:
            for n in range(100):
                s.sendall(message(n, "other"))
            c.wait_lines(101)
        assert c.cpu_share(0.5) < 0.1
        client.send_signal(signal.SIGCONT)
        client.stdin.write(b"<13>second\n")
        client.stdin.flush()
        assert c.wait_lines(102)[-1] == b"second"


def test_a_peer_that_resets_leaves_nothing(collect, certs):
    """C5: RST at all kinds of places; the descriptors are back."""
    c = collect(listen=(tlsclient.url(certs),))
    before = c.descriptors()
    hello = client_hello(certs)
    for n in range(load(200)):
        s = tlsclient.plain(c)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.sendall(hello[:n * 7 % len(hello)])
        s.close()
    c.wait_metric("connections", 0)
    eventually(lambda: c.descriptors() <= before + 1)
    with tlsclient.connect(c, certs, certs.right) as s:
        s.sendall(message())
        c.wait_lines(1)


@pytest.mark.parametrize("client, most", [("none", 18), ("required", 28)])
def test_idle_connections_are_cheap(collect, certs, client, most):
    """D7: at most 18 KiB of memory each, and no processor. What OpenSSL
    keeps of a client's certificate comes on top."""
    if SLOW:
        pytest.skip("a sanitizer's memory is not ours")
    c = collect(listen=(tlsclient.url(certs, client=client),),
                args=("-f", "%{msg}"))
    context = tlsclient.context(
        certs, certs.right if client == "required" else None)

    def open_some(n):
        made = []
        for i in range(n):
            s = tlsclient.connect(c, certs, context=context)
            s.sendall(message(i))
            made.append(s)
        return made
    some = open_some(50)
    c.wait_lines(50)
    before = c.memory()
    some += open_some(300)
    c.wait_lines(350)
    each = (c.memory() - before) / 300
    assert each <= most * 1024, each
    assert c.cpu_share(1.0) < 0.02
    for s in some:
        s.close()


def test_what_comes_while_it_stops_is_stored(collect, certs):
    """Everything that the kernel holds is read, then close_notify says that
    we go (RFC-82)."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    s = tlsclient.connect(c, certs, certs.right)
    count = load(1000)
    for n in range(count):
        s.sendall(message(n, "m%d" % n))
    thread = threading.Thread(target=c.stop)
    thread.start()
    assert s.recv(1) == b""
    thread.join()
    assert c.lines() == [b"m%d" % n for n in range(count)]
