# SPDX-License-Identifier: BSD-2-Clause
"""Certificates are renewed, and clients revoked, without a restart.

Faults G6, G7: what cannot be read leaves everything as it was.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import ssl

import pytest

import certs as made
import configured
import harness
import senders
import tlsclient
from harness import eventually
from tlsclient import message

pytestmark = [pytest.mark.fault, pytest.mark.plain, pytest.mark.threads]

TEXT = """
listen:
  - url: tls://127.0.0.1:0
    certificate: {dir}/own.pem
    key: {dir}/own.key
    ca: {dir}/ca.pem
%s
output:
  - path: {dir}/out.log
    format: "%%{msg}"
"""


@pytest.fixture
def files(certs, tmp_path):
    """The listener's files in the test's folder, to be changed."""
    def put(path, ca=None):
        for end in (".pem", ".key"):
            shutil.copy(path + end, tmp_path / ("own%s.new" % end))
            (tmp_path / ("own%s.new" % end)).rename(tmp_path / ("own" + end))
        shutil.copy(ca or certs.ca, tmp_path / "ca.pem")
    put(certs.server)
    return put


def serial(k, certs):
    with tlsclient.connect(k.c, certs, certs.right) as s:
        return int(s.getpeercert()["serialNumber"], 16)


def is_still_good(s, k, text):
    before = len(k.lines("out.log"))
    s.sendall(message(1, text))
    return k.wait_lines("out.log", before + 1)[-1] == text.encode()


def test_new_connections_get_the_new_certificate(collect, certs, files,
                                                 tmp_path):
    k = configured.start(collect, tmp_path, TEXT % "")
    old = tlsclient.connect(k.c, certs, certs.right)
    assert serial(k, certs) == made.load(certs.server).serial_number
    files(certs.rsa)
    k.reload()
    assert serial(k, certs) == made.load(certs.rsa).serial_number
    assert is_still_good(old, k, "on the old one")
    tlsclient.finish(old)


OPTIONAL = TEXT.replace("listen:\n", """listen:
  - url: tcp://127.0.0.1:0
