# SPDX-License-Identifier: BSD-2-Clause
"""What TLS once allowed, or allows to others: refused, or bounded.

Fault G10: old versions, weak suites, compression, renegotiation, key updates
without end, data before the handshake; RFC-66 to 70.
"""

import contextlib
import os
import select
import socket
import ssl
import struct
import subprocess
from xml.etree import ElementTree

import pytest

import live
import senders
import tlsclient
from harness import DEADLINE, SLOW, eventually, load
from tlsclient import V12, V13, message

pytestmark = [pytest.mark.fault, pytest.mark.plain]


def read_until(p, words, out=b""):
    """What it says, until it has said that."""
    while words not in out:
        assert select.select([p.stdout], [], [], DEADLINE)[0], (words, out)
        more = os.read(p.stdout.fileno(), 65536)
        assert more, (words, out)
        out += more
    return out


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1,
                                     ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_an_old_version_is_refused_with_the_reason(shared, certs, version):
    """RFC-70, G10: also by a listener that takes the old suite (RFC-66)."""
    for n, legacy in enumerate(("false", "true"), 1):
        c = shared(listen=(tlsclient.url(certs, legacy=legacy),))
        refused = c.metric("rejected_connections_total",
                           reason="tls_handshake")
        context = tlsclient.context(certs, certs.right, version)
        context.set_ciphers("ALL:@SECLEVEL=0")
        assert tlsclient.refused(c, certs, context=context)
        c.wait_says("only versions of TLS older than 1.2")
        c.wait_metric("rejected_connections_total", refused + 1,
                      reason="tls_handshake")
        assert c.metric("received_messages_total") == 0, n


@pytest.mark.parametrize("suites", [
    "aNULL", "eNULL", "RC4", "3DES", "kRSA", "kDHE", "PSK", "SHA1", "SHA384",
    "CAMELLIA", "ARIA"])
def test_weak_suites_are_refused(shared, certs, suites):
    """G10, RFC-67: neither export, nor NULL, nor without forward secrecy,
    nor anything but AEAD. A suite that this OpenSSL does not know cannot be
    asked for."""
    c = shared(listen=(tlsclient.url(certs),))
    context = tlsclient.context(certs, certs.right, V12)
    with contextlib.suppress(ssl.SSLError):
        context.set_ciphers("%s:!AESGCM:!CHACHA20:@SECLEVEL=0" % suites)
        assert tlsclient.refused(c, certs, context=context)
    assert c.metric("received_messages_total") == 0


# In the order of preference; "%s": the kind of our certificate.
SUITES = {
    "TLSv1.3": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256"],
    "TLSv1.2": ["ECDHE-%s-AES128-GCM-SHA256", "ECDHE-%s-AES256-GCM-SHA384",
                "ECDHE-%s-CHACHA20-POLY1305"],
}
CURVES = {"x25519", "x448", "secp256r1", "secp384r1", "secp521r1"}


