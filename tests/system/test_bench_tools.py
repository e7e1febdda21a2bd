# SPDX-License-Identifier: BSD-2-Clause
"""The tools of tests/bench: what they say of a collector can be believed.

They are built by `make bench-tools`, beside the collector.
"""

import contextlib
import datetime
import json
import os
import re
import signal
import socket
import subprocess

import pytest

import tool as user_tool
from harness import DEADLINE, SYNCLINED, clean_environment, eventually, load

pytestmark = pytest.mark.alone

BUILD = os.path.dirname(os.path.dirname(SYNCLINED))
TOOLS = os.path.join(BUILD, "tests", "bench")
GOOD = dict.fromkeys(
    ("missing", "doubled", "disordered", "damaged", "unexpected"), 0)


@pytest.fixture(scope="module", autouse=True)
def built():
    """The tools, when only `make` was run."""
    if not os.path.exists(os.path.join(TOOLS, "load")):
        if not os.path.exists(os.path.join(BUILD, "Makefile")):
            pytest.skip("not the collector of a build")
        subprocess.run(["make", "-s", "-C", BUILD, "bench-tools"], check=True)


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """The folder of an authority and a certificate it has signed."""
    folder = tmp_path_factory.mktemp("tls")
    user_tool.must("cert", "init", "--dir", folder, "localhost")
    return folder


