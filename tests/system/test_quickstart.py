# SPDX-License-Identifier: BSD-2-Clause
"""./quickstart: what it prints to be typed works as it stands, in TLS, too"""

import contextlib
import os
import re
import signal
import subprocess
import sys

import pytest

import harness
import tool

pytestmark = pytest.mark.alone

RUN = os.path.join(harness.REPO, "tests", "experiment", "run")


def command(folder, *args):
    return [sys.executable, RUN, "--processes", "2", "--lines", "20",
            "--program", harness.SYNCLINED, "--tool", tool.SYNCLINE,
            "--logs", str(folder / "logs"), "--run-folder", str(folder),
            *args]


@contextlib.contextmanager
def running(folder):
    """One that stays up, and what it printed until then."""
    p = subprocess.Popen(command(folder), stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         cwd=harness.REPO, text=True,
                         env=harness.clean_environment(None))
    said = ""
    try:
        for line in p.stdout:
            said += line
            if "/metrics" in line:
                break
        assert p.poll() is None, said + p.stderr.read()
        yield said
        p.send_signal(signal.SIGINT)
        assert p.wait(harness.DEADLINE) == 0, p.stderr.read()
    finally:
        if p.poll() is None:
            p.terminate()
            p.wait()
        p.stdout.close()
        p.stderr.close()


def try_it(text):
    done = subprocess.run(["sh", "-c", text], cwd=harness.REPO, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=harness.DEADLINE, check=False)
    assert done.returncode == 0, (text, done.stdout, done.stderr)


def test_what_it_prints(tmp_path):
    """logger, and TLS by our tool and by OpenSSL's."""
    tool.needs_collector_with_tls()
    with running(tmp_path) as said:
        logger = re.search(r"^  logger +(.*)$", said, re.M)[1]
        text = said[said.index("made for this:") + 14:said.index("  counters")]
        ours, openssl = re.split(r"\n(?= +echo)", text)
        log = tmp_path / "logs" / "quickstart.log"
        for number, line in enumerate((logger, ours, openssl), 1):
            try_it(line)
            harness.eventually(lambda n=number: log.read_text().count(
                "it works") == n, what=log.read_text)
    assert (tmp_path / "quickstart-tls" / "ca.key").stat().st_mode & 0o77 == 0


def test_the_certificates_stay(tmp_path):
    """What was copied from the screen yesterday works today; what is spoilt
    is made again."""
    tool.needs_collector_with_tls()

    def once(*args):
        done = subprocess.run(
            command(tmp_path, "--once", *args), cwd=harness.REPO, text=True,
            capture_output=True, timeout=2 * harness.DEADLINE, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[-1].startswith(
            "40 sent, 40 stored, 0 missing, 0 doubled, 0 mixed, ")
        return (tmp_path / "quickstart-tls" / "collector.pem").read_bytes()

    first = once("--sender", "builtin", "--transport", "tls")
    assert once() == first
    (tmp_path / "quickstart-tls" / "clients" / "quickstart" /
     "client.key").write_text("gone")
    assert once("--sender", "builtin", "--transport", "tls") != first


def test_a_port_that_is_taken(tmp_path):
    """Then the next one, for TLS, too."""
    tool.needs_collector_with_tls()
    beside = tmp_path / "beside"
    beside.mkdir()
    with running(tmp_path) as said, running(beside) as other:
        mine, its = (re.search(r"tls 127\.0\.0\.1:(\d+)", s)[1]
                     for s in (said, other))
        assert mine != its


@pytest.mark.parametrize("sender", ["python", "logger"])
def test_who_cannot_do_tls(tmp_path, sender):
    done = subprocess.run(
        command(tmp_path, "--sender", sender, "--transport", "tls"),
        capture_output=True, text=True, check=False, cwd=harness.REPO)
    assert done.returncode == 2 and "--sender builtin can" in done.stderr
