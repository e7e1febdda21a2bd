# SPDX-License-Identifier: BSD-2-Clause
"""test_check_tls.py - `syncline check-tls` says what is wrong with a server,
in words, with a cure, and sends a message only when nothing is"""

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

import forged
import shim
import tool

pytestmark = pytest.mark.alone

HOST = "web1.example.net"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    tool.must("cert", "init", "logs.example.net", cwd=folder)
    tool.must("cert", "issue", HOST, cwd=folder)
    tool.must("cert", "init", "--dir", "other", "logs.example.net",
              cwd=folder)
    tool.must("cert", "issue", "--dir", "other", HOST, cwd=folder)
    return folder


@pytest.fixture
def tls(made, tmp_path):
    """A copy, to be spoilt."""
    return shutil.copytree(made, tmp_path / "made") / "tls"


@pytest.fixture
def other(tls):
    return tls.parent / "other"


@pytest.fixture
def bundle(tls):
    return tls / "clients" / HOST


@contextlib.contextmanager
def serve(handle):
    """A server that gives each connection to handle(); its port, and what
    handle returned."""
    listener = socket.create_server(("127.0.0.1", 0))
    got = []

    def work():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.settimeout(20)
            with peer:
                try:
                    got.append(handle(peer))
                except OSError as error:
                    got.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield listener.getsockname()[1], got
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def collector(tls, version=ssl.TLSVersion.TLSv1_3, ca=None,
              verify=ssl.CERT_REQUIRED, name="collector"):
    """What reads all that a sender has to say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = verify
    if verify != ssl.CERT_NONE:
        context.load_verify_locations(ca or tls / "ca.pem")
    context.load_cert_chain(tls / (name + ".pem"), tls / (name + ".key"))

    def handle(peer):
        with context.wrap_socket(peer, server_side=True) as secure:
            text = b""
            while True:
                more = secure.recv(65536)
                if not more:
                    secure.unwrap()
                    return text
                text += more
    return serve(handle)


def check(port, *args, host="localhost"):
    """(status, {step: (how, text, cure)}, all of it)"""
    status, out, err = tool.run("check-tls", *args, "%s:%d" % (host, port))
    assert err == "" and status in (0, 1)
    steps = {}
    for how, step, text, cure in re.findall(
            r"^(ok|note|FAILED) +(\S+) +(.*)(?:\n {21}cure: (.+))?$", out,
            re.M):
        steps[step] = (how, text, cure)
        assert (how == "FAILED") == bool(cure), out
    assert status == (1 if "FAILED" in out else 0), out
    assert out.endswith("a sender can use it\n") == (status == 0), out
    return status, steps, out


def failed(steps):
    return {step for step, (how, _, _) in steps.items() if how == "FAILED"}


BOTH = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
MESSAGE = re.compile(
    rb"(\d+) (<14>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ syncline \d+ "
    rb"check-tls - syncline check-tls: it works)")


@BOTH
def test_all_is_well(tls, bundle, version):
    with collector(tls, version) as (port, got):
        status, steps, out = check(port, "--bundle", bundle)
        assert status == 0, out
        assert steps["handshake"][1].startswith(
            "TLSv1.3, TLS_" if version == ssl.TLSVersion.TLSv1_3
            else "TLSv1.2, ECDHE-ECDSA-AES")
        assert "ours was sent" in steps["client"][1]
        assert forged.fingerprint(tls / "collector.pem") in out
        assert "825 days" in steps["validity"][1] or \
            "824 days" in steps["validity"][1]
        status, steps, out = check(port, "--bundle", bundle, "--send")
        assert status == 0, out
    assert got[0] == b""
    # RFC-79, RFC-81
    count, text = MESSAGE.fullmatch(got[1]).groups()
    assert int(count) == len(text)


def test_options_one_by_one(tls, bundle):
    with collector(tls) as (port, got):
        status, _, out = check(
            port, "--ca", tls / "ca.pem", "--cert", bundle / "client.pem",
            "--key", bundle / "client.key", "--name", "logs.example.net",
            "-s", host="tls://127.0.0.1")
        assert status == 0, out
    assert MESSAGE.fullmatch(got[0])


@pytest.mark.parametrize("label", ["sha-256", "sha-1", "SHA-256"])
def test_a_fingerprint_is_enough(tls, bundle, other, label):
    """RFC-84: whoever signed it, and whatever its name."""
    right = forged.fingerprint(tls / "collector.pem", label.lower())
    wrong = forged.fingerprint(other / "collector.pem", label.lower())
    with collector(tls) as (port, got):
        args = ("--bundle", bundle, "--ca", other / "ca.pem", "--name",
                "x.example", "--send", "--fingerprint")
        status, _, out = check(port, *args, right.replace("sha", label[:3]))
        assert status == 0, out
        status, steps, _ = check(port, *args, wrong)
        assert failed(steps) == {"fingerprint", "message"}
    assert MESSAGE.fullmatch(got[0]) and not got[1]


@BOTH
@pytest.mark.parametrize("case, step, word, cure", [
    ("wrong name", "name", "not for x.example", "--name"),
    ("wrong authority", "trust", "which is not in|is not in", "add "),
    ("no authority", "trust", "nothing says", "--ca"),
    ("expired", "trust", "expired on 2020", "renew"),
    ("not yet", "trust", "not valid before 2048", "clock"),
    ("for clients", "trust", "that of a server", "--server")])
def test_wrong_servers(tls, bundle, other, version, case, step, word, cure):
    """G8: refused, each for its reason, and no byte of a message is sent."""
    args = ["--bundle", bundle, "--send"]
    name = "collector"
    path, key = tls / "collector.pem", tls / "ca.key"
    if case == "wrong name":
        args += ["--name", "x.example"]
    elif case == "wrong authority":
        args += ["--ca", other / "ca.pem"]
    elif case == "no authority":
        args = ["--cert", bundle / "client.pem", "--key",
                bundle / "client.key", "--send"]
    elif case == "expired":
        forged.expire(path, key)
    elif case == "not yet":
        begin, end = forged.times(path)
        forged.change(path, key, (begin, b"48" + begin[2:]),
                      (end, b"49" + end[2:]))
    else:
        name = "client"
        args += ["--name", HOST]
        for end in "pem", "key":
            shutil.copy(bundle / ("client." + end), tls / ("client." + end))
    with collector(tls, version, name=name) as (port, got):
        status, steps, out = check(port, *args)
    assert status == 1 and failed(steps) == {step, "message"}, out
    assert re.search(word, steps[step][1]) and cure in steps[step][2], out
    assert "not sent" in steps["message"][1]
    assert got in ([b""], []) or isinstance(got[0], OSError), got


@BOTH
def test_our_certificate_is_wanted(tls, bundle, version):
    with collector(tls, version) as (port, _):
        _, steps, out = check(port, "--ca", tls / "ca.pem")
        step = "handshake" if version == ssl.TLSVersion.TLSv1_2 else "accepted"
        assert failed(steps) == {step}, out
        assert "--bundle" in steps[step][2]
        if step == "accepted":
            assert "asks for a certificate, and we have none" in \
                steps["client"][1]
            assert "alert 116" in steps[step][1]


@BOTH
def test_our_certificate_is_refused(tls, bundle, other, version):
    with collector(tls, version, ca=other / "ca.pem") as (port, got):
        _, steps, out = check(port, "--bundle", bundle, "--send")
    step = "handshake" if version == ssl.TLSVersion.TLSv1_2 else "accepted"
    assert failed(steps) <= {step, "message"} and step in failed(steps), out
    assert "does not know who signed" in steps[step][1], out
    assert "`peers`" in steps[step][2]
    assert not any(isinstance(g, bytes) and g for g in got)


def test_the_collector(collect, tls, bundle, other):
    """Its word on each of ours, and nothing but the right message in its
    file."""
    tool.needs_collector_with_tls()
    tool.must("cert", "issue", "web2.example.net", cwd=tls.parent)
    query = "&".join("%s=%s" % (key, tls / name) for key, name in (
        ("certificate", "collector.pem"), ("key", "collector.key"),
        ("ca", "ca.pem")))
    c = collect(listen=("tls://127.0.0.1:0?%s&peers=%s" % (query, HOST),))
    port = c.address("tls")[1]
    args = ("--send", "--ca", tls / "ca.pem")
    for own, cure in ((bundle.parent / "web2.example.net", "`peers`"),
                      (other / "clients" / HOST, "`ca`"), (None, "--bundle")):
        _, steps, out = check(port, *args, *(("-b", own) if own else ()))
        assert failed(steps) == {"accepted", "message"}, out
        assert cure in steps["accepted"][2], out
    status, _, out = check(port, *args, "-b", bundle)
    assert status == 0, out
    line, = c.wait_lines(1)
    assert line.endswith(b"syncline check-tls: it works")


@pytest.mark.parametrize("ours", [True, False])
def test_authorities_that_the_server_names(tls, bundle, other, ours):
    ca = (tls if ours else other) / "ca.pem"
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
         tls / "collector.pem", "-key", tls / "collector.key", "-CAfile", ca,
         "-Verify", "2", "-verify_return_error"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    with server:
        try:
            port = next(int(line.rpartition(":")[2])
                        for line in server.stdout if line.startswith("ACCEPT"))
            status, _, out = check(port, "--bundle", bundle, host="127.0.0.1")
        finally:
            server.kill()
    assert status == (0 if ours else 1), out
    assert "it takes those signed by CN=Syncline CA" in out
    assert ("ours is signed by another one" in out) == (not ours)


def test_none_is_wanted(tls, bundle):
    with collector(tls, verify=ssl.CERT_NONE) as (port, _):
        status, steps, _ = check(port, "--bundle", bundle)
        assert status == 0 and "ours was not needed" in steps["client"][1]
        status, _, _ = check(port, "--ca", tls / "ca.pem")
        assert status == 0


def answer(text):
    def handle(peer):
        peer.recv(65536)
        peer.sendall(text)
        peer.shutdown(socket.SHUT_WR)
        return peer.recv(65536)
    return serve(handle)


@pytest.mark.parametrize("text", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x1b]0;x\x07\n\0\xff\xfe" * 99,
    b"220 mail.example.net ESMTP\r\n"], ids=["http", "odd", "smtp"])
def test_what_answers_is_no_tls(tls, text):
    with answer(text) as (port, _):
        _, steps, out = check(port, "--ca", tls / "ca.pem")
    assert failed(steps) == {"handshake"}
    assert "is no TLS" in steps["handshake"][1]
    assert "6514" in steps["handshake"][2]
    assert not re.search(r"[^\x20-\x7e\n]", out)
    assert text[:4].isalnum() is False or text[:4].decode() in out


def test_a_plain_syslog_port_never_answers(collect, tls):
    """G12: and the collector has no message of it that looks like one."""
    c = collect(listen=("tcp://127.0.0.1:0",))
    _, steps, out = check(c.address("tcp")[1], "--ca", tls / "ca.pem",
                          "--timeout", "1", host="127.0.0.1")
    assert failed(steps) == {"handshake"}, out
    assert "no answer within 1 s" in steps["handshake"][1]
    assert "never answers" in steps["handshake"][2]


def test_closed_at_once_and_in_the_middle(tls):
    for text in b"", b"\x16\x03\x03\x01\x00" + b"x" * 10:
        with answer(text) as (port, _):
            _, steps, out = check(port, "--ca", tls / "ca.pem")
        assert failed(steps) == {"handshake"}, out
        assert "closed the connection" in steps["handshake"][1]


@pytest.mark.parametrize("seed", range(8))
def test_hostile_answers(tls, seed):
    """Random bytes in records of TLS: an end, in time, without control
    characters."""
    noise = bytes((seed * 37 + i * i * 11 + (i >> 3)) & 0xff
                  for i in range(3000))
    kind = bytes([20 + seed % 5])
    with answer(b"".join(kind + b"\x03\x03\x00\x64" + noise[i:i + 100]
                         for i in range(0, 3000, 100))) as (port, _):
        _, steps, out = check(port, "--ca", tls / "ca.pem")
    assert failed(steps) == {"handshake"}, out
    assert not re.search(r"[^\x20-\x7e\n]", out)


def test_hostile_names_of_a_server(tls, bundle):
    said = forged.poison(tls / "collector.pem", tls / "ca.key",
                         b"logs.example.net")
    with collector(tls) as (port, _):
        status, _, out = check(port, "--bundle", bundle)
    assert status == 0 and said in out
    assert not re.search(r"[^\x20-\x7e\n]", out)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    _, steps, _ = check(port, host="127.0.0.1")
    assert failed(steps) == {"connect"}
    assert "nobody listens" in steps["connect"][2]


def test_no_such_name():
    _, steps, _ = check(6514, host="nothing.invalid")
    assert failed(steps) == {"address"}


def test_a_name_server_that_is_silent(tmp_path):
    """getaddrinfo(3) has no end of its own that one could set."""
    (tmp_path / "stuck.c").write_text(
        "#include <netdb.h>\n#include <unistd.h>\n"
        "int getaddrinfo(const char *a, const char *b,"
        " const struct addrinfo *c, struct addrinfo **d)\n"
        "{ (void)a; (void)b; (void)c; (void)d; for (;;) pause(); }\n")
    shim.compile_c("-shared", "-fPIC", "-o", tmp_path / "stuck.so",
                   tmp_path / "stuck.c")
    status, out, err = tool.run(
        "check-tls", "--timeout", "1", "logs.example.net", env={
            "LD_PRELOAD": str(tmp_path / "stuck.so"),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")
                            + ":verify_asan_link_order=0"})
    assert (status, err) == (1, "")
    assert re.fullmatch(
        r"FAILED +address +the name server does not answer\n"
        r" {21}cure: .*--name\n", out), out


@pytest.mark.parametrize("args", [
    (), ("--name", "bücher.example", "a"), ("a:b",), ("a:0",), ("a:65536",), ("a:1", "b:2"), (":1",),
    ("[::1:1",), ("bücher.example:1",), ("--timeout", "0", "a"),
    ("--fingerprint", "AB:CD", "a"), ("--fingerprint", "sha-256:AB", "a"),
    ("--fingerprint", "sha-1:" + ":".join(["XY"] * 20), "a"),
    ("--cert", "x", "a"), ("--what", "a"), ("--ca",), ("http://a:1",)])
def test_wrong_usage(args):
    status, out, err = tool.run("check-tls", *args)
    assert (status, out) == (2, "")
    assert "--help" in err and err.count("\n") == 1


@pytest.mark.parametrize("bad", [
    "bücher.example", "*.example.net", "bad_.x-", "http://a:1", "a:b",
    "a:65536"])
def test_a_mistake_is_named_once(bad):
    _, _, err = tool.run("check-tls", bad)
    assert err.count(bad) == 1, err


@pytest.mark.parametrize("option, bad", [
    ("--name", "a b"), ("--name", "*.example.net"), ("--fingerprint", "AB:CD"),
    ("--ca", "a" * 5000), ("--cert", "a" * 5000), ("--key", "a" * 5000),
    ("--timeout", "0")], ids=lambda text: text[:20])
def test_the_option_of_a_mistake_is_named(option, bad):
    _, _, err = tool.run("check-tls", option, bad, "localhost")
    assert err.startswith("syncline check-tls: %s" % option), err


def test_files_that_do_not_fit(tls, bundle, other, tmp_path):
    for args, word in (
            (("--bundle", tmp_path), "no client.pem"),
            (("--ca", tmp_path / "none"), "No such file"),
            (("--cert", bundle / "client.pem", "--key",
              other / "collector.key"), "is not the key of")):
        status, out, err = tool.run("check-tls", *args, "localhost:1")
        assert (status, out) == (1, "") and word in err, err


def test_descriptors_that_are_closed(bundle, tls):
    """What it connects by never becomes its standard output."""
    with collector(tls) as (port, got):
        tool.run("check-tls", "--bundle", bundle, "--send",
                 "localhost:%d" % port,
                 prefix=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"))
    assert MESSAGE.fullmatch(got[0])
    assert os.path.exists(tls)
