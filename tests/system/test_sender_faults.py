# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline while collectors die, hang, and are not there at all.

Faults A6, A7, C1, C5, C11, K2, K3: everything arrives, or is counted and said.
"""

import errno
import os
import random
import re
import signal
import socket
import struct
import threading
import time

import pytest

import harness
import senders
import sending
import tlsclient
from harness import eventually, load
from sending import Drive, drive, first_of_each, numbers

pytestmark = [pytest.mark.plain, pytest.mark.threads]


def free_port():
    """One that nobody is given meanwhile; it may be bound again and again."""
    with senders.free_port() as port:
        return port


@pytest.fixture(params=("tcp", "tls"))
def place(request):
    """A listener that may come back, and the URL of who sends to it."""
    port = free_port()
    if request.param == "tcp":
        url = "tcp://127.0.0.1:%d" % port
        return url, url
    certs = request.getfixturevalue("certs")
    return (tlsclient.url(certs).replace(":0?", ":%d?" % port),
            sending.tls_url(port, certs, certs.right))


@pytest.fixture(params=("tcp", "tls"))
def serve(request, collect, tmp_path_factory):
    """Starts a collector in a folder of its own; returns it and the URL of
    who sends to it."""
    certs = request.param == "tls" and request.getfixturevalue("certs")

    def start():
        c = collect(
            folder=tmp_path_factory.mktemp("serve"),
            listen=(tlsclient.url(certs) if certs else "tcp://127.0.0.1:0",))
        return c, (sending.tls_url(c, certs, certs.right) if certs else
                   "tcp://%s:%d" % c.address())
    return start


def test_a_collector_that_is_killed_again_and_again(collect, place):
    """K2: SIGKILL in the middle of it, for several processes. What TCP cannot
    know is counted; everything else arrives, in order; what came twice was
    counted as sent again."""
    listener, url = place
    count, processes, kills = load(4000), 4, 4
    c = collect(listen=(listener,))
    # as long in a slow build, with fewer messages
    crowd = [Drive("flood", url, count=count, pace=400000 // count, retry=100,
                   overflow=2, block=60000, timeout=30000)
             for _ in range(processes)]
    for n in range(kills):
        goal = (n + 1) * count * processes // (kills + 2)
        # what was lost with a kill may have been the last of it
        eventually(lambda: c.count_lines() >= goal or n > 0 and
                   all(d.process.poll() is not None for d in crowd))
        c.kill()
        c = collect(listen=(listener,))
    results = [drive.end() for drive in crowd]
    doubled = 0
    c.stop()
    found = numbers(c.lines())
    assert found  # what was stored before the first kill
    # with a kill all of a process may be lost: it is counted like any other
    lost = (processes - len(found)) * count
    for many in found.values():
        once = first_of_each(many)
        assert once == sorted(once)
        lost += count - len(once)
        doubled += len(many) - len(once)
    assert all(r["connects"] >= 1 for r in results)
    # a collector that stores within a second; a slow build may not
    if not harness.SLOW:
        assert lost <= sum(r["uncertain"] for r in results), (lost, results)
    assert doubled <= sum(r["resent"] for r in results), (doubled, results)


def test_a_collector_that_stops_in_order_loses_nothing(collect, place):
    """SIGTERM under load: what it had acknowledged is in its file, the rest
    waits for the next one."""
    listener, url = place
    count = load(5000)
    c = collect(listen=(listener,))
    one = Drive("flood", url, count=count, pace=50, retry=100,
                memory=1 << 22)
    for n in (1, 2):
        eventually(lambda: c.count_lines() >= n * count // 3)
        c.stop()
        c = collect(listen=(listener,))
    got = one.end()
    assert got["dropped"] == 0
    found, = numbers(c.wait_lines(count)).values()
    assert first_of_each(found) == list(range(count))


@pytest.mark.parametrize("way", ("tcp", "tls", "udp", "unix"))
def test_a_collector_that_hangs_holds_up_nobody(
        collect, request, tmp_path, way):
    """K3: SIGSTOP: no call waits; what finds no room is counted by severity,
    and the collector is told, and sees the gap in the numbers.
    SYNCLINE_LONG=1: TCP for more than a minute."""
    if way == "unix":
        url = "unix://%s/in.sock" % tmp_path
        c = collect(listen=(url,))
    elif way == "tls":
        certs = request.getfixturevalue("certs")
        c = collect(listen=(tlsclient.url(certs),))
        url = sending.tls_url(c, certs, certs.right)
        drive("flood", url)  # a handshake would not end while it is stopped
    else:
        c = collect(listen=(way + "://127.0.0.1:0?receive_buffer=64K"
                            if way == "udp" else way + "://127.0.0.1:0",))
        url = "%s://%s:%d" % (way, *c.address(way))
    count = 40000
    c.signal(signal.SIGSTOP)
    one = Drive("flood", url, count=count, size=400, severity=-1,
                timeout=120000, stall=1)
    said = one.process.stderr
    line = said.readline()
    while not line.startswith("slowest"):
        line = said.readline()
    if harness.LONG and way == "tcp":
        time.sleep(70)  # and longer than a dead one is waited for
    c.signal(signal.SIGCONT)
    got = one.end()
    assert int(line.split()[1]) < 500000  # a busy machine, not a wait
    if way == "udp":
        return  # the kernel drops, and nobody hangs
    # there is no other URL: it is waited for (TLS has yet to shake hands)
    assert way == "tls" or got["failures"] == 0
    assert got["dropped"] > 0 and got["accepted"] + got["dropped"] == count
    # the least severe went first
    severities = got["severities"]
    assert severities[7] > severities[5] + 8 > severities[3] + 16
    lines = c.wait_lines(got["sent"])
    for found in numbers(lines).values():
        assert found == sorted(set(found))
    reports = [line.decode() for line in lines if b"libsyncline: " in line]
    assert len(reports) == got["sent"] - got["accepted"]
    told = [int(re.search(r"libsyncline: (\d+) messages dropped", r)[1])
            for r in reports]
    assert sum(told) == got["dropped"]
    assert reports[0].startswith("<44>1 ")
    # RFC 5424 section 7.3.1: the numbers prove it
    last = max(int(sending.SEQUENCE.search(line.decode())[1])
               for line in lines)
    assert last == got["sent"] + got["dropped"]


def calls_of_the_caller(url, tmp_path, **named):
    """By strace: the system calls of the thread that logs 300 messages."""
    trace = tmp_path / "trace"
    drive("flood", url, count=300, pace=500, prefix=(
        "strace", "-f", "-o", str(trace), "--"),
        env={"LSAN_OPTIONS": "detect_leaks=0"}, **named)
    lines = trace.read_text(errors="replace").splitlines()
    sleeps = [n for n, line in enumerate(lines) if "nanosleep(" in line]
    who = lines[sleeps[0]].split()[0]
    return [line for line in lines[sleeps[0]:sleeps[-1]]
            if line.split()[0] == who and not re.search(
                "nanosleep|clock_gettime|gettimeofday|getpid|SIG|[+]{3}",
                line)]


def test_no_call_of_the_caller_can_block(collect, tmp_path):
    """The thread that logs makes no system call but the clock's and a futex
    that wakes."""
    c = collect()
    calls = calls_of_the_caller("tcp://%s:%d" % c.address(), tmp_path)
    c.wait_lines(300)
    assert all(re.search(r"futex\(.*FUTEX_WAKE_PRIVATE", line)
               for line in calls), calls


def test_where_nobody_is_the_caller_wakes_nobody(tmp_path):
    """Nor that: the library's thread could do nothing with a message."""
    assert not calls_of_the_caller(
        "tcp://127.0.0.1:%d" % free_port(), tmp_path, status=1, timeout=0)


