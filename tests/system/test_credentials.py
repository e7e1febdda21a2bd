# SPDX-License-Identifier: BSD-2-Clause
"""H9: on a unix socket the kernel says who sends; what the text says of it
changes nothing."""

import json
import os

import pytest

import senders
from configured import start


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
