# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong with our own certificate is told at the start, and to whom it
happens then, with the cure: it is not always the client that is wrong."""

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import certs as made
import harness
import tlsclient

pytestmark = pytest.mark.fault

FLAWS = {
    "early": ({"days": (2, 30)}, {}, "is not valid before 20"),
    "for clients": ({"usage": (made.CLIENT,)}, {},
                    "is not for servers of TLS"),
    "curve": ({"key": ec.generate_private_key(ec.BrainpoolP256R1())}, {},
              "has a key on the curve brainpoolP256r1, which TLS 1.3 and"),
    "legacy": ({}, {"legacy": "true"},
               "has no RSA key, without which `legacy` changes nothing"),
    "none": ({}, {}, None),
    "no use": ({"usage": ()}, {}, None),
    "P-384": ({"key": ec.generate_private_key(ec.SECP384R1())}, {}, None),
    "legacy RSA": ({"key": rsa.generate_private_key(65537, 2048)},
                   {"legacy": "true"}, None),
}


def own(certs, name, usage=(made.SERVER,), **how):
    path = certs.authority.issue("own " + name, ["127.0.0.1"], usage=usage,
                                 file="own-" + name.replace(" ", "-"), **how)
    return {"certificate": path + ".pem", "key": path + ".key"}


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_senders_will_refuse_is_told(collect, certs, flaw):
    how, keys, says = FLAWS[flaw]
    files = own(certs, flaw, **how)
    c = collect(listen=(tlsclient.url(certs, **files, **keys),))
    c.wait_says("ready")
    if says:
        c.wait_says("our certificate %s %s" % (files["certificate"], says))
    else:
        # it is told in the first look at the files, when the metrics are up
        assert c.metric("certificate_expiry_seconds") > 0
        assert tlsclient.refused(c, certs)
        c.wait_says("it sent no certificate")
        assert "our certificate" not in c.stderr()


def s_client(c, *args):
    """It gives up; what it says is of no interest."""
    subprocess.run(
        ["openssl", "s_client", "-connect", "%s:%d" % c.address("tls"), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=False, timeout=30)


BRAINPOOL = {"key": ec.generate_private_key(ec.BrainpoolP256R1())}
RSA = {"key": rsa.generate_private_key(65537, 2048)}
REASONS = {
    "the suite of RFC 9662": (
        {}, {}, ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"],
        "it takes RSA certificates alone, and ours is ECDSA; give us another, "
        "`syncline cert issue --server --rsa` makes one"),
    "the old suite": (
        {}, {"legacy": "true"}, ["-tls1_2", "-cipher", "AES128-SHA"],
        "it takes RSA certificates alone, and ours is ECDSA"),
    "no RSA": (
        RSA, {}, ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
        "it takes ECDSA certificates alone, and ours is RSA"),
    "signatures": (
        {}, {}, ["-tls1_3", "-sigalgs", "RSA-PSS+SHA256"],
        "it takes no certificate with a key like ours, which is ECDSA"),
    "curve": (
        BRAINPOOL, {}, ["-tls1_3"],
        "it speaks TLS 1.3 alone, where our key on the curve "
        "brainpoolP256r1 cannot be used"),
    "an old version": (
        BRAINPOOL, {}, ["-tls1_1", "-cipher", "ALL@SECLEVEL=0"],
        "it speaks only versions of TLS older than 1.2"),
    "groups": (
        {}, {}, ["-tls1_2", "-groups", "brainpoolP256r1"],
        "it has none of our groups for the key exchange"),
    "nothing": (
        {}, {}, ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
        "it has none of our cipher suites; it needs ECDHE"),
}


@pytest.mark.parametrize("case", REASONS)
def test_why_it_does_not_go_with_ours(collect, certs, case):
    how, keys, args, says = REASONS[case]
    c = collect(listen=(tlsclient.url(
        certs, **own(certs, case, **how), **keys),))
    s_client(c, *args)
    c.wait_says("closing the connection of 127.0.0.1: " + says)


def test_a_client_with_a_curve_of_few(collect, certs):
    cert = certs.authority.issue("brainpool", ["web1.example.net"],
                                 **BRAINPOOL)
    c = collect(listen=(tlsclient.url(certs),))
    s_client(c, "-tls1_2", "-cert", cert + ".pem", "-key", cert + ".key",
             "-sigalgs", "ECDSA+SHA256", "-groups", "P-256")
    c.wait_says("its certificate has a key on a curve that is not taken here; "
                "make one with P-256, P-384 or P-521")
    assert c.metric("received_messages_total") == 0


def test_a_signature_that_is_too_weak(certs, tmp_path):
    """It is the first of its file that is, and not a second one."""
    weak = tmp_path / "weak.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-key", certs.server + ".key", "-sha1",
         "-subj", "/CN=weak", "-CA", certs.ca, "-CAkey", write_key(
             certs.authority, tmp_path), "-out", weak],
        check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    status, _, said = harness.run(
        "-t", "-o", tmp_path / "out.log", "-l",
        tlsclient.url(certs, certificate=weak))
    assert status == 2
    assert "certificate 1 in it is too weak for TLS today (ca md too weak); " \
        "take ECDSA P-256 or RSA of 2048 bits or more, and SHA-256" in said


def write_key(authority, folder):
    made.write(str(folder / "authority.key"), made.key_pem(authority.key),
               0o600)
    return folder / "authority.key"