@pytest.mark.parametrize("where", ("tcp", "file"))
def test_what_can_go_nowhere_keeps_nobody_busy(tmp_path, where):
    """The spool is full, and nobody is there: who sends waits for that, and
    uses no CPU."""
    url = ("tcp://127.0.0.1:%d" % free_port() if where == "tcp" else
           "file://%s/spool" % tmp_path)
    got = drive("flood", url, status=1, count=3000, size=600, timeout=3000,
                memory=4 << 20, spool_size=1 << 20,
                **({"spool": tmp_path / "spool"} if where == "tcp" else {}))
    assert "event: spool failed" in got["said"]
    assert got["dropped"] == 0 and 0 < got["spooled"] < 3000
    assert got["flush"] == -errno.ETIMEDOUT
    assert got["flush_cpu"] < 300


def test_a_child_opens_its_spool_in_the_background(collect, tmp_path):
    """By strace: its first call touches no disk; the thread does."""
    if sending.is_sanitized():
        pytest.skip("in the child of threads a sanitizer's malloc may hang")
    c = collect()
    trace = tmp_path / "trace"
    drive("fork", "tcp://%s:%d" % c.address(), count=4, threads=2,
          spool=tmp_path / "spool", prefix=(
              "strace", "-f", "-e", "trace=process,flock", "-o", str(trace),
              "--"))
    text = trace.read_text(errors="replace")
    children = set(re.findall(  # threads are made by clone3(2)
        r"(?:SIGCHLD|<\.\.\. clone resumed>).* = (\d+)$", text, re.M))
    lockers = re.findall(r"^(\d+) +flock\(", text, re.M)
    assert len(children) >= 4 and len(set(lockers)) >= 3
    assert not children & set(lockers)


