# SPDX-License-Identifier: BSD-2-Clause
"""`syncline log`: logger's options, and a status that can be believed."""

import os
import re
import socket
import subprocess
import time

import pytest

import certs as made
import harness
import senders
import sending
import tlsclient
from harness import load
from sending import messages

TOOL = os.path.join(sending.BUILD, "sender", "syncline")


def free_port():
    """Nobody listens there."""
    with senders.free_port() as port:
        return port


def log(*args, status=0, text=None, env=None, prefix=()):
    """Runs it; returns what it said."""
    command = [*prefix, *sending.UNDER, TOOL, "log"]
    if sending.UNDER:  # a later --timeout counts
        command += ["--timeout", "60"]
    done = subprocess.run(
        [*command, *map(str, args)], input=text, capture_output=True,
        text=True, timeout=harness.DEADLINE,
        env=harness.clean_environment(env),
        **({} if text is not None else {"stdin": subprocess.DEVNULL}))
    assert done.returncode == status, (done.returncode, done.stderr)
    return done.stdout + done.stderr


@pytest.fixture
def everywhere(collect, tmp_path):
    """A collector with all kinds of listeners, and its port."""
    sock = str(tmp_path / "in.sock")
    c = collect(listen=("tcp://127.0.0.1:0", "udp://127.0.0.1:0",
                        "unix://" + sock))
    return c, c.address("tcp")[1], c.address("udp")[1], sock


def test_the_options_of_logger(everywhere):
    c, tcp, udp, sock = everywhere
    log("-n", "127.0.0.1", "-P", tcp, "-T", "-p", "local3.err", "-t", "tag",
        "--msgid", "ID", "--sd-id", "a@1", "--sd-param", 'x="1]"',
        "--sd-param", "y=2", "--sd-id", "b@1", "hello", "world")
    log("--server", "127.0.0.1", "--port", udp, "--id=77", "--", "-text")
    log("-u", sock, "--rfc3164", "-i", "-t", "old", "-p", "User.CRIT", "third")
    log("-e", "--prio-prefix", "--url", "tcp://127.0.0.1:%d" % tcp,
        text="<11>one\r\n\n<12>two")
    first, second, third, one, two = messages(c, 5)
    assert first[0] == "155" and first[3] == "tag" and first[5:] == (
        "ID", '[meta sequenceId="1"][a@1 x="1\\]" y="2"][b@1]', "hello world")
    assert (second[4], second[7]) == ("77", "-text")
    assert (third[0], third[3], third[7]) == ("10", "old", "third")
    assert third[4].isdigit()
    assert (one[0], one[7], two[0], two[7]) == ("11", "one", "12", "two")


@pytest.mark.parametrize("without,time,host", (
    ("notq", True, True), ("notime", False, True), ("nohost", True, False),
    ("nohost,notime", False, False), ("", True, True),
    ("notime,,", False, True)))
def test_a_header_that_does_without(without, time, host):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(harness.DEADLINE)
        log("--url", "udp://127.0.0.1:%d" % s.getsockname()[1],
            "--rfc5424=" + without, "-t", "tag", "hello")
        words = s.recv(4096).split(b" ")
    assert (words[1] != b"-", words[2] != b"-") == (time, host)
    assert b"timeQuality" not in b" ".join(words)


def test_the_header_of_rfc3164_has_all():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(harness.DEADLINE)
        days = {time.strftime("%b %e")}
        log("--url", "udp://127.0.0.1:%d" % s.getsockname()[1],
            "--rfc5424=notime,nohost", "--rfc3164", "-t", "tag", "hello")
        days.add(time.strftime("%b %e"))
        sent = s.recv(4096).decode()
    assert sent[4:10] in days
    assert sent[20:].split(" ")[0] != "-"


@pytest.mark.parametrize("pri,number", (
    ("local0.7", "135"), ("0", "8"), ("mail.warn", "20"), ("131", "131")))
