# SPDX-License-Identifier: BSD-2-Clause
"""activated.py - what systemd is to a service, without systemd

Sockets are passed by systemd-socket-activate, which binds them and becomes the
collector at the first connection; or by passing(), which does so at once.
"""

import os
import shutil
import socket
import sys

import pytest

from harness import DEADLINE

ACTIVATE = shutil.which("systemd-socket-activate")
needs_activate = pytest.mark.skipif(
    ACTIVATE is None, reason="no systemd-socket-activate on this machine")

# Becomes what follows, with these descriptors from 3 on.
BECOME = """
import fcntl, os, sys
high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100)
        for fd in sys.argv[1].split(",")]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.closerange(3 + len(high), 200)
os.environ["LISTEN_PID"] = str(os.getpid() + int(sys.argv[3]))
os.environ["LISTEN_FDS"] = str(len(high))
if sys.argv[2]:
    os.environ["LISTEN_FDNAMES"] = sys.argv[2]
os.execv(sys.argv[4], sys.argv[4:])
"""


def passing(sockets, names="", other_pid=0):
    """The options of a Collector that gets these sockets."""
    fds = [s.fileno() for s in sockets]
    return {"pass_fds": fds, "prefix": [
        sys.executable, "-c", BECOME, ",".join(map(str, fds)), names,
        str(other_pid)]}


class Manager:
    """Reads what a service tells."""

    def __init__(self, folder, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = "syncline-test-%d" % os.getpid()
        self.address = "@" + name if abstract else str(folder / "notify")
        self.socket.bind("\0" + name if abstract else self.address)
        self.socket.settimeout(DEADLINE)

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.address, **more}

    def next(self):
        """The next thing told, as {name: value}."""
        said = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in said.split("\n"))

    def nothing(self):
        """What was told without our having asked for it."""
        self.socket.setblocking(False)
        try:
            return self.socket.recv(4096)
        except BlockingIOError:
            return None
        finally:
            self.socket.settimeout(DEADLINE)
