# SPDX-License-Identifier: BSD-2-Clause
"""One output, many files, whose names come from messages.

The contract's "Templates" and "Files and rotation"; faults B1, B4, H1 to H6.
"""

import os
import re
import shutil
import signal
import stat
import threading

import pytest

import oracle
import senders
import shim
from configured import start
from harness import ROTATED, eventually, live_and_rotated, load

pytestmark = [pytest.mark.plain, pytest.mark.threads]

PATH = "logs/%{hostname}/%{app_name}.log"
LISTEN = "listen:\n  - url: tcp://127.0.0.1:0\n"
MANY = LISTEN + """
output:
  - path: "{dir}/logs/%{hostname}/%{app_name}.log"
    name: many
    max_open_files: 8
    max_new_files: 0
    max_files: 100000
  - path: "{dir}/all.log"
    name: all
"""


def message(host, app, src, seq):
    return b"<14>1 2026-11-22T10:15:00Z %s %s 42 - - %s" % (
        host.encode(), app.encode(), oracle.text(src, seq))


def files_below(folder):
    found = []
    for at, _, names in os.walk(folder):
        found += [os.path.join(at, name) for name in names]
    return found


def lines_of(path):
    """Of a live file and what was rotated before it."""
    pieces = []
    for name in live_and_rotated(path):
        with open(name, "rb") as f:
            pieces.append(f.read())
    text = b"".join(pieces)
    assert text == b"" or text.endswith(b"\n"), "torn: " + path
    return text.split(b"\n")[:-1]


def all_lines(folder):
    """Every line of every file that is no rest of a crash."""
    lines = []
    for path in files_below(folder):
        if not path.endswith(".torn"):
            with open(path, "rb") as f:
                text = f.read()
            assert text == b"" or text.endswith(b"\n"), "torn: " + path
            lines += text.split(b"\n")[:-1]
    return lines


def send(c, messages):
    senders.send_stream(c.address(), "tcp",
                        b"".join(senders.octet(m) for m in messages))


def wait_written(c, n, **labels):
    c.wait_metric("written_messages_total", n, **labels)


def test_each_host_and_program_has_a_file(collect, tmp_path):
    """Missing folders are made with dir_mode, files with mode; nothing else
    is in the folder."""
    c = collect(output=PATH)
    assert os.path.isdir(tmp_path / "logs")  # at start
    count = load(300)
    hosts, apps = ("web1", "web2", "db.example.net"), ("nginx", "cron")
    send(c, [message(h, a, h + "." + a, n) for n in range(count)
             for h in hosts for a in apps])
    wait_written(c, count * 6)
    want = {"%s/%s.log" % (h, a) for h in hosts for a in apps}
    base = str(tmp_path / "logs")
    assert {os.path.relpath(f, base) for f in files_below(base)} == want
    for h in hosts:
        assert stat.S_IMODE(os.stat(base + "/" + h).st_mode) == 0o750
        for a in apps:
            path = "%s/%s/%s.log" % (base, h, a)
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
            tally = oracle.check(lines_of(path), {h + "." + a: count})
            assert tally.perfect(), tally
    assert c.metric("open_files") == 6
    assert c.metric("other_file_messages_total") == 0


def hostile_names():
    """Names as they fit into a header of RFC 5424: no spaces, printable."""
    return ["..", ".", "../x", "../../x", "../../../../../../etc/x", "/etc/x",
            "a/../../b", "%2e%2e", "%2e%2e%2fx", "-rf", "--help", "con",
            ".hidden", "a//b", "/", "//", "_other", "a.torn", "a.log.gz",
            "x" * 255, "~root", "$HOME", "`id`", "*", "?", "a\\b", "..\\x",
            "a:b", "%{hostname}", "web1.log-20261122T101500Z-000001",
            "lost+found", "(a)", "'a'", '"a"', "#", "a.", "A", "a"]