@pytest.mark.parametrize("spool", (False, True))
def test_close_where_nobody_is_there_ends_in_time(tmp_path, spool):
    """Also when it is long until somebody is looked for again, and when the
    spool is full."""
    got = drive("close", "tcp://127.0.0.1:%d" % free_port(), timeout=100,
                count=3000, size=600, memory=4 << 20, retry=60000,
                retry_min=60000, **({"spool": tmp_path / "spool",
                                     "spool_size": 1 << 20} if spool else {}))
    assert got["close"] == -errno.ECANCELED
    assert 0.1 <= got["took"] < 10  # a busy machine, not a wait


def test_what_could_not_be_sent_is_sent_by_the_next_process(
        collect, place, tmp_path):
    """A7: the destination is down; processes come, spool, die and end; then
    it is up: all, in order, once."""
    (listener, url), spool = place, tmp_path / "spool"
    count = load(5000)
    drive("crash", url, status=-signal.SIGKILL, count=count, spool=spool,
          spool_size=64 << 20)
    for _ in range(3):
        got = drive("flood", url, status=1, count=10, spool=spool, timeout=0)
        assert got["flush"] < 0 and got["dropped"] == 0
    c = collect(listen=(listener,))
    got = drive("flood", url, count=1, spool=spool)
    assert got["replayed"] >= count and got["damaged"] == 0
    assert got["spool_bytes"] == 0
    lines = c.wait_lines(count + 31)
    assert len(lines) == count + 31
    assert numbers(lines)[0, 0] == list(range(count))


def test_a_folder_alone(collect, tmp_path):
    """file://: everything goes to the spool, for somebody else to send."""
    got = drive("flood", "file://%s/spool" % tmp_path, count=100)
    assert got["spooled"] == 100
    c = collect()
    got = drive("flood", "tcp://%s:%d" % c.address(), count=1,
                spool=tmp_path / "spool")
    assert got["replayed"] >= 100
    lines = c.wait_lines(101)
    assert sorted(map(len, numbers(lines).values())) == [1, 100]


def test_a_disk_that_refused_the_spool_for_a_while(tmp_path):
    """Nothing is lost, and who waits for the library does not spin then."""
    got = drive("refused", "tcp://127.0.0.1:%d" % free_port(), status=1,
                count=20, spool=tmp_path / "spool", timeout=0, retry=60000)
    assert "event: spool failed" in got["said"]
    assert got["spooled"] == 20 and got["dropped"] == 0
    assert int(re.search(r"at once: (\d+)", got["said"])[1]) < 50


def test_a_power_cut_leaves_the_spool_its_names(tmp_path):
    """By strace: before flush says that all is on the disk, the files are
    synced, and the folder behind each new one; those above it once."""
    spool, trace = tmp_path / "spool", tmp_path / "trace"
    got = drive("flood", "file://%s" % spool, count=800, size=500, pace=100,
                spool_size=1 << 20, env={"LSAN_OPTIONS": "detect_leaks=0"},
                prefix=("strace", "-f", "-y", "-e", "trace=fsync,fdatasync",
                        "-o", str(trace), "--"))
    assert got["flush"] == got["close"] == 0
    synced = re.findall(r"sync\(\d+<(.*?)>\) += 0",
                        trace.read_text(errors="replace"))
    part = str(spool / "00")
    segments = sorted(n for n in os.listdir(part) if n.endswith(".log"))
    assert len(segments) > 3
    last = 0
    for name in segments:
        assert part in synced[synced.index("%s/%s" % (part, name)):]
    assert synced.count(part) == len(segments)
    assert synced.count(str(spool)) == synced.count(str(tmp_path)) == 1


