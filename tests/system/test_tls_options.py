# SPDX-License-Identifier: BSD-2-Clause
"""Each option of TLS does what it says: with it one thing, without another.

Fault G2 (log4j CVE-2025-68161: an option parsed and never used), G3, G4,
RFC-66 to 70, 84 to 89, 149.
"""

import os
import shutil
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import certs as made
import senders
import tlsclient
from harness import eventually, run
from tlsclient import V12, V13, message

pytestmark = pytest.mark.fault


def comes_through(shared, certs, cert, version=None, **keys):
    c = shared(listen=(tlsclient.url(certs, **keys),), args=("-f", "%{msg}"))
    before = c.metric("received_messages_total")
    refused = c.metric("rejected_connections_total")
    try:
        with tlsclient.connect(c, certs, cert, version) as s:
            s.sendall(message())
            s.unwrap()
    except (ssl.SSLError, ConnectionError):
        pass
    eventually(lambda: c.metric("received_messages_total") > before or
               c.metric("rejected_connections_total") > refused)
    return c.metric("received_messages_total") > before


def listed(*paths):
    return [made.fingerprint(p) for p in paths]


# who sends, with these keys: yes; without (or with these others): no
ALLOWS = {
    "ca": ("right", {}, {"ca": "foreign"}),
    "fingerprint": ("selfsigned", {"peers": "listed"}, {}),
    "fingerprint without ca": ("selfsigned", {"peers": "listed", "ca": None},
                               {"peers": "web1.example.net"}),
    "fingerprint of SHA-1": ("selfsigned", {"peers": "sha-1"}, {}),
    "fingerprint, expired": ("expired", {"peers": "listed"}, {}),
    "optional": (None, {"client": "optional"}, {}),
    "none": (None, {"client": "none", "ca": None}, {}),
    "none, with any certificate": ("stranger", {"client": "none"}, {}),
    "match_cn": ("cn_only", {"peers": "old.example.net", "match_cn": "true"},
                 {"peers": "old.example.net"}),
}

# with these keys: no; without: yes
FORBIDS = {
    "peers by name": ("other", {"peers": "web1.example.net"}, {}),
    "peers by fingerprint": ("other", {"peers": "listed right"}, {}),
    "crl": ("revoked", {"crl": "crl"}, {}),
    "crl, fingerprint listed": ("revoked", {"crl": "crl", "peers": "listed"},
                                {"peers": "listed"}),
    "crl, too old, fingerprint listed": (
        "right", {"crl": "old", "peers": "listed"},
        {"crl": "crl", "peers": "listed"}),
    "optional, but a wrong one": ("stranger", {"client": "optional"},
                                  {"client": "none"}),
    "required": (None, {"client": "required"}, {"client": "optional"}),
}


def fill(certs, cert, keys):
    """What stands for what is only known when the certificates are made."""
    values = {"foreign": certs.foreign.path, "crl": certs.crl,
              "old": certs.authority.crl("old", days=(-9, -1)),
              "listed right": listed(certs.right)}
    if cert:
        values["listed"] = listed(cert)
        values["sha-1"] = made.fingerprint(cert, hashes.SHA1()).lower()
    return {k: values.get(v, v) for k, v in keys.items()}


@pytest.fixture
def cert_of(certs):
    def find(name):
        if name == "cn_only":
            return certs.authority.issue("old.example.net")
        return name and getattr(certs, name)
    return find


@pytest.mark.parametrize("option", ALLOWS)
def test_what_an_option_allows(shared, certs, cert_of, option):
    name, keys, without = ALLOWS[option]
    cert = cert_of(name)
    for i, (k, expected) in enumerate(((keys, True), (without, False))):
        k = fill(certs, cert, k)
        assert comes_through(shared, certs, cert, name="%s %d" % (
            option.replace(",", ""), i), **k) == expected


@pytest.mark.parametrize("option", FORBIDS)
def test_what_an_option_forbids(shared, certs, cert_of, option):
    name, keys, without = FORBIDS[option]
    cert = cert_of(name)
    for i, (k, expected) in enumerate(((keys, False), (without, True))):
        k = fill(certs, cert, k)
        assert comes_through(shared, certs, cert, name="%s %d" % (
            option.replace(",", ""), i), **k) == expected


