# SPDX-License-Identifier: BSD-2-Clause
"""test_cert_make.py - `syncline cert init`, `issue` and `renew`: OpenSSL,
GnuTLS and Python accept what they make, and nobody else can read the keys"""

import os
import re
import shutil
import signal
import ssl
import subprocess
import threading

import pytest

import forged
import harness
import tool

pytestmark = pytest.mark.alone

HOST = "web1.example.net"
MADE = ["ca.key", "ca.pem", "collector.key", "collector.pem"]
with open(os.path.join(harness.REPO, "sender", "syncline.1"),
          encoding="utf-8") as _file:
    MANUAL = _file.read()
PRINT = re.compile(r"^sha-256(:[0-9A-F]{2}){32}$", re.M)


@pytest.fixture
def tls(tmp_path):
    """The folder with an authority and a collector's certificate."""
    tool.must("cert", "init", "logs.example.net", "10.0.0.7", cwd=tmp_path)
    return tmp_path / "tls"


def issue(tls, *args):
    tool.must("cert", "issue", *args, cwd=tls.parent)
    return tls / "clients" / args[-1]


def asn1(path):
    """What OpenSSL prints of a certificate."""
    return subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-text"],
        capture_output=True, text=True, check=True).stdout


def verify(ca, path, *args):
    return subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", str(ca), *args,
         str(path)], capture_output=True, text=True, check=False)


def assert_good(ca, path, purpose, host=None, gnutls=True):
    args = ["-purpose", purpose]
    if host:
        args += ["-verify_hostname", host]
    done = verify(ca, path, *args)
    assert done.returncode == 0, done
    # GnuTLS trusts what signs itself only when it is an authority
    certtool = gnutls and shutil.which("certtool")
    if certtool:
        done = subprocess.run(
            [certtool, "--verify", "--load-ca-certificate", str(ca),
             "--infile", str(path)], capture_output=True, text=True,
            check=False)
        assert done.returncode == 0, done


def shake(server, client):
    """A handshake by Python's ssl; what each end got to see of the other."""
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (server.wrap_bio(a, b, server_side=True),
            client.wrap_bio(b, a, server_hostname="logs.example.net"))
    done = set()
    for _ in range(20):
        for end in ends:
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                pass
        if len(done) == 2:
            return [end.getpeercert() for end in ends]
    raise AssertionError("no end of it")


def context(kind, folder, name, ca):
    made = ssl.SSLContext(kind)
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(ca)
    made.load_cert_chain(folder / (name + ".pem"), folder / (name + ".key"))
    return made


@pytest.mark.parametrize("kind", [(), ("--rsa",)])
def test_everybody_accepts_them(tmp_path, kind):
    tool.must("cert", "init", *kind, "logs.example.net", "10.0.0.7",
              cwd=tmp_path)
    tls = tmp_path / "tls"
    bundle = issue(tls, *kind, HOST)
    ca = tls / "ca.pem"
    assert sorted(os.listdir(bundle)) == ["ca.pem", "client.key", "client.pem"]
    assert (bundle / "ca.pem").read_bytes() == ca.read_bytes()
    assert_good(ca, ca, "any")
    assert_good(ca, tls / "collector.pem", "sslserver", "logs.example.net")
    assert_good(ca, bundle / "client.pem", "sslclient", HOST)
    # neither can take the other's part
    assert verify(ca, tls / "collector.pem", "-purpose",
                  "sslclient").returncode != 0
    assert verify(ca, bundle / "client.pem", "-purpose",
                  "sslserver").returncode != 0
    seen = shake(context(ssl.PROTOCOL_TLS_SERVER, tls, "collector", ca),
                 context(ssl.PROTOCOL_TLS_CLIENT, bundle, "client", ca))
    assert seen[0]["subjectAltName"] == (("DNS", HOST),)
    assert seen[1]["subjectAltName"] == (
        ("DNS", "logs.example.net"), ("IP Address", "10.0.0.7"),
        ("DNS", "localhost"), ("IP Address", "127.0.0.1"),
        ("IP Address", "0:0:0:0:0:0:0:1"))
    want = "RSA" if kind else "prime256v1"
    for path in (ca, tls / "collector.pem", bundle / "client.pem"):
        text = asn1(path)
        assert want in text
        assert not kind or "Public-Key: (3072 bit)" in text


