# SPDX-License-Identifier: BSD-2-Clause
"""user and group: an ordinary user once the sockets are bound."""

import os
import pwd
import re
import signal
import stat

import pytest

import senders
from configured import start
from harness import eventually, run

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change")


def status(c, name):
    with open("/proc/%d/status" % c.pid) as f:
        return re.search(r"^%s:[ \t]*(.*)$" % name, f.read(), re.M)[1]


@root
def test_root_becomes_the_user(open_folder, collect):
    nobody = pwd.getpwnam("nobody")
    logs = open_folder / "logs"
    logs.mkdir()
    os.chown(logs, nobody.pw_uid, nobody.pw_gid)
    f = start(collect, open_folder, """
user: nobody
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/logs/all.log
""")
    assert status(f.c, "Uid").split() == [str(nobody.pw_uid)] * 4
    assert status(f.c, "Gid").split() == [str(nobody.pw_gid)] * 4
    assert status(f.c, "NoNewPrivs") == "1"
    # CAP_NET_BIND_SERVICE and nothing else (H10)
    assert int(status(f.c, "CapEff"), 16) & ~(1 << 10) == 0
    assert int(status(f.c, "CapPrm"), 16) & ~(1 << 10) == 0
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>x\n")
    f.wait_lines("logs/all.log", 1)
    assert os.stat(logs / "all.log").st_uid == nobody.pw_uid
    f.reload()
    f.c.stop()


@root
@pytest.mark.parametrize("path", ["all.log", "deeper/all.log"])
def test_who_may_not_write_is_told_who_that_is(open_folder, collect, path):
    """As in a container whose volume is somebody else's."""
    c = collect(output=str(open_folder / path), ready=False, http="none", prefix=(
        "setpriv", "--reuid=10514", "--regid=10515", "--clear-groups"))
    assert c.wait_exit() == 1
    said = c.stderr()
    assert path + ": " in said and "Permission denied" in said
    assert "user 10514, group 10515" in said


@root
def test_a_user_that_does_not_exist_is_named(tmp_path):
    code, _, said = run("-l", "tcp://127.0.0.1:0", "-o", tmp_path / "x",
                        "--http", "none", "--user", "nosuchuser")
    assert code != 0 and "nosuchuser" in said


def test_a_check_warns_of_who_is_not_here(tmp_path):
    """It may be made elsewhere than on the machine that it is for, so a
    check is not louder about them than it is asked to be."""
    conf = tmp_path / "c.yaml"
    conf.write_text("listen:\n  - url: tcp://127.0.0.1:0\n"
                    "user: nosuchuser\noutput:\n  - path: x\n"
                    "    owner: nosuchowner\n    group: 4711\n")
    assert run("-t", "-c", conf) == (0, "%s: ok\n" % conf, "")
    code, out, said = run("-t", "-v", "-c", conf)
    assert (code, out) == (0, "%s: ok\n" % conf)
    assert said.splitlines() == [
        '%s:3: user: "nosuchuser": warning: this machine has no such user, '
        "and cannot start so" % conf,
        'output x: owner: "nosuchowner": warning: this machine has no such '
        "user, and cannot start so"]
    _, _, said = run("-tv", "-c", conf, "--user", "", "--group", "nogroups")
    assert said.splitlines()[0].startswith('--group: "nogroups": warning: ')


def test_a_check_warns_of_a_number_without_a_group(tmp_path):
    """Of a number that nobody here has, no group is known."""
    number = next(n for n in range(60000, 1000, -1)
                  if n not in [p.pw_uid for p in pwd.getpwall()])
    conf = tmp_path / "c.yaml"
    conf.write_text("listen:\n  - url: tcp://127.0.0.1:0\n"
                    "user: %d\noutput:\n  - path: x\n" % number)
    assert run("-tv", "-c", conf)[2] == (
        '%s:3: user: "%d": warning: this machine has no such user, and '
        "cannot start so\n" % (conf, number))
    assert run("-tv", "-c", conf, "--group", "4711")[2] == ""
    assert run("-tv", "-c", conf, "--user", "0")[2] == ""
    assert run("-tv", "-c", conf, "--user", os.geteuid())[2] == ""


def test_staying_who_we_are_needs_no_root(collect, tmp_path):
    me = pwd.getpwuid(os.geteuid()).pw_name
    c = collect(args=("--user", me))
    eventually(lambda: c.process.poll() is None)


@root
def test_files_are_given_to_owner_and_group(collect, tmp_path):
    """Folders, files, and what a rotation makes."""
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/logs/%{hostname}/all.log
    owner: 4711
    group: 4712
""")
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>1 - h a - - - x\n")
        f.wait_lines("logs/h/all.log", 1)
        f.c.signal(signal.SIGUSR1)
        made = tmp_path / "logs"
        eventually(lambda: len(os.listdir(made / "h")) == 2)
        for path in [made, made / "h"] + list((made / "h").iterdir()):
            eventually(lambda: (path.stat().st_uid, path.stat().st_gid) ==
                       (4711, 4712), what=path)
        assert stat.S_IMODE((made / "h").stat().st_mode) == 0o750
        assert stat.S_IMODE((made / "h/all.log").stat().st_mode) == 0o640


@root
@pytest.mark.parametrize("key, value, cure", [
    ("owner", "nosuchuser", "make it"),
    ("group", "nosuchgroup", "make it"),
    ("owner", "root", "leave owner out"),
    ("group", "root", "add our user to that group"),
])
def test_who_may_not_give_files_away_is_told(tmp_path, key, value, cure):
    """At the start, though the file is there already."""
    path = tmp_path / "c.yaml"
    path.write_text("user: nobody\nhttp: none\n"
                    "listen:\n  - url: tcp://127.0.0.1:0\n"
                    "output:\n  - path: %s\n    %s: %s\n" % (
                        tmp_path / "x", key, value))
    code, _, said = run("-c", path)
    assert code == 1
    assert "%s: " % key in said and value in said and cure in said


@root
@pytest.mark.parametrize("user, group, uid, gid", [
    ("nobody", "4712", None, 4712), ("65534", "", 65534, None),
    ("4711", "4712", 4711, 4712), ("", "4712", 0, 4712)])
def test_numbers_will_do(collect, user, group, uid, gid):
    """For who has no name here, as in a container."""
    nobody = pwd.getpwnam("nobody")
    args = ("--user", user) if user else ()
    c = collect(output="-", args=args + (("--group", group) if group else ()))
    uid = nobody.pw_uid if uid is None else uid
    gid = nobody.pw_gid if gid is None else gid
    assert status(c, "Uid").split() == [str(uid)] * 4
    assert status(c, "Gid").split() == [str(gid)] * 4
    if uid == 4711:
        assert status(c, "Groups").strip() == ""
        assert int(status(c, "CapEff"), 16) & ~(1 << 10) == 0


@root
def test_a_number_without_a_name_needs_a_group():
    code, _, said = run("-l", "tcp://127.0.0.1:0", "-o", "-", "--http", "none",
                        "--user", "4711")
    assert code == 1
    assert "user: nobody here has the number 4711" in said and \
        "give group, too" in said


def test_our_own_number_needs_nothing(collect):
    collect(args=("--user", os.geteuid()))