@pytest.mark.parametrize("call", ("fsync", "fdatasync"))
def test_a_spool_that_cannot_be_synced_is_not_on_the_disk(tmp_path, call):
    """Neither flush nor close says so."""
    got = drive("flood", "file://%s/spool" % tmp_path, status=1, timeout=1500, pace=200000,
                env={"LSAN_OPTIONS": "detect_leaks=0"}, prefix=(
                    "strace", "-f", "-e", "inject=%s:error=EIO" % call,
                    "-o", str(tmp_path / "trace"), "--"))
    assert "event: spool failed 0 spool: cannot sync" in got["said"]
    assert got["said"].count("spool failed") == 1
    assert got["flush"] == -errno.ETIMEDOUT
    assert got["close"] == -errno.ECANCELED


def whole_calls(trace):
    """The lines of strace; it writes a call in two parts when that of another
    thread comes in between."""
    begun, lines = {}, []
    for line in trace.read_text(errors="replace").splitlines():
        thread, rest = line.split(None, 1)  # a short number is filled up
        end = re.match(r" *<\.\.\. \w+ resumed>(.*)", rest)
        if rest.endswith("<unfinished ...>"):
            begun[thread] = rest[:-len("<unfinished ...>")].rstrip()
        else:
            lines.append(begun.pop(thread, "") + end[1] if end else rest)
    return "\n".join(lines)


@pytest.mark.parametrize("call", ("fsync", "fdatasync"))
def test_a_sync_that_failed_once_is_not_believed(collect, tmp_path, call):
    """Fault B6, by strace: the first fails, and then the kernel would say that
    all is well. Flush says so when another file has everything."""
    spool, trace = tmp_path / "spool", tmp_path / "trace"
    got = drive("flood", "file://%s" % spool, count=50, env={
        "LSAN_OPTIONS": "detect_leaks=0"}, prefix=(
            "strace", "-f", "-e", "trace=openat,renameat,fdatasync,fsync",
            "-e", "inject=%s:error=EIO:when=1" % call, "-o", str(trace), "--"))
    assert got["flush"] == got["close"] == 0
    text = whole_calls(trace)
    failed = text.index("(INJECTED)")
    copied = text.index('"copy", O_RDWR', failed)
    assert re.search(r"fdatasync\(\d+\) += 0\n(.*\n)*?renameat\(.*, "
                     r'"0000000000000001.log"\) += 0\n(.*\n)*?'
                     r"fsync\(\d+\) += 0", text[copied:])
    c = collect()
    got = drive("flood", "tcp://%s:%d" % c.address(), spool=spool)
    assert got["replayed"] >= 50 and got["damaged"] == 0
    assert sorted(map(len, numbers(c.wait_lines(51)).values())) == [1, 50]


def test_a_full_disk_at_the_end_is_told_by_close(tmp_path):
    """Of a folder alone, too: what is in a buffer is not in a file."""
    got = drive("flood", "file://%s/spool" % tmp_path, status=1, timeout=0,
                prefix=("sh", "-c", 'trap "" XFSZ; ulimit -f 0; exec "$@"',
                        "sh"))
    assert "event: spool failed 0 spool: cannot write" in got["said"]
    assert got["close"] == -errno.ECANCELED
    assert got["spooled"] == 0


def test_each_process_has_its_part_of_a_spool(collect, tmp_path):
    port, spool = free_port(), tmp_path / "spool"
    url = "tcp://127.0.0.1:%d" % port
    crowd = [Drive("flood", url, count=200, pace=100, spool=spool, timeout=0)
             for _ in range(5)]
    for one in crowd:
        one.end(1)
    assert len(os.listdir(spool)) >= 2
    c = collect(listen=(url,))
    # each start takes one part that was left
    for _ in range(len(os.listdir(spool))):
        drive("flood", url, count=1, spool=spool)
    found = numbers(c.wait_lines(1000))
    assert all(n == list(range(len(n))) for n in found.values())
    assert sorted(map(len, found.values()))[-5:] == [200] * 5


def test_the_next_url_is_tried(collect):
    c = collect()
    url = "tcp://127.0.0.1:%d unix:///nowhere/x tcp://%s:%d" % (
        free_port(), *c.address())
    got = drive("flood", url, count=3)
    assert got["connects"] == 1
    assert len(numbers(c.wait_lines(3))) == 1