def test_what_they_say(tls):
    client = issue(tls, HOST) / "client.pem"
    authority, collector, sender = map(asn1, (
        tls / "ca.pem", tls / "collector.pem", client))
    assert re.search(r"Basic Constraints: critical\s+CA:TRUE, pathlen:0",
                     authority)
    assert re.search(r"Key Usage: critical\s+Certificate Sign, CRL Sign\n",
                     authority)
    for text in collector, sender:
        assert re.search(r"Basic Constraints: critical\s+CA:FALSE", text)
        assert re.search(r"Key Usage: critical\s+Digital Signature\n", text)
    assert "TLS Web Server Authentication\n" in collector
    assert "TLS Web Client Authentication\n" in sender
    serials = set()
    for path in (tls / "ca.pem", tls / "collector.pem", client):
        begin, end = subprocess.run(
            ["openssl", "x509", "-in", path, "-noout", "-dates"],
            capture_output=True, text=True, check=True).stdout.splitlines()
        days = (ssl.cert_time_to_seconds(end.partition("=")[2]) -
                ssl.cert_time_to_seconds(begin.partition("=")[2])) / 86400
        assert days == pytest.approx(
            3652 if path.name == "ca.pem" else 825, abs=0.1)
        serials.add(subprocess.run(
            ["openssl", "x509", "-in", path, "-noout", "-serial"],
            capture_output=True, text=True, check=True).stdout.strip())
    assert len(serials) == 3
    assert all(len(s.partition("=")[2]) == 40 for s in serials), serials


def modes(folder):
    return {name: oct(os.stat(folder / name).st_mode & 0o777)
            for name in os.listdir(folder)}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_keys_are_for_their_owner(tmp_path, umask):
    sh = ("sh", "-c", 'umask %03o; exec "$@"' % umask, "sh")
    tool.must("cert", "init", cwd=tmp_path, prefix=sh)
    tool.must("cert", "issue", HOST, cwd=tmp_path, prefix=sh)
    assert modes(tmp_path / "tls") == {
        "ca.key": "0o600", "ca.pem": "0o644", "collector.key": "0o600",
        "collector.pem": "0o644",
        "clients": oct(0o755 & ~umask)}
    assert modes(tmp_path / "tls" / "clients" / HOST) == {
        "client.key": "0o600", "client.pem": "0o644", "ca.pem": "0o644"}
    assert modes(tmp_path / "tls" / "clients") == {HOST: "0o700"}


def contents(folder):
    return {os.path.join(at, name): open(os.path.join(at, name), "rb").read()
            for at, _, names in os.walk(folder) for name in names}


def test_what_is_there_stays(tls):
    issue(tls, HOST)
    before = contents(tls)
    for args in (("init",), ("issue", HOST)):
        status, out, err = tool.run("cert", *args, cwd=tls.parent)
        assert (status, out) == (1, ""), args
        assert "is there already" in err and "--force" in err
        assert contents(tls) == before
    tool.must("cert", "issue", "--force", HOST, cwd=tls.parent)
    tool.must("cert", "init", "--force", "a.example.net", cwd=tls.parent)
    after = contents(tls)
    assert after.keys() == before.keys()
    new = {os.path.relpath(f, tls) for f in after if after[f] != before[f]}
    assert new >= {*MADE, "clients/%s/client.key" % HOST}
    assert_good(tls / "ca.pem", tls / "collector.pem", "sslserver",
                "a.example.net")


def test_keep_makes_it_once(tmp_path):
    """For containers that run before each start: again is no failure."""
    for args in (("init", "logs.example.net"), ("issue", HOST),
                 ("issue", "--self-signed", "--out", "alone", HOST)):
        made = tool.must("cert", *args[:1], "--keep", *args[1:], cwd=tmp_path)
        assert "made in" in made
        before = contents(tmp_path)
        again = tool.must("cert", *args[:1], "--keep", *args[1:],
                          cwd=tmp_path)
        assert re.fullmatch(r"\S+\.pem is there already, and stays\n", again)
        assert contents(tmp_path) == before
    # who has taken the authority's key away is not given another authority
    (tmp_path / "tls" / "ca.key").unlink()
    assert "stays" in tool.must("cert", "init", "--keep", cwd=tmp_path)
    # what is there in part was made by nobody's wish
    (tmp_path / "tls" / "collector.key").unlink()
    status, _, err = tool.run("cert", "init", "--keep", cwd=tmp_path)
    assert status == 1 and "ca.pem is there already" in err
    assert tool.run("cert", "init", "--keep", "--force",
                    cwd=tmp_path)[0] == 2