def test_a_priority_may_be_a_number(everywhere, pri, number):
    c, _, udp, _ = everywhere
    log("-n", "127.0.0.1", "-P", udp, "-p", pri, "x")
    assert messages(c, 1)[0][0] == number


def test_a_prefix_without_a_facility_has_that_of_the_option(everywhere):
    c, tcp, _, _ = everywhere
    log("-n", "127.0.0.1", "-P", tcp, "-T", "--prio-prefix", "-p",
        "local0.notice", text="<3>one\n<11>two\nthree\n<0>four\n")
    assert [m[0] for m in messages(c, 4)] == ["131", "11", "133", "128"]


def test_standard_error_alone(everywhere):
    c, tcp, _, _ = everywhere
    said = log("-s", "--no-act", "-t", "me", "--id=7",
               "--url", "tcp://127.0.0.1:%d" % tcp, text="one\n\ntwo")
    assert said == "me[7]: one\nme[7]: \nme[7]: two\n"
    assert re.fullmatch(r"me\[\d+\]: one two\n", log(
        "-s", "--no-act", "-t", "me", "one", "two"))
    assert c.count_lines() == 0


def test_a_port_by_its_name():
    try:
        port = socket.getservbyname("discard", "tcp")
    except OSError:
        pytest.skip("there is no /etc/services")
    assert "tcp://127.0.0.1:%d: " % port in log(
        "-n", "127.0.0.1", "-T", "-P", "discard", "--timeout", 1, "x",
        status=1)
    assert "udp://h:nosuch: the port must be a number" in log(
        "-n", "h", "-P", "nosuch", "x", status=2)


@pytest.mark.parametrize("when,status", (
    ("", 1), ("=on", 1), ("=auto", 1), ("=off", 0)))
def test_errors_of_unix_sockets(tmp_path, when, status):
    """Off as with logger, where lost messages are no failure; the others are
    what we always do. It is of unix sockets alone."""
    quick = ("--socket-errors" + when, "--timeout", "1", "x")
    nowhere = tmp_path / "nowhere"
    said = log("-u", nowhere, *quick, status=status)
    assert ("not delivered" in said) == (status == 1)
    said = log(*quick, status=status,
               env={"SYNCLINE_URL": "unix://%s unix-stream://%s" % (
                   nowhere, nowhere)})
    assert ("not delivered" in said) == (status == 1)
    log("-n", "127.0.0.1", "-T", "-P", free_port(), *quick, status=1)


@pytest.mark.parametrize("size,kept", (
    ("8", 8), ("1K", 1024), ("1KiB", 1024), ("00000064", 64),
    ("0000000001K", 1024)))
def test_the_longest_message(everywhere, size, kept):
    c, tcp, udp, sock = everywhere
    log("-n", "127.0.0.1", "-P", tcp, "-T", "-S", size, "x" * 2000)
    assert messages(c, 1)[0][7] == "x" * kept


def test_standard_input_that_does_not_block(everywhere):
    """As whoever shares it may have set it: nothing there yet is no error."""
    c, tcp, _, _ = everywhere
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with os.fdopen(writer, "wb", buffering=0) as pipe:
        one = subprocess.Popen(
            [TOOL, "log", "--url", "tcp://127.0.0.1:%d" % tcp, "-f", "-"],
            stdin=reader, stderr=subprocess.PIPE)
        os.close(reader)
        pipe.write(b"one\n")
        c.wait_lines(1)
        pipe.write(b"two\n")
    assert one.communicate(timeout=harness.DEADLINE) == (None, b"")
    assert one.returncode == 0
    assert [m[7] for m in messages(c, 2)] == ["one", "two"]


