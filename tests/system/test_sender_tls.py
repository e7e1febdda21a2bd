# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline sends in TLS, to the right collector, and to no other.

RFC-64 to 92; faults C5, C6, C7, G1, G2, G3, G8. What every way of sending has
to do is in test_sender.py and test_sender_faults.py, for TLS, too.
"""

import os
import random
import re
import socket
import ssl
import threading

import pytest
from cryptography.hazmat.primitives import hashes

import certs as made
import harness
import tlsclient
from harness import eventually, load
from sending import Drive, drive, first_of_each, numbers, tls_url
from tlsclient import V12, V13
from tlsserver import Proxy, Records, Server, byte_by_byte, copy, limited

pytestmark = pytest.mark.plain

VERSIONS = {"TLSv1.2": V12, "TLSv1.3": V13}


def said_until(one, words):
    """What a Drive says up to a line with these words."""
    said = ""
    for line in one.process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def end_now(one):
    one.process.kill()
    one.process.communicate()


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.mark.parametrize("way", (
    "server", "mutual", "sha-256", "sha-1", "several", "name", "rsa"))
def test_all_ways_to_know_each_other(collect, certs, tmp_path, version, way):
    """RFC-71, 72, 84, 85, 90: by authority, by fingerprint, with and without
    a certificate of ours."""
    server = certs.rsa if way == "rsa" else certs.server
    cert, keys = certs.right, {}
    listener = {"certificate": server + ".pem", "key": server + ".key"}
    sha1 = made.fingerprint(server, hashes.SHA1())
    if way == "server":
        cert, listener = None, {"client": "none", **listener, "ca": None}
    elif way in ("sha-256", "sha-1"):
        keys = {"ca": None, "fingerprint":
                sha1 if way == "sha-1" else made.fingerprint(server)}
    elif way == "several":
        keys = {"ca": None, "fingerprint": "sha-1:%s,%s" % (
            ":".join(["00"] * 20), sha1)}
    elif way == "name":
        keys = {"name": "collector.example.net"}
    c = collect(listen=(tlsclient.url(certs, **listener),),
                args=("-f", "%{tls_peer} %{msg}"))
    got = drive("flood", tls_url(c, certs, cert, **keys), count=load(1000),
                env=limited(tmp_path, version), memory=1 << 22)
    assert got["sent"] == load(1000) and got["failures"] == 0
    lines = c.wait_lines(load(1000))
    peer = b"web1.example.net" if cert else b"-"
    assert all(line.startswith(peer + b" p=") for line in lines)
    found, = numbers(lines).values()
    assert found == list(range(load(1000)))


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Certificates of servers, most of them wrong in one way."""
    folder = str(tmp_path_factory.mktemp("servers"))
    ca, other = (made.Authority(folder, name) for name in ("CA", "Other"))
    between = made.Authority(folder, "Between", ca)
    usage, name = (made.SERVER,), ["logs.example.net"]
    found = {
        "right": ca.issue("right", name, usage=usage),
        "chain": between.issue("chain", name, usage=usage,
                               chain=[between.cert]),
        "other name": ca.issue("name", ["logs.example.com"], usage=usage),
        "other authority": other.issue("stranger", name, usage=usage),
        "self-signed": ca.issue("self", name, usage=usage, signer="self"),
        "expired": ca.issue("old", name, usage=usage, days=(-30, -2)),
        "early": ca.issue("early", name, usage=usage, days=(2, 30)),
        "client": ca.issue("client", name, usage=(made.CLIENT,)),
        "CN": ca.issue("cn", [], cn="logs.example.net", usage=usage),
        "CN beside": ca.issue("beside", ["x.example.net"],
                              cn="logs.example.net", usage=usage),
        "wildcard": ca.issue("wild", ["*.example.net"], usage=usage),
        "half": ca.issue("half", ["l*.example.net"], usage=usage),
        "deep": ca.issue("deep", ["*.net"], usage=usage),
        "address": ca.issue("address", ["127.0.0.1", "::1"], usage=usage),
        "address as a name": ca.issue("asname", [made.raw_dns("127.0.0.1")],
                                      usage=usage),
        "revoked": ca.issue("revoked", name, usage=usage)}
    found["ca"], found["crl"] = ca.path, ca.crl("list", found["revoked"])
    found["old crl"] = ca.crl("oldlist", days=(-30, -2))
    found["other ca"] = other.path
    return found


def url_of(servers, server, ca="ca", name="logs.example.net", **keys):
    params = {"ca": ca and servers[ca], "name": name, **keys}
    return "tls://127.0.0.1:%d?%s" % (server.port, "&".join(
        "%s=%s" % pair for pair in params.items() if pair[1]))


