# SPDX-License-Identifier: BSD-2-Clause
"""Messages arrive through TLS from those who may send, from nobody else.

RFC-64 to 92; faults G1, G5, C7. No byte of a peer that may not send is ever
parsed, whatever the version, and however the network cuts the stream.
"""

import contextlib
import json
import socket
import ssl
import subprocess
import threading

import pytest

import live
import senders
import tlsclient
from harness import eventually
from tlsclient import V12, V13, message

pytestmark = pytest.mark.fault

VERSIONS = {"TLS 1.2": V12, "TLS 1.3": V13}


@pytest.mark.parametrize("version", VERSIONS)
def test_mutual_tls(collect, certs, version):
    """The first that a person tries; %{tls_peer} is who it was (RFC-74)."""
    c = collect(listen=(tlsclient.url(certs),), args=(
        "-f", "%{msg} from %{from} as %{tls_peer}"))
    s = tlsclient.connect(c, certs, certs.right, VERSIONS[version])
    assert s.version() == version.replace(" ", "v")
    s.sendall(message())
    tlsclient.finish(s)
    assert c.wait_lines(1) == [b"hello from 127.0.0.1 as web1.example.net"]
    assert c.metric("received_messages_total") == 1
    said = c.stop()
    assert "listening on tls://127.0.0.1:" in said


def test_new_keys_are_answered(collect, certs):
    """RFC 8446 section 4.6.3: who asks for a KeyUpdate gets one at once,
    though a collector has nothing else to say; libsyncline waits for it."""
    c = collect(listen=(tlsclient.url(certs),))
    with subprocess.Popen(
            [live.installed("openssl"), "s_client", "-tls1_3", "-msg",
             "-connect", "%s:%d" % c.address("tls"), "-cert",
             certs.right + ".pem", "-key", certs.right + ".key"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL) as client:
        client.stdin.write("K\n")
        client.stdin.flush()
        try:
            assert any(line.startswith("<<< ") and "KeyUpdate" in line
                       for line in client.stdout)
        finally:
            client.kill()


def test_several_records_and_one_over_several(collect, certs):
    """RFC-79: frames and records have nothing to do with each other; RFC-80:
    messages of 8192 bytes, and more."""
    c = collect(listen=(tlsclient.url(certs, framing="octet"),),
                args=("-f", "%{msg}"))
    texts = ["short", "x" * 8192, "y" * 60000, "last"]
    stream = b"".join(message(0, t) for t in texts)
    s = tlsclient.connect(c, certs, certs.right)
    s.sendall(stream)
    for at in range(0, len(stream), 4093):
        s.sendall(stream[at:at + 4093])
    tlsclient.finish(s)
    assert c.wait_lines(8) == [t.encode() for t in texts] * 2


def test_a_message_without_end_is_one_when_the_stream_ends(collect, certs):
    """Also without close_notify: what arrived is not thrown away."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    s = tlsclient.connect(c, certs, certs.right)
    s.sendall(b"<13>said goodbye")
    tlsclient.finish(s)
    c.wait_lines(1)
    s = tlsclient.connect(c, certs, certs.right)
    s.sendall(b"<13>broke off")
    s.shutdown(socket.SHUT_RDWR)
    s.close()
    assert c.wait_lines(2) == [b"said goodbye", b"broke off"]
    c.wait_metric("connections", 0)


def wrong_ones(certs):
    return {
        "no certificate": None, "self-signed": certs.selfsigned,
        "another CA": certs.stranger, "expired": certs.expired,
        "not yet valid": certs.early, "revoked": certs.revoked,
        "for servers": certs.server_only, "another name": certs.other}


class Slowly:
    """A pipe to the collector that hands on one byte at a time (C7)."""

    def __init__(self, collector):
        self.there = senders.connect(collector.address("tls"))
        self.there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.here, self.far = socket.socketpair()
        for s in (self.here, self.far, self.there):
            s.settimeout(20)
        self.threads = [threading.Thread(target=self.carry, args=pair)
                        for pair in ((self.far, self.there, 1),
                                     (self.there, self.far, 65536))]
        for t in self.threads:
            t.start()

    @staticmethod
    def carry(source, to, most):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    to.shutdown(socket.SHUT_WR)
                    return
                for at in range(0, len(data), most):
                    to.sendall(data[at:at + most])
        except OSError:
            to.close()

    def join(self):
        for t in self.threads:
            t.join()
        self.there.close()


@pytest.mark.parametrize("cut", ["whole", "byte by byte"])
@pytest.mark.parametrize("version", VERSIONS)
def test_only_who_may_send_does(collect, certs, version, cut):
    """G1: of all kinds of certificates one delivers, and the counters say
    what became of the others."""
    c = collect(listen=(tlsclient.url(
        certs, crl=certs.crl, peers=["web1.example.net"]),),
        args=("-f", "%{msg}"))

    def attempt(cert, text):
        if cut == "whole":
            return tlsclient.refused(c, certs, cert, VERSIONS[version],
                                     message(1, text))
        pipe = Slowly(c)
        try:
            with tlsclient.wrap(pipe.here, certs, cert,
                                VERSIONS[version]) as s:
                s.sendall(message(1, text))
                if cert != certs.right:
                    return s.recv(1) == b""
                s.unwrap()
                return False
        except (ssl.SSLError, ConnectionError):
            return True
        finally:
            pipe.here.close()
            pipe.join()

    wrong = wrong_ones(certs)
    for kind, cert in wrong.items():
        assert attempt(cert, "from " + kind), kind
    if cut == "whole":
        s = tlsclient.connect(c, certs, certs.right, VERSIONS[version])
        s.sendall(message(1, "from the right one"))
        tlsclient.finish(s)
    else:
        assert not attempt(certs.right, "from the right one")
    assert c.wait_lines(1) == [b"from the right one"]
    eventually(lambda: c.metric("rejected_connections_total",
                                reason="tls_peer") == len(wrong))
    assert c.metric("received_messages_total") == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_resumed(collect, certs, version):
    """G1, RFC-78: there is no session to resume, so that who connects again
    is asked again for its certificate."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    context = tlsclient.context(certs, certs.right, VERSIONS[version])
    first = tlsclient.connect(c, certs, context=context)
    first.sendall(message(1, "first"))
    session = first.session  # unwrap() forgets it
    assert not session.has_ticket
    # in TLS 1.3 it is the client's own, and means nothing
    assert session.id == b"" or version == "TLS 1.3"
    tlsclient.finish(first)
    context = tlsclient.context(certs, None, VERSIONS[version])
    assert tlsclient.refused(c, certs, context=context)
    assert c.wait_lines(1) == [b"first"]


def hello_and_data(certs, cert, data):
    """What a client sends from its Finished on, with data right behind."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    o = tlsclient.context(certs, cert, V13).wrap_bio(
        incoming, outgoing, server_hostname="127.0.0.1")
    return o, incoming, outgoing, data


@pytest.mark.parametrize("who", ["right", "stranger"])
def test_data_in_the_segment_of_the_finished(collect, certs, who):
    """G5: what arrives with the last of the handshake is parsed when the
    peer may send, and only then."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    o, incoming, outgoing, data = hello_and_data(
        certs, getattr(certs, who), message(1, "early"))
    with senders.connect(c.address("tls")) as s:
        while True:
            try:
                o.do_handshake()
                break
            except ssl.SSLWantReadError:
                s.sendall(outgoing.read())
                incoming.write(s.recv(65536))
        o.write(data)
        s.sendall(outgoing.read())  # certificate, Finished and data at once
        if who == "right":
            s.shutdown(socket.SHUT_WR)
            assert c.wait_lines(1) == [b"early"]
        else:
            s.settimeout(20)
            while s.recv(65536):
                pass
            eventually(lambda: c.metric("rejected_connections_total",
                                        reason="tls_peer") == 1)
            assert c.metric("received_messages_total") == 0