def test_a_file_and_standard_error(everywhere, tmp_path):
    c, tcp, _, _ = everywhere
    lines = tmp_path / "lines"
    lines.write_text("eins\nzwei\n")
    said = log("-s", "-f", lines, "-t", "me",
               env={"SYNCLINE_URL": "tcp://127.0.0.1:%d" % tcp})
    assert [m[7] for m in messages(c, 2)] == ["eins", "zwei"]
    assert [line.partition("]: ")[2] for line in said.splitlines()] == [
        "eins", "zwei"]


def test_standard_input_at_full_speed(everywhere):
    c, tcp, _, _ = everywhere
    count = load(100000)
    log("--url", "tcp://127.0.0.1:%d" % tcp, "-",
        text="".join("%d\n" % n for n in range(count)))
    got = [line.rpartition(b" ")[2] for line in c.wait_lines(count)]
    assert got == [b"%d" % n for n in range(count)]


def test_a_rate(everywhere):
    c, tcp, _, _ = everywhere
    begin = time.monotonic()
    log("--rate", 100, "--url", "tcp://127.0.0.1:%d" % tcp,
        text="x\n" * 31)
    assert time.monotonic() - begin >= 0.3
    c.wait_lines(31)


def test_a_line_of_any_length(everywhere):
    c, tcp, _, _ = everywhere
    log("--url", "tcp://127.0.0.1:%d" % tcp, "-S", 1000,
        text="y" * 300000 + "\nnext\n")
    assert [m[7] for m in messages(c, 2)] == ["y" * 1000, "next"]


def test_the_status_tells_what_was_not_delivered(tmp_path):
    url = "tcp://127.0.0.1:1"
    said = log("--url", url, "--timeout", 0, "x", status=1)
    assert "1 messages were not delivered: " in said
    said = log("--url", url, "--timeout", 0, "--spool", tmp_path / "spool",
               "kept", status=1)
    assert "the rest is in the spool" in said


def test_where_it_stopped_reading_is_told(tmp_path):
    """When there is no room in memory, nor in time: how many lines were read,
    of which none is counted as delivered, and none behind them is."""
    lines = tmp_path / "lines"
    lines.write_text("\n" + "z" * 1000 + "\n" * 2 + ("x" * 1000 + "\n") * 9000)
    args = ("--url", "tcp://127.0.0.1:%d" % free_port(), "--timeout", 1, "-e")
    stopped = re.compile(
        r"log: (\d+) messages were not delivered, and nothing was read "
        r"behind line (\d+): tcp://127.0.0.1:\d+: Connection refused$", re.M)
    for named in ({"text": lines.read_text()}, {}):
        more = () if named else ("-f", lines)
        m = stopped.search(log(*args, *more, status=1, **named))
        assert m and int(m[1]) == int(m[2]) - 2  # two are empty
        assert 3000 < int(m[2]) < 9000
    spool = tmp_path / "spool"
    # a disk with room for less than memory has
    said = log(*args, "--spool", spool, "-f", lines, status=1, prefix=(
        "sh", "-c", 'trap "" XFSZ; ulimit -f 1000; exec "$@"', "sh"))
    assert re.search(
        r"log: \d+ messages were not delivered \(the first may be in the "
        r"spool\), and nothing was read behind line \d+: "
        r"(spool: cannot write to \S+: File too large|tcp:.* refused)$",
        said, re.M)


def test_a_part_that_was_delivered_is_not_counted(tmp_path):
    """A peer that reads some of it, and then no more."""
    lines = tmp_path / "lines"
    lines.write_text(("x" * 1000 + "\n") * 30000)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with subprocess.Popen(
                [TOOL, "log", "--url",
                 "tcp://127.0.0.1:%d" % listener.getsockname()[1], "--lf",
                 "--timeout", "1", "-f", lines],
                stderr=subprocess.PIPE, text=True) as process:
            peer, _ = listener.accept()
            with peer:
                said = process.stderr.read()
                assert process.wait() == 1
                got = b"".join(iter(lambda: peer.recv(1 << 20), b""))
    m = re.search(r"log: (\d+) messages were not delivered, and nothing was "
                  r"read behind line (\d+): the collector is too slow$",
                  said, re.M)
    missing, read = int(m[1]), int(m[2])
    assert 0 < missing < read < 30000
    # the peer's kernel has all that counts as delivered, and what was on its
    # way
    assert got.count(b"\n") >= read - missing