# What the server has, what we are told, and what we say of it.
WRONG = (
    ("other name", {}, "it names logs.example.com, wanted is logs.example.net"),
    ("right", {"name": None}, "wanted is 127.0.0.1"),
    ("right", {"name": "a.logs.example.net"}, "wanted is a.logs"),
    ("right", {"ca": "other ca"}, "is signed by CN=CA, which is not in "),
    ("other authority", {}, "is signed by CN=Other, which is not in "),
    ("self-signed", {}, "it is self-signed and not in "),
    ("expired", {}, "it expired on "),
    ("early", {}, "it is not valid before "),
    ("client", {}, "serverAuth is missing"),
    ("CN", {}, "it names nobody, wanted is logs.example.net"),
    ("half", {}, "it names l*.example.net, wanted is "),
    ("deep", {}, "it names *.net, wanted is "),
    ("wildcard", {"name": "a.logs.example.net"}, "it names *.example.net"),
    ("wildcard", {"name": "example.net"}, "it names *.example.net"),
    ("address", {"name": "127.0.0.2"}, "wanted is 127.0.0.2"),
    ("address as a name", {"name": None}, "wanted is 127.0.0.1"),
    ("revoked", {"crl": "crl"}, "it is revoked by "),
    ("right", {"crl": "old crl"}, "ended on "),
    ("chain", {"crl": "crl"}, "has no list of CN=Between"),
    ("right", {"ca": None, "fingerprint": "sha-256:" + ":".join(["AB"] * 32)},
     "it has another fingerprint: sha-256:"),
    ("right", {"ca": None, "fingerprint": "sha-1:" + ":".join(["AB"] * 20)},
     "it has another fingerprint: sha-256:"),
    # a fingerprint that is given is what counts, not the authority beside it
    ("right", {"fingerprint": "sha-1:" + ":".join(["AB"] * 20)},
     "it has another fingerprint: sha-256:"),
)


@pytest.mark.parametrize("has,told,says", WRONG, ids=[
    "%s-%s" % (w[0], "-".join(w[1])) for w in WRONG])
def test_a_server_that_is_not_the_one_gets_nothing(
        servers, version, has, told, says):
    """G8, G1, G3: it is refused in the handshake, and not a byte of a message
    is sent; what is wrong is said."""
    told = {key: servers[value] if key == "crl" else value
            for key, value in told.items()}
    with Server(servers[has], VERSIONS[version]) as server:
        one = Drive("flood", url_of(servers, server, **told))
        said = said_until(one, "event: unreachable")
        end_now(one)
        (data, end, _), = server.wait()
        assert not any(d for d, _, _ in server.taken)
    assert "the server's certificate is refused: " in said and says in said
    assert data == b"" and "alert" in end.lower(), end


RIGHT = (
    ("right", {}), ("chain", {}), ("wildcard", {}),
    ("right", {"name": "LOGS.example.net"}),
    ("CN", {"match_cn": "true"}), ("CN beside", {"match_cn": "true"}),
    ("address", {"name": None}), ("address", {"name": "::1"}),
    ("right", {"crl": "crl"}),
    ("self-signed", {"ca": None, "fingerprint": "itself"}),
    ("expired", {"ca": None, "fingerprint": "itself"}),
    ("other name", {"fingerprint": "itself"}),
    ("revoked", {}),
)


@pytest.mark.parametrize("has,told", RIGHT, ids=[
    "%s-%s" % (r[0], "-".join(r[1])) for r in RIGHT])
def test_a_server_that_is_the_one_gets_all(servers, version, has, told):
    """G2: each parameter changes what is accepted. Beside it: the name that
    is asked for, octet counting (RFC-79), close_notify (RFC-81)."""
    told = {key: servers[value] if key == "crl" else
            made.fingerprint(servers[has]) if value == "itself" else value
            for key, value in told.items()}
    with Server(servers[has], VERSIONS[version]) as server:
        got = drive("flood", url_of(servers, server, **told), count=2)
        (data, end, spoken), = server.wait()
    assert got["sent"] == 2 and got["failures"] == got["uncertain"] == 0
    assert (end, spoken) == ("closed", version)
    one, two = re.fullmatch(
        rb"(\d+ <14>1 .* n=0 0)(\d+ <14>1 .* n=1 0)", data).groups()
    for frame in (one, two):
        count, _, message = frame.partition(b" ")
        assert int(count) == len(message)
    name = told.get("name", "logs.example.net")
    is_name = name and name[0] not in ":0123456789"
    assert server.names == [name if is_name else None]