CLEAR = b"<13>1 - h a - - - in clear text\n"


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("cut", ["one segment", "two", "and the end"])
def test_clear_text_behind_a_proxy_header(collect, certs, cut, inside):
    """G5: the header is in clear text, or should be; nothing else is."""
    c = collect(listen=(tlsclient.url(
        certs, proxy="127.0.0.1", proxy_in_tls=str(inside).lower()),))
    header = b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 6514\r\n"
    with tlsclient.plain(c) as s:
        if cut == "two":
            senders.send_pieces(s, [header])
            with contextlib.suppress(OSError):  # it may be closed already
                s.sendall(CLEAR)
        else:
            s.sendall(header + CLEAR)
        if cut == "and the end":
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_WR)
        assert senders.is_closed(s)
    c.wait_metric("rejected_connections_total", 1)
    assert c.metric("received_messages_total") == 0
    assert c.metric("malformed_messages_total") == 0


def test_json_names_the_peer(collect, certs):
    c = collect(listen=(tlsclient.url(certs, client="optional"),),
                args=("-f", "json"))
    for cert in (certs.right, None):
        s = tlsclient.connect(c, certs, cert)
        s.sendall(message())
        tlsclient.finish(s)
    got = [json.loads(line) for line in c.wait_lines(2)]
    names = [m.get("tls_peer", "none") for m in got]
    assert sorted(names) == ["none", "web1.example.net"]
