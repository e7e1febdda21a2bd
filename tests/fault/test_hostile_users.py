# SPDX-License-Identifier: BSD-2-Clause
"""H3 and H4: a local user owns the folder that we log to, and puts links,
pipes, devices and folders in the place of our files, as fast as he can, while
we write and rotate. Nothing outside is touched, nothing blocks, nothing that
others log suffers; with openat2(2) and where it is refused."""

import contextlib
import errno
import os
import signal
import stat
import subprocess
import time

import pytest

import oracle
import senders
from configured import start
from harness import eventually, live_and_rotated, run
from places import (LISTEN, Snapshot, compiled, files_below, lines_in,
                    message, note, shown, since)
from rounds import rounds

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root makes devices and such hard links")

TURNS = rounds(2000, 60)
GENEROUS_MS = 2000  # for a busy machine; the figure itself is noted

MANY = LISTEN + """output:
  - name: many
    path: "{dir}/logs/%{hostname}/all.log"
    rotate_size: 16K
    max_open_files: 1
    sync: 20ms
  - name: all
    path: "{dir}/all.log"
"""
FIXED = LISTEN + """output:
  - name: many
    path: "{dir}/logs/h1/all.log"
    rotate_size: 16K
    host: [ h1 ]
  - name: other
    path: "{dir}/logs/h2/all.log"
    host: [ h2 ]
  - name: all
    path: "{dir}/all.log"
"""


@pytest.fixture
def out(tmp_path):
    """What must not change: root's, and near enough for a hard link."""
    folder = tmp_path / "out"
    folder.mkdir(mode=0o700)
    for name in "secret", "hard":
        (folder / name).write_bytes(b"root's own\n")
        os.chmod(folder / name, 0o600)
    return folder


@contextlib.contextmanager
def attack(tmp_path, folder, out, kinds):
    p = subprocess.Popen([compiled(tmp_path, "attack"), folder, str(out),
                          "all.log", kinds])
    try:
        yield p
        assert p.poll() is None, "the attacker gave up"
    finally:
        p.send_signal(signal.SIGKILL)
        p.wait()
        p.seen = True


def refusing(tmp_path, error):
    if error == 0:
        return ()
    return (compiled(tmp_path, "refuse"), "%d" % error)


def log_under_attack(f, turns):
    """Messages for the folder under attack and for another, in turns; how
    long the slowest turn took until all were stored."""
    slowest = 0.0
    with senders.connect(f.c.address()) as s:
        for n in range(turns):
            begin = time.monotonic()
            s.sendall(b"".join(
                senders.octet(message(host, "a", host, 10 * n + k))
                for k in range(10) for host in ("h1", "h2")))
            eventually(lambda: f.c.metric(
                "written_messages_total", output="all") == 20 * (n + 1),
                what=shown(f.c))
            slowest = max(slowest, since(begin))
    return slowest


def check_out(out, before):
    before.check()
    assert sorted(os.listdir(out)) == ["hard", "secret"]


def is_log(path):
    """No link, pipe or device that the attacker left where he was ended; nor
    his hard link to a file of root."""
    st = os.lstat(path)
    return stat.S_ISREG(st.st_mode) and st.st_nlink == 1


def regular_files(folder):
    return [path for path in files_below(folder) if is_log(path)]