def test_hostile_names_stay_in_the_folder(collect, tmp_path):
    """H1: nothing changes outside; every message is stored, one line each."""
    outer = tmp_path / "outer"
    outer.mkdir()
    c = collect(output="outer/" + PATH, folder=tmp_path)
    names = hostile_names()
    pairs = [(h, "app") for h in names] + [
        ("host", a[:48]) for a in names] + [(h, h[:48]) for h in names]
    send(c, [message(h, a, "s", n) for n, (h, a) in enumerate(pairs)])
    # RFC 3164: whatever stands where the host is
    more = [b"<13>Nov 22 10:15:00 %s %s: " % (h.encode(), b"../../app") +
            oracle.text("t", n) for n, h in enumerate(names)]
    send(c, more)
    total = len(pairs) + len(more)
    wait_written(c, total)
    assert os.listdir(outer) == ["logs"]
    assert set(os.listdir(tmp_path)) == {"outer", "stderr.0"}
    tally = oracle.check(all_lines(outer), {"s": len(pairs), "t": len(more)},
                         ordered=False)
    assert tally.perfect(), tally
    for path in files_below(outer):
        assert stat.S_ISREG(os.lstat(path).st_mode)
        for part in os.path.relpath(path, outer).split("/"):
            assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}", part)
        # no value makes a folder more
        below = os.path.relpath(path, outer / "logs")
        assert below == "_other" or below.count("/") == 1, below


def test_two_values_do_not_share_a_file(collect, tmp_path):
    """H5: what becomes the same name when made safe is told apart."""
    c = collect(output=PATH)
    hosts = ["a:b", "a;b", "a_b", "a/b", "A_b", "a" * 150 + "1",
             "a" * 150 + "2"]
    for _ in range(2):
        send(c, [message(h, "app", "s%d" % n, 0)
                 for n, h in enumerate(hosts)])
    wait_written(c, 2 * len(hosts))
    files = files_below(tmp_path / "logs")
    assert len(files) == len(hosts)
    for path in files:
        lines = lines_of(path)
        assert len(lines) == 2 and lines[0] == lines[1]


def test_a_flood_of_names(collect, tmp_path):
    """H2: from one address 100 new names a minute, then _other, counted;
    what has a file already goes on."""
    c = collect(output=PATH)
    names = load(2000)
    send(c, [message("h%d" % n, "app", "s%d" % n, 0) for n in range(names)])
    send(c, [message("h0", "app", "s0", 1)])
    wait_written(c, names + 1)
    files = files_below(tmp_path / "logs")
    assert len(files) == 101
    assert len(lines_of(str(tmp_path / "logs" / "_other"))) == names - 100
    assert c.metric("other_file_messages_total") == names - 100
    assert len(lines_of(str(tmp_path / "logs" / "h0" / "app.log"))) == 2
    assert c.stderr().count("_other") == 1
    # and after a restart, files that exist are not new
    c.stop()
    c = collect(output=PATH)
    send(c, [message("h%d" % n, "app", "s%d" % n, 2) for n in range(150)])
    wait_written(c, 150)
    for n in range(100):
        path = str(tmp_path / "logs" / ("h%d" % n) / "app.log")
        assert len(lines_of(path)) == (3 if n == 0 else 2)


def test_many_names_few_descriptors(collect, tmp_path):
    """H2: far more files than may be open: nothing lost or out of order, and
    another output does not notice."""
    f = start(collect, tmp_path, MANY)
    hosts, each = 100, load(50)
    before = f.c.descriptors()
    crowd = senders.Senders()
    for part in range(4):
        crowd.start(send, f.c, [
            message("h%d" % h, "app", "h%d" % h, n) for n in range(each)
            for h in range(part, hosts, 4)])
    most = 0
    while any(p.is_alive() for p in crowd.processes):
        assert f.c.metric("open_files", output="many") <= 8
        most = max(most, f.c.descriptors())
    crowd.join()
    wait_written(f.c, hosts * each, output="many")
    wait_written(f.c, hosts * each, output="all")
    # 8 files, 8 jobs of the syncer with 2 each, 4 connections, HTTP
    assert most < before + 40
    for h in range(hosts):
        path = f.path("logs/h%d/app.log" % h)
        tally = oracle.check(lines_of(path), {"h%d" % h: each})
        assert tally.perfect(), tally
    assert len(f.lines("all.log")) == hosts * each
    assert not os.path.exists(f.path("logs/_other"))


def test_max_files(collect, tmp_path):
    f = start(collect, tmp_path, LISTEN + """
output:
  - path: "{dir}/logs/%{hostname}.log"
    max_files: 5
""")
    send(f.c, [message("h%d" % n, "app", "s", n) for n in range(20)])
    wait_written(f.c, 20)
    assert sorted(os.listdir(f.path("logs"))) == ["_other"] + [
        "h%d.log" % n for n in range(5)]
    tally = oracle.check(lines_of(f.path("logs/_other")), {"s": 20})
    assert (tally.stored, tally.missing, tally.disordered) == (15, 5, 0)


