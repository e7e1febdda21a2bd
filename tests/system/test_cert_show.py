# SPDX-License-Identifier: BSD-2-Clause
"""test_cert_show.py - `syncline cert show` and `check`: what a certificate
says, safe to print, and each problem with its cure"""

import contextlib
import os
import pty
import re
import select
import shutil
import signal
import subprocess

import pytest

import forged
import harness
import tool

pytestmark = pytest.mark.alone

HOST = "web1.example.net"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    tool.must("cert", "init", "logs.example.net", cwd=folder)
    tool.must("cert", "issue", HOST, "192.0.2.1", cwd=folder)
    return folder / "tls"


@pytest.fixture
def tls(made, tmp_path):
    """A copy, to be spoilt."""
    return shutil.copytree(made, tmp_path / "tls")


@pytest.fixture
def client(tls):
    return tls / "clients" / HOST / "client.pem"


def openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True,
                          text=True, check=True).stdout


def test_show(client):
    out = tool.must("cert", "show", client)
    lines = dict(re.findall(r"^(\S[a-z ]*?)  +(.*)$", out, re.M))
    assert lines["subject"] == "CN=" + HOST
    assert re.fullmatch(r"CN=Syncline CA [0-9a-f]{6} logs\.example\.net",
                        lines["issuer"])
    assert "serial=%s\n" % lines["serial"] == openssl(
        "x509", "-in", client, "-noout", "-serial")
    assert lines["names"] == "DNS:" + HOST and "\n              IP:192.0.2.1" \
        in out
    assert lines["valid until"].endswith("(825 days left)") or \
        lines["valid until"].endswith("(824 days left)")
    assert lines["key"] == "ECDSA P-256"
    assert lines["signed with"] == "ecdsa-with-SHA256"
    assert lines["use"] == "client (sender) only"
    assert lines["fingerprint"] == forged.fingerprint(client)
    assert forged.fingerprint(client, "sha-1") in out


def test_show_all_of_a_file(tls, client):
    both = tls / "both.pem"
    both.write_bytes(client.read_bytes() + (tls / "ca.pem").read_bytes())
    out = tool.must("cert", "show", both)
    assert "1 of 2\n" in out and "\n2 of 2\n" in out
    assert "authority, without other authorities below it" in out


def test_bytes_of_the_certificate_are_escaped(tls, client):
    """Neither a terminal nor a line is at their mercy, and a NUL is seen."""
    said = forged.poison(client, tls / "ca.key", HOST.encode())
    for command in "show", "check":
        _, out, err = tool.run("cert", command, client)
        shown = out + err
        assert said in shown
        assert not re.search(r"[^\x20-\x7e\n]", shown), repr(shown)


@pytest.mark.parametrize("n, each", [(500, "h%d.example.net"),
                                     (1, "a" * 60000 + "%d")],
                         ids=["many", "long"])
def test_many_and_long_names(tmp_path, n, each):
    """G4: bounded, and quick."""
    names = ",".join("DNS:" + each % i for i in range(n))
    (tmp_path / "conf").write_text(
        "[req]\ndistinguished_name=dn\n[dn]\n[x]\nsubjectAltName=%s\n" %
        ("@names\n[names]\n" + "\n".join(
            "DNS.%d=%s" % (i, name[4:])
            for i, name in enumerate(names.split(",")))))
    path = tmp_path / "many.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            tmp_path / "many.key", "-out", path, "-subj", "/CN=x",
            "-config", tmp_path / "conf", "-extensions", "x")
    out = tool.must("cert", "show", path)
    assert len(out) < 10000 and len(out.splitlines()) < 120
    assert n == 1 or "... and more" in out
    status, out, _ = tool.run("cert", "check", path)
    assert status == 0 and len(out) < 3000, out


@pytest.mark.parametrize("content, word", [
    (b"", "no certificate in it"), (b"\0" * 1000, "no certificate in it"),
    (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
     "damaged"),
    (b"-----BEGIN CERTIFICATE-----\n", "damaged"),
    (b"x" * (2 << 20), "larger than")],
    ids=["empty", "zeros", "damaged", "cut", "large"])
