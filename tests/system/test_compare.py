# SPDX-License-Identifier: BSD-2-Clause
"""./quickstart --compare, with few lines: what it says of each method is so."""

import os
import re
import subprocess
import sys

import pytest

import harness
import tool

pytestmark = pytest.mark.alone

RUN = os.path.join(harness.REPO, "tests", "experiment", "run")
ROW = re.compile(r"^(\S.*?) {2,}([\d,]+) +([\d,]+) +(~?[\d.]+|-) +([\d,]+) +"
                 r"([\d,]+) +([\d,]+) +([\d,]+)$", re.M)
OURS = {"Syncline over tcp", "Syncline over udp", "Syncline over unix"}
SAFE = {"flock", "QueueHandler, one listener", "SQLite", "SQLite, WAL"}
LOSING = {"RotatingFileHandler", "TimedRotatingFileHandler"}


def compare(tmp_path, *args):
    """What it said, and {method: its row}."""
    done = subprocess.run(
        [sys.executable, "-B", RUN, "--once", "--compare", *map(str, args),
         "--program", harness.SYNCLINED, "--tool", tool.SYNCLINE, "--logs", tmp_path / "logs",
         "--run-folder", tmp_path], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=2 * harness.DEADLINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout, {row[0]: row[1:] for row in ROW.findall(done.stdout)}


def test_each_method_gets_the_same_load(tmp_path):
    """What loses nothing has all of it here, too. What is not installed is
    named."""
    said, rows = compare(tmp_path, "--processes", 3, "--lines", 20,
                         "--limit", 60)
    assert OURS | SAFE | LOSING <= set(rows)
    others = set(rows) - OURS - SAFE - LOSING
    missing = re.search(r"^not installed here: (.*)$", said, re.M)
    assert len(others) + len(missing[1].split(", ") if missing else []) == 3
    for name in set(rows) - LOSING:
        sent, stored, seconds, *wrong = rows[name]
        assert (sent, stored, wrong) == ("60", "60", ["0"] * 4), name
        assert not seconds.startswith("~")
    assert "~: stopped" not in said


def test_what_takes_too_long_is_reckoned(tmp_path):
    """Nobody waits for minutes, and the table says what it did not measure."""
    said, rows = compare(tmp_path, "--processes", 2, "--lines", 5000,
                         "--limit", 0.05)
    sent, stored, seconds, *wrong = rows["SQLite"]
    assert sent == stored and int(sent.replace(",", "")) < 10000
    assert seconds.startswith("~") and wrong == ["0"] * 4
    assert rows["Syncline over tcp"][0] == "10,000"
    assert "~: stopped after 0.05 s" in said
