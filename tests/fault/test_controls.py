# SPDX-License-Identifier: BSD-2-Clause
"""Each test of this folder can fail: it does, with the safety taken out; and
where there are two safeties, each of them is enough.

The controls are in controls.py. All of them in the full form; else some,
others from commit to commit.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys

import pytest

import controls
import harness
from rounds import LONG

# one copy of the tree, in which one builds at a time
pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("controls")]

PLACE = os.path.join(harness.REPO, "build", "controls")
COPY = os.path.join(PLACE, "tree")
BUILD = os.path.join(PLACE, "build")
PARTS = "collector", "sender", "tests", "conf"
COLLECTOR = "collector/synclined"
SENDER = "tests/sender/drive"  # it is built when a test of it is to fail
SHORT = 4  # in the shortened form
DEADLINE = "8"


def number_of_commit():
    """Grows with each commit; 0 in an unpacked archive."""
    found = subprocess.run(["git", "rev-list", "--count", "HEAD"],
                           cwd=harness.REPO, capture_output=True, text=True,
                           check=False)
    return int(found.stdout) if found.returncode == 0 else 0


def chosen():
    every = list(controls.CONTROLS)
    if LONG:
        return every
    first = number_of_commit() * SHORT
    return [every[(first + k) % len(every)] for k in range(SHORT)]


def copy(source, target):
    """Only what changed, so that only that is built again."""
    with open(source, "rb") as f:
        text = f.read()
    if os.path.exists(target):
        with open(target, "rb") as f:
            if f.read() == text:
                return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)
    shutil.copymode(source, target)


def copy_tree():
    """What the program is built from, as it is now."""
    for where, folders, names in os.walk(harness.REPO):
        below = os.path.relpath(where, harness.REPO)
        if below == ".":
            folders[:] = [f for f in folders if f in PARTS + ("build-aux",
                                                              "m4")]
        folders[:] = [f for f in folders if f != "__pycache__"]
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and (
                    below != "." or name not in (".git", "config.log")):
                copy(path, os.path.join(COPY, below, name))


def run(command, cwd):
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    assert done.returncode == 0, "%s: %s" % (command, done.stdout[-3000:])


def make(control):
    sends = any("test_sender" in test for test in control.tests)
    run(["make", "-j2", COLLECTOR] + [SENDER] * sends, BUILD)


@pytest.fixture(scope="module")
def tree():
    """A copy of the sources, configured: quick to build, not to run."""
    os.makedirs(BUILD, exist_ok=True)
    lock = os.open(PLACE, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    copy_tree()
    if not os.path.exists(os.path.join(BUILD, "Makefile")):
        run([os.path.join("..", "tree", "configure"), "CFLAGS=-O0"], BUILD)
    yield COPY
    os.close(lock)


def replace(path, pairs):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for old, new in pairs:
        assert text.count(old) == 1, "%s has this %d times, not once: %s" % (
            path, text.count(old), old)
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def run_test(name, folder):
    """What pytest says of it, with the program as it is built now."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("SYNCLINE_", "PYTEST_"))}
    env.update(SYNCLINED=os.path.join(BUILD, "collector", "synclined"),
               SYNCLINE_DEADLINE=DEADLINE, SYNCLINE_TINY="1")
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--basetemp",
         str(folder), os.path.join("tests", "fault", name)],
        cwd=harness.REPO, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, check=False)


@pytest.mark.parametrize("control", controls.CONTROLS, ids=lambda c: c.name)
def test_the_anchor_is_there(control):
    """In all of them, always: the code that a control changes."""
    with open(os.path.join(harness.REPO, control.source),
              encoding="utf-8") as f:
        text = f.read()
    for old, _ in control.pairs():
        assert text.count(old) == 1, control.source
    assert control.tests
    for test in control.tests:
        path = os.path.join(harness.REPO, "tests", "fault",
                            test.partition("::")[0])
        name = re.sub(r"\[.*", "", test.partition("::")[2])
        with open(path, encoding="utf-8") as f:
            assert "def %s(" % name in f.read(), test


@pytest.mark.parametrize("control", chosen(), ids=lambda c: c.name)
def test_without_the_safety_it_fails(tree, tmp_path, control):
    path = os.path.join(tree, control.source)
    replace(path, control.pairs())
    try:
        make(control)
        for number, test in enumerate(control.tests):
            done = run_test(test, tmp_path / str(number))
            assert done.returncode == (0 if control.holds else 1), \
                "%s %s: status %d, %s" % (
                    test, "failed" if control.holds else "did not fail",
                    done.returncode, done.stdout[-2000:])
            print("%s: %s" % (test, re.findall(r"^E  .*$", done.stdout,
                                               re.M)[:1]))
    finally:
        copy(os.path.join(harness.REPO, control.source), path)