def test_files_that_are_none(tmp_path, content, word):
    path = tmp_path / "x.pem"
    path.write_bytes(content)
    for command in "show", "check", "fingerprint":
        status, out, err = tool.run("cert", command, path)
        assert (status, out) == (1, "") and word in err, err
    for odd in tmp_path, tmp_path / "none":
        status, out, err = tool.run("cert", "show", odd)
        assert (status, out) == (1, "") and str(odd) in err


def test_a_fifo_does_not_hold_it_up(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    status, _, err = tool.run("cert", "show", tmp_path / "fifo")
    assert status == 1 and "no certificate" in err


def problems(*args):
    """The problems that check finds, each with its cure."""
    status, out, err = tool.run("cert", "check", *args)
    assert err == ""
    found = re.findall(r"^PROBLEM  (.*)\n         cure: (.+)$", out, re.M)
    assert status == (1 if found else 0), out
    assert len(found) == out.count("PROBLEM")
    return found


def one(word, cure, *args):
    (said, what), = problems(*args)
    assert word in said and cure in what, (said, what)


def test_all_is_well(tls, client):
    assert problems(client, "--client", "--name", HOST) == []
    assert problems(client, "--name", "192.0.2.1") == []
    assert problems(tls / "collector.pem", "--server",
                    "--name", "logs.example.net") == []
    assert problems(tls / "ca.pem") == []


def test_wrong_name(client):
    one("it is not for web2.example.net", "make one with this name", client,
        "--name", "web2.example.net")
    one("not for 192.0.2.2", "", client, "--name", "192.0.2.2")


def test_a_name_that_is_not_ascii(client):
    """G3: whoever types it is told what to type."""
    status, out, err = tool.run("cert", "check", "--name", "bücher.example",
                                client)
    assert (status, out) == (2, "") and "xn--" in err and "idn2(1)" in err


def test_wrong_use(tls, client):
    one("a collector cannot use it", "issue --server", client, "--server")
    one("a sender cannot use it", "cert issue", tls / "collector.pem",
        "--client")


def test_expired_and_not_yet(tls, client):
    key = tls / "ca.key"
    forged.expire(client, key)
    one("expired on 2020", "cert renew", client)
    out = tool.must("cert", "show", client)
    assert "EXPIRED" in out
    # and that is what it says: afterwards all is well
    tool.must("cert", "renew", HOST, cwd=tls.parent)
    assert problems(client) == []
    begin, end = forged.times(client)
    forged.change(client, key, (begin, b"48" + begin[2:]),
                  (end, b"49" + end[2:]))
    one("not valid before 2048", "clock", client)
    assert "NOT YET" in tool.must("cert", "show", client)


def test_expired_authority(tls, client):
    forged.expire(tls / "ca.pem", tls / "ca.key")
    one("the authority that signed it has expired", "renew --authority",
        client, "--ca", tls / "ca.pem")
    one("it has expired", "renew --authority", tls / "ca.pem")


def test_nearly_expired(tls):
    tool.must("cert", "renew", "--days", "20", cwd=tls.parent)
    assert "time to renew" in tool.must("cert", "check",
                                        tls / "collector.pem")


def test_key_of_another(tls, client):
    one("not its key", "find the key", client, "--key", tls / "collector.key")
    both = tls / "chain.pem"
    both.write_bytes((tls / "ca.pem").read_bytes() + client.read_bytes())
    one("certificate 2 of the file", "first", both, "--key",
        client.parent / "client.key")


def test_key_for_everybody(client):
    key = client.parent / "client.key"
    os.chmod(key, 0o644)
    one("everybody on this machine may read", "chmod 600", client)
    os.chmod(key, 0o640)
    assert problems(client) == []


def test_key_that_is_none(client):
    key = client.parent / "client.key"
    key.write_text("nothing")
    one("no private key in it", "--key", client)


def test_other_authority(tls, client):
    tool.must("cert", "init", "--dir", "other", cwd=tls.parent)
    ca = tls.parent / "other" / "ca.pem"
    one("which is not in " + str(ca), "add the certificate of that authority",
        client, "--ca", ca)
    # a signature that is only claimed
    forged.change(client, tls.parent / "other" / "ca.key")
    one("signature is not by the authority", "signed anew", client)


def test_weak(tmp_path):
    path = tmp_path / "weak.pem"
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-sha1",
            "-keyout", tmp_path / "weak.key", "-out", path, "-subj",
            "/CN=old", "-addext", "subjectAltName=DNS:old.example")
    os.chmod(tmp_path / "weak.key", 0o600)
    weak = problems(path)
    assert [said for said, _ in weak] == [
        "its key is weak: RSA, 1024 bits",
        "it is signed with sha1WithRSAEncryption, which is not safe"]
    assert "(WEAK)" in tool.must("cert", "show", path)


