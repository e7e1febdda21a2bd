# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline delivers what it was given, in all the lives a program can have.

The program is tests/sender/drive.c. Faults A7, K1, K2, K4, K6.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

import harness
import live
import sending
import tlsclient
from harness import load
from sending import Drive, drive, messages, numbers

pytestmark = [pytest.mark.plain, pytest.mark.threads]

WAYS = ("tcp", "tls", "udp", "unix", "unix-stream")


@pytest.fixture(params=WAYS)
def receiver(request, collect, tmp_path):
    """A collector, and the URL of its only listener."""
    if request.param == "tls":
        certs = request.getfixturevalue("certs")
        c = collect(listen=(tlsclient.url(certs),))
        return c, sending.tls_url(c, certs, certs.right)
    return start(collect, tmp_path, request.param)


def start(collect, tmp_path, way):
    if way.startswith("unix"):
        url = "%s://%s/in.sock" % (way, tmp_path)
        return collect(listen=(url,)), url
    c = collect(listen=(way + "://127.0.0.1:0?receive_buffer=16M"
                        if way == "udp" else way + "://127.0.0.1:0",))
    return c, "%s://%s:%d" % (way, *c.address(way))


def test_everything_a_record_can_have(receiver):
    """RFC 5424 section 6: each field, escaped or cleaned; no format is read
    from data; errno is kept and %m is it. RFC-11 to RFC-18, RFC-22, RFC-30 to
    RFC-36, RFC-53."""
    c, url = receiver
    got = drive("record", url)
    assert (got["accepted"], got["sent"], got["dropped"]) == (4, 4, 0)
    host = os.uname().nodename
    record, send, kv, why = messages(c, 4)
    assert record == (
        "18", "2003-10-11T22:14:15.000003Z", host, "other_app", record[4],
        "ID_47", '[one@32473 a_b="x\\"\\]\\\\#012" n="\ufffd"]'
        '[meta n="\ufffd"]', "text%n%s")
    assert send[0] == "11" and send[3] == "drive" and send[5] == "-"
    assert send[6:] == ('[meta sequenceId="2"]', "a#000b")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}"
                        r"(Z|[+-]\d\d:\d\d)", send[1])
    assert kv[6:] == ('[meta sequenceId="3"][kv@32473 k="v%s" l=""]', "%s%n")
    assert why[7] == "why: No such file or directory"


def test_a_fork_sends_nothing_twice(receiver):
    """K2: children of a busy parent; each process has a sequence, from 1,
    and all of what it logged, in order, once."""
    if sending.is_sanitized():
        pytest.skip("in the child of threads a sanitizer's malloc may hang")
    c, url = receiver
    count, children = load(2000), 5
    got = drive("fork", url, count=count, threads=children)
    assert got["accepted"] == got["sent"] == count + 1
    # what a child did to the parent's connection: nothing
    assert (got["connects"], got["failures"]) == (1, 0)
    lines = c.wait_lines(count * (children + 1) + 2)
    found = numbers(lines)
    assert len(found) == children + 2
    assert len(lines) == count * (children + 1) + 2
    assert sorted(map(len, found.values())) == [
        1] + [count] * children + [count + 1]
    assert all(n == list(range(len(n))) for n in found.values())
    for pid, _ in found:
        mine = [line.decode() for line in lines if b" p=%d " % pid in line]
        assert all(" drive %d - " % pid in line for line in mine)
        assert [int(sending.SEQUENCE.search(line)[1]) for line in mine] == \
            list(range(1, len(mine) + 1))


def test_threads_keep_their_order(receiver):
    """Many threads; nothing is lost where the caller may wait for room."""
    c, url = receiver
    # over UDP nobody waits for a collector that is slow
    threads, count = 8, 200 if url.startswith("udp") else load(10000)
    got = drive("flood", url, threads=threads, count=count, overflow=2,
                block=30000, memory=1 << 16)
    assert got["dropped"] == 0 and got["sent"] == threads * count
    found = numbers(c.wait_lines(threads * count))
    assert len(found) == threads
    assert all(n == list(range(count)) for n in found.values())


