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


def shares(s, count):
    """Of each generator: its first sender, how many, and their messages.
    Each sender has as many messages as beside all others in one."""
    per, more = divmod(count, s.senders)
    for k in range(s.generators):
        first = s.senders * k // s.generators
        past = s.senders * (k + 1) // s.generators
        yield (first, past - first, per * (past - first) +
               max(0, min(past, more) - min(first, more)))


def flow_options(s, server, rate):
    options = target(s, server)
    if rate:
        options += ["-r", "%d" % rate]
    if s.a_write:
        options += ["-k", s.a_write]
    if s.offload:
        options += ["-g"]
    if s.window:
        options += ["-w", s.window]
    if s.names:
        options += ["-F", s.names]
    return options


class Load:
    """A load that runs."""

    def __init__(self, folder, s, server, rate, count):
        self.folder = folder
        self.program = "load"
        self.running = []
        if server.name == scenarios.LIBRARY:
            self.program = "through"
            self.options = [["-p", server.port, "-s", s.size, "-n", count]]
            return
        # what is said twice counts the second time
        self.options = [
            flow_options(s, server, rate / s.generators) +
            ["-c", senders, "-i", first, "-n", messages]
            for first, senders, messages in shares(s, count)]

    def __enter__(self):
        for options in self.options:
            self.running.append(popen(
                self.folder, options + ["-x", LIMIT_SECONDS], self.program))
        return self

    def is_running(self):
        return any(p.poll() is None for p in self.running)

    def result(self):
        """From the first message of the first of them to the last one of
        the last."""
        all_of_them = []
        for process in self.running:
            out, err = process.communicate(timeout=LIMIT_SECONDS)
            all_of_them.append(result_of(process, out, err))
        if len(all_of_them) == 1:
            return all_of_them[0]
        first = min(r["first_ns"] for r in all_of_them)
        last = max(r["last_ns"] for r in all_of_them)
        return {"sent": sum(r["sent"] for r in all_of_them),
                "cpu": sum(r["cpu"] for r in all_of_them),
                "seconds": (last - first) / 1e9,
                "first_ns": first, "last_ns": last}

    def __exit__(self, *_):
        for process in self.running:
            end(process)


def handshakes(folder, s, server, number):
    """The generators do not check the certificate: they need more CPU for a
    handshake than a server, and would be what is measured."""
    running = []
    try:
        for _, senders, messages in shares(s, number):
            running.append(popen(folder, [
                "-t", "tls", "-p", server.port, "-c", senders,
                "-n", messages, "-H", "-x", LIMIT_SECONDS]))
        done = [result_of(p, *p.communicate(timeout=LIMIT_SECONDS),
                          allowed=(0, BAD)) for p in running]
    finally:
        for process in running:
            end(process)
    return {"handshakes": sum(r["handshakes"] for r in done),
            "failed": sum(r["failed"] for r in done),
            "rate": sum(r["handshakes"] for r in done) /
            max(r["seconds"] for r in done)}


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