# G3: what is configured, what the certificate names, whether that fits
NAMES = [
    ("a.example.net", ["a.example.net"], True),
    ("A.Example.NET", ["a.example.net"], True),
    ("a.example.net", ["A.EXAMPLE.net"], True),
    ("a.example.net", ["b.example.net", "a.example.net"], True),
    ("a.example.net", ["*.example.net"], True),
    ("a.b.example.net", ["*.example.net"], False),
    ("example.net", ["*.example.net"], False),
    ("a.example.net", ["f*.example.net"], False),
    ("fa.example.net", ["f*.example.net"], False),
    ("a.example.net", ["*"], False),
    ("a.net", ["*.net"], False),
    ("a.x.example.net", ["a.*.example.net"], False),
    ("a.x.example.net", ["*.*.example.net"], False),
    ("a.example.net", ["a.example.net."], False),
    ("a.example.net", ["a.example.net\0.evil.example"], False),
    ("a.example.net", [".example.net"], False),
    ("*.example.net", ["a.example.net"], True),
    ("*.example.net", ["A.Example.net"], True),
    ("*.example.net", ["a.b.example.net"], False),
    ("*.example.net", ["example.net"], False),
    ("*.example.net", ["*.example.net"], True),
    ("*.example.net", ["a.example.org"], False),
    ("*.example.net", ["aexample.net"], False),
    ("xn--bcher-kva.example", ["xn--bcher-kva.example"], True),
    ("xn--bcher-kva.example", ["bcher-kva.example"], False),
    ("192.0.2.7", ["192.0.2.7"], True),
    ("192.0.2.7", ["192.0.2.8"], False),
    ("2001:db8::7", ["2001:DB8:0::7"], True),
]


@pytest.mark.parametrize("allowed, sans, good", NAMES)
def test_names(shared, certs, allowed, sans, good):
    """The table of G3; RFC-85 to 89."""
    cert = certs.authority.issue("named", sans, cn="")
    assert comes_through(shared, certs, cert, peers=allowed) == good


def test_an_address_in_a_dns_name_is_none(shared, certs):
    """RFC-89: octets are compared, not what looks like them."""
    key = ec.generate_private_key(ec.SECP256R1())
    cert = certs.authority.issue("looks", ["other.example"], key=key)
    builder = (x509.CertificateBuilder().subject_name(made.name_of("x"))
               .issuer_name(certs.authority.subject)
               .public_key(key.public_key()).serial_number(77)
               .not_valid_before(made.NOW - made.DAY)
               .not_valid_after(made.NOW + made.DAY)
               .add_extension(x509.SubjectAlternativeName(
                   [made.raw_dns("192.0.2.7")]), False))
    made.write(cert + ".pem", made.pem(
        builder.sign(certs.authority.key, hashes.SHA256())))
    assert not comes_through(shared, certs, cert, peers="192.0.2.7")


CN = [
    ("cn.example.net", "cn.example.net", [], True),
    ("cn.example.net", "*.example.net", [], True),
    ("cn.example.net", "cn.example.net\0.evil", [], False),
    ("cn.example.net", "other", ["cn.example.net"], True),
    ("cn.example.net", "cn.example.net", ["san.example.net"], True),
]


@pytest.mark.parametrize("allowed, cn, sans, good", CN)
def test_names_in_cn(shared, certs, allowed, cn, sans, good):
    cert = certs.authority.issue("cn", sans, cn=cn)
    assert comes_through(shared, certs, cert, peers=allowed,
                         match_cn="true") == good
    if good and sans != [allowed]:
        assert not comes_through(shared, certs, cert, peers=allowed)


