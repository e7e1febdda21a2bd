# SPDX-License-Identifier: BSD-2-Clause
"""test_cert_kill.py - killed at any moment, `syncline cert` leaves nothing
half: all that belongs together, or none of it; and no key for others"""

import collections
import fcntl
import os
import shutil
import stat
import subprocess

import pytest

import harness
import tool

pytestmark = [pytest.mark.alone, pytest.mark.plain]

HOST = "web1.example.net"
CALLS = ("mkdir,openat,open,write,fchmod,fsync,rename,renameat,renameat2,"
         "unlinkat,close,rmdir,fchown")


def strace():
    """strace(1) is there and may do it."""
    try:
        return subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "true"],
            capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0"}


def killed(call, number, where, *args):
    """Kills it at its number-th such call, before anything comes of that."""
    done = subprocess.run(
        ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
         "inject=%s:error=EINTR:signal=KILL:when=%d" % (call, number),
         tool.SYNCLINE, "cert", *args], cwd=where, capture_output=True,
        env=harness.clean_environment(ENVIRONMENT),
        timeout=harness.DEADLINE, check=False)
    assert done.returncode in (-9, 137), (call, number, done)


def calls(folder, *args):
    """All it calls from its first mkdir(2) on: (name, how many-th)."""
    trace = folder / "trace"
    where = folder / "first"
    shutil.copytree(folder / "start", where)
    subprocess.run(
        ["strace", "-qq", "-o", str(trace), "-e", "trace=" + CALLS,
         tool.SYNCLINE, "cert", *args], cwd=where, check=True,
        capture_output=True, env=harness.clean_environment(ENVIRONMENT))
    counts = collections.Counter()
    found = []
    for line in trace.read_text().splitlines():
        name = line.partition("(")[0]
        counts[name] += 1
        if found or name == "mkdir":
            found.append((name, counts[name]))
    return found


def assert_keys_are_ours(folder):
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as file:
                secret = b"PRIVATE" in file.read() or name.endswith(".key")
            mode = stat.S_IMODE(os.stat(path).st_mode)
            assert not secret or mode & 0o077 == 0, (path, oct(mode))


def left_over(folder):
    return [os.path.join(at, name) for at, names, _ in os.walk(folder)
            for name in names if name.startswith(".syncline-")]


def age(folder):
    """What is left was left an hour ago."""
    for path in left_over(folder):
        os.utime(path, (1, os.stat(path).st_mtime - 3600))


def test_what_is_not_ours_to_sweep_stays(tmp_path):
    """Other names, links, what is new, and what somebody holds."""
    for name in (".syncline-abc", ".syncline-abcdefg", ".syncline-newone",
                 ".syncline-held_1", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("x")
    os.symlink("target", tmp_path / ".syncline-link12")
    for path in left_over(tmp_path) + [tmp_path / "target"]:
        if "newone" not in str(path):
            os.utime(path, (1, 1))
    (tmp_path / ".syncline-gone_1").mkdir()
    (tmp_path / ".syncline-gone_1" / "ca.key").write_text("x")
    os.utime(tmp_path / ".syncline-gone_1", (1, 1))
    held = os.open(tmp_path / ".syncline-held_1", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        tool.must("cert", "init", cwd=tmp_path)
    finally:
        os.close(held)
    assert sorted(os.listdir(tmp_path)) == [
        ".syncline-abc", ".syncline-abcdefg", ".syncline-held_1",
        ".syncline-link12", ".syncline-newone", "target", "tls"]
    assert (tmp_path / "target" / "x").exists()


@pytest.mark.skipif(not strace(), reason="strace(1) may not trace here")
@pytest.mark.parametrize("what", ["init", "issue", "renew"])
def test_killed_at_any_call(tmp_path, what):
    start = tmp_path / "start"
    start.mkdir()
    if what != "init":
        tool.must("cert", "init", cwd=start)
    args = (what, HOST) if what == "issue" else (what,)
    found = calls(tmp_path, *args)
    assert {"openat", "write", "fsync"} <= {name for name, _ in found}
    for call, number in found[::harness.SLOW and 4 or 1]:
        where = tmp_path / ("%s%d" % (call, number))
        shutil.copytree(start, where)
        killed(call, number, where, *args)
        assert_keys_are_ours(where)
        if what == "init":
            made = where / "tls"
            names = ["ca.key", "ca.pem", "collector.key", "collector.pem"]
        elif what == "issue":
            made = where / "tls" / "clients" / HOST
            names = ["ca.pem", "client.key", "client.pem"]
        if what == "renew":
            made = None
            tool.must("cert", "check", "tls/collector.pem", cwd=where)
        elif made.exists():  # all or nothing
            assert sorted(os.listdir(made)) == names
            tool.must("cert", "check", made / names[-1])
        # and it can be done again; nothing is left then of the first time
        age(where)
        if made is None or not made.exists():
            tool.must("cert", *args, cwd=where)
            assert left_over(where) == []
        shutil.rmtree(where)