def test_the_version_that_both_have(servers, tmp_path, version):
    """RFC-65, 68; and the configuration of OpenSSL counts."""
    with Server(servers["right"]) as server:
        drive("flood", url_of(servers, server), env=limited(tmp_path, version))
        assert server.wait()[0][2] == version


def test_an_old_server_is_refused(servers):
    """RFC-70: nothing before TLS 1.2."""
    with Server(servers["right"]) as server:
        server.context.set_ciphers("ALL:@SECLEVEL=0")
        server.context.minimum_version = ssl.TLSVersion.TLSv1
        server.context.maximum_version = ssl.TLSVersion.TLSv1_1
        one = Drive("flood", url_of(servers, server))
        said = said_until(one, "event: unreachable")
        end_now(one)
        assert server.wait()[0][0] == b""
    assert "neither TLS 1.2 nor 1.3" in said


@pytest.mark.parametrize("job", ("flood", "loop"))
def test_a_server_that_never_answers(collect, certs, job):
    """C6: it accepts and says nothing; the next URL is tried in time, and the
    caller does not notice."""
    c = collect(listen=(tlsclient.url(certs),))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "%s %s" % (tls_url(silent.getsockname()[1], certs),
                         tls_url(c, certs, certs.right))
        got = drive(job, url, count=200, connect=300, pace=1000)
    assert got["sent"] == 200 and got["connects"] == 1
    found, = numbers(c.wait_lines(200)).values()
    assert found == list(range(200))
    if job == "flood":
        slowest = int(re.search(r"slowest: (\d+)", got["said"])[1])
        assert slowest < 50000 * (10 if harness.SLOW else 1)


def test_what_is_wrong_is_said(collect, certs):
    """A server that does not speak TLS, and one that hangs up."""
    plain = collect()
    one = Drive("flood", tls_url(plain.address()[1], certs), connect=500)
    assert "the TLS handshake takes longer than 500 ms" in said_until(one, "event: unreachable")
    end_now(one)

    def greet(listener):
        s, _ = listener.accept()
        s.sendall(b"220 mail.example.net\r\n")
        s.recv(1000)
        s.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet, args=(listener,), daemon=True).start()
        one = Drive("flood", tls_url(listener.getsockname()[1], certs))
        said = said_until(one, "event: unreachable")
        end_now(one)
    assert "answers with something else than TLS; tcp:// may be" in said


@pytest.mark.parametrize("cert,says", (
    (None, {"TLSv1.3": "the server wants a certificate, and we have none "
                       "(alert 116)", "TLSv1.2": "alert 40"}),
    ("stranger", "does not know who signed our certificate (alert 48)"),
    ("expired", "our certificate has expired (alert 45)")))
def test_a_server_that_refuses_us_eats_nothing(
        collect, certs, tmp_path, version, cert, says):
    """In TLS 1.3 the refusal comes after our side of the handshake; what it
    says is said, and no message is lost to it: they go to the next URL."""
    c = collect(listen=(tlsclient.url(certs),))
    spare = collect(output="spare.log")
    url = "%s tcp://%s:%d" % (
        tls_url(c, certs, cert and getattr(certs, cert)), *spare.address())
    # nobody else: why it was refused is told of the last URL only
    one = Drive("flood", url.partition(" tcp")[0], count=10,
                env=limited(tmp_path, version))
    said = said_until(one, "event: unreachable")
    end_now(one)
    assert (says if isinstance(says, str) else says[version]) in said
    got = drive("flood", url, count=100, env=limited(tmp_path, version))
    assert got["sent"] == 100 and got["uncertain"] == got["resent"] == 0
    assert got["connects"] == 1
    found, = numbers(spare.wait_lines(100)).values()
    assert found == list(range(100))
    assert c.count_lines() == 0


def test_a_server_that_gives_no_answer_to_our_question(certs):
    """One that wants our certificate and never answers a KeyUpdate, nor sends
    a ticket, is taken at its word after a second."""
    with Server(certs.server, V13, ca=certs.ca) as server:
        server.context.num_tickets = 0
        # what comes back after its part of the handshake is held up

        def hold(source, to, up):
            if up:
                return copy(source, to)
            to.sendall(source.recv(65536))
            while source.recv(65536):
                pass
            return None

        with Proxy(server.port, hold) as proxy:
            got = drive("flood", tls_url(proxy.port, certs, certs.right),
                        count=2)
        assert got["sent"] == 2 and got["connects"] == 1
        assert server.wait()[0][0].count(b"<14>1") == 2


