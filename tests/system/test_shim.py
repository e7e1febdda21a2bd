# SPDX-License-Identifier: BSD-2-Clause
"""The bad disk of tests/fault/shim.c does what it says, and no more.

Otherwise a test that passes with it would say nothing. Python's own calls are
what is looked at: it goes on after EINTR by itself and hides no short write.
"""

import os
import subprocess
import sys

import pytest

import shim

pytestmark = pytest.mark.fault

PRELUDE = """
import errno, os, sys
f = os.open("disk/file", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
def attempt(call, *args):
    try:
        return call(*args)
    except OSError as e:
        return errno.errorcode[e.errno]
"""


@pytest.fixture
def run(tmp_path):
    """Runs a few lines of Python on the bad disk; what they printed."""
    (tmp_path / "disk").mkdir()

    def start(code, **wants):
        return subprocess.run(
            [sys.executable, "-c", PRELUDE + code], cwd=tmp_path, check=True,
            stdout=subprocess.PIPE, text=True, timeout=60, env={
                **os.environ, **shim.environment(tmp_path, **wants)
            }).stdout

    return start


def size(tmp_path, name="file"):
    return (tmp_path / "disk" / name).stat().st_size


def test_nothing_asked_nothing_done(run, tmp_path):
    assert run("print([os.write(f, b'x' * 10) for i in range(9)],"
               "os.fsync(f), os.fdatasync(f))") == \
        "%s None None\n" % ([10] * 9)
    assert size(tmp_path) == 90


def test_every_kth_write_is_really_short(run, tmp_path):
    out = run("print([os.write(f, b'x' * 9) for i in range(6)],"
              "os.write(f, b''), [os.write(f, b'x') for i in range(3)])",
              SHORT=3)
    assert out == "[9, 9, 4, 9, 9, 4] 0 [1, 1, 1]\n"
    assert size(tmp_path) == 44 + 3


def test_a_short_writev_ends_inside_a_buffer(run, tmp_path):
    out = run("print([os.writev(f, [b'abc', b'', b'defg']), "
              "os.writev(f, [b'a'])])", SHORT=1)
    assert out == "[3, 1]\n"
    out = run("print([os.writev(f, [b'ab', b'cdefgh'])])", SHORT=1)
    assert out == "[4]\n"
    assert (tmp_path / "disk/file").read_bytes() == b"abc" b"a" b"abcd"


def test_pwrite_is_reached(run, tmp_path):
    out = run("g = os.open('disk/g', os.O_WRONLY | os.O_CREAT, 0o600);"
              "print(os.pwrite(g, b'x' * 8, 100))", SHORT=1)
    assert out == "4\n"
    assert size(tmp_path, "g") == 104


def test_the_disk_fills_in_the_middle_of_a_write(run, tmp_path):
    out = run("print([attempt(os.write, f, b'x' * 10) for i in range(4)])",
              ENOSPC_AFTER=25)
    assert out == "[10, 10, 5, 'ENOSPC']\n"
    assert size(tmp_path) == 25


def test_the_disk_is_full_while_the_flag_is_there(run, tmp_path):
    out = run("w = lambda: attempt(os.write, f, b'x' * 10)\n"
              "flag = lambda: os.close(os.open('flag', os.O_CREAT))\n"
              "print(w()); flag(); print(w(), w()); os.unlink('flag')\n"
              "print(w()); flag(); print(w())",
              ENOSPC_FILE=tmp_path / "flag")
    assert out.split() == ["10", "ENOSPC", "ENOSPC", "10", "ENOSPC"]
    assert size(tmp_path) == 20


def test_the_flag_leaves_the_room_that_was_asked_for(run, tmp_path):
    out = run("w = lambda: attempt(os.write, f, b'x' * 10)\n"
              "flag = lambda: os.close(os.open('flag', os.O_CREAT))\n"
              "print(w(), w())\n"
              "for i in range(2):\n"
              "    flag(); print(w(), w(), w()); os.unlink('flag'); print(w())",
              ENOSPC_FILE=tmp_path / "flag", ENOSPC_AFTER=13)
    assert out.split() == ["10", "10"] + ["10", "3", "ENOSPC", "10"] * 2


def test_every_kth_sync_fails(run):
    out = run("print([attempt(s, f) for i in range(3)"
              " for s in (os.fsync, os.fdatasync)])", SYNC_EIO=3)
    assert out == "%s\n" % ([None, None, "EIO"] * 2)


def test_interrupted_calls_did_nothing(tmp_path, run):
    """Python tries again, so the interruption is only seen by a C program."""
    source = tmp_path / "eintr.c"
    source.write_text("""
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <unistd.h>
        int main(void)
        {
            int f = open("disk/file", O_WRONLY | O_CREAT, 0600);
            for (int i = 0; i < 6; i++) {
                int n = i % 2 ? fsync(f) : (int)write(f, "abc", 3);
                printf("%d ", n == -1 && errno == EINTR ? -4 : n);
            }
            return 0;
        }""")
    shim.compile_c("-o", tmp_path / "eintr", source)
    out = subprocess.run(
        [tmp_path / "eintr"], cwd=tmp_path, check=True, text=True,
        stdout=subprocess.PIPE,
        env={**os.environ, **shim.environment(tmp_path, EINTR=3)}).stdout
    assert out.split() == ["3", "0", "-4", "0", "3", "-4"]
    assert size(tmp_path) == 6
    assert run("print(os.write(f, b'x'), os.write(f, b'x'))", EINTR=2) == \
        "1 1\n"


def test_only_regular_files_below_the_path_are_touched(run, tmp_path):
    out = run("r, w = os.pipe()\n"
              "g = os.open('other', os.O_WRONLY | os.O_CREAT, 0o600)\n"
              "print([attempt(os.write, x, b'x' * 10) for x in (w, g, f)])",
              ENOSPC_AFTER=0, UNDER=tmp_path / "disk")
    assert out == "[10, 10, 'ENOSPC']\n"


def test_a_wrong_number_is_no_silent_pass(tmp_path, run):
    with pytest.raises(subprocess.CalledProcessError):
        run("os.write(f, b'x')", SHORT="often")