def test_other_files_of_the_folder_stay(tmp_path):
    (tmp_path / "tls").mkdir(mode=0o711)
    (tmp_path / "tls" / "mine").write_text("x")
    tool.must("cert", "init", cwd=tmp_path)
    assert sorted(os.listdir(tmp_path / "tls")) == sorted(MADE + ["mine"])
    assert os.stat(tmp_path / "tls").st_mode & 0o777 == 0o711


def test_an_empty_folder_keeps_its_mode(tmp_path):
    (tmp_path / "tls").mkdir(mode=0o711)
    tool.must("cert", "init", cwd=tmp_path)
    assert sorted(os.listdir(tmp_path / "tls")) == MADE
    assert os.stat(tmp_path / "tls").st_mode & 0o777 == 0o711


def test_where_one_stands_and_through_a_link(tmp_path):
    for name in "here", "there":
        (tmp_path / name).mkdir()
    os.symlink("there", tmp_path / "link")
    tool.must("cert", "init", "--dir", ".", cwd=tmp_path / "here")
    tool.must("cert", "init", "--dir", "../link/", cwd=tmp_path / "here")
    for name in "here", "there":
        assert sorted(os.listdir(tmp_path / name)) == MADE
    assert (tmp_path / "link").is_symlink()


def test_two_at_once(tmp_path):
    """One of them wins; what is there is all of that one."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(
        tool.run("cert", "init", cwd=tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _, _ in results) == [0, 1, 1, 1]
    assert sorted(os.listdir(tmp_path)) == ["tls"]
    assert sorted(os.listdir(tmp_path / "tls")) == MADE
    tool.must("cert", "check", "tls/collector.pem", cwd=tmp_path)


def test_fingerprint_as_the_configuration_takes_it(tls):
    out = tool.must("cert", "issue", HOST, cwd=tls.parent)
    client = tls / "clients" / HOST / "client.pem"
    assert PRINT.search(out)[0] == forged.fingerprint(client)
    assert tool.must("cert", "fingerprint", client) == \
        forged.fingerprint(client) + "\n"
    # RFC-76: the older kind has 65 characters
    out = tool.must("cert", "fingerprint", "--sha-1", client)
    assert out == forged.fingerprint(client, "sha-1") + "\n"
    assert len(out) == 66
    assert tool.must("cert", "fingerprint", "-",
                     stdin=forged.der(client)) == \
        forged.fingerprint(client) + "\n"


def test_what_it_says_to_type(tls):
    import yaml  # pylint: disable=import-outside-toplevel
    out = tool.must("cert", "init", "--dir", "it's here", cwd=tls.parent)
    config = yaml.safe_load(out[out.index("listen:\n"):out.index(
        "\n\n", out.index("ca: "))])
    where = tls.parent / "it's here"
    assert config == {"listen": [{
        "url": "tls://*:6514", "certificate": str(where / "collector.pem"),
        "key": str(where / "collector.key"), "ca": str(where / "ca.pem")}]}
    command = out.rstrip().splitlines()[-1].strip()
    assert command.startswith("syncline cert issue ")
    subprocess.run(["sh", "-c", command.replace("syncline", tool.SYNCLINE, 1)],
                   cwd=tls.parent, check=True, stdout=subprocess.DEVNULL)
    assert (where / "clients" / HOST / "client.pem").exists()


def key_of(path):
    return subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-pubkey"],
        capture_output=True, check=True).stdout


@pytest.mark.parametrize("who", [(), (HOST,)])
def test_renew(tls, who):
    issue(tls, HOST)
    folder, name = (tls / "clients" / HOST, "client") if who else (
        tls, "collector")
    path, key = folder / (name + ".pem"), folder / (name + ".key")
    old, old_key, text = path.read_bytes(), key.read_bytes(), asn1(path)
    names = re.search(r"Alternative Name:\s+(.*)", text)[1]
    out = tool.must("cert", "renew", "--days", "30", *who, cwd=tls.parent)
    assert PRINT.search(out)[0] == forged.fingerprint(path)
    assert "-HUP" in out
    assert path.read_bytes() != old and key.read_bytes() == old_key
    assert re.search(r"Alternative Name:\s+(.*)", asn1(path))[1] == names
    assert_good(tls / "ca.pem", path,
                "sslclient" if who else "sslserver")
    assert re.search(r" (29|30) days from now",
                     tool.must("cert", "check", path))
    before = key_of(path)
    tool.must("cert", "renew", "--new-key", *who, cwd=tls.parent)
    assert key_of(path) != before
    tool.must("cert", "check", path)
    assert modes(folder)[name + ".key"] == "0o600"


def test_a_new_key_is_of_the_same_kind(tls):
    issue(tls, "--rsa", HOST)
    tool.must("cert", "renew", "--new-key", HOST, cwd=tls.parent)
    out = tool.must("cert", "check", tls / "clients" / HOST / "client.pem")
    assert "RSA, 3072 bits" in out


def test_renew_only_what_is_ours(tls):
    """Names are taken over, so they must be those that we gave it."""
    client = issue(tls, HOST) / "client.pem"
    good = client.read_bytes()
    tool.must("cert", "init", "--dir", "other", cwd=tls.parent)
    tool.must("cert", "issue", "--dir", "other", HOST, cwd=tls.parent)
    other = tls.parent / "other" / "clients" / HOST
    client.write_bytes((other / "client.pem").read_bytes())
    status, _, err = tool.run("cert", "renew", HOST, cwd=tls.parent)
    assert status == 1 and "not made by the authority" in err
    client.write_bytes(good)
    shutil.copy(other / "client.key", client.parent / "client.key")
    status, _, err = tool.run("cert", "renew", HOST, cwd=tls.parent)
    assert status == 1 and "--new-key" in err
    assert client.read_bytes() == good
    status, _, err = tool.run("cert", "renew", "x.example", cwd=tls.parent)
    assert status == 1 and "cert issue" in err


def serial_of(path):
    return subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-serial"],
        capture_output=True, check=True).stdout


def test_renew_the_authority(tls):
    """Its key and its name stay: what it signed is good with the new one as
    with the old, and a folder that is renewed has the new one."""
    issue(tls, HOST)
    ca, client = tls / "ca.pem", tls / "clients" / HOST / "client.pem"
    old = tls.parent / "old.pem"
    shutil.copy(ca, old)
    out = tool.must("cert", "renew", "--authority", cwd=tls.parent)
    assert "-HUP" in out and "ends on" in out
    assert ca.read_bytes() != old.read_bytes()
    assert key_of(ca) == key_of(old)
    assert_good(ca, ca, "any")
    for one in (ca, old):
        assert_good(one, tls / "collector.pem", "sslserver",
                    "logs.example.net")
        assert_good(one, client, "sslclient", HOST)
    # all but these three is what it was
    texts = [re.split(r"Serial Number:.*\n.*|Not (?:Before|After) ?:.*|"
                      r"Signature Value:[^$]*", asn1(p)) for p in (ca, old)]
    assert texts[0] == texts[1] and len(texts[0]) == 5
    assert serial_of(ca) != serial_of(old)
    assert (client.parent / "ca.pem").read_bytes() == old.read_bytes()
    tool.must("cert", "renew", HOST, cwd=tls.parent)
    assert (client.parent / "ca.pem").read_bytes() == ca.read_bytes()
    assert_good(old, client, "sslclient", HOST)


def test_a_collector_with_an_authority_that_was_renewed(collect, tls):
    """Senders that have the old one go on, and meet those with the new."""
    old = shutil.copytree(issue(tls, HOST), tls.parent / "sender")
    c = collect(listen=(
        "tls://127.0.0.1:0?certificate=%s/collector.pem&key=%s/collector.key"
        "&ca=%s/ca.pem" % (tls, tls, tls),))
    tool.must("cert", "renew", "--authority", cwd=tls.parent)
    c.signal(signal.SIGHUP)
    c.wait_says("configuration reloaded")
    tool.must("cert", "renew", HOST, cwd=tls.parent)
    new = tls / "clients" / HOST
    assert (old / "ca.pem").read_bytes() != (new / "ca.pem").read_bytes()
    for n, bundle in enumerate((old, new)):
        tool.must("check-tls", "--send", "--bundle", bundle,
                  "localhost:%d" % c.address("tls")[1])
        c.wait_lines(n + 1)


def test_renew_an_authority_that_has_expired(tls):
    ca = tls / "ca.pem"
    forged.expire(ca, tls / "ca.key")
    status, _, err = tool.run("cert", "issue", HOST, cwd=tls.parent)
    assert status == 1 and "renew --authority" in err
    assert "ended on" in tool.must("cert", "renew", "--authority", "--days",
                                   "20", cwd=tls.parent)
    assert re.search(r" (19|20) days from now",
                     tool.must("cert", "check", ca))
    issue(tls, HOST)
    assert "renew --authority" in tool.must(
        "cert", "renew", HOST, cwd=tls.parent).replace("\n", " ")


def test_an_authority_that_another_one_signed(tls):
    """Its certificate is that one's business."""
    import certs  # pylint: disable=import-outside-toplevel
    made = certs.Authority(str(tls.parent), "between",
                           certs.Authority(str(tls.parent), "root"))
    certs.write(str(tls / "ca.pem"), certs.pem(made.cert))
    certs.write(str(tls / "ca.key"), certs.key_pem(made.key), 0o600)
    before = (tls / "ca.pem").read_bytes()
    status, _, err = tool.run("cert", "renew", "--authority", cwd=tls.parent)
    assert status == 1 and "another authority signed" in err
    assert (tls / "ca.pem").read_bytes() == before


