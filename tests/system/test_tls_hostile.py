# SPDX-License-Identifier: BSD-2-Clause
"""Keys of clients that cost more than they should, or are more than they seem.

Fault G4: taken or refused, at most 200 ms of CPU each, and nothing breaks.
"""

import base64
import os
import subprocess

import pytest

import certs as made
import forged
import harness
import tlsclient
from harness import eventually

pytestmark = pytest.mark.fault

CPU_SECONDS = 0.2

# 16,384 bits, from two primes that can be written down; to find such takes
# minutes.
P, Q = (1 << 11213) - 1, (1 << 5171) - 2157


def integer(n):
    return forged.wrap(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def rsa_key(path):
    """RFC 8017 A.1.2, as PEM."""
    e = 65537
    d = pow(e, -1, (P - 1) * (Q - 1))
    assert (P * Q).bit_length() == 16384
    der = forged.wrap(0x30, b"".join(map(integer, (
        0, P * Q, e, d, P, Q, d % (P - 1), d % (Q - 1), pow(Q, -1, P)))))
    made.write(path, b"-----BEGIN RSA PRIVATE KEY-----\n" +
               base64.encodebytes(der) + b"-----END RSA PRIVATE KEY-----\n",
               0o600)


def explicit_key(path):
    """RFC 5480 2.1.1: what a certificate must not have."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout",
            "-param_enc", "explicit", "-out", path)


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def issue(folder, authority, make):
    """What cryptography would not make: a certificate for such a key."""
    path, ca_key = str(folder / "odd"), str(folder / "authority.key")
    make(path + ".key")
    made.write(ca_key, made.key_pem(authority.key), 0o600)
    openssl("req", "-new", "-x509", "-key", path + ".key", "-CA",
            authority.path, "-CAkey", ca_key, "-subj", "/CN=odd", "-addext",
            "subjectAltName=DNS:web1.example.net", "-days", "9", "-out",
            path + ".pem")
    return path


def attempt(c, certs, path, version):
    """By OpenSSL's client, which shows whatever it is given. What it cost."""
    host, port = c.address("tls")
    over = c.metric("received_messages_total") + c.metric(
        "rejected_connections_total")
    before = c.ticks()
    subprocess.run(
        ["openssl", "s_client", "-quiet", "-no_ign_eof", version, "-connect",
         "%s:%d" % (host, port), "-CAfile", certs.ca, "-cert", path + ".pem",
         "-key", path + ".key"], input=b"<13>1 - h a - - - odd\n",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        timeout=2 * harness.DEADLINE)
    eventually(lambda: c.metric("received_messages_total") + c.metric(
        "rejected_connections_total") > over)
    return (c.ticks() - before) / os.sysconf("SC_CLK_TCK")


VERSIONS = ["-tls1_2", "-tls1_3"]


@pytest.mark.parametrize("version, whose, good", [
    ("-tls1_2", "authority", True), ("-tls1_3", "authority", True),
    ("-tls1_3", "foreign", False)])
def test_rsa_of_16384_bits(collect, certs, tmp_path, version, whose, good):
    """Who has one may use it; from somebody whom we do not know it costs no
    more than others."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    path = issue(tmp_path, getattr(certs, whose), rsa_key)
    assert attempt(c, certs, path, version) <= CPU_SECONDS
    assert c.metric("received_messages_total") == good
    assert c.metric("rejected_connections_total", reason="tls_peer") != good


@pytest.mark.parametrize("version", VERSIONS)
def test_a_curve_of_its_own(collect, certs, tmp_path, version):
    """CVE-2020-0601: who signed it does not matter."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    path = issue(tmp_path, certs.authority, explicit_key)
    assert attempt(c, certs, path, version) <= CPU_SECONDS
    c.wait_says("brings a curve of its own")
    c.wait_says("a curve that has a name, like P-256")
    assert c.metric("rejected_connections_total", reason="tls_peer") == 1
    assert c.metric("received_messages_total") == 0
