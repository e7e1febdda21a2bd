# SPDX-License-Identifier: BSD-2-Clause
"""tools.py - the programs that load, count and time

What they print is JSON; times are of CLOCK_MONOTONIC.
"""

import contextlib
import json
import os
import subprocess

import scenarios

LIMIT_SECONDS = 90
BAD = 1  # the status of a tool that did its work and did not like what it saw


class ToolError(Exception):
    """A tool could not do its work."""


def result_of(process, out, err, allowed=(0,)):
    if process.returncode not in allowed:
        raise ToolError("%s: status %d: %s" % (
            " ".join(map(str, process.args)), process.returncode,
            err.strip()[-500:]))
    return json.loads(out.strip().splitlines()[-1])


def call(*args, allowed=(0,)):
    done = subprocess.run(list(map(str, args)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=LIMIT_SECONDS, check=False)
    return result_of(done, done.stdout, done.stderr, allowed)


def target(s, server):
    """The options that say where a scenario's messages go, and their form."""
    options = ["-t", s.transport, "-c", s.senders, "-s", s.size]
    options += (["-u", server.socket] if s.transport == "unix" else
                ["-p", server.port])
    if s.transport in ("tcp", "tls"):
        options += ["-f", s.framing]
    if s.transport == "tls":
        options += ["-C", server.tls("ca.pem")]
    if s.rfc3164:
        options += ["-3"]
    return options


def popen(folder, options, program="load", prefix=()):
    return subprocess.Popen(
        [*prefix, os.path.join(folder, program), *map(str, options)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)


def end(process):
    if process.poll() is None:
        process.kill()
    process.communicate()


@contextlib.contextmanager
def idlers(folder, s, server):
    """Connections that have sent a message each and stay open."""
    if not s.idle:
        yield
        return
    process = popen(folder, ["-t", s.transport, "-p", server.port, "-c",
                             s.idle, "-i", s.senders, "-I"])
    try:
        if "READY" not in process.stdout.readline():
            raise ToolError("load -I: " + "".join(
                process.communicate(timeout=LIMIT_SECONDS)))
        yield
    finally:
        end(process)


@contextlib.contextmanager
def holders(folder, s, server):
    """All senders of a scenario, who have sent a message each and stay."""
    process = popen(folder, target(s, server) + ["-I", "-x", LIMIT_SECONDS])
    try:
        if "READY" not in process.stdout.readline():
            raise ToolError("load -I: " + "".join(
                process.communicate(timeout=LIMIT_SECONDS)))
        yield
        # It closes when we do.
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        result_of(process, out, err)
    finally:
        end(process)


class Load:
    """A load that runs."""

    def __init__(self, folder, s, server, rate, count):
        self.folder = folder
        self.program = "load"
        if server.name == scenarios.LIBRARY:
            self.program = "through"
            self.options = ["-p", server.port, "-s", s.size, "-n", count,
                            "-x", LIMIT_SECONDS]
            return
        self.options = target(s, server) + ["-n", count]
        if rate:
            self.options += ["-r", "%d" % rate]
        if s.a_write:
            self.options += ["-k", s.a_write]
        if s.offload:
            self.options += ["-g"]
        if s.window:
            self.options += ["-w", s.window]
        if s.names:
            self.options += ["-F", s.names]
        self.options += ["-x", LIMIT_SECONDS]
        self.process = None

    def __enter__(self):
        self.process = popen(self.folder, self.options, self.program)
        return self

    def is_running(self):
        return self.process.poll() is None

    def result(self):
        out, err = self.process.communicate(timeout=LIMIT_SECONDS)
        return result_of(self.process, out, err)

    def __exit__(self, *_):
        end(self.process)


def handshakes(folder, s, server, number):
    """The generator does not check the certificate: it needs more CPU for a
    handshake than a server, and would be what is measured."""
    return call(os.path.join(folder, "load"), "-t", "tls", "-p", server.port,
                "-c", s.senders, "-n", number, "-H", "-x", LIMIT_SECONDS,
                allowed=(0, BAD))


@contextlib.contextmanager
def flood(folder, server, processes):
    """Processes that make handshakes, as many as they can. They need more of
    the CPUs than the server does; were they as dear as the senders, there
    would soon be nothing to be read."""
    running = []
    try:
        for _ in range(processes):
            running.append(popen(folder, [
                "-t", "tls", "-p", server.port, "-c", 16, "-n", 1_000_000,
                "-H", "-x", 2 * LIMIT_SECONDS], prefix=("nice", "-n", "5")))
        yield
        if any(p.poll() is not None for p in running):
            raise ToolError("load -H has ended")
    finally:
        for process in running:
            end(process)


def calls(folder):
    """What a log call costs its caller: the list that caller prints."""
    done = subprocess.run([os.path.join(folder, "caller")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False,
                          timeout=2 * LIMIT_SECONDS)
    if done.returncode:
        raise ToolError("caller: status %d: %s" % (done.returncode,
                                                   done.stderr.strip()[-500:]))
    return json.loads(done.stdout)


def count(folder, senders, messages, files, apart=False):
    """What became of the messages. apart: the files were written side by
    side, so that order is looked at within each."""
    options = ["-c", senders, "-n", messages] + ["-d"] * apart
    return call(os.path.join(folder, "count"), *options, *files,
                allowed=(0, BAD))


def lag(folder, s, server, messages):
    options = target(s, server) + ["-o", server.path, "-r", s.rate,
                                   "-n", messages, "-k", s.a_write]
    return call(os.path.join(folder, "lag"), *options, allowed=(0, BAD))