@pytest.mark.parametrize("args", [[HOST], ["--new-key"]])
def test_an_authority_is_renewed_alone_and_as_it_is(tls, args):
    before = (tls / "ca.pem").read_bytes()
    status, _, err = tool.run("cert", "renew", "--authority", *args,
                              cwd=tls.parent)
    assert status == 2 and args[0] in err
    assert (tls / "ca.pem").read_bytes() == before


def test_never_longer_than_the_authority(tls):
    issue(tls, "--days", "36500", HOST)
    client = tls / "clients" / HOST / "client.pem"
    assert forged.times(client)[1] == forged.times(tls / "ca.pem")[1]


def test_self_signed(tls):
    """RFC-73: without an authority, for either end."""
    tool.must("cert", "issue", "--self-signed", "--out", "me", HOST,
              cwd=tls.parent)
    me = tls.parent / "me"
    assert sorted(os.listdir(me)) == ["client.key", "client.pem"]
    assert_good(me / "client.pem", me / "client.pem", "sslclient", HOST, False)
    assert_good(me / "client.pem", me / "client.pem", "sslserver", HOST, False)
    assert "signs itself" in tool.must("cert", "check", me / "client.pem")


def test_one_more_collector(tls):
    tool.must("cert", "issue", "--server", "b.example.net", cwd=tls.parent)
    folder = tls / "servers" / "b.example.net"
    assert sorted(os.listdir(folder)) == ["ca.pem", "server.key", "server.pem"]
    assert_good(tls / "ca.pem", folder / "server.pem", "sslserver",
                "b.example.net")
    tool.must("cert", "renew", "b.example.net", cwd=tls.parent)
    assert_good(tls / "ca.pem", folder / "server.pem", "sslserver",
                "b.example.net")


