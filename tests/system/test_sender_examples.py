# SPDX-License-Identifier: BSD-2-Clause
"""The examples of sender/examples do what they say."""

import os
import subprocess

import pytest

import harness
import live
import sending
from sending import messages
from test_readme import block

pytestmark = pytest.mark.plain


def example(name, *args, status=0, env=None):
    done = subprocess.run(
        [os.path.join(sending.BUILD, "sender", "examples", name),
         *map(str, args)], capture_output=True, stdin=subprocess.DEVNULL,
        text=True, timeout=harness.DEADLINE,
        env=harness.clean_environment(env))
    assert done.returncode == status, done.stderr
    return done.stderr


@pytest.fixture
def receiver(collect):
    c = collect()
    return c, "tcp://%s:%d" % c.address()


def test_hello(receiver):
    c, url = receiver
    assert example("hello", env={"SYNCLINE_URL": url}) == ""
    one, two = messages(c, 2)
    assert (one[0], one[3], one[7]) == ("14", "hello",
                                        "hello, this is number 1")
    assert (two[0], two[7]) == ("12", "a login failed")
    assert two[6].endswith('[kv@32473 user="root" from="192.0.2.7"]')


def test_heartbeat(receiver):
    """Until SIGTERM; what it said by then is delivered."""
    c, url = receiver
    with subprocess.Popen(
            [os.path.join(sending.BUILD, "sender", "examples", "heartbeat"),
             "1"], env=harness.clean_environment({"SYNCLINE_URL": url})) as p:
        try:
            messages(c, 2)
        finally:
            p.terminate()
    assert p.returncode == 0
    said = [m[7] for m in messages(c, 3)]
    assert said == ["heartbeat %d" % n for n in range(1, len(said))] + [
        "stopped after %d" % (len(said) - 1)]


def test_heartbeat_wants_seconds():
    assert "1 to 86400" in example("heartbeat", "0", status=2)


def test_dropin(receiver):
    c, url = receiver
    example("dropin", env={"SYNCLINE_URL": url})
    (one,) = messages(c, 1)
    assert one[3] == "dropin" and one[7] == "it works, and never blocks"


def test_loop(receiver):
    c, url = receiver
    example("loop", env={"SYNCLINE_URL": url})
    assert [m[7] for m in messages(c, 20)] == [
        "turn %d" % n for n in range(20)]


def test_spool(receiver, tmp_path):
    c, url = receiver
    folder = tmp_path / "spool"
    said = example("spool", folder, "tcp://127.0.0.1:1", status=1)
    assert "Connection refused" in said and "wait on the disk" in said
    assert "what a spool has is kept" in said
    said = example("spool", folder, "tcp://127.0.0.1:1", url)
    assert "connected to " + url in said
    assert [m[7] for m in messages(c, 20)] == [
        "important message %d" % n for n in range(10)] * 2


@pytest.mark.skipif(harness.SLOW, reason="a sanitizer's library needs more")
def test_the_program_of_the_readme(receiver, tmp_path):
    """README.md: what is there compiles as it is said, and works."""
    c, url = receiver
    (tmp_path / "myapp.c").write_text(block("c", "syncline/syslog.h"))
    lines = block("sh", "cc -Isender").splitlines()
    build = lines[0].replace("-Isender", "-I%s/sender" % harness.REPO)
    build = build.replace("build/.libs", sending.BUILD + "/.libs")
    live.installed("cc")
    subprocess.run(["sh", "-ec", build], cwd=tmp_path, check=True)
    subprocess.run(["sh", "-ec", lines[1].replace(
        "tcp://127.0.0.1:5514", url)], cwd=tmp_path, check=True)
    assert messages(c, 1)[0][3:] == ("myapp", messages(c, 1)[0][4], "-",
                                     '[meta sequenceId="1"]', "it works")


def test_the_line_of_the_readme(receiver):
    c, url = receiver
    line = block("sh", "syncline log --url").replace(
        "tcp://127.0.0.1:5514", url).replace("build/", sending.BUILD + "/")
    subprocess.run(["sh", "-ec", line], check=True)
    assert messages(c, 1)[0][3] == "hello"