@pytest.mark.parametrize("error", [0, errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize("kinds", ["ldhfcm", "D", "lDhfDcdmD"])
def test_the_owner_of_a_folder_of_many_files(collect, tmp_path, out, kinds,
                                             error, record_property):
    """Each line is in a file somewhere below our folder, once, or in _other;
    the other host's are all in their own."""
    f = start(collect, tmp_path, MANY, prefix=refusing(tmp_path, error))
    os.mkdir(f.path("logs/h1"), 0o777)
    before = Snapshot(out)
    with attack(tmp_path, f.path("logs/h1"), out, kinds):
        slowest = log_under_attack(f, TURNS)
        f.c.wait_metric("written_messages_total", 20 * TURNS, output="many")
    note(record_property, "slowest turn, ms", round(slowest))
    assert slowest < GENEROUS_MS
    check_out(out, before)
    assert f.c.metric("stalled") == 0
    sent = {"h1": 10 * TURNS, "h2": 10 * TURNS}
    assert oracle.check(f.lines("all.log"), sent).perfect()
    logs = f.path("logs")
    found = [path for path in regular_files(logs) if ".torn" not in path]
    tally = oracle.check(lines_in(*found), sent, ordered=False)
    assert tally.perfect(), tally
    own = lines_in(*(p for p in regular_files(logs + "/h2")))
    assert oracle.check(own, {"h2": 10 * TURNS}, ordered=False).perfect()
    f.c.stop()
    check_out(out, before)


@pytest.mark.parametrize("error", [0, errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize("kinds", ["ldhfcm", "D", "lDhfDcdmD"])
def test_the_owner_of_a_folder_of_many_files(collect, tmp_path, out, kinds,
                                             error, record_property):
    """Each line is in a file somewhere below our folder, once, or in _other;
    the other host's are all in their own."""
    f = start(collect, tmp_path, MANY, prefix=refusing(tmp_path, error))
    os.mkdir(f.path("logs/h1"), 0o777)
    before = Snapshot(out)
    with attack(tmp_path, f.path("logs/h1"), out, kinds):
        slowest = log_under_attack(f, TURNS)
        f.c.wait_metric("written_messages_total", 20 * TURNS, output="many")
    note(record_property, "slowest turn, ms", round(slowest))
    assert slowest < GENEROUS_MS
    check_out(out, before)
    assert f.c.metric("stalled") == 0
    sent = {"h1": 10 * TURNS, "h2": 10 * TURNS}
    assert oracle.check(f.lines("all.log"), sent).perfect()
    logs = f.path("logs")
    found = [path for path in regular_files(logs) if ".torn" not in path]
    tally = oracle.check(lines_in(*found), sent, ordered=False)
    assert tally.perfect(), tally
    own = lines_in(*(p for p in regular_files(logs + "/h2")))
    assert oracle.check(own, {"h2": 10 * TURNS}, ordered=False).perfect()
    f.c.stop()
    check_out(out, before)


def test_a_wide_window(collect, tmp_path, out):
    """Each openat(2) comes late, so that what was looked at before is another
    thing by then: it is not followed all the same."""
    f = start(collect, tmp_path, MANY, prefix=(
        "strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=openat", "-e",
        "inject=openat:delay_enter=1000"))
    os.mkdir(f.path("logs/h1"), 0o777)
    before = Snapshot(out)
    with attack(tmp_path, f.path("logs/h1"), out, "l"):
        log_under_attack(f, rounds(300, 20))
    check_out(out, before)


@pytest.mark.parametrize("error", [0, errno.ENOSYS, errno.EPERM])
def test_a_link_on_the_way(collect, tmp_path, out, error):
    """Not the last folder, and what it leads to has all that is looked for:
    it gets nothing."""
    c = collect(output="logs/%{hostname}/%{app_name}/all.log",
                prefix=refusing(tmp_path, error))
    (out / "app").mkdir()
    (out / "app/all.log").write_bytes(b"no log of ours\n")
    os.symlink(out, tmp_path / "logs" / "h1")
    before = Snapshot(out)
    with senders.connect(c.address()) as s:
        s.sendall(b"".join(senders.octet(message("h1", app, "a", n))
                           for n, app in enumerate(("app", "new"))))
        c.wait_metric("written_messages_total", 2)
    before.check()
    assert oracle.check(lines_in(str(tmp_path / "logs/_other")),
                        {"a": 2}).perfect()


def test_the_owner_of_a_folder_of_a_fixed_path(collect, tmp_path, out,
                                               record_property):
    """(That may lead through links, and its file may have another name, but
    it is a regular file and no link.)"""
    f = start(collect, tmp_path, FIXED)
    before = Snapshot(out)
    with attack(tmp_path, f.path("logs/h1"), out, "ldfcm"):
        slowest = log_under_attack(f, TURNS)
        for n in range(10):
            f.c.signal(signal.SIGHUP)
            f.c.wait_says("configuration reloaded (generation %d)" % (n + 2))
            f.c.signal(signal.SIGUSR1)
    note(record_property, "slowest turn, ms", round(slowest))
    assert slowest < GENEROUS_MS
    check_out(out, before)
    # whoever owns the folder can make this output wait, but no other
    f.c.wait_metric("written_messages_total", 10 * TURNS, output="other")
    sent = {"h1": 10 * TURNS, "h2": 10 * TURNS}
    for name, part in ("all.log", sent), ("logs/h2/all.log",
                                          {"h2": 10 * TURNS}):
        lines = lines_in(*live_and_rotated(f.path(name)))
        assert oracle.check(lines, part).perfect()
    f.c.wait_metric("written_messages_total", 10 * TURNS, output="many")
    tally = oracle.check(lines_in(*regular_files(f.path("logs/h1"))),
                         {"h1": 10 * TURNS}, ordered=False)
    assert tally.perfect(), tally


def place(kind, out, path):
    """Something else where a file of ours would be."""
    if kind == "link":
        os.symlink(out / "secret", path)
    elif kind == "dangling":
        os.symlink(out / "new", path)
    elif kind == "hard":
        os.link(out / "hard", path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    else:
        os.mkdir(path)


KINDS = ["link", "dangling", "hard", "fifo", "device", "folder"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["logs/all.log", "logs/%{app_name}.log"])
def test_the_torn_file(collect, tmp_path, out, kind, path):
    """What would be repaired into it is left where it is: a start is refused
    with the reason; of many files the lines go to _other."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "all.log").write_bytes(b"<14>1 half of a li")
    place(kind, out, str(logs / "all.log.torn"))
    before = Snapshot(out)
    if "%" not in path:
        status, _, said = run("-l", "tcp://127.0.0.1:0", "--http", "none",
                              "-o", tmp_path / path)
        assert status == 1 and "all.log.torn" in said, said
    else:
        c = collect(output=path)
        with senders.connect(c.address()) as s:
            s.sendall(senders.octet(message("h", "all", "a", 0)))
            c.wait_metric("written_messages_total", 1)
        assert len(lines_in(str(logs / "_other"))) == 1
        assert "all.log.torn" in c.stderr()
    assert (logs / "all.log").read_bytes() == b"<14>1 half of a li"
    check_out(out, before)


@pytest.mark.parametrize("kind", KINDS)
def test_the_target_of_a_rotation(collect, tmp_path, out, kind):
    """A name that is taken is never replaced or written to."""
    c = collect(output="logs/all.log")
    logs = tmp_path / "logs"
    before = Snapshot(out)
    taken = []
    now = time.time()
    for ahead in range(60):
        name = "all.log-%s-%06d" % (time.strftime(
            "%Y%m%dT%H%M%SZ", time.gmtime(now + ahead)), 1)
        place(kind, out, str(logs / name))
        taken.append((name, os.lstat(logs / name).st_ino))
    with senders.connect(c.address()) as s:
        for n in range(3):
            s.sendall(senders.octet(message("h", "a", "a", n)))
            c.wait_metric("written_messages_total", n + 1)
            c.signal(signal.SIGUSR1)
            c.wait_metric("rotations_total", n + 1)
    for name, inode in taken:
        assert os.lstat(logs / name).st_ino == inode
    check_out(out, before)
    mine = [str(p) for p in logs.iterdir() if p.name not in dict(taken)]
    assert oracle.check(lines_in(*mine), {"a": 3}, ordered=False).perfect()


@pytest.mark.parametrize("kind", KINDS)
def test_the_path_of_a_unix_socket(tmp_path, out, kind):
    """It is not followed, removed or given a mode, and the start is
    refused."""
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    place(kind, out, str(sockets / "s"))
    before, around = Snapshot(out), Snapshot(sockets)
    for scheme in "unix", "unix-stream":
        status, _, said = run("-l", "%s://%s/s" % (scheme, sockets),
                              "--http", "none", "-o", tmp_path / "x")
        assert status != 0, said
        assert "no socket" in said or "is a symbolic link" in said, said
        assert not os.path.exists(tmp_path / "x")
    check_out(out, before)
    around.check()


def test_a_unix_socket_swapped_all_the_time(collect, tmp_path, out):
    """While its mode is changed by reloads: what a link leads to keeps its
    mode, and at the end only our own socket is removed."""
    text = """
listen:
  - url: unix://{dir}/sockets/all.log
    mode: "0600"
output:
  - path: "{dir}/all.log"
"""
    (tmp_path / "sockets").mkdir()
    f = start(collect, tmp_path, text)
    before = Snapshot(out)
    with attack(tmp_path, f.path("sockets"), out, "lldfcm"):
        for n in range(rounds(300, 30)):
            f.reload(text.replace("0600", "0666" if n % 2 == 0 else "0622"))
        f.c.stop()
        check_out(out, before)