def test_a_storm_of_signals(receiver):
    """K4: a handler that logs, within calls of every kind: nothing hangs,
    nothing is lost, errno is kept."""
    c, url = receiver
    got = drive("signals", url, count=load(5000), memory=1 << 24,
                pace=2000 if harness.SLOW else 50)
    handlers, refused, errnos = map(int, re.search(
        r"(\d+) sent, (\d+) refused, (\d+) errno", got["said"]).groups())
    assert handlers > 0 and refused == errnos == 0
    lines = c.wait_lines(got["sent"])
    assert sum(b" from a handler" in line for line in lines) == handlers


def test_closed_and_reused_descriptors(receiver):
    """K6: nothing is written to what is not ours, and nothing is lost."""
    c, url = receiver
    got = drive("descriptors", url, count=50)
    assert got["sent"] == 51 and got["connects"] == 2
    lines = c.wait_lines(51)
    assert [b"after n=%d" % n in line for n, line in enumerate(lines[1:])] \
        == [True] * 50


def test_a_loop_of_the_program(receiver):
    """No thread: syncline_fd, _events, _timeout, _step."""
    c, url = receiver
    got = drive("loop", url, count=load(5000))
    found, = numbers(c.wait_lines(got["sent"])).values()
    assert found == list(range(load(5000)))


def test_syslog_by_its_header(receiver):
    """The drop-in: ident is copied, facility, mask, %m, LOG_PERROR; exit(3)
    sends what waits."""
    c, url = receiver
    got = drive("dropin", "-", env={"SYNCLINE_URL": url})
    found = messages(c, 4)
    name = os.path.basename(sending.DRIVE)
    assert [(m[0], m[3], m[7]) for m in found] == [
        ("14", name, "before openlog"),
        ("156", "first", "one text 2: No such file or directory"),
        ("19", "second", "two"), ("155", "second", "three")]
    assert re.fullmatch(r"second\[\d+\]: three\n", got["said"])


def test_texts_of_any_length(receiver):
    """K1: 1 MiB is cut to max_message, between two characters, and counted;
    so is the name."""
    c, url = receiver
    got = drive("long", url)
    assert got["cut"] == 3 and got["sent"] == 4
    one, two, three, empty = messages(c, 4)
    assert one[3] == "x" * 48 and one[7] == two[7] == "x" * 8192
    assert len(three[7].encode()) == 8191 and set(three[7][1:]) == {"\u00e4"}
    assert empty[7] is None


def test_another_connection(receiver):
    """syncline_reopen: all of the old one arrives, in order, before."""
    c, url = receiver
    got = drive("reopen", url, count=load(5000))
    assert got["connects"] == 2 and got["failures"] == got["resent"] == 0
    found, = numbers(c.wait_lines(load(5000))).values()
    assert sorted(found) == list(range(load(5000)))


@pytest.mark.parametrize("way", ("tcp", "unix"))
def test_another_connection_to_one_that_hangs(collect, tmp_path, way):
    """What is on its way arrives when it goes on, and then the rest."""
    c, url = start(collect, tmp_path, way)
    c.signal(signal.SIGSTOP)
    one = Drive("reopen", url, count=5000, pace=50)
    while one.process.stderr.readline() not in ("queued\n", ""):
        pass
    c.signal(signal.SIGCONT)
    got = one.end()
    assert got["connects"] == 2 and got["dropped"] == 0
    found, = numbers(c.wait_lines(5000)).values()
    assert sorted(found) == list(range(5000))


def test_a_mask(receiver):
    c, url = receiver
    assert drive("mask", url)["accepted"] == 1
    assert messages(c, 1)[0][7] == "yes"


def test_a_datagram_that_is_too_long_is_cut(collect, tmp_path):
    """EMSGSIZE: cut to what the socket takes, and counted."""
    c, url = start(collect, tmp_path, "udp")
    got = drive("flood", url, size=65000, count=2, max_message=65536,
                memory=1 << 21, flags=1)
    assert got["sent"] == 2 and got["cut"] == 0
    got = drive("flood", url, size=65500, count=2, max_message=65536,
                memory=1 << 21)
    assert got["sent"] == 2 and got["cut"] == 2
    lines = c.wait_lines(4)
    assert [len(line) > 65000 for line in lines] == [True] * 4