def test_a_file_that_cannot_be_read_on_is_said(tmp_path):
    assert "%s: behind line 0: Is a directory" % tmp_path in log(
        "--url", "udp://127.0.0.1:9", "-f", tmp_path, status=1)


def test_who_hangs_is_left_for_the_next_url(collect, tmp_path):
    """After --stall, which is 10 seconds otherwise, and then it would be too
    late. What TCP cannot tell of the first one is said."""
    c = collect()
    lines = tmp_path / "lines"
    lines.write_text(("x" * 1000 + "\n") * 30000)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        said = log("--url", "tcp://127.0.0.1:%d tcp://127.0.0.1:%d" % (
            listener.getsockname()[1], c.address()[1]),
            "--timeout", 8, "--stall", 1, "-f", lines, status=1)
        assert "log: a connection broke: of " in said
        # what the first one's kernel has taken counts as delivered
        with listener.accept()[0] as peer:
            peer.settimeout(harness.DEADLINE)
            with pytest.raises(ConnectionResetError):
                while peer.recv(1 << 20):
                    pass
        assert c.count_lines() > 0


def test_what_is_in_the_spool_goes_with_the_next(everywhere, tmp_path):
    c, tcp, _, _ = everywhere
    spool = tmp_path / "spool"
    log("--url", "tcp://127.0.0.1:1", "--timeout", 0, "--spool", spool,
        "kept", status=1)
    log("--url", "tcp://127.0.0.1:%d" % tcp, "--spool", spool, "new")
    assert [m[7] for m in messages(c, 2)] == ["kept", "new"]


def test_in_tls(collect, certs):
    """By options, as shorthands for what a URL can say, and by a URL that
    they complete; also that of the environment."""
    c = collect(listen=(tlsclient.url(certs),), args=(
        "-f", "%{tls_peer} %{msg}"))
    port = c.address("tls")[1]
    ours = ("--tls-certificate", certs.right + ".pem", "--tls-key",
            certs.right + ".key")
    log("-n", "127.0.0.1", "-P", port, "--tls", "--tls-ca", certs.ca, *ours,
        "one")
    log("-n", "127.0.0.1", "-P", port, "--tls", "--tls-fingerprint",
        made.fingerprint(certs.server), *ours, "two")
    log("--url", "tcp://127.0.0.1:1  tls://127.0.0.1:%d?ca=%s" % (
        port, certs.ca), "--tls-name", "collector.example.net", *ours, "three")
    log("--tls-ca", certs.ca, *ours, "four",
        env={"SYNCLINE_URL": "tls://127.0.0.1:%d" % port})
    log("--url", sending.tls_url(c, certs, certs.right), "five")
    assert c.wait_lines(5) == [
        b"web1.example.net " + n for n in (b"one", b"two", b"three", b"four",
                                           b"five")]


def test_files_with_odd_names(collect, certs, tmp_path):
    """Whatever a file is called, the URL that is made of it is right."""
    c = collect(listen=(tlsclient.url(certs, client="none", ca=None),))
    odd = tmp_path / "a b&c?d%e=f#\u00fc.pem"
    odd.write_bytes(open(certs.ca, "rb").read())
    log("-n", "127.0.0.1", "-P", c.address("tls")[1], "--tls", "--tls-ca",
        odd, "it works")
    assert messages(c, 1)[0][7] == "it works"