def test_two_outputs_with_one_folder(collect, tmp_path):
    """Both have the same _other, and neither keeps the other from it."""
    f = start(collect, tmp_path, LISTEN + """
output:
  - path: "{dir}/logs/%{hostname}.log"
    max_files: 1
  - path: "{dir}/logs/%{app_name}-all.log"
    max_files: 1
""")
    count = load(200)
    for n in range(count):
        send(f.c, [message("h%d" % (n % 3), "a%d" % (n % 3), "s", n)])
    wait_written(f.c, count, output=f.path("logs/%{hostname}.log"))
    wait_written(f.c, count, output=f.path("logs/%{app_name}-all.log"))
    others = sum(n % 3 > 0 for n in range(count))
    assert len(lines_of(f.path("logs/_other"))) == 2 * others
    assert f.c.metric("stalled") == 0


def test_rotation_of_each_file(collect, tmp_path):
    """The size is a bound for each; numbers count for each name."""
    c = collect(output=PATH, args=("--rotate-size", "16K"))
    count = max(200, load(500))
    hosts = "h1", "h2", "h3"
    send(c, [message(h, "app", h, n) for n in range(count) for h in hosts])
    wait_written(c, count * 3)
    for h in hosts:
        path = str(tmp_path / "logs" / h / "app.log")
        files = live_and_rotated(path)
        assert len(files) > 2
        assert max(map(os.path.getsize, files)) <= 16 << 10
        numbers = [ROTATED.search(f)[2] for f in files[:-1]]
        assert numbers == ["%06d" % (n + 1) for n in range(len(numbers))]
        tally = oracle.check(lines_of(path), {h: count})
        assert tally.perfect(), tally


def test_signals(collect, tmp_path):
    """SIGUSR1 rotates all that are open; SIGHUP leaves moved ones."""
    c = collect(output=PATH)
    hosts = ["h%d" % n for n in range(50)]
    send(c, [message(h, "app", h, 0) for h in hosts])
    wait_written(c, 50)
    c.signal(signal.SIGUSR1)
    c.wait_metric("rotations_total", 50)
    paths = [str(tmp_path / "logs" / h / "app.log") for h in hosts]
    assert all(len(live_and_rotated(p)) == 2 for p in paths)
    send(c, [message(h, "app", h, 1) for h in hosts])
    wait_written(c, 100)
    for p in paths:
        os.rename(p, p + ".old")
    send(c, [message(h, "app", h, 2) for h in hosts])
    wait_written(c, 150)
    assert not any(map(os.path.exists, paths))
    c.signal(signal.SIGHUP)
    c.wait_metric("open_files", 0)
    send(c, [message(h, "app", h, 3) for h in hosts])
    wait_written(c, 200)
    for h, p in zip(hosts, paths):
        old, = [f for f in live_and_rotated(p) if f != p]
        lines = [open(f, "rb").read().split(b"\n")[:-1]
                 for f in (old, p + ".old", p)]
        assert list(map(len, lines)) == [1, 2, 1]
        assert oracle.check(sum(lines, []), {h: 4}).perfect()


def test_deleted_files_come_back(collect, tmp_path):
    """With the next line, folders and all."""
    c = collect(output=PATH)
    logs = tmp_path / "logs"
    send(c, [message("h1", "app", "a", 0), message("h2", "app", "b", 0)])
    wait_written(c, 2)
    for h in "h1", "h2":
        os.unlink(logs / h / "app.log")
        os.rmdir(logs / h)
    c.wait_metric("open_files", 0)
    assert os.listdir(logs) == []
    os.rmdir(logs)
    send(c, [message("h1", "app", "a", 1)])
    wait_written(c, 3)
    assert len(lines_of(str(logs / "h1" / "app.log"))) == 1


def test_a_folder_that_is_a_file_is_said_once(collect, tmp_path):
    """Not at each try, as long as it lasts."""
    c = collect(output=PATH)
    logs = tmp_path / "logs"
    send(c, [message("h1", "app", "a", 0)])
    wait_written(c, 1)
    shutil.rmtree(logs)
    c.wait_metric("open_files", 0)
    logs.write_bytes(b"")
    send(c, [message("h1", "app", "a", 1)])
    eventually(lambda: c.metric("failed_writes_total") >= 4)
    assert c.stderr().count("Not a directory") == 1, c.stderr()
    logs.unlink()
    wait_written(c, 2)
    assert len(lines_of(str(logs / "h1" / "app.log"))) == 1