def test_a_curve_that_few_take(tmp_path):
    path = tmp_path / "curve.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:brainpoolP256r1", "-nodes", "-keyout",
            tmp_path / "curve.key", "-out", path, "-subj",
            "/CN=curve", "-addext", "subjectAltName=DNS:curve.example")
    os.chmod(tmp_path / "curve.key", 0o600)
    assert problems(path) == [(
        "its key is on a curve that TLS 1.3 does not have: "
        "ECDSA brainpoolP256r1",
        "make a new key: ECDSA P-256")]


def test_a_form_that_nobody_else_reads(client, tmp_path):
    """It can be shown, but collector and senders take PEM alone."""
    path = tmp_path / "client.der"
    openssl("x509", "-in", client, "-outform", "DER", "-out", path)
    assert problems(path, "--ca", client.parent / "ca.pem") == [(
        "it is in DER, and the collector and senders need PEM",
        "openssl x509 -inform DER -in FILE -out NEWFILE")]
    assert "subject" in tool.must("cert", "show", path)


def test_names_in_cn_only(tmp_path):
    path = tmp_path / "cn.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            tmp_path / "k.key", "-out", path, "-subj", "/CN=a.example",
            "-addext", "basicConstraints=critical,CA:FALSE")
    one("no names", "subjectAltName", path)
    one("no names", "subjectAltName", path, "--name", "a.example")


def test_cn_does_not_stand_in_for_a_name(tmp_path):
    """RFC-85: where there are other kinds of names alone, too."""
    path = tmp_path / "cn.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            tmp_path / "k.key", "-out", path, "-subj", "/CN=a.example",
            "-addext", "subjectAltName=IP:192.0.2.1")
    assert problems(path, "--name", "192.0.2.1") == []
    one("not for a.example; its names: IP:192.0.2.1", "make one", path,
        "--name", "a.example")


def test_nobody_is_asked_for_a_passphrase(client):
    """Not even at a terminal."""
    key = client.parent / "client.key"
    key.write_text(openssl("pkey", "-in", key, "-aes128", "-passout",
                           "pass:x"))
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(tool.SYNCLINE, [tool.SYNCLINE, "cert", "check", str(client)])
    said = b""
    with contextlib.suppress(OSError):  # at its end
        while select.select([terminal], [], [], harness.DEADLINE)[0]:
            said += os.read(terminal, 4096)
            if b"Enter" in said:
                break
    os.close(terminal)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert b"Enter" not in said and b"has a passphrase" in said
    assert os.waitstatus_to_exitcode(status) in (1, -signal.SIGKILL)


@pytest.mark.parametrize("pattern, name, good", [
    ("*.example.net", "a.example.net", True),
    ("*.example.net", "A.Example.Net", True),
    ("*.example.net", "example.net", False),
    ("*.example.net", "a.b.example.net", False),
    ("f*.example.net", "foo.example.net", False),
    ("*", "a", False), ("a.*.net", "a.b.net", False),
    ("192.0.2.7", "192.0.2.7", False)])  # an address in a dNSName
def test_name_match(tmp_path, pattern, name, good):
    """RFC-86, RFC-89, G3."""
    path = tmp_path / "w.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            tmp_path / "k.key", "-out", path, "-subj", "/CN=x", "-addext",
            "subjectAltName=DNS:" + pattern)
    assert (problems(path, "--name", name) == []) == good