def start(name, *args, **options):
    return subprocess.Popen(
        [os.path.join(TOOLS, name), *map(str, args)], text=True,
        env=clean_environment(), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def tool(name, *args, status=0):
    """Runs it to its end, which has to be that one, and returns what it
    found; of trouble what it said."""
    with start(name, *args) as p:
        out, err = p.communicate(timeout=DEADLINE)
    assert p.returncode == status, (out, err)
    return err if status == 2 else json.loads(out)


@contextlib.contextmanager
def floor(kind, path, *args, where=0):
    """A floor that writes to path; gives the options to send to it."""
    with start("floor", kind, where, path, *args) as p:
        try:
            said = p.stdout.readline().split()
            assert said and said[0] == "ready", p.stderr.read()
            yield {"udp": ("-t", "udp", "-p", said[1]),
                   "tls": ("-t", "tls", "-p", said[1]),
                   "unix": ("-t", "unix", "-u", said[1])}.get(
                       kind, ("-t", "tcp", "-p", said[1]))
        finally:
            p.send_signal(signal.SIGTERM)
            _, err = p.communicate(timeout=DEADLINE)
            assert p.returncode == 0, err


def line(sender, seq, length=100):
    """A mark as mark.h has it, of that length, in a line."""
    pad = "abcdefghijklmnopqrstuvwxyz" * 4
    return "<134>1 2026-11-29T10:00:00.000001Z h a 1 - - " + (
        "id=%06d seq=%010d len=%05d %s end=%010d" % (
            sender, seq, length, pad[:length - 50], seq))


def lines(senders=3, messages=20):
    """What load would send, in turn."""
    return [line(n % senders, n // senders) for n in range(messages)]


def count(tmp_path, text, *args, status=1):
    path = tmp_path / "counted"
    path.write_text("\n".join([*text, ""]) if isinstance(text, list) else text)
    return tool("count", "-c", 3, "-n", 20, *args, path, status=status)


def test_count_finds_nothing_where_nothing_is(tmp_path):
    assert count(tmp_path, lines(), status=0) == {"lines": 20, **GOOD}


def change(n, text):
    def do(all_lines):
        all_lines[n] = text(all_lines[n])
    return do


def swap(all_lines):
    all_lines[4], all_lines[7] = all_lines[7], all_lines[4]


@pytest.mark.parametrize("harm,found", [
    (lambda a: a.pop(5), {"missing": 1}),
    (lambda a: a.pop(), {"missing": 1}),
    (lambda a: a.insert(9, a[5]), {"doubled": 1}),
    (swap, {"disordered": 1}),
    (lambda a: a.append(line(1, 7)), {"unexpected": 1}),
    (lambda a: a.append(line(3, 0)), {"unexpected": 1}),
    (lambda a: a.append(""), {"damaged": 1}),
    (lambda a: a.append("a line of somebody else"), {"damaged": 1}),
    # a byte of what is between, of the length, of one number, the last one
    (change(5, lambda s: s.replace("klm", "kXm")), {"damaged": 1}),
    (change(5, lambda s: s.replace("00100", "00101")), {"damaged": 1}),
    (change(5, lambda s: s.replace("seq=0000000001", "seq=0000000002")),
     {"damaged": 1}),
    (change(5, lambda s: s[:-1]), {"damaged": 1}),
    (change(5, lambda s: s + "x"), {"damaged": 1}),
    # the end of another message in front, or another one whole behind
    (change(5, lambda s: "end=0000000007" + s[s.index("id="):]),
     {"damaged": 1}),
    (change(5, lambda s: "id=000009 seq=00000000" + s), {"damaged": 1}),
    (change(5, lambda s: s + s), {"damaged": 1}),
], ids=range(16))
def test_count_finds_what_was_planted(tmp_path, harm, found):
    """One of each, and nothing else."""
    text = lines()
    harm(text)
    if found == {"damaged": 1} and len(text) == 20:
        found = {"damaged": 1, "missing": 1}
    assert count(tmp_path, text) == {"lines": len(text), **GOOD, **found}


def test_count_knows_a_torn_line(tmp_path):
    text = "\n".join(lines())
    assert count(tmp_path, text) == {
        "lines": 20, **GOOD, "damaged": 1, "missing": 1}


def test_count_bears_long_lines(tmp_path):
    """What no buffer holds is one damaged line."""
    text = lines()
    text.insert(3, "x" * 3000000)
    assert count(tmp_path, text) == {"lines": 21, **GOOD, "damaged": 1}


def test_count_reads_files_in_their_order(tmp_path):
    """-d: they were written side by side."""
    text = lines()
    (tmp_path / "1").write_text("\n".join(text[:10] + [""]))
    (tmp_path / "2").write_text("\n".join(text[10:] + [""]))
    args = "-c", 3, "-n", 20
    tool("count", *args, tmp_path / "1", tmp_path / "2")
    assert tool("count", *args, tmp_path / "2", tmp_path / "1", status=1)[
        "disordered"] > 0
    tool("count", *args, "-d", tmp_path / "2", tmp_path / "1")


@pytest.mark.parametrize("kind,args", [
    ("udp", ("-w", 100000)), ("udp", ("-w", 100000, "-g")),
    ("octet", ()), ("lf", ("-f", "lf")), ("unix", ())],
    ids=["udp", "segments", "octet", "lf", "unix"])
def test_nothing_is_lost_between_them(tmp_path, kind, args):
    """load, floor and count, through a rotation."""
    n = load(20000)
    out = tmp_path / "out"
    with floor(kind, out, "-r", n * 100, where=tmp_path / "s"
               if kind == "unix" else 0) as to:
        said = tool("load", *to, *args, "-n", n, "-c", 7, "-i", 90)
        # told to end, floor leaves what it has not read
        eventually(lambda: sum(
            path.read_bytes().count(b"\n")
            for path in tmp_path.glob("out*")) == n)
    assert said["sent"] == n and said["unsent"] == said["refused"] == 0
    assert 0 < said["last_ns"] - said["first_ns"] < DEADLINE * 1e9
    files = sorted(tmp_path.glob("out-*")) + [out]
    assert len(files) > 1
    assert tool("count", "-n", n, "-c", 7, "-i", 90, *files) == {
        "lines": n, **GOOD}


@pytest.mark.parametrize("size,args", [
    (64, ()), (64, ("-3",)), (94, ()), (95, ()), (109, ()), (110, ()),
    (170, ("-D",)), (256, ("-3", "-F", 11)), (300, ("-F", 1500)),
    (1500, ("-k", 1)), (65536, ())])
def test_messages_are_what_was_asked_for(tmp_path, size, args):
    """Exactly so many bytes, and numbers that can be counted."""
    n, out = 3000 if size < 65536 else 50, tmp_path / "out"
    with floor("lf", out) as to:
        tool("load", *to, "-f", "lf", "-n", n, "-c", 3, "-s", size, *args)
    text = out.read_bytes().split(b"\n")
    assert {len(one) for one in text[:-1]} == {size}
    assert tool("count", "-n", n, "-c", 3, out) == {"lines": n, **GOOD}
    if "-F" in args:
        names = args[args.index("-F") + 1]
        assert set(re.findall(rb" (app\d+)\b", out.read_bytes())) == {
            b"app%d" % i for i in range(names)}


def test_the_collector_understands_them(collect):
    """Valid RFC 5424; in JSON they are counted, too."""
    c = collect(args=("--format", "json"))
    n = 1000
    tool("load", "-t", "tcp", "-p", c.address()[1], "-n", n, "-D", "-r",
         20000, "-k", 1)
    text = [json.loads(one) for one in c.wait_lines(n)]
    assert tool("count", "-n", n, "-c", 1, c.path) == {"lines": n, **GOOD}
    one = text[-1]
    assert (one["hostname"], one["app_name"], one["procid"], one["msgid"]) == (
        "h000000", "app", "4242", "MSGID")
    assert c.metric("malformed_messages_total") == 0
    stamps = [datetime.datetime.fromisoformat(
        one["timestamp"].replace("Z", "+00:00")) for one in text]
    assert stamps == sorted(stamps) and len(set(stamps)) > 100
    now = datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta() <= now - stamps[-1] < datetime.timedelta(
        seconds=DEADLINE)


@pytest.mark.parametrize("args", [(), ("-k", 1)], ids=["batches", "records"])
def test_nothing_is_lost_in_tls(tmp_path, tls, args):
    """Whole records, and one a message; the server is who it should be."""
    n, out = load(10000), tmp_path / "out"
    with floor("tls", out, tls / "collector.pem",
               tls / "collector.key") as to:
        said = tool("load", *to, *args, "-C", tls / "ca.pem", "-n", n, "-c", 7)
    assert said["sent"] == n
    assert tool("count", "-n", n, "-c", 7, out) == {"lines": n, **GOOD}


def test_load_makes_handshakes(tmp_path, tls):
    """Some at one time, all of them ended; what is no TLS is no handshake."""
    with floor("tls", tmp_path / "out", tls / "collector.pem",
               tls / "collector.key") as to:
        said = tool("load", *to, "-C", tls / "ca.pem", "-H", "-n", 20, "-c", 7)
        assert said["handshakes"] == 20 and said["failed"] == 0
        assert said["rate"] > 0
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        said = tool("load", "-t", "tls", "-p", deaf.getsockname()[1], "-H",
                    "-n", 3, "-c", 2, "-x", 0.2, status=1)
    assert said["handshakes"] == 0 and said["failed"] == 3


def test_load_checks_the_certificate(tmp_path, tls):
    """One of another authority is named."""
    user_tool.must("cert", "init", "--dir", tmp_path / "other", "localhost")
    with floor("tls", tmp_path / "out", tls / "collector.pem",
               tls / "collector.key") as to:
        args = *to, "-C", tmp_path / "other" / "ca.pem", "-n", 1
        assert "certificate" in tool("load", *args, status=2)
        assert tool("load", *args, "-H", status=1)["failed"] == 1


def test_load_keeps_a_rate(tmp_path):
    with floor("octet", tmp_path / "out") as to:
        said = tool("load", *to, "-n", 200, "-c", 3, "-r", 1000, "-k", 1)
        assert said["seconds"] >= 0.198


@pytest.mark.parametrize("kind", ["octet", "tls"])
def test_load_holds_idle_connections(tmp_path, tls, kind):
    args = (tls / "collector.pem", tls / "collector.key") * (kind == "tls")
    with floor(kind, tmp_path / "out", *args) as to:
        with start("load", *to, "-c", 30, "-I") as p:
            assert p.stdout.readline() == "READY\n"
            eventually(lambda: (tmp_path / "out").read_text().count("\n")
                       == 30)
            assert p.poll() is None
            out, _ = p.communicate("", timeout=DEADLINE)
        assert json.loads(out)["sent"] == 30 and p.returncode == 0


def test_load_gives_up(tmp_path):
    """Nobody reads: it ends, says how much it sent, and has status 1."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(path)
        said = tool("load", "-t", "unix", "-u", path, "-x", 0.2, status=1)
    assert said["sent"] + said["unsent"] == 1000000
    assert 0 < said["sent"] < 1000


@pytest.mark.parametrize("name,args,words", [
    ("load", ("-t", "tcp", "-p", 1), "port 1"),
    ("load", ("-t", "udp", "-p", 1, "-w", 1000), "receiver"),
    ("load", ("-t", "unix", "-u", "/nowhere/s"), "/nowhere/s"),
    ("load", ("-t", "tcp", "-u", "/nowhere/s"), "-p"),
    ("load", ("-t", "tcp", "-p", 1, "-s", 70, "-D"), "-s 70"),
    ("load", ("-t", "tcp", "-p", 1, "-s", "70k"), "-s 70k"),
    ("load", ("-t", "udp", "-p", 1, "-s", 65508), "65507"),
    ("count", ("-c", 1, "-n", 1, "/nowhere/f"), "/nowhere/f"),
    ("count", ("-c", 1, "/nowhere/f"), "-n"),
    ("floor", ("octet", 0, "/nowhere/f"), "/nowhere/f"),
    ("floor", ("tcp", 0, os.devnull), "tcp"),
    ("floor", ("tls", 0, os.devnull, "/nowhere/c", "/nowhere/k"),
     "/nowhere/c"),
    ("load", ("-t", "tcp", "-p", 1, "-H"), "-H"),
    ("load", ("-t", "tls", "-p", 1, "-C", "/nowhere/c", "-H"), "/nowhere/c"),
    ("lag", ("-t", "tls", "-p", 1, "-r", 1, "-n", 1, "-o", "x"), "-t tls"),
    ("lag", ("-t", "tcp", "-p", 1, "-r", 1, "-n", 1), "-o"),
])
def test_trouble_is_named(name, args, words):
    assert words in tool(name, *args, status=2)


@pytest.mark.parametrize("kind", ["udp", "octet"])
def test_lag_sees_all_through_many_rotations(tmp_path, kind):
    """While they happen."""
    n = 4000
    with floor(kind, tmp_path / "out", "-r", 2000) as to:
        said = tool("lag", *to, "-o", tmp_path / "out", "-r", 20000, "-n", n,
                    "-c", 3)
    assert said["sent"] == said["seen"] == n
    assert said["rotations"] > 3 and said["files_lost"] == 0
    assert 0 < said["median_us"] <= said["p99_us"] <= said["p999_us"]
    assert said["p999_us"] <= said["max_us"]
    files = sorted(tmp_path.glob("out-*")) + [tmp_path / "out"]
    tool("count", "-n", n, "-c", 3, *files)


@contextlib.contextmanager
def stopped_lag(tmp_path):
    """A lag that has sent 60 messages and is stopped: the messages, for the
    test to write them to out, and what lets it go on and say what it saw."""
    def go_on():
        p.send_signal(signal.SIGCONT)
        return json.loads(p.communicate(timeout=DEADLINE)[0])

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(DEADLINE)
        server.bind(("127.0.0.1", 0))
        (tmp_path / "out-000007").write_text("old\n")
        (tmp_path / "out").write_text("older than what is sent\n")
        with start("lag", "-t", "udp", "-p", server.getsockname()[1], "-o",
                   tmp_path / "out", "-r", 100000, "-n", 60,
                   "-x", 0.1) as p:
            messages = [server.recv(1000).decode() + "\n" for _ in range(60)]
            p.send_signal(signal.SIGSTOP)
            try:
                yield messages, go_on
            finally:
                p.kill()


def append(path, text):
    with open(path, "a", encoding="ascii") as f:
        f.writelines(text)


def test_lag_sees_all_of_rotations_between_two_looks(tmp_path):
    out = tmp_path / "out"
    with stopped_lag(tmp_path) as (messages, go_on):
        for i in range(5):
            append(out, messages[10 * i:10 * i + 10])
            # 8, 9, 10: by their numbers, not by their letters
            out.rename(tmp_path / ("out-%d" % (i + 8)))
        append(out, messages[50:])
        said = go_on()
    assert said["seen"] == 60 and said["doubled"] == said["damaged"] == 0
    assert said["rotations"] == 5 and said["files_lost"] == 0


def test_lag_says_what_it_could_not_see(tmp_path):
    """A file that is packed already, a torn line, a doubled one."""
    out = tmp_path / "out"
    with stopped_lag(tmp_path) as (messages, go_on):
        append(out, messages[:20] + [messages[20][:-9]])
        out.rename(tmp_path / "out-8")
        (tmp_path / "out-9.zst").write_bytes(b"packed")
        append(out, messages[40:] + messages[40:41])
        said = go_on()
    assert said["sent"] == 60 and said["seen"] == 40
    assert said["damaged"] == said["doubled"] == said["files_lost"] == 1
    assert said["rotations"] == 1


def test_lag_sees_all_while_files_are_compressed(collect):
    n = load(5000)
    c = collect(args=("--rotate-size", "200K", "--compress", "zstd"))
    said = tool("lag", "-t", "tcp", "-p", c.address()[1], "-o", c.path, "-r",
                10000, "-n", n)
    assert said["sent"] == said["seen"] == n
    assert said["rotations"] >= n * 256 // 300000


def test_lag_measures(tmp_path):
    """A server that naps for 100 ms is seen to, and one that loses."""
    args = "-o", tmp_path / "out", "-r", 1000, "-n", 300
    with floor("octet", tmp_path / "out", "-n", 100000) as to:
        said = tool("lag", *to, *args)
    assert said["max_us"] > 50000 and said["median_us"] > 10000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        said = tool("lag", "-t", "udp", "-p", deaf.getsockname()[1], *args,
                    "-x", 0.1, status=1)
    assert said["sent"] == 300 and said["seen"] == 0