def huge(certs, kind):
    ca = certs.authority
    if kind == "500 names":
        return ca.issue("many", ["n%d.example.net" % n for n in range(500)])
    if kind == "64 KiB in a name":
        return ca.issue("wide", ["x" * 65000])
    if kind == "RSA of 1024 bits":
        return ca.issue("weak", ["w.example.net"],
                        key=rsa.generate_private_key(65537, 1024))
    chain, parent = [], ca
    for n in range(20):
        parent = made.Authority(certs.folder, "deep %d" % n, parent)
        chain.insert(0, parent.cert)
    return parent.issue("deep", ["deep.example.net"], chain=chain)


@pytest.mark.parametrize("kind, good", [
    ("500 names", True), ("64 KiB in a name", True),
    ("20 in between", False), ("RSA of 1024 bits", False)])
def test_huge_certificates(shared, certs, kind, good):
    """G4: taken or refused, in little time (librelp CVE-2018-1000140)."""
    c = shared(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    cert = huge(certs, kind)
    context = tlsclient.context(certs)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(cert + ".pem", cert + ".key")
    before, ticks = c.metric("received_messages_total"), c.ticks()
    refused = c.metric("rejected_connections_total")
    try:
        with tlsclient.connect(c, certs, context=context) as s:
            s.sendall(message())
            s.unwrap()
    except (ssl.SSLError, ConnectionError):
        pass
    eventually(lambda: c.metric("received_messages_total") > before or
               c.metric("rejected_connections_total") > refused)
    assert (c.metric("received_messages_total") > before) == good
    assert (c.ticks() - ticks) / os.sysconf("SC_CLK_TCK") < 2


def cipher_of(c, certs, suites, version=V12, cert=None):
    context = tlsclient.context(certs, cert or certs.right, version)
    context.set_ciphers(suites)
    with tlsclient.connect(c, certs, context=context) as s:
        return s.cipher()[0]


def test_the_order_of_the_suites(collect, certs):
    """RFC-66 to 68: 1.3 before 1.2; there, that of RFC 9662 first, whatever
    the client would rather have; nothing but AEAD."""
    c = collect(listen=(tlsclient.url(
        certs, certificate=certs.rsa + ".pem", key=certs.rsa + ".key"),))
    with tlsclient.connect(c, certs, certs.right) as s:
        assert s.version() == "TLSv1.3"
    assert cipher_of(c, certs, "ECDHE-RSA-AES256-GCM-SHA384:"
                     "ECDHE-RSA-CHACHA20-POLY1305:"
                     "ECDHE-RSA-AES128-GCM-SHA256") == \
        "ECDHE-RSA-AES128-GCM-SHA256"
    for good in ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"):
        assert cipher_of(c, certs, good) == good
    for bad in ("AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256",
                "DHE-RSA-AES128-GCM-SHA256"):
        with pytest.raises((ssl.SSLError, OSError)):
            cipher_of(c, certs, bad)
    c.wait_says("it has none of our cipher suites; it needs ECDHE")


def test_legacy(collect, certs):
    """RFC-66: the old suite when asked for, and never instead of another."""
    c = collect(listen=(tlsclient.url(
        certs, certificate=certs.rsa + ".pem", key=certs.rsa + ".key",
        legacy="true"),))
    assert cipher_of(c, certs, "AES128-SHA") == "AES128-SHA"
    assert cipher_of(c, certs, "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256") == \
        "ECDHE-RSA-AES128-GCM-SHA256"


LINE = b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 6514\r\n"


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("cut", [False, True])
def test_a_proxy_speaks_before_tls_or_inside(collect, certs, version, inside,
                                             cut):
    """RFC-149, F12; also when header and ClientHello are one segment."""
    c = collect(listen=(tlsclient.url(
        certs, proxy="127.0.0.1", proxy_in_tls=str(inside).lower()),),
        args=("-f", "%{from} %{tls_peer} %{msg}"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    o = tlsclient.context(certs, certs.right, version).wrap_bio(
        incoming, outgoing, server_hostname="127.0.0.1")
    with senders.connect(c.address("tls")) as s:
        rest = b"" if inside else LINE
        if cut and rest:
            senders.send_pieces(s, [rest[:9], rest[9:]])
            rest = b""
        while True:
            try:
                o.do_handshake()
                break
            except ssl.SSLWantReadError:
                s.sendall(rest + outgoing.read())
                rest = b""
                incoming.write(s.recv(65536))
        if inside:
            o.write(LINE[:5])
            o.write(LINE[5:] + message())
        else:
            o.write(message())
        s.sendall(outgoing.read())
        assert c.wait_lines(1) == [b"203.0.113.7 web1.example.net hello"]


@pytest.mark.parametrize("inside", [False, True])
def test_a_header_at_the_wrong_place_is_refused(collect, certs, inside):
    """G2 of proxy_in_tls."""
    c = collect(listen=(tlsclient.url(
        certs, proxy="127.0.0.1", proxy_in_tls=str(inside).lower()),))
    if inside:
        with tlsclient.plain(c) as s:
            s.sendall(LINE)
            assert senders.is_closed(s)
        c.wait_metric("rejected_connections_total", 1, reason="tls_handshake")
        return
    with pytest.raises((ssl.SSLError, OSError)):
        tlsclient.connect(c, certs, certs.right)
    c.wait_metric("rejected_connections_total", 1, reason="proxy")


@pytest.mark.parametrize("mode, good", [
    (0o600, True), (0o640, True), (0o400, True), (0o604, False),
    (0o644, False), (0o660, False)])
def test_a_key_that_others_may_read_is_an_error(certs, tmp_path, mode, good):
    """Fault H8: the private key, and what it costs to be careless."""
    for end in (".pem", ".key"):
        with open(certs.server + end, "rb") as f:
            made.write(str(tmp_path / ("own" + end)), f.read())
    (tmp_path / "own.key").chmod(mode)
    url = tlsclient.url(certs, certificate=tmp_path / "own.pem",
                        key=tmp_path / "own.key")
    status, _, said = run("-t", "-l", url, "-o", tmp_path / "out.log")
    assert (status == 0) == good, said
    if not good:
        assert "chmod" in said and "own.key" in said


@pytest.mark.parametrize("option", ["certificate", "ca", "crl"])
@pytest.mark.parametrize("kind, says", [
    (0o664, None), (0o646, "others may write to it"),
    ("pipe", "is no ordinary file")])
def test_a_file_that_others_may_write_is_an_error(certs, tmp_path, option,
                                                  kind, says):
    """Who writes it decides who is trusted; a pipe would keep us waiting."""
    path = tmp_path / "file"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        shutil.copy({"certificate": certs.server + ".pem", "ca": certs.ca,
                     "crl": certs.crl}[option], path)
        path.chmod(kind)
    status, _, said = run("-t", "-o", tmp_path / "out.log", "-l",
                          tlsclient.url(certs, **{option: path}))
    assert (status == 0) == (says is None), said
    assert says is None or says in said


def test_what_decides_nothing_is_warned_of(collect, certs):
    """An authority with `client: none`: everybody may send."""
    c = collect(listen=[
        tlsclient.url(certs, host, client="none", **keys) for host, keys in (
            ("127.0.0.1", {"ca": None}), ("127.0.0.2", {}),
            ("127.0.0.3", {"ca": None, "crl": certs.crl}))])
    with tlsclient.connect(c, certs) as s:
        s.sendall(b"<13>x\n")
    c.wait_lines(1)
    eventually(lambda: c.stderr().count("everybody may send") == 2)
    assert "`ca` decides nothing" in c.stderr()
    assert "`crl` decides nothing" in c.stderr()


def test_who_is_who_when_nobody_vouches(collect, certs):
    """A name that only its owner states is not taken for it: another pinned
    client could call itself the same."""
    c = collect(listen=(tlsclient.url(
        certs, peers=listed(certs.selfsigned, certs.right)),),
        args=("-f", "%{tls_peer}"))
    for cert in (certs.selfsigned, certs.right):
        s = tlsclient.connect(c, certs, cert)
        s.sendall(message())
        tlsclient.finish(s)
        c.wait_lines(1)
    assert sorted(c.wait_lines(2)) == sorted([
        made.fingerprint(certs.selfsigned).encode(), b"web1.example.net"])


def test_a_tcp_listener_is_not_hurt(collect, certs):
    """Both kinds side by side."""
    c = collect(listen=("tcp://127.0.0.1:0", tlsclient.url(certs)),
                args=("-f", "%{msg}"))
    with socket.create_connection(c.address("tcp")) as s:
        s.sendall(b"<13>plain\n")
    with tlsclient.connect(c, certs, certs.right) as s:
        s.sendall(b"<13>secure\n")
        assert sorted(c.wait_lines(2)) == [b"plain", b"secure"]


@pytest.fixture(scope="module")
def middle(certs):
    """An authority between ours and who sends."""
    return made.Authority(certs.folder, "Middle CA", certs.authority)


def joined(tmp_path, name, *paths):
    with open(tmp_path / name, "wb") as f:
        for path in paths:
            with open(path, "rb") as part:
                f.write(part.read())
    return tmp_path / name


def test_what_is_in_ca_is_trusted(shared, certs, middle):
    """Also when it is not the root, which nobody need trust then."""
    cert = middle.issue("below", ["below.example.net"])
    assert comes_through(shared, certs, cert, ca=middle.path)
    assert not comes_through(shared, certs, cert)
    assert not comes_through(shared, certs, certs.right, ca=middle.path)


def test_who_signed_it_may_be_revoked(shared, certs, middle, tmp_path):
    """G1, of all on the way, not of the last alone."""
    cert = middle.issue("below", ["below.example.net"])
    ca = joined(tmp_path, "ca.pem", middle.path, certs.ca)
    none = middle.crl("none of middle")
    for name, revoked in (("good", []), ("bad", [middle.path[:-4]])):
        crl = joined(tmp_path, name + ".crl", none,
                     certs.authority.crl("middle", *revoked))
        assert comes_through(shared, certs, cert, ca=ca, crl=crl) == (
            name == "good")


@pytest.mark.parametrize("order", ["the other first", "the other last"])
def test_any_list_of_an_authority_may_revoke(shared, certs, tmp_path, order):
    """Several lists of one authority in a file: what one names is refused."""
    lists = [certs.crl, certs.authority.crl("nobody")]
    if order == "the other first":
        lists.reverse()
    crl = joined(tmp_path, "two.crl", *lists)
    assert comes_through(shared, certs, certs.right, crl=crl)
    assert not comes_through(shared, certs, certs.revoked, crl=crl)


def test_a_list_of_the_same_name_is_about_others(shared, certs, tmp_path):
    """An authority with a new key and its old name begins to count anew."""
    new, cert = (made.Authority(tmp_path, "Test CA"), certs.revoked)
    same = new.issue("same", ["web1.example.net"],
                     serial=made.load(cert).serial_number)
    ca = joined(tmp_path, "ca.pem", certs.ca, new.path)
    crl = joined(tmp_path, "both.crl", new.crl("new"), certs.crl)
    keys = {"ca": ca, "crl": crl, "peers": listed(same, cert)}
    assert comes_through(shared, certs, same, **keys)
    assert not comes_through(shared, certs, cert, **keys)


def test_a_list_by_the_new_key_of_an_authority(shared, certs, tmp_path):
    """It took a new key and goes on with its lists: whom these name is not
    let in by a fingerprint, be the old key still in `ca` or not."""
    new, cert = made.Authority(tmp_path, "Test CA"), certs.revoked
    both = joined(tmp_path, "ca.pem", certs.ca, new.path)
    for ca in (both, new.path):
        keys = {"ca": ca, "peers": listed(cert)}
        assert not comes_through(
            shared, certs, cert, crl=new.crl("new", cert), **keys)
        assert comes_through(
            shared, certs, cert, crl=new.crl("none"), **keys)


def test_one_of_the_name_of_a_revoked_authority(shared, certs, tmp_path):
    """It got a new key and a new certificate, and kept its name."""
    old, new = (made.Authority(folder, "Twice CA", certs.authority, days)
                for folder, days in ((tmp_path, 400), (certs.folder, 500)))
    cert, of_old = (a.issue("one", ["below.example.net"]) for a in (new, old))
    ca = joined(tmp_path, "ca.pem", old.path, new.path, certs.ca)
    crl = joined(tmp_path, "all.crl", new.crl("of new"),
                 certs.authority.crl("old", old.path[:-4]))
    keys = {"ca": ca, "crl": crl, "peers": listed(cert, of_old)}
    assert comes_through(shared, certs, cert, **keys)
    assert not comes_through(shared, certs, of_old, **keys)


def test_who_on_the_way_is_revoked_is_told(collect, certs, middle, tmp_path):
    """A new certificate by the same authority would be no cure."""
    cert = middle.issue("below", ["below.example.net"])
    ca = joined(tmp_path, "ca.pem", middle.path, certs.ca)
    # OpenSSL asks the newest
    crl = joined(tmp_path, "all.crl", middle.crl("none of middle"),
                 certs.authority.crl("old", middle.path[:-4], days=(-2, 30)),
                 certs.authority.crl("nobody"))
    c = collect(listen=(tlsclient.url(certs, ca=ca, crl=crl),))
    assert tlsclient.refused(c, certs, cert)
    c.wait_says("CN=Middle CA, which signed it, is revoked by %s" % crl)


def test_a_delta_list_is_no_whole_one(shared, certs, tmp_path):
    """Whom the list before it names is not on it: that has to be there."""
    more = (x509.DeltaCRLIndicator(1), x509.CRLNumber(2))
    delta = certs.authority.crl("delta", certs.other, more=more)
    assert not comes_through(shared, certs, certs.revoked, crl=delta)
    crl = joined(tmp_path, "both.crl", certs.crl, delta)
    assert comes_through(shared, certs, certs.right, crl=crl)
    for cert in (certs.revoked, certs.other):
        assert not comes_through(shared, certs, cert, crl=crl)
        assert not comes_through(shared, certs, cert, crl=crl,
                                 peers=listed(cert))
    old = certs.authority.crl("ended", days=(-9, -1))
    assert not comes_through(
        shared, certs, certs.right, peers=listed(certs.right),
        crl=joined(tmp_path, "ended.crl", old, delta))


def test_the_list_of_an_authority_that_is_no_root(shared, certs, middle,
                                                  tmp_path):
    """Nobody above it is asked for one; its own has to be there."""
    good, bad = (middle.issue(n, ["below.example.net"]) for n in "ab")
    crl = middle.crl("one of middle", bad)
    assert comes_through(shared, certs, good, ca=middle.path, crl=crl)
    assert not comes_through(shared, certs, bad, ca=middle.path, crl=crl)
    # one of its own that is in `ca` is no authority: there must be a list
    ca = joined(tmp_path, "ca.pem", middle.path, certs.right + ".pem")
    assert comes_through(shared, certs, certs.right, ca=ca)
    assert not comes_through(shared, certs, certs.right, ca=ca, crl=crl)
    lower = made.Authority(certs.folder, "Lower CA", middle)
    cert = lower.issue("lower", ["below.example.net"], chain=[lower.cert])
    assert not comes_through(shared, certs, cert, ca=middle.path, crl=crl)
    assert comes_through(shared, certs, cert, ca=middle.path)
    # it shows who signed it, and that is enough when its own is listed
    keys = {"ca": middle.path, "peers": listed(cert)}
    assert comes_through(shared, certs, cert, crl=crl, **keys)
    assert not comes_through(shared, certs, cert, crl=middle.crl(
        "no lower", lower.path[:-4]), **keys)


@pytest.mark.parametrize("name", ["Other CA", "Test CA"])
def test_a_list_that_nobody_vouches_for(certs, tmp_path, name):
    """Who can write one must not say who is on it."""
    stranger = made.Authority(tmp_path, name)
    status, _, said = run("-t", "-o", tmp_path / "out.log", "-l",
                          tlsclient.url(certs, crl=stranger.crl("x")))
    assert status == 2
    assert "the list of CN=%s in it is not signed by an authority in" % (
        name) in said
