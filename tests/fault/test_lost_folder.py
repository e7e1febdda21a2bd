# SPDX-License-Identifier: BSD-2-Clause
"""B12: the folder of the log is deleted, replaced, made unreadable or moved
away while we write. It is made again, or the output stalls and says so and
goes on; nothing is ever written elsewhere. Also writes that fail with EIO or
EDQUOT."""

import errno
import os
import pwd
import shutil
import stat

import pytest

import oracle
import senders
from configured import start
from harness import DEADLINE, eventually, live_and_rotated
from places import (LISTEN, files_below, lines_in, message, preloaded, send,
                    shown, stored)
from rounds import rounds

FIXED = LISTEN + """output:
  - name: fixed
    path: "{dir}/top/logs/all.log"
    rotate_size: 64K
"""
MANY = LISTEN + """output:
  - name: many
    path: "{dir}/top/logs/%{hostname}/all.log"
"""
KINDS = {"fixed": FIXED, "many": MANY}


class Load:
    """One connection, and numbered messages over it."""

    def __init__(self, f):
        self.f, self.count = f, 0
        self.s = senders.connect(f.c.address())

    def send(self, n=200):
        self.s.sendall(b"".join(
            senders.octet(message("h%d" % (k % 3), "a", "s", k))
            for k in range(self.count, self.count + n)))
        self.count += n

    def wait(self, timeout=DEADLINE):
        eventually(lambda: self.f.c.metric("written_messages_total") ==
                   self.count, timeout, what=shown(self.f.c))

    def sent(self, n=200):
        self.send(n)
        self.wait()


@pytest.fixture(params=sorted(KINDS))
def load(request, collect, tmp_path):
    f = start(collect, tmp_path, KINDS[request.param])
    load = Load(f)
    load.kind = request.param
    load.sent()
    yield load
    load.s.close()


def check(load, *folders, lost=0):
    """All that was sent is below these folders, but for so many that were in
    files which were deleted."""
    lines = sum((stored(folder) for folder in folders), [])
    tally = oracle.check(lines, {"s": load.count}, ordered=False)
    assert tally.missing == lost, tally
    assert not (tally.doubled or tally.torn or tally.mixed or
                tally.foreign), tally


def test_deleted(load):
    """It is made again, within a second, and what was not written before is
    in it."""
    top = load.f.path("top")
    for _ in range(3):
        load.wait()
        before = load.count
        shutil.rmtree(top)
        if load.kind == "fixed":
            eventually(lambda: os.path.exists(top + "/logs/all.log"))
        else:
            # files that were open are noticed by their next line
            eventually(lambda: load.f.c.metric("open_files") == 0)
        load.sent(300)
        check(load, top, lost=before)
        assert stat.S_IMODE(os.stat(top + "/logs").st_mode) == 0o750
        assert load.f.c.metric("stalled") == 0
    assert set(os.listdir(load.f.path("."))) == {
        "top", "conf.yaml", "stderr.0"}


def test_deleted_during_the_load(load):
    """In the middle of things: whatever was in the deleted folder is gone
    with it, all else is there, and every line is whole."""
    top = load.f.path("top")
    for _ in range(10):
        load.send(500)
        shutil.rmtree(top, ignore_errors=True)
    load.wait()
    load.sent(100)
    lines = stored(top)
    tally = oracle.check(lines, {"s": load.count}, ordered=False)
    assert tally.stored >= 100
    assert not (tally.doubled or tally.torn or tally.mixed or tally.foreign)


def test_replaced_by_a_file(load):
    """Nothing is written into it. It stalls and says so; when the file is
    gone, all is there."""
    top = load.f.path("top")
    before = load.count
    shutil.rmtree(top)
    with open(top, "wb") as f:
        f.write(b"not a folder\n")
    load.send(300)
    eventually(lambda: load.f.c.metric("stalled") == 1 and
               load.f.c.http(path="/readyz")[0] == 503, what=shown(load.f.c))
    assert "Not a directory" in load.f.c.stderr() or \
        "no folder" in load.f.c.stderr()
    with open(top, "rb") as f:
        assert f.read() == b"not a folder\n"
    os.unlink(top)
    load.wait()
    assert load.f.c.metric("stalled") == 0
    assert "written again after" in load.f.c.stderr()
    made = files_below(top)
    check(load, top, lost=before)
    # what waited is in the files where it belongs
    assert not any(path.endswith("_other") for path in made), made