def test_who_takes_nothing_any_more_is_left_for_the_next_url(serve):
    """The first collector hangs when its kernel has room no more: the next
    gets what the first had not acknowledged, and that is thrown away there, so
    nothing is missing and nothing is doubled."""
    (first, at_first), (second, at_second) = serve(), serve()
    count = 2500  # of 4 KiB: more than all buffers on the way
    one = Drive("paused", at_first + " " + at_second, count=count, size=4000,
                overflow=2, block=60000, stall=300, timeout=60000)
    assert one.process.stdout.readline() == "waiting\n"
    first.signal(signal.SIGSTOP)
    one.process.send_signal(signal.SIGUSR1)
    got = one.end()
    first.signal(signal.SIGCONT)
    assert (got["connects"], got["failures"], got["dropped"]) == (2, 1, 0)
    assert got["resent"] > 0
    assert re.search(r"event: disconnected 0 \S+: it has taken nothing for "
                     r"300 ms", got["said"])
    # as long as there is one, more could come
    first.wait_metric("connections", 0)
    first.stop()
    second.stop()
    before, after = (numbers(c.lines())[0, 1] for c in (first, second))
    assert before == list(range(len(before)))
    assert after == list(range(after[0], count))
    # the last of the first may be a part of a message
    assert after[0] in (len(before) - 1, len(before))


def test_a_name_server_that_never_answers(collect, private, tmp_path):
    """C11: the look-up is given up in time, the next URL is tried, and no
    call waits meanwhile."""
    c = collect()
    resolv = tmp_path / "resolv.conf"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        try:
            dead.bind(("127.0.0.153", 53))
        except OSError as error:
            pytest.skip("no port 53 for us: %s" % error)
        resolv.write_text("nameserver 127.0.0.153\n")
        url = "tcp://logs.example.net:514 tcp://%s:%d" % c.address()
        got = drive("flood", url, count=100, pace=1000, connect=500,
                    prefix=(*private, "sh", "-c",
                            'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                            str(resolv)))
    assert got["sent"] == 100
    assert int(re.search(r"slowest: (\d+)", got["said"])[1]) < 50000 * (
        10 if harness.SLOW else 1)


def reset(s):
    """Closes with RST."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def serve_resets(listener, kept, dice, stop):
    """Takes connections, keeps what they send, and resets each after a number
    of bytes; at last, when told, keeps one to its end."""
    while True:
        s, _ = listener.accept()
        data = b""
        limit = dice.randrange(1, 4000) if not stop.is_set() else None
        while limit is None or len(data) < limit:
            part = s.recv(4096 if limit is None else limit - len(data))
            if not part:
                break
            data += part
        kept.append(data)
        if limit is None:
            s.close()
            return
        reset(s)


def test_a_receiver_that_hangs_and_dies():
    """What its kernel had not acknowledged is sent again; what that had, and
    nobody read, was counted, however long it hung."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.settimeout(harness.DEADLINE)
    count = 2000
    one = Drive("flood", "tcp://127.0.0.1:%d" % listener.getsockname()[1],
                count=count, size=300, memory=1 << 22)
    first, _ = listener.accept()
    line = one.process.stderr.readline()
    while not line.startswith("slowest"):
        line = one.process.stderr.readline()
    time.sleep(2.5)  # longer than what counts as just now
    reset(first)
    second, _ = listener.accept()
    data = b""
    while b"n=%d " % (count - 1) not in data[-2000:]:
        part = second.recv(1 << 20)
        assert part, "the last ones are missing"
        data += part
    got = one.end()
    second.close()
    found, = numbers(m.decode() for m in frames(data)).values()
    assert found == list(range(found[0], count))
    assert found[0] <= got["uncertain"] <= found[0] + 20
    assert got["resent"] > 0


def frames(data):
    """The whole octet-counted messages at the front of data."""
    while True:
        m = re.match(rb"(\d+) ", data)
        if not m or len(data) < m.end() + int(m[1]):
            return
        yield data[m.end():m.end() + int(m[1])]
        data = data[m.end() + int(m[1]):]


def test_resets_at_any_byte():
    """C5: the connection is reset after some bytes, again and again: each
    begins with a whole message, and what is lost was counted."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept, stop = [], threading.Event()
    server = threading.Thread(target=serve_resets, daemon=True, args=(
        listener, kept, random.Random(5), stop))
    server.start()
    one = Drive("flood", "tcp://127.0.0.1:%d" % listener.getsockname()[1],
                count=2000, pace=100, retry=50, memory=1 << 22)
    eventually(lambda: len(kept) >= load(100) or
               one.process.poll() is not None)
    stop.set()
    got = one.end()
    socket.create_connection(listener.getsockname()).close()
    server.join(harness.DEADLINE)
    assert not server.is_alive()
    found = []
    for data in kept:
        assert re.match(rb"\d+ <14>1 ", data) or len(data) < 12
        found += [m.decode() for m in frames(data)]
    (many,) = numbers(found).values()
    once = first_of_each(many)
    assert once == sorted(once)
    assert 2000 - len(once) <= got["uncertain"]
