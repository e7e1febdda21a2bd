# SPDX-License-Identifier: BSD-2-Clause
"""A program that calls syslog(3) is served through /dev/log.

glibc, unchanged, in a mount namespace where /dev/log is our socket: as a
datagram socket and as a stream socket (glibc ends its messages with NUL then).
"""

import json
import os
import subprocess

import pytest

import harness

COUNT = 200
# A fresh /dev whose log is the socket given; then the command.
INSIDE = ('socket=$1; shift; mount -t tmpfs none /dev && '
          'ln -s "$socket" /dev/log && exec "$@"')


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    source = os.path.join(os.path.dirname(__file__), "clients", "syslog3.c")
    built = str(tmp_path_factory.mktemp("client") / "syslog3")
    subprocess.run(["cc", "-o", built, source], check=True)
    return built


@pytest.mark.parametrize("ident", ["mailer", "with blank", "/usr/sbin/x"])
@pytest.mark.parametrize("scheme", ["unix", "unix-stream"])
def test_syslog3(collect, tmp_path, private, program, scheme, ident):
    """Every message, with tag, pid, facility and severity; a newline inside
    stays in its message."""
    c = collect(listen=("%s://%s/log" % (scheme, tmp_path),),
                args=("-f", "json", "--hostname", "collector1"))
    client = subprocess.Popen(private + [
        "sh", "-c", INSIDE, "sh", c.address(scheme), program, ident,
        str(COUNT), "text"])
    assert client.wait(harness.DEADLINE) == 0
    got = [json.loads(line) for line in c.wait_lines(COUNT + 1)]
    assert [m["msg"] for m in got] == [
        "text %d" % n for n in range(COUNT)] + ["two\nlines"]
    for m in got:
        assert m["app_name"] == ident
        assert m["procid"] == str(m["pid"]) == str(client.pid)
        assert m["uid"] == os.geteuid()
        assert m["format"] == "rfc3164" and m["hostname"] in (
            None, "collector1")
    assert {(m["facility"], m["severity"]) for m in got[:-1]} == {
        ("mail", "warning")}
    assert (got[-1]["facility"], got[-1]["severity"]) == ("local3", "debug")