@pytest.mark.parametrize("name, canonical", [
    ("192.0.2.1", "IP Address:192.0.2.1"),
    ("2001:DB8:0:0::1", "IP Address:2001:DB8:0:0:0:0:0:1"),
    ("[2001:db8::2]", "IP Address:2001:DB8:0:0:0:0:0:2"),
    ("WEB-1.Example.NET", "DNS:web-1.example.net"),
    ("xn--bcher-kva.example", "DNS:xn--bcher-kva.example"),
    ("ca.pem", "DNS:ca.pem"), ("a" * 63 + ".example", None),
    (".".join(["a" * 49] * 5), None)])
def test_names(tls, name, canonical):
    out = tool.must("cert", "issue", name, cwd=tls.parent)
    path = re.search(r"^made in (.*):$", out, re.M)[1] + "/client.pem"
    assert (canonical or "DNS:" + name) + "\n" in asn1(path)
    tool.must("cert", "check", path)


WRONG = {
    "*.example.net": "wildcard", "bücher.example": "A-labels", "": "label",
    "a..b": "dots", ".": "dots", "a.": "dots", "../x": "letters",
    "a/b": "letters", "10.0.0.300": "neither", "123": "neither",
    "-a.example": "begins", "a" * 64: "63", ".".join(["a" * 50] * 5): "253",
    "a b": "letters", "a\x1b[2J": "letters", "a\nb": "letters",
    "fe80::1%lo": "letters"}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_names(tls, name):
    before = contents(tls)
    for command in "issue", "init", "renew":
        status, out, err = tool.run(
            "cert", command, "--dir", "new" if command == "init" else tls,
            "--", name, cwd=tls.parent)
        assert (status, out) == (2, ""), name
        assert WRONG[name] in err or name == "", err
        assert "\x1b" not in err and err.count("\n") == 1
    assert contents(tls) == before
    assert os.listdir(tls.parent) == ["tls"]