@pytest.mark.parametrize("load", ["many"], indirect=True)
def test_replaced_by_a_link(load):
    """H3: for many files the folders on the way are ours: a link there gets
    nothing. (That before the first field, or of a fixed path, is the
    operator's and may be one.)"""
    out = load.f.path("out")
    os.mkdir(out)
    logs = load.f.path("top/logs")
    for h in range(3):
        shutil.rmtree("%s/h%d" % (logs, h))
        os.symlink(out, "%s/h%d" % (logs, h))
    load.sent()
    assert os.listdir(out) == []
    assert len(lines_in(logs + "/_other")) == 200
    assert "symbolic link" in load.f.c.stderr()


def test_moved_away(load):
    """Writing goes on where the file is now, until SIGHUP; a rotation goes
    nowhere else in the meantime."""
    top, away = load.f.path("top"), load.f.path("away")
    os.rename(top, away)
    load.sent(500)
    if load.kind == "fixed":
        assert not os.path.exists(top)
        check(load, away)
    load.f.reload()
    load.sent(100)
    check(load, top, away)
    if load.kind == "fixed":
        lines = lines_in(*live_and_rotated(top + "/logs/all.log"))
        assert len(lines) == 100


def as_nobody(folder):
    """A prefix for an ordinary user, and the folder opened for it."""
    nobody = pwd.getpwnam("nobody")
    os.chmod(folder, 0o777)
    return ("setpriv", "--reuid=%d" % nobody.pw_uid,
            "--regid=%d" % nobody.pw_gid, "--clear-groups", "--")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes nobody")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_chmod_0(open_folder, collect, kind):
    """An ordinary user, whose folder may not be entered any more: an open
    file goes on, new ones wait, and then are where they belong."""
    f = start(collect, open_folder, KINDS[kind],
              prefix=as_nobody(open_folder))
    load = Load(f)
    load.sent()
    logs = f.path("top/logs")
    os.chmod(logs, 0)
    if kind == "fixed":
        load.sent(2000)  # it cannot be rotated: writing on, and saying so
        assert f.c.metric("stalled") == 0
        assert f.c.metric("failed_writes_total", reason="rotate") > 0
        assert "rotate" in f.c.stderr()
        os.chmod(logs, 0o750)
        eventually(lambda: load.sent(200) or len(live_and_rotated(
            logs + "/all.log")) > 2)
        check(load, logs)
        return
    load.sent(30)
    load.s.sendall(b"".join(senders.octet(message("new", "a", "new", n))
                            for n in range(30)))
    eventually(lambda: f.c.metric("stalled") == 1, what=shown(f.c))
    assert "Permission denied" in f.c.stderr()
    os.chmod(logs, 0o750)
    load.count += 30
    load.wait()
    load.count -= 30
    assert f.c.metric("stalled") == 0
    lines = lines_in(logs + "/new/all.log")
    assert oracle.check(lines, {"new": 30}).perfect()
    assert not os.path.exists(logs + "/_other")


@pytest.mark.parametrize("error", [errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_write_that_fails(collect, tmp_path, kind, error):
    """At any byte of a line: it stalls, counts the reason, says it, and goes
    on where it was."""
    flag = tmp_path / "bad"
    f = start(collect, tmp_path, KINDS[kind], env=preloaded(
        tmp_path, UNDER="%s/top/" % tmp_path, ENOSPC_FILE=flag,
        ENOSPC_AFTER=41, FULL_ERROR=error))
    load = Load(f)
    turns = rounds(20, 2)
    for turn in range(turns):
        load.sent(20)
        flag.write_text("")
        load.send(20)
        eventually(lambda: f.c.metric("stalled") == 1, what=shown(f.c))
        assert f.c.metric("failed_writes_total",
                          reason=errno.errorcode[error]) > 0
        assert os.strerror(error) in f.c.stderr()
        flag.unlink()
        load.wait()
        assert f.c.metric("stalled") == 0
    check(load, f.path("top"))
    assert load.f.c.stderr().count("written again after") == turns
    load.s.close()


def test_a_fixed_path_is_made_in_time(collect, tmp_path):
    """Without a message to write: within a second or so, as promised."""
    f = start(collect, tmp_path, FIXED)
    for _ in range(3):
        shutil.rmtree(f.path("top"))
        eventually(lambda: os.path.exists(f.path("top/logs/all.log")))
    send(f.c, [message("h", "a", "s", 0)])
    f.wait_lines("top/logs/all.log", 1)