def test_an_end_that_is_said(certs, version):
    """RFC-82: the server's close_notify is noticed, and what follows goes to
    the next connection."""
    def after_one(s, data):
        if b"n=0 0" not in data or len(server.taken) > 0:
            return False
        s.unwrap()
        return True

    with Server(certs.server, VERSIONS[version], say=after_one) as server:
        got = drive("flood", tls_url(server.port, certs), count=200,
                    pace=2000, retry=50)
        server.wait(2)
    assert got["connects"] == 2
    assert ": the server ended the connection" in got["said"]
    found, = numbers(m for data, _, _ in server.taken
                     for m in data.decode().split("<14>1")).values()
    once = first_of_each(found)
    assert 200 - len(once) <= got["uncertain"]


def test_many_messages_are_in_one_record(collect, certs, version, tmp_path):
    """RFC-79: under load records are full, of 16 KiB at most."""
    c = collect(listen=(tlsclient.url(certs),))
    records = Records()
    with Proxy(c.address("tls")[1], records) as proxy:
        got = drive("flood", tls_url(proxy.port, certs, certs.right),
                    count=20000, memory=1 << 23, overflow=2, block=60000,
                    size=100, env=limited(tmp_path, version))
    assert got["sent"] == 20000
    c.wait_lines(20000)
    assert len(records.lengths) < 20000 / 4
    assert 8192 < max(records.lengths) <= 16384 + 256


def test_a_message_is_longer_than_a_record(collect, certs, version, tmp_path):
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    drive("flood", tls_url(c, certs, certs.right), count=3, size=60000,
          max_message=65536, memory=1 << 21, env=limited(tmp_path, version))
    assert all(len(line) > 60000 for line in c.wait_lines(3))


def test_each_byte_alone(collect, certs, tmp_path, version):
    """C7: whatever the network does to the stream."""
    c = collect(listen=(tlsclient.url(certs),))
    with Proxy(c.address("tls")[1], byte_by_byte) as proxy:
        got = drive("flood", tls_url(proxy.port, certs, certs.right),
                    count=load(200), env=limited(tmp_path, version))
    assert got["failures"] == 0
    found, = numbers(c.wait_lines(load(200))).values()
    assert found == list(range(load(200)))


def test_resets_at_any_byte(collect, certs, tmp_path, version):
    """C5: within the handshake, within a record, between two: what is lost
    was counted, what came twice was, too, and all is in order."""
    c = collect(listen=(tlsclient.url(certs),))
    dice, stop = random.Random(5), threading.Event()
    limits = [0] + [dice.randrange(5000) for _ in range(40)]

    def until_a_limit(source, to, up):
        left = None if stop.is_set() or not up or not limits \
            else limits.pop(0)
        while left is None or left > 0:
            part = source.recv(65536 if left is None else left)
            if not part:
                return
            to.sendall(part)
            left = left and left - len(part)
        raise OSError

    count = 2000
    with Proxy(c.address("tls")[1], until_a_limit, 4096) as proxy:
        one = Drive("flood", tls_url(proxy.port, certs, certs.right),
                    count=count, pace=1000, retry=50, memory=1 << 22,
                    timeout=60000, env=limited(tmp_path, version))
        eventually(lambda: not limits or one.process.poll() is not None)
        stop.set()
        got = one.end()
        assert proxy.connections > 15, got
    eventually(lambda: any(b"n=%d " % (count - 1) in line
                           for line in c.lines()))
    c.stop()
    many, = numbers(c.lines()).values()
    once = first_of_each(many)
    assert once == sorted(once)
    assert count - len(once) <= got["uncertain"], got
    assert len(many) - len(once) <= got["resent"], got


def test_a_receiver_that_hangs_and_dies(certs):
    """What was not acknowledged is sent again, from the beginning of a
    message, though the kernel knows of ciphertext only."""
    holds, seen = threading.Event(), threading.Event()

    def stuck(source, to, up):
        if not up or holds.is_set():
            return copy(source, to)
        left = 20000
        while left > 0:
            part = source.recv(1000)
            to.sendall(part)
            left -= len(part)
        seen.wait(harness.DEADLINE)  # or its handshake may not end
        holds.wait(harness.DEADLINE)
        raise OSError

    count = 2000
    with Server(certs.server, say=lambda s, data: seen.set()) as server, \
            Proxy(server.port, stuck, 4096) as proxy:
        one = Drive("flood", tls_url(proxy.port, certs), count=count,
                    size=300, memory=1 << 22)
        said_until(one, "slowest")
        assert seen.wait(harness.DEADLINE)
        holds.set()
        got = one.end()
        server.wait(2)
    first, second = (
        numbers(m for m in data.decode().split("<14>1"))
        for data, _, _ in server.taken[:2])
    (first,), (second,) = first.values(), second.values()
    assert second == list(range(second[0], count))
    lost = set(range(count)) - set(first) - set(second)
    assert len(lost) <= got["uncertain"]
    assert got["resent"] > 0
    assert len(set(first) & set(second)) <= got["resent"]