@pytest.mark.parametrize("kind", ["ECDSA", "RSA"])
@pytest.mark.parametrize("legacy", [False, True])
def test_a_scanner_finds_what_we_mean_and_nothing_else(shared, certs, kind,
                                                       legacy):
    """G10, RFC-65 to 70: versions, suites and their order, groups, and what
    was found in others, in the eyes of a tool that is not ours."""
    own = certs.rsa if kind == "RSA" else certs.server
    c = shared(listen=(tlsclient.url(
        certs, certificate=own + ".pem", key=own + ".key",
        legacy=str(legacy).lower()),))
    done = subprocess.run(
        [live.installed("sslscan"), "--xml=-", "--certs=" + certs.right +
         ".pem", "--pk=" + certs.right + ".key", "%s:%d" % c.address("tls")],
        stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
    found = ElementTree.fromstring(done.stdout).find("ssltest")
    assert [(p.get("type"), p.get("version")) for p in found.iter("protocol")
            if p.get("enabled") == "1"] == [("tls", "1.2"), ("tls", "1.3")]
    for version, names in SUITES.items():
        suites = [s.replace("%s", kind) for s in names]
        if version == "TLSv1.2" and legacy and kind == "RSA":
            suites.append("AES128-SHA")
        seen = [s for s in found.iter("cipher")
                if s.get("sslversion") == version]
        assert [s.get("cipher") for s in seen] == suites
        assert [s.get("status") for s in seen[:2]] == ["preferred", "accepted"]
        groups = {g.get("name").split()[0] for g in found.iter("group")
                  if g.get("sslversion") == version}
        # it offers one at a time, which in TLS 1.2 must be the certificate's
        assert groups == ({"secp256r1"} if (version, kind) == (
            "TLSv1.2", "ECDSA") else CURVES)
    assert found.find("renegotiation").get("supported") == "0"
    assert {h.get("vulnerable") for h in found.iter("heartbleed")} == {"0"}


@pytest.mark.parametrize("group", ["ffdhe2048", "ffdhe8192"])
def test_groups_that_are_dear_are_refused(shared, certs, group):
    """CVE-2002-20001: who connects chooses, and we would pay."""
    c = shared(listen=(tlsclient.url(certs, name=group),))
    with tlsclient.s_client(c, certs, "-tls1_3", "-groups", group) as client:
        assert client.wait(DEADLINE) != 0
    c.wait_says("none of our groups for the key exchange; it needs X25519")


def hello_that_compresses(certs, methods):
    """A ClientHello of TLS 1.2 that offers these methods (RFC 3749)."""
    outgoing = ssl.MemoryBIO()
    o = tlsclient.context(certs, certs.right, V12).wrap_bio(
        ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        o.do_handshake()
    # record and handshake header, version, random, session
    body = outgoing.read()[9:]
    at = 2 + 32
    at += 1 + body[at]
    at += 2 + struct.unpack_from("!H", body, at)[0]
    assert body[at:at + 2] == b"\x01\x00"
    body = body[:at] + bytes([len(methods), *methods]) + body[at + 2:]
    shake = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack("!H", len(shake)) + shake


@pytest.mark.parametrize("methods, good", [([1, 0], True), ([0], True),
                                           ([1], False)])
def test_nothing_is_compressed(shared, certs, methods, good):
    """G10, CRIME: who offers DEFLATE beside no compression gets none, who
    wants nothing else gets nothing."""
    c = shared(listen=(tlsclient.url(certs),))
    with tlsclient.plain(c) as s:
        s.sendall(hello_that_compresses(certs, methods))
        answer = s.recv(5, socket.MSG_WAITALL)
        assert (answer[0] == 22) == good, answer
        if not good:
            assert answer[0] == 21  # an alert
            return
        length, = struct.unpack("!H", answer[3:])
        hello = s.recv(length, socket.MSG_WAITALL)[4:]
        at = 2 + 32
        at += 1 + hello[at] + 2
        assert hello[at] == 0


@pytest.mark.parametrize("version", [V12, V13])
def test_nothing_of_a_session_is_given_out(collect, certs, version):
    """RFC-69, CVE-2024-2511: no ticket, and so no early data."""
    c = collect(listen=(tlsclient.url(certs),))
    with tlsclient.connect(c, certs, certs.right, version) as s:
        s.sendall(message())
        c.wait_lines(1)
        s.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            s.recv(1)
        assert s.session is None or not s.session.has_ticket


def session_with_early_data(certs, folder):
    """One that a server of the same name has given out."""
    path = folder / "session"
    with senders.free_port() as port:
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port,
             "-cert", certs.server + ".pem", "-key", certs.server + ".key",
             "-tls1_3", "-early_data", "-no_anti_replay"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        try:
            read_until(server, b"ACCEPT")
            client = subprocess.Popen(
                ["openssl", "s_client", "-connect", "127.0.0.1:%d" % port,
                 "-tls1_3", "-sess_out", str(path)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            # what it prints of that comes when it ends
            eventually(lambda: path.exists() and path.stat().st_size > 0)
            out, _ = client.communicate(b"Q\n", timeout=DEADLINE)
        finally:
            server.kill()
            server.communicate()
    assert b"Max Early Data: 16384" in out
    return path


def test_data_before_the_handshake_is_refused(collect, certs, tmp_path):
    """G10, RFC-69: 0-RTT could be sent again by anybody."""
    c = collect(listen=(tlsclient.url(certs),))
    session = session_with_early_data(certs, tmp_path)
    early = tmp_path / "early"
    early.write_bytes(b"<13>too early\n")
    with tlsclient.s_client(c, certs, "-tls1_3", "-sess_in", str(session),
                  "-early_data", str(early)) as client:
        out, _ = client.communicate(b"<13>later\n", timeout=DEADLINE)
    assert b"Early data was rejected" in out
    c.wait_says("0-RTT")
    c.wait_metric("connections", 0)
    assert not any(b"early" in line for line in c.lines())


def test_renegotiation_is_refused(collect, certs):
    """G10, CVE-2011-1473: by an alert, and nothing comes of it."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    with tlsclient.s_client(c, certs, "-tls1_2") as client:
        client.stdin.write(b"<13>before\n")
        client.stdin.flush()
        c.wait_lines(1)
        client.stdin.write(b"R\n")
        client.stdin.flush()
        out = read_until(client, b"no renegotiation")
        assert b"RENEGOTIATING" in out
        assert client.wait(DEADLINE) != 0
    c.wait_metric("connections", 0)
    assert c.lines() == [b"before"]
    assert c.metric("connections_total") == 1


def test_key_updates(collect, certs):
    """G10: a thousand, each of which wants an answer; data goes on behind
    them, and nothing grows."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    count = load(1000)
    with tlsclient.s_client(c, certs, "-tls1_3") as client:
        client.stdin.write(b"<13>before\n")
        client.stdin.flush()
        c.wait_lines(1)
        ticks, memory = c.ticks(), c.memory()
        for _ in range(count):
            client.stdin.write(b"K\n")
            client.stdin.flush()
            read_until(client, b"KEYUPDATE")
        client.stdin.write(b"<13>after\n")
        client.stdin.flush()
        assert c.wait_lines(2)[-1] == b"after"
        assert (c.ticks() - ticks) / os.sysconf("SC_CLK_TCK") < count / 200
        assert SLOW or c.memory() < memory + (4 << 20)
        assert client.poll() is None


@pytest.mark.parametrize("version", [V12, V13])
def test_both_ends_say_goodbye(collect, certs, version):
    """RFC-82: close_notify is answered, and comes first when it is us who
    end it; without it what is behind might have been cut off."""
    c = collect(listen=(tlsclient.url(certs),))
    context = tlsclient.context(certs, certs.right, version)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    theirs, ours = (tlsclient.connect(c, certs, context=context,
                                      suppress_ragged_eofs=False)
                    for _ in range(2))
    theirs.sendall(message())
    c.wait_lines(1)
    theirs.unwrap()  # else an SSLEOFError
    ours.sendall(message())
    c.wait_lines(2)
    c.stop()
    assert ours.recv(1) == b""