""") % "    optional: true"


def test_an_optional_one_comes_and_goes_with_its_certificate(
        collect, certs, tmp_path):
    """As in the image, whose certificates are in a folder that may be
    empty."""
    without = "not listening on tls://127.0.0.1:0: %s is not there" % (
        tmp_path / "own.pem")
    k = configured.start(collect, tmp_path, OPTIONAL)
    k.c.wait_says(without)
    assert "listening on tls" not in k.c.stderr().replace(without, "")
    for end in (".pem", ".key"):
        shutil.copy(certs.server + end, tmp_path / ("own" + end))
    # what is there has to be right
    assert "ca.pem" in k.refuse(OPTIONAL)
    shutil.copy(certs.ca, tmp_path / "ca.pem")
    k.reload(OPTIONAL)
    k.c.wait_says("listening on tls://")
    with tlsclient.connect(k.c, certs, certs.right) as s:
        assert is_still_good(s, k, "it came")
        (tmp_path / "own.pem").unlink()
        k.reload()
        assert is_still_good(s, k, "and I stay")
    assert k.c.stderr().count(without) == 2
    k.c.stop()


def test_nothing_but_an_optional_one_is_an_error(tmp_path):
    conf = tmp_path / "conf.yaml"
    configured.write(conf, TEXT % "    optional: true", dir=tmp_path)
    query = "tls://127.0.0.1:0?optional=true&certificate=%s" % (
        tmp_path / "own.pem")
    for args in ("-c", conf), ("-l", query):
        status, _, said = harness.run("-t", *args)
        assert status == 2
        assert "there is no other listener" in said
        assert "own.pem is not there" in said
    assert harness.run("-t", "-l", query, "-l", "udp://127.0.0.1:0")[0] == 0


def test_new_rules_count_for_new_connections(collect, certs, files, tmp_path):
    """Whoever is not listed any more stays, and does not come back."""
    k = configured.start(collect, tmp_path, TEXT % "")
    old = tlsclient.connect(k.c, certs, certs.other)
    # with TLS 1.3 a client is done before we are
    assert is_still_good(old, k, "established")
    k.reload(TEXT % "    peers: web1.example.net")
    assert is_still_good(old, k, "from before")
    assert tlsclient.refused(k.c, certs, certs.other)
    with tlsclient.connect(k.c, certs, certs.right) as s:
        assert is_still_good(s, k, "listed")


def test_a_handshake_that_goes_on_meets_the_new_rules(collect, certs, files,
                                                      tmp_path):
    k = configured.start(collect, tmp_path, TEXT % "")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    o = tlsclient.context(certs, certs.other).wrap_bio(
        incoming, outgoing, server_hostname="127.0.0.1")
    with senders.connect(k.c.address("tls")) as s:
        with pytest.raises(ssl.SSLWantReadError):
            o.do_handshake()
        s.sendall(outgoing.read())
        incoming.write(s.recv(65536))
        o.do_handshake()
        k.reload(TEXT % "    peers: web1.example.net")
        s.sendall(outgoing.read())
        while s.recv(65536):
            pass
    k.c.wait_says("it names web2.example.net, allowed are web1.example.net")


def has_read_all(s):
    """Did the collector take everything that we sent?"""
    ends = "%04X" % s.getpeername()[1], "%04X" % s.getsockname()[1]
    with open("/proc/net/tcp", encoding="ascii") as f:
        for line in f:
            words = line.split()
            if tuple(w[-4:] for w in words[1:3]) == ends:
                return words[4].endswith(":00000000")
    return False


@pytest.mark.parametrize("version", [tlsclient.V12, tlsclient.V13])
def test_who_was_judged_already_meets_the_new_rules(
        collect, certs, files, tmp_path, version):
    """Who lets its handshake stand behind its certificate comes in late."""
    shutil.copy(certs.authority.crl("empty"), tmp_path / "ca.crl")
    k = configured.start(collect, tmp_path, TEXT % "    crl: {dir}/ca.crl")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    o = tlsclient.context(certs, certs.revoked, version).wrap_bio(
        incoming, outgoing, server_hostname="127.0.0.1")
    with senders.connect(k.c.address("tls")) as s:
        with pytest.raises(ssl.SSLWantReadError):
            o.do_handshake()
        s.sendall(outgoing.read())
        # up to ServerHelloDone; with TLS 1.3 up to Finished
        while outgoing.pending == 0:
            incoming.write(s.recv(65536))
            with contextlib.suppress(ssl.SSLWantReadError):
                o.do_handshake()
        flight = outgoing.read()
        s.sendall(flight[:-1])
        eventually(lambda: has_read_all(s))
        shutil.copy(certs.crl, tmp_path / "ca.crl")
        k.reload()
        with contextlib.suppress(ConnectionError):
            s.sendall(flight[-1:])
            while s.recv(65536):
                pass
    k.c.wait_says("it is revoked by %s" % (tmp_path / "ca.crl"))
    assert not k.lines("out.log")


def test_who_is_revoked_is_cut_off_at_the_reload(collect, certs, files,
                                                 tmp_path):
    """G6."""
    crl = "    crl: {dir}/ca.crl"
    shutil.copy(certs.authority.crl("empty"), tmp_path / "ca.crl")
    k = configured.start(collect, tmp_path, TEXT % crl)
    victim = tlsclient.connect(k.c, certs, certs.revoked)
    other = tlsclient.connect(k.c, certs, certs.right)
    assert is_still_good(victim, k, "not yet")
    shutil.copy(certs.crl, tmp_path / "ca.crl")
    k.reload()
    victim.settimeout(20)
    assert victim.recv(1) == b""
    k.c.wait_says("its certificate is revoked by the new `crl`")
    assert is_still_good(other, k, "not me")
    assert tlsclient.refused(k.c, certs, certs.revoked)
    k.c.wait_says("it is revoked by %s" % (tmp_path / "ca.crl"))


def test_who_comes_from_a_revoked_authority_is_cut_off(
        collect, certs, files, tmp_path):
    """G6: one of `ca`, so that peers need not send it."""
    middle = made.Authority(tmp_path, "Middle CA", certs.authority)
    joined = [middle.path, certs.ca]
    lists = [middle.crl("none"), certs.authority.crl("no middle")]

    def write(name, paths):
        (tmp_path / name).write_text("".join(open(p).read() for p in paths))

    write("ca.pem", joined)
    write("ca.crl", lists)
    k = configured.start(collect, tmp_path, TEXT % "    crl: {dir}/ca.crl")
    victim = tlsclient.connect(k.c, certs, middle.issue("below", ["a.b"]))
    assert is_still_good(victim, k, "not yet")
    lists[1] = certs.authority.crl("middle", middle.path[:-4])
    write("ca.crl", lists)
    k.reload()
    victim.settimeout(20)
    assert victim.recv(1) == b""
    k.c.wait_says("its certificate is revoked by the new `crl`")


def test_an_old_list_lets_nobody_in(collect, certs, files, tmp_path):
    """G6: fail closed, and say so."""
    shutil.copy(certs.authority.crl("old", days=(-9, -1)), tmp_path / "ca.crl")
    k = configured.start(collect, tmp_path, TEXT % "    crl: {dir}/ca.crl")
    k.c.wait_says("ca.crl ended on ")
    assert tlsclient.refused(k.c, certs, certs.right)
    k.c.wait_says("nobody knows whether it is revoked: the list of CN=Test CA "
                  "in %s ended on " % (tmp_path / "ca.crl"))
    shutil.copy(certs.crl, tmp_path / "ca.crl")
    k.reload()
    with tlsclient.connect(k.c, certs, certs.right) as s:
        assert is_still_good(s, k, "again")


def test_without_the_list_of_an_authority_nobody_of_it_comes(
        collect, certs, files, tmp_path):
    shutil.copy(certs.foreign.crl("theirs"), tmp_path / "ca.crl")
    with open(tmp_path / "ca.pem", "ab") as f:
        with open(certs.foreign.path, "rb") as other:
            f.write(other.read())
    k = configured.start(collect, tmp_path, TEXT % "    crl: {dir}/ca.crl")
    assert tlsclient.refused(k.c, certs, certs.right)
    k.c.wait_says("has no list of CN=Test CA")
    with tlsclient.connect(k.c, certs, certs.stranger) as s:
        assert is_still_good(s, k, "theirs is there")


BROKEN = {
    "no certificate": ("own.pem", b"-----BEGIN CERTIFICATE-----\nx\n",
                       "listen[0].certificate"),
    "empty": ("own.pem", b"", "is empty"),
    "another key": ("own.key", None, "they are no pair"),
    "no key": ("own.key", b"nothing", "holds no private key in PEM"),
    "no ca": ("ca.pem", b"nothing", "listen[0].ca"),
    "half a ca": ("ca.pem", b"-----BEGIN CERTIFICATE-----\nAAAA",
                  "listen[0].ca"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_keeps_the_old_ones(collect, certs, files, tmp_path,
                                          how):
    """G7."""
    name, text, says = BROKEN[how]
    k = configured.start(collect, tmp_path, TEXT % "")
    if text is None:
        shutil.copy(certs.right + ".key", tmp_path / name)
    else:
        (tmp_path / name).write_bytes(text)
    said = k.refuse(TEXT % "")
    assert says in said
    assert "conf.yaml:%d: " % {"own.pem": 4, "own.key": 5, "ca.pem": 6}[
        name] in said
    assert serial(k, certs) == made.load(certs.server).serial_number


@pytest.mark.usefixtures("files")
def test_a_key_that_we_could_not_read_again_is_told(open_folder, collect,
                                                    tmp_path):
    """Root reads it, and what root becomes does not."""
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    nobody = pwd.getpwnam("nobody")
    for name in ("own.pem", "own.key", "ca.pem"):
        shutil.copy(tmp_path / name, open_folder)
    (open_folder / "out").mkdir()
    os.chown(open_folder / "out", nobody.pw_uid, nobody.pw_gid)
    k = configured.start(
        collect, open_folder, "user: nobody\n" +
        (TEXT % "").replace("/out.log", "/out/out.log"))
    k.c.wait_says("own.key: Permission denied: a reload will be refused")


def test_watch_reloads_when_a_file_changes(collect, certs, files, tmp_path):
    """Without a signal; a broken file is said once, not each second."""
    k = configured.start(collect, tmp_path, TEXT % "    watch: true")
    (tmp_path / "own.pem").write_bytes(b"broken")
    k.c.wait_says("the running configuration is unchanged")
    assert serial(k, certs) == made.load(certs.server).serial_number
    files(certs.rsa)
    k.c.wait_says("configuration reloaded (generation 2)")
    assert serial(k, certs) == made.load(certs.rsa).serial_number
    assert k.c.stderr().count("a file of TLS has changed") == 2


def test_without_watch_nothing_happens(collect, certs, files, tmp_path):
    """G2 of watch: another collector, which watches, sees the same change."""
    k = configured.start(collect, tmp_path, TEXT % "")
    (tmp_path / "other.yaml").write_text(
        open(k.file).read().replace("out.log", "other.log") +
        "  - path: %s/more.log\n" % tmp_path)
    other = collect(listen=(), output=None, args=(
        "-c", str(tmp_path / "other.yaml")))
    watching = (tmp_path / "other.yaml").read_text().replace(
        "/ca.pem\n", "/ca.pem\n    watch: true\n")
    (tmp_path / "other.yaml").write_text(watching)
    other.signal(signal.SIGHUP)
    other.wait_says("configuration reloaded")
    files(certs.rsa)
    other.wait_says("a file of TLS has changed")
    other.wait_says("generation 3")
    assert "a file of TLS" not in k.c.stderr()
    assert serial(k, certs) == made.load(certs.server).serial_number


def test_the_age_of_our_certificate_is_told(collect, certs):
    """A gauge, and a warning 30, 7 and 1 days ahead."""
    days = {"31": None, "29": "expires in 28 days", "6": "expires in 5 days",
            "0.9": "expires in 0 days", "-2": "expired on "}
    paths = {d: certs.authority.issue(
        "own", ["localhost"], days=(-9, float(d)), usage=(made.SERVER,),
        file="aged" + d) for d in days}
    c = collect(listen=[tlsclient.url(
        certs, "127.0.0.%d" % (n + 1), name="n" + d,
        certificate=paths[d] + ".pem", key=paths[d] + ".key")
        for n, d in enumerate(days)])
    for d, says in days.items():
        left = c.metric("certificate_expiry_seconds", listener="n" + d)
        assert abs(left - float(d) * 86400) < 900
        if says:
            c.wait_says("listener n%s: our certificate %s.pem %s" % (
                d, paths[d], says))
    assert "n31: our" not in c.stderr()
    status = json.loads(c.http(path="/status")[2])
    assert status["listeners"][0]["certificate_fingerprint"] == \
        made.fingerprint(paths["31"])


@pytest.mark.parametrize("days, says", [
    (6, "expires in 5 days"), (-2, "expired on ")])
def test_the_age_of_the_chain_is_told(collect, certs, days, says):
    """What stands behind our certificate and ends before it."""
    long = made.Authority(certs.folder, "Long CA", certs.authority)
    short = made.Authority(
        certs.folder, "Short CA %d" % days, long, days=days)
    path = short.issue(
        "own", ["localhost"], days=(-9, 300), usage=(made.SERVER,),
        file="chained%d" % days, chain=[short.cert, long.cert])
    c = collect(listen=[tlsclient.url(
        certs, "127.0.0.1", name="n", certificate=path + ".pem",
        key=path + ".key")])
    assert abs(c.metric("certificate_expiry_seconds", listener="n") -
               days * 86400) < 900
    c.wait_says("listener n: CN=Short CA %d, sent with our certificate %s.pem,"
                " %s" % (days, path, says))


def test_a_reload_that_is_refused_changes_nothing_of_tls(
        collect, certs, files, tmp_path):
    """The files are good and the rest is not: all or nothing."""
    k = configured.start(collect, tmp_path, TEXT % "")
    files(certs.rsa)
    k.refuse(TEXT % "    nonsense: 1")
    assert serial(k, certs) == made.load(certs.server).serial_number
    k.write(TEXT % "")
    k.c.signal(signal.SIGHUP)
    eventually(lambda: serial(k, certs) == made.load(certs.rsa).serial_number)