def test_odd_things_get_nothing(collect, tmp_path):
    """H3, H4: links, folders and pipes in the place of files."""
    c = collect(output=PATH)
    logs = tmp_path / "logs"
    out = tmp_path / "out"
    out.mkdir()
    secret = out / "secret"
    secret.write_bytes(b"not a log\n")
    (logs / "h").mkdir()
    os.symlink(secret, logs / "h" / "link.log")
    os.link(secret, logs / "h" / "hard.log")
    os.mkfifo(logs / "h" / "fifo.log")
    (logs / "h" / "folder.log").mkdir()
    os.symlink(out, logs / "h2")
    names = [("h", "link"), ("h", "hard"), ("h", "fifo"), ("h", "folder"),
             ("h2", "secret"), ("h2", "new")]
    send(c, [message(h, a, "s", n) for n, (h, a) in enumerate(names)] +
         [message("h", "good", "t", 0)])
    wait_written(c, len(names) + 1)
    tally = oracle.check(lines_of(str(logs / "_other")), {"s": len(names)})
    assert tally.perfect(), tally
    assert len(lines_of(str(logs / "h" / "good.log"))) == 1
    assert os.listdir(out) == ["secret"]
    assert secret.read_bytes() == b"not a log\n"
    assert "symbolic link" in c.stderr()
    assert c.metric("stalled") == 0


def test_an_attacker_who_owns_a_folder(collect, tmp_path):
    """H3: folder and link change places all the time."""
    f = start(collect, tmp_path, MANY.replace(
        "max_open_files: 8", "max_open_files: 1"))
    logs = f.path("logs")
    out = f.path("out")
    os.mkdir(out)
    os.mkdir(logs + "/h1")
    stop = threading.Event()

    def swap():
        steps = ((os.rename, logs + "/h1", logs + "/away"),
                 (os.symlink, out, logs + "/h1"),
                 (os.unlink, logs + "/h1"),
                 (os.rename, logs + "/away", logs + "/h1"))
        while not stop.is_set():
            for call, *names in steps:
                try:
                    call(*names)
                except OSError:
                    pass  # the collector made the folder itself

    attacker = threading.Thread(target=swap, daemon=True)
    attacker.start()
    count = load(1000)
    try:
        for n in range(0, count, 10):
            send(f.c, [message("h%d" % (k % 2 + 1), "app", "s", k)
                       for k in range(n, n + 10)])
        wait_written(f.c, count, output="many")
    finally:
        stop.set()
        attacker.join()
    assert os.listdir(out) == []
    tally = oracle.check(all_lines(logs), {"s": count}, ordered=False)
    assert tally.perfect(), tally


@pytest.mark.fault
def test_kill_9(collect, tmp_path):
    """A1, H6 in small: after each restart whole lines, in order, and none
    in two files."""
    hosts = ["h%d" % n for n in range(20)]
    for turn in range(3):
        c = collect(output=PATH, args=("--rotate-size", "64K"))
        src = "turn%d" % turn
        crowd = senders.Senders()
        crowd.start(send, c, [message(hosts[n % 20], "app", src, n)
                              for n in range(load(20000))])
        eventually(lambda: c.metric("written_messages_total") > load(3000))
        c.kill()
        for p in crowd.processes:
            p.join()
    c = collect(output=PATH)
    send(c, [message(h, "app", "last", n) for n, h in enumerate(hosts)])
    wait_written(c, 20)
    lines = {}
    for n, h in enumerate(hosts):
        path = str(tmp_path / "logs" / h / "app.log")
        found = lines_of(path)
        tally = oracle.Tally()
        for line in found:
            tally.take(line)
        assert not tally.torn and not tally.mixed and not tally.foreign
        for src, numbers in tally.seen.items():
            assert numbers == sorted(set(numbers))
            if src != "last":
                # the sender's own order, without gaps
                assert numbers == list(range(n, numbers[-1] + 1, 20))
        lines[h] = len(found)
    assert min(lines.values()) > 0


@pytest.mark.fault
@pytest.mark.parametrize("wants", [
    {"SHORT": 1}, {"SHORT": 3}, {"EINTR": 2}, {"SHORT": 2, "EINTR": 3}])
def test_short_and_interrupted_writes(collect, tmp_path, wants):
    """B8: what was written is not written again, the rest is."""
    (tmp_path / "disk").mkdir()
    env = shim.environment(tmp_path, UNDER="%s/disk/" % tmp_path, **wants)
    env["ASAN_OPTIONS"] = os.environ.get(
        "ASAN_OPTIONS", "exitcode=99") + ":verify_asan_link_order=0"
    c = collect(output="disk/" + PATH, env=env,
                args=("--rotate-size", "64K", "--sync", "5ms"))
    hosts = ["h%d" % n for n in range(10)]
    count = load(1000)
    crowd = senders.Senders()
    for h in hosts:
        crowd.start(send, c, [message(h, "app", h, n) for n in range(count)])
    crowd.join()
    wait_written(c, count * 10)
    for h in hosts:
        path = str(tmp_path / "disk" / "logs" / h / "app.log")
        tally = oracle.check(lines_of(path), {h: count})
        assert tally.perfect(), tally
        assert max(map(os.path.getsize, live_and_rotated(path))) <= 64 << 10