def test_new_files_are_used(collect, certs, servers, tmp_path):
    """Changed files count for the next connection; a broken one is told,
    once, and what was read before is used."""
    ca = tmp_path / "ca.pem"

    def put(text):
        temporary = tmp_path / "new"
        temporary.write_bytes(text)
        os.rename(temporary, ca)

    with open(servers["ca"], "rb") as f:
        right = f.read()
    with open(servers["other ca"], "rb") as f:
        wrong = f.read()
    put(wrong)
    with Server(servers["right"], say=lambda s, data: True) as server:
        one = Drive("flood", "tls://127.0.0.1:%d?name=logs.example.net&ca=%s" %
                    (server.port, ca), count=20000, pace=2000, retry=50)
        said_until(one, "event: unreachable")
        put(right)
        said_until(one, "event: connected")
        put(b"nothing\n")
        said = said_until(one, "event: tls stale")
        assert "/ca.pem: holds no certificate in PEM" in said
        assert "what was read before is used" in said
        said = said_until(one, "event: connected")
        said += said_until(one, "event: connected")
        assert "stale" not in said
        put(wrong)
        said_until(one, "event: unreachable")
        end_now(one)


def test_a_relative_file_stays_the_one(certs, tmp_path, monkeypatch):
    """A daemon goes to / afterwards."""
    monkeypatch.chdir(os.path.dirname(certs.ca))
    with Server(certs.server) as server:
        got = drive("flood", "tls://127.0.0.1:%d?ca=%s" % (
            server.port, os.path.basename(certs.ca)))
    assert got["sent"] == 1


@pytest.mark.parametrize("keys,says", (
    ({"ca": None}, "nothing says how to know the server: give ca=FILE"),
    ({"ca": "/nowhere/ca"}, "ca: /nowhere/ca: cannot be read: No such file"),
    ({"ca": "/dev/null"}, "ca: /dev/null: is no ordinary file"),
    ({"key": "/x"}, "key: without certificate=FILE it is of no use"),
    ({"certificate": "/x"}, "certificate: give key=FILE, too"),
    ({"crl": "/nowhere"}, "crl: /nowhere: cannot be read"),
    ({"ca": None, "fingerprint": "sha-256:AB", "crl": "/x"},
     "crl: give ca=FILE, too"),
    ({"fingerprint": "sha-256:AB:CD"}, "fingerprint: sha-256:AB:CD must be"),
    ({"fingerprint": "web1"}, "must begin with sha-256: or sha-1:"),
    ({"name": "*.example.net"}, "without a wildcard"),
    ({"name": "b%C3%BCcher.example"}, "as certificates have it, like xn--"),
    ({"nmae": "x"}, 'no parameter "nmae"; known are ca, certificate'),
))
def test_a_wrong_parameter_is_said(certs, keys, says):
    """At open, and with the cure."""
    said = drive("flood", tls_url(6514, certs, **keys), status=1)["said"]
    assert says in said and "drive: tls://127.0.0.1:6514: " in said


def test_keys_are_looked_at(certs, tmp_path):
    """A key that others may read, and one of somebody else."""
    key = tmp_path / "key"
    with open(certs.right + ".key", "rb") as f:
        made.write(str(key), f.read(), 0o644)
    for path, says in ((key, "others may read this private key"),
                       (certs.other + ".key", "they are no pair")):
        assert says in drive("flood", tls_url(
            6514, certs, certs.right, key=path), status=1)["said"]


def test_openssl_sleeps_where_nobody_needs_it(collect, certs, tmp_path):
    """Only tls:// begins with it: its configuration is not even opened."""
    c = collect()
    empty = tmp_path / "openssl.cnf"
    empty.write_text("")
    trace = tmp_path / "trace"
    found = []
    for url in ("tcp://%s:%d" % c.address(), tls_url(1, certs)):
        one = Drive("flood", url, timeout=0, env={
            "OPENSSL_CONF": str(empty),
            "LSAN_OPTIONS": "detect_leaks=0"}, prefix=(
            "strace", "-f", "-e", "trace=openat", "-o", str(trace), "--"))
        one.process.communicate()
        found.append(str(empty) in trace.read_text(errors="replace"))
    assert found == [False, True]
