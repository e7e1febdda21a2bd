# SPDX-License-Identifier: BSD-2-Clause
"""Who is refused is told why, in words that name the cure.

Each line has the peer's address, what its certificate says, its fingerprint,
the reason and what to do. Faults G12, F9: what a peer sends is escaped.
"""

import re
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

import certs as made
import senders
import tlsclient
from harness import eventually
from tlsclient import V12, V13, message

pytestmark = pytest.mark.fault


def says_of(shared, certs, cert=None, context=None, **keys):
    """The line about a client with that certificate."""
    c = shared(listen=(tlsclient.url(certs, **keys),))
    before = c.metric("rejected_connections_total")
    start = len(c.stderr())
    assert tlsclient.refused(c, certs, cert, context=context)
    eventually(lambda: c.metric("rejected_connections_total") == before + 1)
    # what is complained of five times in a second is not said again
    line = eventually(lambda: re.search(
        r"closing the connection of 127\.0\.0\.1: (.*)\n",
        c.stderr()[start:]))
    assert c.metric("received_messages_total") == 0
    return line[1]


CASES = {
    "another CA": ("stranger", {}, [
        "is signed by CN=Other CA, which is not in %(ca)s; add that "
        "authority there"]),
    "self-signed": ("selfsigned", {}, [
        "it is self-signed and not in %(ca)s; to allow it, list its "
        "fingerprint in `peers`"]),
    "expired": ("expired", {}, ["it expired on 20", "; renew it"]),
    "not yet valid": ("early", {}, ["it is not valid before 20",
                                    "look at both clocks"]),
    "for servers": ("server_only", {}, ["clientAuth is missing"]),
    "revoked": ("revoked", {"crl": "crl"}, ["it is revoked by %(crl)s"]),
    "another name": ("other", {"peers": ["web1.example.net", "*.example.org"]},
                     ["it names web2.example.net, allowed are "
                      "web1.example.net, *.example.org; add its name to "
                      "`peers` to allow it"]),
    "not listed": ("other", {"peers": ["right"]}, [
        "%(print)s is not listed; add it to `peers` to allow it"]),
    "no certificate": (None, {}, [
        "it sent no certificate; give it one that an authority in `ca` "
        "signed (`client: optional` would do without)"]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_reason_and_the_cure(shared, certs, case):
    name, keys, says = CASES[case]
    cert = name and getattr(certs, name)
    keys = dict(keys)
    if "crl" in keys:
        keys["crl"] = certs.crl
    if keys.get("peers") == ["right"]:
        keys["peers"] = [made.fingerprint(certs.right)]
    said = says_of(shared, certs, cert, name=case.replace(" ", "-"), **keys)
    values = {"ca": certs.ca, "crl": certs.crl,
              "print": cert and made.fingerprint(cert)}
    for words in says:
        assert words % values in said, said
    if cert:
        assert "(%s; subject CN=%s; for web" % (
            made.fingerprint(cert), cert.rpartition("/")[2]) in said


def test_a_certificate_for_other_uses(shared, certs):
    """By its keyUsage, which is easily confused with the extended one."""
    usage = dict.fromkeys((
        "digital_signature", "content_commitment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only",
        "decipher_only"), False)
    cert = certs.authority.issue("encipher", ["web1.example.net"], more=[
        x509.KeyUsage(key_encipherment=True, **usage)])
    assert "it is not for clients of TLS: digitalSignature is missing in " \
        "its keyUsage; issue one that has it" in says_of(
            shared, certs, cert, name="encipher")


def test_a_weak_certificate(shared, certs):
    cert = certs.authority.issue("weak", ["web1.example.net"],
                                 key=rsa.generate_private_key(65537, 1024))
    context = tlsclient.context(certs)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(cert + ".pem", cert + ".key")
    assert "it is too weak for today (EE certificate key too weak); make " \
        "one with ECDSA P-256" in says_of(shared, certs, context=context,
                                          name="weak")


NO_TLS = {
    "plain syslog": (b"<13>hello\n", "it sent plain syslog to a TLS port; "
                     "let it use TLS, or send to a tcp:// listener; it began "
                     'with "<13>hello#012"'),
    "counted syslog": (b"9 <13>hello", "plain syslog to a TLS port"),
    "HTTP": (b"GET / HTTP/1.1\r\n\r\n", "it sent HTTP to a TLS port"),
    "PROXY": (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "add its address to "
              "`proxy` if it is a proxy of yours"),
    "noise": (b"\xff\x00\x1b[31m\xe2\x80\xa8", "something else than TLS to a "
              'TLS port; it began with "#377␀#033[31m#342#200#250"'),
}


@pytest.mark.parametrize("kind", NO_TLS)
def test_what_is_no_tls(shared, certs, kind):
    """G12, F11: one line that says so, nothing stored, nothing forged."""
    data, says = NO_TLS[kind]
    c = shared(listen=(tlsclient.url(certs),))
    start = len(c.stderr())
    with tlsclient.plain(c) as s:
        s.sendall(data)
        assert senders.is_closed(s)
    line = eventually(lambda: re.search(r"closing the conn.*\n",
                                        c.stderr()[start:]))
    assert says in line[0]
    assert c.stderr()[start:].count("\n") == 1
    assert c.metric("received_messages_total") == 0


def test_tls_to_a_plain_port_is_no_message(collect, certs):
    """G12, the other way round: bytes of TLS are stored escaped, if at all,
    and no line begins with what a peer forged."""
    c = collect()
    outgoing = ssl.MemoryBIO()
    o = tlsclient.context(certs).wrap_bio(ssl.MemoryBIO(), outgoing,
                                          server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        o.do_handshake()
    with senders.connect(c.address("tcp")) as s:
        s.sendall(outgoing.read())
    eventually(lambda: c.metric("connections_total") == 1 and
               c.metric("connections") == 0)
    c.wait_lines(1)
    assert all(line.startswith(b"<13>1 ") for line in c.lines())


def test_a_check_of_a_balancer_is_no_error(collect, certs):
    """It connects and goes away, each second."""
    c = collect(listen=(tlsclient.url(certs),))
    for _ in range(3):
        tlsclient.plain(c).close()
    eventually(lambda: c.metric("connections_total") == 3 and
               c.metric("connections") == 0)
    assert c.metric("rejected_connections_total") == 0
    assert "closing" not in c.stderr()


def test_a_client_that_does_not_trust_us_is_understood(collect, certs):
    c = collect(listen=(tlsclient.url(certs),))
    context = tlsclient.context(certs, certs.right, ca=certs.foreign.path)
    with pytest.raises(ssl.SSLError):
        tlsclient.connect(c, certs, context=context)
    c.wait_says("it does not trust our certificate (alert: unknown CA); give "
                "it the authority that signed ours")
    c.wait_metric("rejected_connections_total", 1, reason="tls_handshake")


@pytest.mark.parametrize("version, code", [(V12, "BAD_CERTIFICATE"),
                                           (V13, "BAD_CERTIFICATE")])
def test_the_peer_gets_an_alert(collect, certs, version, code):
    """RFC-83: policy fails in the handshake, with a fitting alert."""
    c = collect(listen=(tlsclient.url(certs, peers="web1.example.net"),))
    with pytest.raises(ssl.SSLError) as raised:
        with tlsclient.connect(c, certs, certs.other, version) as s:
            s.recv(1)
    assert code in str(raised.value)


NAMES = {
    "line": "a.example\n<0>1 - forged",
    "NUL": "good.example\0.evil.example",
    "escape": "\x1b[2J",
    "separators": "a\u2028b\u202e",
    "long": "x" * 3000,
}


@pytest.mark.parametrize("kind", NAMES)
def test_names_in_certificates_are_escaped(shared, certs, kind):
    """F9: one line each, in our own words as in the log files."""
    text = NAMES[kind]
    ascii_name = text.encode("ascii", "replace").decode()
    cert = certs.foreign.issue("odd-" + kind, [ascii_name], cn=text)
    said = says_of(shared, certs, cert, name="odd-" + kind)
    assert "is not accepted" in said
    assert not re.search("[\0-\x1f\x7f\u2028\u202e]", said)
    good = certs.authority.issue("odd-good-" + kind, [ascii_name], cn=text)
    c = shared(listen=(tlsclient.url(certs),),
               args=("-f", "%{tls_peer}: %{msg}"))
    before = len(c.lines())
    s = tlsclient.connect(c, certs, good)
    s.sendall(message(1, "odd"))
    tlsclient.finish(s)
    line = c.wait_lines(before + 1)[-1]
    assert line.endswith(b": odd") and line.count(b"odd") == 1
    assert not re.search(b"[\0-\x1f\x7f]", line)