@pytest.mark.parametrize("args", [
    (), ("init", "--days", "0"), ("init", "--days", "x"), ("init", "--days"),
    ("init", "--days", "36501"), ("init", "--sha-1"), ("issue",), ("bla",),
    ("show",), ("show", "a", "b"), ("issue", "--what", "a"),
    ("check", "--name", "a b", "x"), ("renew", "a", "b"),
    ("init", "-fq"), ("init", "--rsa=1"), ("init", "-d")])
def test_wrong_usage(tmp_path, args):
    status, out, err = tool.run("cert", *args, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert "--help" in err and err.count("\n") == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("args", [
    (), ("cert",), ("cert", "init"), ("cert", "issue"), ("cert", "renew"),
    ("cert", "show"), ("cert", "check"), ("cert", "fingerprint"),
    ("check-tls",)])
def test_help(args):
    out = tool.must(*args, "--help")
    assert out.startswith("Usage: " + " ".join(("syncline", *args)))
    assert all(len(line) < 80 for line in out.splitlines())
    assert out == tool.must(*args, "-h")
    for option in set(re.findall(r"--[a-z0-9-]+", out)) - {"--help"}:
        assert re.search(r"(\bFl|,|\|) %s\b" % re.escape(option[1:]),
                         MANUAL), option


def test_version_and_a_full_disk():
    version = tool.must("--version")
    assert re.fullmatch(r"syncline \d+\.\d+\.\d+\n", version)
    for command in (("log",), ("cert",), ("cert", "init"), ("check-tls",)):
        assert tool.must(*command, "--version") == version
        assert tool.must(*command, "-V") == version
    with open("/dev/full", "wb") as full:
        done = subprocess.run([tool.SYNCLINE, "--version"], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"No space" in done.stderr


def test_an_authority_that_cannot_sign(tls):
    """What is missing or does not fit is said, and nothing is made."""
    def refused(word):
        status, out, err = tool.run("cert", "issue", HOST, cwd=tls.parent)
        assert (status, out) == (1, "") and word in err, err
        assert not (tls / "clients").exists()
    key, cert = (tls / "ca.key").read_bytes(), (tls / "ca.pem").read_bytes()
    shutil.copy(tls / "collector.key", tls / "ca.key")
    refused("not the key of ca.pem")
    shutil.copy(tls / "collector.pem", tls / "ca.pem")
    refused("may not sign")
    (tls / "ca.pem").write_bytes(b"nothing")
    refused("no certificate in it")
    (tls / "ca.pem").write_bytes(key)
    refused("this is a private key")
    (tls / "ca.pem").write_bytes(cert)
    (tls / "ca.key").write_bytes(cert)
    refused("this is a certificate")
    (tls / "ca.key").write_bytes(b"x" * (2 << 20))
    refused("larger than")
    (tls / "ca.key").write_bytes(subprocess.run(
        ["openssl", "pkey", "-aes128", "-passout", "pass:x"], input=key,
        capture_output=True, check=True).stdout)
    refused("passphrase")
    os.unlink(tls / "ca.key")
    refused("No such file")
    (tls / "ca.key").write_bytes(key)
    forged.expire(tls / "ca.pem", tls / "ca.key")
    refused("has expired")
