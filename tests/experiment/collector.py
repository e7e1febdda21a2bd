# SPDX-License-Identifier: BSD-2-Clause
"""collector.py - starts a collector on free ports, asks it, stops it

It is started with conf/quickstart.yaml as it stands. When something that the
file names is in use, or its log files shall be elsewhere, a copy of it with
the next ports, socket and path that are free takes its place.
"""

import ctypes
import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
import urllib.parse

import certificates

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CONFIG = os.path.join(TOP, "conf", "quickstart.yaml")
HOST = "127.0.0.1"
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


def _is_ours(path):
    """True when there is nothing, or an old socket that may be replaced."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return True
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid()


def free_socket(first):
    """That path, or else the next one, where nobody receives."""
    base, end = os.path.splitext(first)
    for n in range(1, 100):
        path = first if n == 1 else "%s-%d%s" % (base, n, end)
        if _is_ours(path) and not _in_use(path):
            return path
    raise CollectorError("no free socket name like " + first)


class Config:
    """What conf/quickstart.yaml says, and what shall hold instead."""

    def __init__(self):
        with open(CONFIG, encoding="utf-8") as file:
            self.text = file.read()
        self.port = int(self._find(r"tcp://%s:(\d+)" % re.escape(HOST)))
        self.tls_port = int(self._find(r"tls://%s:(\d+)" % re.escape(HOST)))
        self.tls = os.path.join(TOP, os.path.dirname(
            self._find(r"^    ca: (\S+)$")))
        self.http_port = int(self._find(r"^http: %s:(\d+)" % re.escape(HOST)))
        self.unix = self._find(r"unix://(/\S+)$")
        self.output = os.path.join(TOP, self._find(r"^  - path: (\S+)$"))

    def _find(self, pattern):
        found = re.search(pattern, self.text, re.MULTILINE)
        if found is None:
            raise CollectorError("nothing like %s in %s" % (pattern, CONFIG))
        return found[1]

    def with_others(self, ports, tls, unix, output):
        """The text with these; None when they are what it says already.
        ports: of UDP and TCP, of TLS, of HTTP."""
        if (ports, tls, unix, output) == (
                (self.port, self.tls_port, self.http_port), self.tls,
                self.unix, self.output):
            return None
        url = json.dumps("unix://" + urllib.parse.quote(unix))
        host = re.escape(HOST)
        text = self.text
        for pattern, value in (
                (r"(?<=udp://%s:)\d+$" % host, str(ports[0])),
                (r"(?<=tcp://%s:)\d+$" % host, str(ports[0])),
                (r"(?<=tls://%s:)\d+$" % host, str(ports[1])),
                (r"(?<=^http: %s:)\d+$" % host, str(ports[2])),
                (r"unix:///\S+$", url),
                (r"(?<=^  - path: )\S+$", json.dumps(output)),
                *((r"(?<=^    %s: )\S+$" % key,
                   json.dumps(os.path.join(tls, name)))
                  for key, name in (("certificate", "collector.pem"),
                                    ("key", "collector.key"),
                                    ("ca", "ca.pem")))):
            text = re.sub(pattern, lambda _, v=value: v, text,
                          flags=re.MULTILINE)
        return text


def _die_with_parent():
    """A collector must not outlive a quickstart that was killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Collector:
    """One running synclined, and what it said on standard error."""

    def __init__(self, program, tool, output, folder):
        config = Config()
        self.output = output
        self.host = HOST
        self.port = config.port
        self.tls_port = config.tls_port
        self.http_port = config.http_port
        self.tls = os.path.join(folder, os.path.basename(config.tls))
        self.tool = tool
        self._make_certificates()
        self.said = ""
        self._stderr = None
        for _ in range(3):
            self.unix = free_socket(config.unix)
            # Two at a time must not share a file: their sockets differ.
            self._name = os.path.join(
                folder, os.path.splitext(os.path.basename(self.unix))[0])
            self.port = free_port(
                self.port, (socket.SOCK_STREAM, socket.SOCK_DGRAM))
            self.tls_port = self._other_port(self.tls_port, self.port)
            self.http_port = self._other_port(
                self.http_port, self.port, self.tls_port)
            if self._start(program, config):
                return
            # Somebody was faster than we: try the next ports.
            self.port += 1
            self.tls_port += 1
            self.http_port += 1
        raise CollectorError(
            "%s did not start:\n%s" % (program, self.said.rstrip()))

    @staticmethod
    def _other_port(first, *taken):
        port = free_port(first, (socket.SOCK_STREAM,))
        while port in taken:
            port = free_port(port + 1, (socket.SOCK_STREAM,))
        return port

    def _make_certificates(self):
        try:
            certificates.make(self.tool, self.tls)
        except certificates.CertificateError as error:
            raise CollectorError(str(error)) from None

    def _config_file(self, config):
        """The file as it stands, or a copy with what is free."""
        text = config.with_others(
            (self.port, self.tls_port, self.http_port), self.tls, self.unix,
            self.output)
        if text is None:
            return CONFIG
        path = self._name + ".yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _start(self, program, config):
        path = self._name + ".stderr"
        command = [program, "-c", self._config_file(config)]
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("SYNCLINE_")}
        self.command = command
        with open(path, "wb") as stderr:
            self.process = subprocess.Popen(
                command, cwd=TOP, stdin=subprocess.DEVNULL, stderr=stderr,
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
        return self.process.wait()