@pytest.mark.parametrize("keys,says", (
    ({"--tls-name": "logs.example.net"}, "it names collector.example.net, localhost, 127.0.0.1, wanted is "
     "logs.example.net; is it the right server? Then give its name"),
    ({"--tls-ca": "foreign"}, "is signed by CN=Test CA, which is not in "),
    ({}, "the server wants a certificate, and we have none (alert 116); give "
     "one and its key; `syncline cert issue` makes them"),
))
def test_a_failure_in_tls_is_said(collect, certs, keys, says):
    """Thing, cause and cure; and the status is 1."""
    c = collect(listen=(tlsclient.url(certs),))
    keys = {"--tls-ca": certs.ca, **keys}
    if keys["--tls-ca"] == "foreign":
        keys["--tls-ca"] = certs.foreign.path
    said = log("-n", "127.0.0.1", "-P", c.address("tls")[1], "--tls",
               "--timeout", 1, *(w for pair in keys.items() for w in pair),
               "x", status=1)
    assert "1 messages were not delivered: tls://127.0.0.1:" in said
    assert says in said
    assert c.count_lines() == 0


@pytest.mark.parametrize("args,says", (
    (("--nonsense",), "--nonsense: no such option"),
    (("-p", "local9.err", "x"), "local9.err: no such value"),
    (("-p", "192", "x"), "192: no such value"),
    (("-S", "65K", "x"), "65K: no such value"),
    (("-S", "0K", "x"), "0K: no such value"),
    (("-S", "000", "x"), "000: no such value"),
    (("-p", "local0.8", "x"), "local0.8: no such value"),
    (("--socket-errors=maybe", "x"), "--socket-errors=maybe: on, off or auto"),
    (("--journald",), "--journald: only systemd's journal takes"),
    (("--journald=f",), "--journald: only systemd's journal takes"),
    (("-S", "1KB", "x"), "1KB: no such value"),
    (("-S", "99999999999999K", "x"), "99999999999999K: no such value"),
    (("--rfc5424=notime,noise", "x"), "--rfc5424=noise: notime, notq and"),
    (("--rate", "0", "x"), "0: no such value"),
    (("--stall", "0", "x"), "0: no such value"),
    (("--sd-param", "a=b", "x"), "an --sd-id must come before it"),
    (("--sd-id", "a", "--sd-id", "a", "x"), "it is there twice"),
    (("--sd-id", "a", "--sd-param", "b", "x"), 'NAME="VALUE" is wanted'),
    (("--url", "tcp://h", "-n", "h", "x"), "one of them"),
    (("-f", "/dev/null", "x"), "one of them"),
    (("--url", "tls://h", "x"), "tls://h: nothing says how to know the server"),
    (("-n", "h", "--tls", "x"), "give --tls-ca FILE, the authority"),
    (("-n", "h", "--tls-ca", "f", "x"), "--tls-ca: that is for TLS; say --tls"),
    (("--url", "tcp://h", "--tls-name", "n", "x"), "give a URL that begins"),
    (("-n", "h", "--tls", "--tls-ca", "/nowhere/f", "x"),
     "tls://h:6514: ca: /nowhere/f: cannot be read: No such file"),
    (("-n", "h", "--tls", "--tls-ca", "f" * 8192, "x"), "longer than 8191"),
    (("--url", "tcp://h:0", "x"), "a number from 1 to 65535"),
))
def test_wrong_usage_is_said(args, says):
    assert says in log(*args, status=2)


def test_a_file_that_is_not_there_is_said():
    assert "/nowhere/x: No such file" in log(
        "--url", "udp://127.0.0.1:9", "-f", "/nowhere/x", status=1)


def test_help_names_every_option():
    said = log("--help")
    assert "Exit status: 0 all was delivered, 1 not all" in said
    with open(os.path.join(harness.REPO, "sender", "syncline.1"),
              encoding="utf-8") as f:
        manual = f.read().partition(".Ss syncline cert init")[0]
    options = re.findall(r" --([a-z0-9-]+)", said)
    assert len(options) > 25
    assert not [o for o in options if "-" + o not in manual and o != "help"]
