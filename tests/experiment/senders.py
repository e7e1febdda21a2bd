# SPDX-License-Identifier: BSD-2-Clause
"""senders.py - the processes of the experiment, and how they log

Three ways to send, four transports. Every process connects first, then all
of them start at once; each reports how many lines it sent and how many it
could not send.
"""

import logging
import logging.handlers
import os
import signal
import socket
import subprocess
import sys
import time

from lines import line

SENDERS = ("python", "logger", "builtin")
TRANSPORTS = ("tcp", "udp", "unix", "tls")


def can_send(sender, transport):
    """Neither Python's handler nor logger speaks TLS."""
    return transport != "tls" or sender == "builtin"


class Target:
    """Where a collector listens. tls: the port, and the folder with the
    sender's certificate."""

    def __init__(self, host, port, unix, tls=None):
        self.host = host
        self.port = port
        self.unix = unix
        self.tls = tls


class Failures:
    """Stands in for a handler's handleError(): counts instead of printing."""

    def __init__(self):
        self.count = 0
        self.last = ""

    def __call__(self, _record):
        self.count += 1
        self.last = repr(sys.exc_info()[1])


def log_lines(handler, run, process, number, quiet=False, seconds=None):
    """Writes the lines through Python's logging, as many as can be in that
    time; returns how many that were, and how many of them failed."""
    failures = Failures()
    handler.handleError = failures
    logger = logging.Logger("experiment")
    logger.addHandler(handler)
    end = None if seconds is None else time.monotonic() + seconds
    for n in range(1, number + 1):
        logger.info(line(run, process, n))
        if end is not None and time.monotonic() > end:
            break
    handler.close()
    if failures.count and not quiet:
        print("process %03d: %s" % (process, failures.last), file=sys.stderr)
    return n, failures.count


class PythonSender:
    """Python's own handler, as any program would use it."""

    def __init__(self, transport, target):
        if transport == "unix":
            self.handler = logging.handlers.SysLogHandler(target.unix)
        else:
            kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
            self.handler = logging.handlers.SysLogHandler(
                (target.host, target.port), socktype=kind[transport])
        self.handler.setFormatter(logging.Formatter(
            "experiment[%(process)d]: %(message)s"))

    def send(self, run, process, number):
        return log_lines(self.handler, run, process, number)[1]


def connect_tls(target):
    """Both ends show a certificate (RFC 5425)."""
    import ssl  # pylint: disable=import-outside-toplevel
    port, folder = target.tls
    context = ssl.create_default_context(
        cafile=os.path.join(folder, "ca.pem"))
    context.load_cert_chain(os.path.join(folder, "client.pem"),
                            os.path.join(folder, "client.key"))
    return context.wrap_socket(
        socket.create_connection((target.host, port)),
        server_hostname=target.host)


class BuiltinSender:
    """A bare socket: RFC 5424, octet counting on TCP (RFC 6587, 3.4.1) and
    in TLS."""

    def __init__(self, transport, target):
        self.counted = transport in ("tcp", "tls")
        self.secure = transport == "tls"
        if transport == "unix":
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.connect(target.unix)
        elif transport == "udp":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.connect((target.host, target.port))
        elif transport == "tls":
            self.socket = connect_tls(target)
        else:
            self.socket = socket.create_connection((target.host, target.port))

    def send(self, run, process, number):
        failed = 0
        for n in range(1, number + 1):
            now = time.time()
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
            message = "<14>1 %s.%06dZ localhost experiment %d - - %s" % (
                stamp, now % 1 * 1000000, os.getpid(), line(run, process, n))
            if self.counted:
                message = "%d %s" % (len(message), message)
            try:
                self.socket.sendall(message.encode())
            except OSError as error:
                failed += 1
                last = error
        if self.secure and not failed:
            self.socket = self.socket.unwrap()  # says goodbye
        self.socket.close()
        if failed:
            print("process %03d: %r" % (process, last), file=sys.stderr)
        return failed


class LoggerSender:
    """util-linux' logger, which reads the numbered lines from a pipe."""

    def __init__(self, transport, target):
        command = ["logger", "--tag", "experiment", "--size", "4096"]
        if transport == "unix":
            command += ["--socket", target.unix, "--socket-errors=on"]
        else:
            command += ["--server", target.host, "--port", str(target.port),
                        "--" + transport]
        self.logger = subprocess.Popen(command, stdin=subprocess.PIPE)

    def send(self, run, process, number):
        try:
            with self.logger.stdin as pipe:
                for n in range(1, number + 1):
                    pipe.write(line(run, process, n).encode() + b"\n")
        except BrokenPipeError:
            pass
        return 0 if self.logger.wait() == 0 else number


KINDS = {"python": PythonSender, "builtin": BuiltinSender,
         "logger": LoggerSender}


class Crowd:
    """N processes that begin together."""

    def __init__(self, processes, make, work):
        """make(process) prepares, work(prepared, process) sends and returns
        (sent, failed); both run in the process."""
        self.children = {}
        self.results = {}
        go_read, self.go_write = os.pipe()
        ready_read, ready_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        for process in range(processes):
            report_read, report_write = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(self.go_write)
                self._child(process, make, work,
                            (go_read, ready_write, report_write))
            os.close(report_write)
            self.children[pid] = (process, report_read)
        os.close(go_read)
        os.close(ready_write)
        self.processes = processes
        self._wait_ready(ready_read)

    @staticmethod
    def _child(process, make, work, pipes):
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            prepared = make(process)
            go, ready, report = pipes
            os.write(ready, b"r")
            os.close(ready)
            os.read(go, 1)  # ends when the parent closes its side
            sent, failed = work(prepared, process)
            os.write(report, b"%d %d" % (sent, failed))
            status = 0
        except Exception as error:  # whatever it is, the parent must hear it
            print("process %03d: %r" % (process, error), file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _wait_ready(self, ready):
        count = 0
        while True:
            some = os.read(ready, 64)
            if not some:
                break
            count += len(some)
        os.close(ready)
        self.ready = count

    def start(self):
        """Lets them all begin."""
        os.close(self.go_write)

    def poll(self):
        """Takes the results of those that ended; true when all have."""
        for pid in list(self.children):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                continue
            process, report = self.children.pop(pid)
            said = os.read(report, 64).split()
            os.close(report)
            self.results[process] = (
                (int(said[0]), int(said[1])) if said else (0, None))
        return not self.children

    def stop(self):
        """Ends those that still run."""
        for pid in list(self.children):
            os.kill(pid, signal.SIGTERM)
        for pid in list(self.children):
            os.waitpid(pid, 0)
            os.close(self.children.pop(pid)[1])

    def sent(self):
        return {p: r[0] for p, r in self.results.items()}

    def failed(self):
        """Lines that could not be sent, and processes that broke off."""
        lines = sum(r[1] or 0 for r in self.results.values())
        broken = sum(r[1] is None for r in self.results.values())
        return lines, broken