def test_lines_and_the_old_format(collect, tmp_path):
    """SYNCLINE_LF, SYNCLINE_RFC3164 with a PID: what old collectors read."""
    url = "tcp://127.0.0.1:0?framing=lf"
    c = collect(listen=(url,), args=("-f", "raw"))
    drive("flood", "tcp://%s:%d" % c.address(), flags=2 | 4 | 64, count=2)
    host = os.uname().nodename.partition(".")[0]
    assert all(re.fullmatch(
        r"<14>[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d " + re.escape(host) +
        r" drive\[\d+\]: p=\d+ t=0 n=%d 0" % n, line.decode())
        for n, line in enumerate(c.wait_lines(2)))


def test_dev_log_is_spoken_to_as_syslog_does(collect, tmp_path, private):
    """unix:///dev/log: RFC 3164 without a host, what journald reads, too."""
    path = str(tmp_path / "log")
    c = collect(listen=("unix://" + path,), args=("-f", "raw"))
    drive("flood", "unix:///dev/log", prefix=live.with_dev_log(private, path))
    line, = c.wait_lines(1)
    assert re.fullmatch(rb"<14>[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d "
                        rb"drive: p=\d+ t=0 n=0 0", line)


def test_a_set_uid_program_ignores_the_environment(collect, tmp_path):
    """K5: secure_getenv: who runs it does not choose where it sends to."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    c, url = start(collect, tmp_path, "tcp")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = shutil.copy(sending.DRIVE, folder)
        for mode, lines in ((0o755, 4), (0o4755, 4)):
            os.chmod(copy, mode)
            done = subprocess.run(
                ["setpriv", "--reuid", "65534", "--clear-groups", copy,
                 "dropin", "-"], cwd="/",
                env=harness.clean_environment({"SYNCLINE_URL": url}),
                capture_output=True, timeout=harness.DEADLINE)
            assert done.returncode == 0, done.stderr
            assert len(c.wait_lines(lines)) == lines


@pytest.mark.parametrize("options,says", (
    ({"flags": 3}, "RFC 3164 or 5424, not both"),
    ({"flags": 4096}, "unknown ones are set"),
    ({"flags": 128, "overflow": 2}, "would wait for a thread"),
    ({"memory": 1000}, "64 KiB to 1 GiB, not 1000"),
    ({"max_message": 65536}, "a 20th of opts.memory, not 65536"),
    ({"overflow": 9}, "opts.overflow is none"),
    ({"block": -1}, "a time is negative"),
    ({"spool": "/tmp", "spool_size": 1000}, "at least 1 MiB"),
    ({"spool": "/proc/1/x"}, "/proc/1/x: "),
))
def test_a_wrong_option_is_said(options, says):
    """Errors name the thing, the cause and the cure."""
    assert says in drive("flood", "udp://127.0.0.1:9", status=1,
                         **options)["said"]


def test_nothing_but_syncline_is_exported():
    """The names of libsyncline.so, and what it needs: libc and OpenSSL."""
    so = os.path.join(sending.BUILD, ".libs", "libsyncline.so")
    if not os.path.exists(so):
        pytest.skip("no shared library was built")
    names = subprocess.run(["nm", "-D", "--defined-only", so], check=True,
                           capture_output=True, text=True).stdout
    found = {line.split()[2].partition("@")[0] for line in names.splitlines()}
    assert len(found) >= 25
    assert all(re.match(r"(syncline_|LIBSYNCLINE_|__[a-z]+san_)", name)
               for name in found), found
    needs = subprocess.run(["readelf", "-d", so], check=True,
                           capture_output=True, text=True).stdout
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", needs))
    assert all(re.match(r"lib(c|ssl|crypto|pthread|[a-z]+san)\.so", name)
               for name in needed), needed
