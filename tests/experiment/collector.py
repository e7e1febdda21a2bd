# SPDX-License-Identifier: BSD-2-Clause
"""collector.py - starts a collector on free ports, asks it, stops it"""

import ctypes
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HOST = "127.0.0.1"
PORT = 5514
HTTP_PORT = 8514
UNIX_PATH_MAX = 107  # sun_path, without the NUL at its end
READY_TIMEOUT = 20
STOP_TIMEOUT = 15
PR_SET_PDEATHSIG = 1


class CollectorError(Exception):
    """The collector did not do what it must; the text says what."""


def _is_free(kind, port):
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # Old connections in TIME_WAIT do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            if kind == socket.SOCK_STREAM:
                probe.listen(1)
        except OSError:
            return False
    return True


def free_port(first, kinds):
    """The first port from there on that is free for all these kinds."""
    for port in range(first, min(first + 1000, 65536)):
        if all(_is_free(kind, port) for kind in kinds):
            return port
    raise CollectorError("no free port from %d on" % first)


def _in_use(path):
    """True when somebody receives on that unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def free_socket(folder):
    """A path for a unix socket, not longer than the kernel takes."""
    for n in range(1, 100):
        name = "quickstart.sock" if n == 1 else "quickstart-%d.sock" % n
        path = os.path.join(folder, name)
        if len(os.fsencode(path)) > UNIX_PATH_MAX:
            return os.path.join(
                tempfile.mkdtemp(prefix="syncline-"), "quickstart.sock")
        if not _in_use(path):
            return path
    raise CollectorError("no free socket name in " + folder)


def _die_with_parent():
    """A collector must not outlive a quickstart that was killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Collector:
    """One running synclined, and what it said on standard error."""

    def __init__(self, program, output, folder, rotate_size):
        self.output = output
        self.host = HOST
        self.unix = free_socket(folder)
        self.port = PORT
        self.http_port = HTTP_PORT
        self.said = ""
        self._folder = folder
        self._temporary = (
            os.path.dirname(self.unix)
            if os.path.dirname(self.unix) != folder else None)
        self._stderr = None
        for _ in range(3):
            self.port = free_port(
                self.port, (socket.SOCK_STREAM, socket.SOCK_DGRAM))
            self.http_port = free_port(self.http_port, (socket.SOCK_STREAM,))
            if self.port == self.http_port:
                self.http_port = free_port(
                    self.port + 1, (socket.SOCK_STREAM,))
            if self._start(program, rotate_size):
                return
            # Somebody was faster than we: try the next ports.
            self.port += 1
            self.http_port += 1
        raise CollectorError(
            "%s did not start:\n%s" % (program, self.said.rstrip()))

    def _start(self, program, rotate_size):
        address = "%s:%d" % (self.host, self.port)
        path = os.path.join(
            self._folder, os.path.basename(self.unix) + ".stderr")
        command = [
            program,
            "-l", "udp://" + address, "-l", "tcp://" + address,
            "-l", "unix://" + self.unix,
            "-o", self.output, "--rotate-size", rotate_size,
            "--http", "%s:%d" % (self.host, self.http_port)]
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("SYNCLINE_")}
        self.command = command
        with open(path, "wb") as stderr:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=stderr,
                env=environment, start_new_session=True,
                preexec_fn=_die_with_parent)
        if self._stderr is not None:
            self._stderr.close()
        self._stderr = open(path, encoding="utf-8", errors="replace")
        self.said = ""
        end = time.monotonic() + READY_TIMEOUT
        while time.monotonic() < end:
            self.hear()
            if re.search(r"^syncline: ready$", self.said, re.MULTILINE):
                return True
            if self.process.poll() is not None:
                self.hear()
                return False
            time.sleep(0.02)
        self.stop()
        self.hear()
        raise CollectorError("%s is not ready after %d s:\n%s" % (
            program, READY_TIMEOUT, self.said.rstrip()))

    def hear(self):
        """What it said since we last asked."""
        new = self._stderr.read()
        self.said += new
        return new

    def running(self):
        return self.process.poll() is None

    def counters(self):
        """The counters of /metrics: {(name, labels): value}; {} when it does
        not answer."""
        connection = http.client.HTTPConnection(
            self.host, self.http_port, timeout=2)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException, UnicodeDecodeError):
            return {}
        finally:
            connection.close()
        found = {}
        for name, labels, value in re.findall(
                r"^(\w+)(?:\{(.*)\})? ([0-9.eE+-]+)$", text, re.MULTILINE):
            found[name, labels] = float(value)
        return found

    def written(self):
        """Messages that are in the files; None when it does not say."""
        values = [value for (name, _), value in self.counters().items()
                  if name == "syncline_written_messages_total"]
        return int(sum(values)) if values else None

    def stop(self):
        """Ends it in an orderly way; returns its exit status."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)
        return self.process.wait()
