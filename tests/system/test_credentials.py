# SPDX-License-Identifier: BSD-2-Clause
"""H9: on a unix socket the kernel says who sends; what the text says of it
changes nothing."""

import ctypes
import errno
import json
import os
import socket

import pytest

import senders
import shim
from configured import start
from harness import eventually


@pytest.mark.parametrize("scheme", ["unix", "unix-stream"])
def test_a_false_pid_changes_nothing(collect, tmp_path, scheme):
    f = start(collect, tmp_path, """
listen: { url: "%s://{dir}/log.sock" }
output:
  - path: '{dir}/all.log'
    format: json
  - path: '{dir}/user-%%{uid}.log'
    format: '%%{pid} %%{uid} %%{gid} %%{procid}'
""" % scheme)
    with senders.connect(f.path("log.sock"), scheme) as s:
        s.send(b"<38>Oct 11 22:14:15 sshd[1]: uid=0 pid=1")
    m = json.loads(f.wait_lines("all.log", 1)[0])
    assert m["procid"] == "1"
    assert (m["pid"], m["uid"], m["gid"]) == (
        os.getpid(), os.getuid(), os.getgid())
    assert f.wait_lines("user-%d.log" % os.getuid(), 1) == [
        b"%d %d %d 1" % (os.getpid(), os.getuid(), os.getgid())]


ASKS = {
    "json": "  - { path: '{dir}/b', format: json }\n",
    "format": "  - { path: '{dir}/b', format: '%{uid}' }\n",
    "path": "  - { path: '{dir}/%{gid}.log' }\n",
    "names": "  - { path: '{dir}/%{app_name}.log' }\n",
}


def asks_who(f):
    """Does the kernel add to each datagram who sent it?"""
    with open("/proc/%d/net/unix" % f.c.pid, encoding="utf-8") as table:
        inode = next(line.split()[6] for line in table
                     if line.endswith(f.path("log.sock") + "\n"))
    folder = "/proc/%d/fd/" % f.c.pid
    fd = next(int(name) for name in os.listdir(folder)
              if os.readlink(folder + name) == "socket:[%s]" % inode)
    pid = os.pidfd_open(f.c.pid)
    try:
        # pidfd_getfd(2)
        copy = ctypes.CDLL(None, use_errno=True).syscall(438, pid, fd, 0)
        if ctypes.get_errno() in (errno.EPERM, errno.ENOSYS):
            pytest.skip("may not look into another process")
        with socket.socket(fileno=copy) as s:
            return bool(s.getsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED))
    finally:
        os.close(pid)


@pytest.mark.parametrize("who", ASKS)
def test_the_kernel_is_asked_only_when_somebody_wants_to_know(
        collect, tmp_path, who):
    """It costs a tenth of a datagram; a reload may ask, or cease to."""
    text = "listen: { url: 'unix://{dir}/log.sock' }\n" \
        "output:\n  - path: '{dir}/a'\n"
    f = start(collect, tmp_path, text)
    assert not asks_who(f)
    f.reload(text + ASKS[who])
    eventually(lambda: asks_who(f))
    f.reload(text)
    eventually(lambda: not asks_who(f))
    f.reload(text.replace("sock' }", "sock', rate: 9 }"))
    eventually(lambda: asks_who(f))


def test_a_reload_asks_before_anybody_needs_the_answer(collect, tmp_path):
    """Only what waited in the socket already is nobody's, however long the
    writer takes for its part of the reload."""
    text = "listen: { url: 'unix://{dir}/log.sock' }\n" \
        "output: { path: '{dir}/all.log', format: %s }\n"
    f = start(collect, tmp_path, text % "raw", env=shim.environment(
        tmp_path, WRITE_MS=50, UNDER=str(tmp_path / "all.log")))
    with senders.connect(f.path("log.sock"), "unix") as s:
        with senders.talking(s, b"<13>x", 0.001):
            f.wait_lines("all.log", 1)
            f.reload(text % "json")
        s.send(b"<13>last")
    eventually(lambda: b"last" in b"".join(f.lines("all.log")[-1:]))
    got = [json.loads(line) for line in f.lines("all.log")
           if line.startswith(b"{")]
    with open("/proc/sys/net/unix/max_dgram_qlen", encoding="ascii") as limit:
        waited = int(limit.read()) + 1
    assert all(m.get("pid") == os.getpid() for m in got[waited:])


def test_over_the_network_nobody_has_credentials(collect, tmp_path):
    f = start(collect, tmp_path, """
listen: { url: "tcp://127.0.0.1:0" }
output:
  - path: '{dir}/all.log'
    format: '%{pid} %{uid} %{gid}'
""")
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<38>Oct 11 22:14:15 h sshd[1]: x\n")
    assert f.wait_lines("all.log", 1) == [b"- - -"]
