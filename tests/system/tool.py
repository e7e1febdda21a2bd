# SPDX-License-Identifier: BSD-2-Clause
"""tool.py - runs `syncline`, the user's tool

Environment: SYNCLINE_TOOL names the program (default: the one that was built
together with SYNCLINED).
"""

import os
import subprocess

import pytest

import harness

SYNCLINE = os.path.abspath(os.environ.get("SYNCLINE_TOOL", os.path.join(
    os.path.dirname(os.path.dirname(harness.SYNCLINED)), "sender",
    "syncline")))


def run(*args, cwd=None, env=None, prefix=(), stdin=None):
    """Runs it to its end: (status, standard output, standard error)."""
    done = subprocess.run(
        [*prefix, SYNCLINE, *map(str, args)], capture_output=True, cwd=cwd,
        input=stdin or b"", env=harness.clean_environment(env),
        timeout=harness.DEADLINE)
    out = done.stdout.decode("utf-8", "surrogateescape")
    err = done.stderr.decode("utf-8", "surrogateescape")
    assert not harness.SANITIZER.search(err), err
    return done.returncode, out, err


def needs_collector_with_tls():
    """Skips the test where there is none."""
    if "not supported" in harness.run(
            "-t", "-l", "tls://127.0.0.1:0", "-o", "/nothing/x")[2]:
        pytest.skip("this collector has no TLS")


def must(*args, **options):
    """The same, and it has to go well. Returns what it printed."""
    status, out, err = run(*args, **options)
    assert (status, err) == (0, ""), (args, status, out, err)
    return out
