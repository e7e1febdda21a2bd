# SPDX-License-Identifier: BSD-2-Clause
"""sending.py - runs tests/sender/drive, a program that uses libsyncline"""

import json
import os
import re
import shlex
import subprocess

import harness
import live

BUILD = os.path.dirname(os.path.dirname(harness.SYNCLINED))
DRIVE = os.path.join(BUILD, "tests", "sender", "drive")
# What they run under, if anything: valgrind, by `./quickstart check valgrind`.
UNDER = shlex.split(os.environ.get("SYNCLINE_UNDER", ""))
NUMBERED = re.compile(r"p=(\d+) t=(\d+) n=(\d+)")
SEQUENCE = re.compile(r'sequenceId="(\d+)"')


def options(named):
    """count=5, max_message=9 as --count 5 --max-message 9."""
    words = []
    for name, value in named.items():
        words += ["--" + name.replace("_", "-"), str(value)]
    return words


def is_tsan():
    """ThreadSanitizer cannot start threads in the child of a fork."""
    with open(DRIVE, "rb") as f:
        return b"__tsan_init" in f.read()


def is_sanitized():
    with open(DRIVE, "rb") as f:
        return b"san_init" in f.read()


class Drive:
    """One run of drive, in the background."""

    def __init__(self, job, url, prefix=(), env=None, **named):
        self.process = subprocess.Popen(
            [*prefix, *UNDER, DRIVE, job, url, *options(named)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace",
            env=harness.clean_environment(env))
        self.pid = self.process.pid

    def end(self, status=0):
        """Waits for its end; returns its statistics, what it said with them
        as "said"."""
        try:
            out, said = self.process.communicate(timeout=harness.DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert not harness.SANITIZER.search(said), said
        assert self.process.returncode == status, (
            self.process.returncode, out, said)
        found = json.loads(out.splitlines()[-1]) if out.strip() else {}
        found["said"] = said
        return found


def drive(job, url, status=0, **named):
    return Drive(job, url, **named).end(status)


def tls_url(to, certs, cert=None, **params):
    """A tls:// URL to a collector, or a port of this machine; ca is that of
    certs, cert is ours; a parameter that is None is left out."""
    port = to if isinstance(to, int) else to.address("tls")[1]
    params = {"ca": certs.ca, **params}
    if cert:
        params = {"certificate": cert + ".pem", "key": cert + ".key", **params}
    return "tls://127.0.0.1:%d?%s" % (port, "&".join(
        "%s=%s" % pair for pair in params.items() if pair[1] is not None))


def messages(collector, count):
    """The first count messages of the collector's file, parsed."""
    parsed = []
    for line in collector.wait_lines(count):
        m = live.LINE.fullmatch(line.decode())
        assert m, line
        parsed.append(m.groups())
    return parsed


def numbers(lines):
    """{(process, thread): [numbers in the order of arrival]}."""
    found = {}
    for line in lines:
        m = NUMBERED.search(line.decode() if isinstance(line, bytes) else line)
        if m:
            found.setdefault((int(m[1]), int(m[2])), []).append(int(m[3]))
    return found


def first_of_each(many):
    """Without those that came again."""
    seen = set()
    return [n for n in many if not (n in seen or seen.add(n))]