# A file system of 32 MiB with few inodes at $1, then the command.
INSIDE = ('mount -t tmpfs -o size=32m,nr_inodes=40 none "$1" && shift && '
          'exec "$@"')


@pytest.fixture
def small_disk(collect, private, tmp_path):
    """A collector that logs on a small disk, and that folder from here."""
    (tmp_path / "disk").mkdir()
    c = collect(output="disk/" + PATH, args=("--memory", "8M"),
                prefix=private + ["sh", "-c", INSIDE, "sh",
                                  str(tmp_path / "disk")])
    return c, "/proc/%d/root%s/disk" % (c.pid, tmp_path)


@pytest.mark.fault
def test_a_full_disk(small_disk):
    """B1: everything waits, then everything is there, in order."""
    c, disk = small_disk
    hosts = ["h%d" % n for n in range(8)]
    count = load(2000)
    send(c, [message(h, "app", h, 0) for h in hosts])
    wait_written(c, 8)
    room = os.statvfs(disk)
    with open(disk + "/fill", "wb") as f:
        f.write(b"\0" * (room.f_bavail * room.f_bsize - 100000))
    crowd = senders.Senders()
    for h in hosts:
        crowd.start(send, c, [message(h, "app", h, n)
                              for n in range(1, count)])
    eventually(lambda: c.metric("stalled") == 1)
    assert c.metric("failed_writes_total", reason="ENOSPC") > 0
    assert c.http(path="/readyz")[0] == 503
    os.unlink(disk + "/fill")
    crowd.join()
    wait_written(c, count * 8)
    for h in hosts:
        tally = oracle.check(
            lines_of("%s/logs/%s/app.log" % (disk, h)), {h: count})
        assert tally.perfect(), tally
    assert c.metric("other_file_messages_total") == 0
    assert c.metric("stalled") == 0


@pytest.mark.fault
def test_no_more_inodes(small_disk):
    """B4: what has a file goes on, the rest goes to _other while there are
    no inodes; when not even that can be made, it waits."""
    c, disk = small_disk
    send(c, [message("h1", "app", "a", 0)])
    wait_written(c, 1)
    number = 0
    while os.statvfs(disk).f_favail > 0:
        with open("%s/fill%d" % (disk, number), "wb"):
            number += 1
    send(c, [message("h2", "app", "b", 0)])
    eventually(lambda: c.metric("stalled") == 1)
    send(c, [message("h1", "app", "a", 1)])
    os.unlink(disk + "/fill0")  # room for _other alone
    wait_written(c, 3)
    assert c.metric("stalled") == 0
    send(c, [message("h3", "app", "b", 1), message("h1", "app", "a", 2)])
    wait_written(c, 5)
    logs = disk + "/logs"
    assert len(lines_of(logs + "/h1/app.log")) == 3
    others = [line for line in all_lines(logs) if b"src=b" in line]
    assert oracle.check(others, {"b": 2}).perfect()
    assert c.metric("other_file_messages_total") > 0
    for n in range(1, number):
        os.unlink("%s/fill%d" % (disk, n))
    send(c, [message("h4", "app", "c", 0)])
    wait_written(c, 6)
    assert len(lines_of(logs + "/h4/app.log")) == 1


def test_a_reload_changes_the_limits(collect, tmp_path):
    f = start(collect, tmp_path, MANY)
    send(f.c, [message("h%d" % n, "app", "s", n) for n in range(10)])
    wait_written(f.c, 10, output="many")
    f.reload(MANY.replace("max_open_files: 8", "max_open_files: 2")
             .replace("max_files: 100000", "max_files: 11\n"
                      "    rotate_size: 4K\n    mode: \"0600\""))
    assert f.c.metric("open_files", output="many") == 2
    send(f.c, [message("h%d" % n, "app", "s", n) for n in range(10, 14)])
    wait_written(f.c, 14, output="many")
    assert f.c.metric("other_file_messages_total") == 3
    new = f.path("logs/h10/app.log")
    assert stat.S_IMODE(os.stat(new).st_mode) == 0o600
