# SPDX-License-Identifier: BSD-2-Clause
"""SIGHUP reads the configuration again: what did not change lives on, what is
wrong changes nothing (contract.md section 2, Signals; faults J2, J6)."""

import fcntl
import os
import re
import select
import signal
import socket
import threading
import time

import pytest

import oracle
import senders
import shim
from configured import start
from harness import DEADLINE, eventually, load

pytestmark = [pytest.mark.plain, pytest.mark.threads]

ONE = """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/all.log
    format: raw
"""


def send(c, text, number=0, scheme="tcp"):
    with senders.connect(c.addresses(scheme)[number], scheme) as s:
        s.sendall(text + b"\n")


def test_listeners_and_outputs_come_and_go(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    send(f.c, b"<13>one")
    f.wait_lines("all.log", 1)
    f.reload("""
listen:
  - url: tcp://127.0.0.1:0
  - url: udp://127.0.0.1:0
output:
  - path: {dir}/all.log
    format: raw
  - path: {dir}/second.log
    format: raw
""")
    send(f.c, b"<13>two")
    f.wait_lines("second.log", 1)
    with senders.connect(f.c.address("udp"), "udp") as s:
        s.send(b"<13>three")
    assert f.wait_lines("all.log", 3)[2] == b"<13>three"
    assert f.wait_lines("second.log", 2) == [b"<13>two", b"<13>three"]
    f.reload(ONE)
    send(f.c, b"<13>four")
    f.wait_lines("all.log", 4)
    assert len(f.lines("second.log")) == 2
    # its port is free again
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(f.c.address("udp"))


def test_a_connection_outlives_its_listener(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>one\n")
        f.wait_lines("all.log", 1)
        f.reload("""
listen:
  - url: unix:///{dir}/log.sock
output:
  - path: {dir}/all.log
    format: raw
""".replace("unix:///{dir}", "unix://{dir}"))
        s.sendall(b"<13>two\n")
        f.wait_lines("all.log", 2)
        f.reload()
        s.sendall(b"<13>three\n")
        f.wait_lines("all.log", 3)
    f.c.wait_metric("connections", 0)
    try:
        socket.create_connection(f.c.address(), 5).close()
        assert False, "the listener is gone"
    except ConnectionRefusedError:
        pass


def test_the_new_format_holds_from_the_next_message(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>one\n")
        f.wait_lines("all.log", 1)
        inode = os.stat(f.path("all.log")).st_ino
        f.reload(ONE.replace("raw", "'%{pri}|%{msg}'"))
        s.sendall(b"<14>two\n")
        assert f.wait_lines("all.log", 2) == [b"<13>one", b"14|two"]
    assert os.stat(f.path("all.log")).st_ino == inode


def test_what_is_wrong_is_told_in_full_and_changes_nothing(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    said = f.refuse(ONE + "worker: 3\nmax_message: 2G\n")
    assert "conf.yaml:7: worker: " in said and '"workers"' in said
    assert "conf.yaml:8: max_message: " in said
    send(f.c, b"<13>one")
    f.wait_lines("all.log", 1)


def test_nothing_to_do_is_refused(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    f.refuse("hostname: a\n")
    send(f.c, b"<13>one")
    f.wait_lines("all.log", 1)


def test_what_needs_a_restart_is_named(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    said = f.refuse(ONE + "max_message: 32K\nmemory: 128M\n")
    assert "max_message" in said and "memory" in said and "restart" in said
    send(f.c, b"<13>one")
    f.wait_lines("all.log", 1)
    f.reload(ONE)


def test_a_port_that_is_taken_refuses_all_of_it(collect, tmp_path):
    """Never half of it: the new output must not be there either."""
    f = start(collect, tmp_path, ONE)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        before = f.c.descriptors()
        said = f.refuse("""
listen:
  - url: tcp://127.0.0.1:0
  - url: tcp://127.0.0.1:{port}
output:
  - path: {dir}/other.log
""".replace("{port}", str(s.getsockname()[1])))
        assert "in use" in said
        eventually(lambda: f.c.descriptors() <= before)
    assert not os.path.exists(f.path("other.log"))
    send(f.c, b"<13>one")
    f.wait_lines("all.log", 1)


def test_a_file_that_cannot_be_opened_refuses_all_of_it(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    os.mkdir(f.path("folder"))
    before = f.c.descriptors()
    f.refuse(ONE + "  - path: {dir}/folder/\n")
    f.refuse(ONE.replace("127.0.0.1:0", "127.0.0.2:0") +
             "  - path: {dir}/folder\n")
    eventually(lambda: f.c.descriptors() <= before)
    send(f.c, b"<13>one")
    f.wait_lines("all.log", 1)


@pytest.mark.parametrize("first", [True, False])
def test_a_refused_reload_leaves_no_trace(collect, tmp_path, first):
    """No file, no folder, no counters of outputs that never were."""
    f = start(collect, tmp_path, ONE)
    series = len(f.c.metrics())
    good = "  - path: {dir}/made/deep/y.log\n" \
           "  - path: '{dir}/hosts/%{hostname}/x.log'\n"
    bad = "  - path: /proc/nope/x.log\n"
    for n in range(3):
        f.refuse(ONE + (good + bad if first else bad + good).replace(
            "y.log", "y%d.log" % n))
    assert len(f.c.metrics()) == series
    assert not os.path.exists(f.path("made"))
    assert not os.path.exists(f.path("hosts"))
    assert "nope" not in f.c.stop().rpartition("stopping")[2]


def test_an_invalid_configuration_still_reopens_files(collect, tmp_path):
    """logrotate's postrotate must work whatever somebody is editing."""
    f = start(collect, tmp_path, ONE)
    send(f.c, b"<13>one")
    f.wait_lines("all.log", 1)
    os.rename(f.path("all.log"), f.path("moved.log"))
    f.refuse("listen: 3\n")
    eventually(lambda: os.path.exists(f.path("all.log")))
    send(f.c, b"<13>two")
    f.wait_lines("all.log", 1)


def test_reloads_under_load_lose_nothing(collect, tmp_path):
    """J2: a thousand (here fewer) SIGHUPs, the configuration changing each
    time, while streams and datagrams come; descriptors stay as many."""
    f = start(collect, tmp_path, ONE, args=("--workers", "2"))
    extra = """  - path: {dir}/extra.log
    format: raw
    host: [ "nobody" ]
"""
    sent = {"s%d" % n: load(20000) for n in range(4)}
    before = f.c.descriptors()
    crowd = senders.Senders()
    for src, count in sent.items():
        crowd.start(senders.send_stream, f.c.address(), "tcp",
                    oracle.stream(src, count, senders.lf))
    rounds = 0
    while rounds < load(100) or \
            any(p.is_alive() for p in crowd.processes) and rounds < 1000:
        f.reload(ONE + extra if rounds % 2 == 0 else ONE)
        rounds += 1
    crowd.join()
    f.reload(ONE)
    f.c.wait_metric("written_messages_total", sum(sent.values()),
                    output=f.path("all.log"))
    eventually(lambda: f.c.descriptors() <= before)
    f.c.stop()
    tally = oracle.check(f.lines("all.log"), sent)
    assert tally.stored == sum(sent.values())


def test_an_output_that_comes_back_at_once(collect, tmp_path):
    """A reload that takes an output away ends when nobody has its file any
    more, so the next one, which waits already, may have it again; while the
    disk is slow with another output."""
    f = start(collect, tmp_path, ONE, env=shim.environment(
        tmp_path, WRITE_MS=50, UNDER=str(tmp_path / "all.log")))
    extra = ONE + "  - path: {dir}/extra.log\n    host: [ nobody ]\n"
    with senders.connect(f.c.address()) as s:
        with senders.talking(s, b"<13>x\n"):
            for _ in range(3):
                f.reload(extra)
                f.write(ONE)
                read = f.c.stderr().count("SIGHUP: reading")
                f.c.signal(signal.SIGHUP)
                eventually(lambda: f.c.stderr().count(
                    "SIGHUP: reading") > read)
                f.generation += 1
                f.reload(extra)
                f.reload(ONE)
    assert "refused" not in f.c.stderr()


def test_an_output_that_comes_back_while_it_is_written(collect, tmp_path):
    """The same of one that has something to write: the reload that takes it
    away ends when that is on a disk that is slow."""
    f = start(collect, tmp_path, ONE, env=shim.environment(
        tmp_path, WRITE_MS=20, SYNC_MS=100, UNDER=str(tmp_path / "extra.log")))
    extra = ONE + "  - path: {dir}/extra.log\n    sync: 1ms\n"
    with senders.connect(f.c.address()) as s:
        with senders.talking(s, b"<13>x\n"):
            for _ in range(5):
                before = len(f.lines("extra.log"))
                f.reload(extra)
                f.wait_lines("extra.log", before + 1)
                f.reload(ONE)
    assert "refused" not in f.c.stderr()


def has_open(f, name):
    folder = "/proc/%d/fd" % f.c.pid
    for fd in os.listdir(folder):
        try:
            if os.readlink(os.path.join(folder, fd)) == f.path(name):
                return True
        except FileNotFoundError:
            pass  # closed since it was listed
    return False


def test_an_output_that_is_taken_away_while_its_disk_stalls(
        collect, tmp_path):
    """No reload waits for it for long; to have it back is refused, with the
    reason, until it is written."""
    full = tmp_path / "full"
    f = start(collect, tmp_path, ONE, env=shim.environment(
        tmp_path, ENOSPC_FILE=full, ENOSPC_AFTER=0,
        UNDER=str(tmp_path / "extra.log")))
    extra = ONE + "  - path: {dir}/extra.log\n    format: raw\n"
    f.reload(extra)
    full.touch()
    send(f.c, b"<13>one")
    f.c.wait_says("No space left")
    f.reload(ONE)
    said = f.refuse(extra)
    assert "extra.log: " in said and "reload again" in said
    full.unlink()
    f.wait_lines("extra.log", 1)
    eventually(lambda: not has_open(f, "extra.log"))
    f.reload(extra)
    send(f.c, b"<13>two")
    assert f.wait_lines("extra.log", 2) == [b"<13>one", b"<13>two"]


def test_many_files_come_back_while_their_disk_stalls(collect, tmp_path):
    """No reload opens them, so it is not refused; what comes waits for what
    was there before, and goes to no other file."""
    full = tmp_path / "full"
    f = start(collect, tmp_path, ONE, env=shim.environment(
        tmp_path, ENOSPC_FILE=full, ENOSPC_AFTER=0,
        UNDER=str(tmp_path / "many")))
    extra = ONE + \
        '  - path: "{dir}/many/%{app_name}"\n    format: raw\n    name: '
    f.reload(extra + "one\n")
    full.touch()
    send(f.c, b"<13>x: one")
    f.c.wait_says("No space left")
    for text in b"two", b"three":
        f.reload(ONE)
        f.reload(extra + "other\n")
        send(f.c, b"<13>x: " + text)
        f.c.wait_metric("stalled", 1, output="other")
    assert os.listdir(tmp_path / "many") == ["x"]
    status, _, body = f.c.http(path="/readyz")
    assert status == 503 and b"other" in body
    f.wait_lines("all.log", 3)
    assert f.c.cpu_share(0.3) < 0.5
    full.unlink()
    assert f.wait_lines("many/x", 3) == [
        b"<13>x: one", b"<13>x: two", b"<13>x: three"]
    f.c.wait_metric("stalled", 0)
    f.c.wait_metric("written_messages_total", 2, output="other")
    assert os.listdir(tmp_path / "many") == ["x"]
    assert "_other" not in f.c.stderr()


def read_lines(source, n):
    """So many lines of a pipe or a socket, in time."""
    end, text = time.monotonic() + DEADLINE, b""
    while text.count(b"\n") < n:
        ready, _, _ = select.select(
            [source], [], [], max(0, end - time.monotonic()))
        piece = os.read(source.fileno(), 1 << 16) if ready else b""
        assert piece, "%d of %d lines, then %s, behind %r" % (
            text.count(b"\n"), n, "the end" if ready else "nothing",
            text[-80:])
        text += piece
    return text.split(b"\n")[:-1]


def test_standard_output_comes_back_while_nobody_reads(collect, tmp_path):
    """A line of which a part is in the pipe goes on there."""
    here, there = os.pipe()
    fcntl.fcntl(there, fcntl.F_SETPIPE_SZ, 4096)
    extra = ONE + '  - path: "-"\n    format: raw\n'
    f = start(collect, tmp_path, extra, stdout=there)
    os.close(there)
    texts = [b"<13>%d " % n + 3000 * b"x" for n in range(20)]
    for n, text in enumerate(texts):
        if n == 10:
            f.c.wait_says("output -: ")
            f.reload(ONE)
            f.reload(extra)
        send(f.c, text)
        f.wait_lines("all.log", n + 1)
    with open(here, "rb") as pipe:
        assert read_lines(pipe, len(texts)) == texts
        f.c.stop()


def test_a_socket_as_standard_output_comes_back(collect, tmp_path):
    """As systemd gives one: it cannot be opened again, so both outputs have
    the same, and when the first lets go the other still waits for nobody."""
    here, there = socket.socketpair()
    extra = ONE + '  - path: "-"\n    format: raw\n'
    f = start(collect, tmp_path, extra, stdout=there)
    there.close()
    texts = [b"<13>%d " % n + 5000 * b"x" for n in range(200)]
    half = len(texts) // 2
    with senders.connect(f.c.address()) as s, here:
        s.sendall(b"\n".join(texts[:half]) + b"\n")
        f.wait_lines("all.log", half)
        f.c.wait_says("output -: ")
        f.reload(ONE)
        f.reload(extra)
        assert read_lines(here, half) == texts[:half]
        f.c.wait_says("output -: written again")
        f.reload()  # waits for who is closing
        s.sendall(b"\n".join(texts[half:]) + b"\n")
        f.wait_lines("all.log", len(texts))
        eventually(lambda: f.c.stderr().count("output -: write: ") == 2)
        assert read_lines(here, half) == texts[half:]


def test_a_socket_as_standard_output_is_given_back_as_it_was(
        collect, tmp_path):
    """Others have it, too: that it does not block is not their doing."""
    here, there = socket.socketpair()
    extra = ONE + '  - path: "-"\n    format: raw\n'
    f = start(collect, tmp_path, extra, stdout=there)
    with here, there:
        text = b"<13>" + 60000 * b"x"
        with senders.connect(f.c.address()) as s:
            s.sendall(50 * (text + b"\n"))
            f.c.wait_says("output -: ")
        f.reload(ONE)
        f.reload(extra)
        read_lines(here, 50)
        f.c.stop()
        assert not fcntl.fcntl(there, fcntl.F_GETFL) & os.O_NONBLOCK


def test_a_stop_waits_for_no_output_that_was_taken_away(collect, tmp_path):
    """Its time would be over before that of the reload."""
    full = tmp_path / "full"
    f = start(collect, tmp_path, "stop_timeout: 500ms\n" + ONE,
              env=shim.environment(
                  tmp_path, ENOSPC_FILE=full, ENOSPC_AFTER=0,
                  UNDER=str(tmp_path / "extra.log")))
    f.reload("stop_timeout: 500ms\n" + ONE +
             "  - path: {dir}/extra.log\n    format: raw\n")
    full.touch()
    send(f.c, b"<13>one")
    f.c.wait_says("No space left")
    f.write("stop_timeout: 500ms\n" + ONE)
    f.c.signal(signal.SIGHUP)
    eventually(lambda: f.c.stderr().count("SIGHUP: reading") == 2)
    f.c.signal(signal.SIGTERM)
    assert f.c.wait_exit() == 1
    assert "stopping: SIGTERM" in f.c.stderr()


def test_a_second_sighup_waits_for_the_first(collect, tmp_path):
    f = start(collect, tmp_path, ONE)
    for _ in range(50):
        f.c.signal(signal.SIGHUP)
    f.c.wait_says("configuration reloaded")
    f.c.stop()


def test_stopping_in_the_middle_of_reloads(collect, tmp_path):
    """A10: HUP and TERM together."""
    for _ in range(load(10)):
        f = start(collect, tmp_path, ONE)
        f.c.signal(signal.SIGHUP)
        f.c.signal(signal.SIGTERM)
        assert f.c.wait_exit() == 0


def test_a_unix_sockets_mode_changes_with_the_file(collect, tmp_path):
    text = """
listen:
  - url: unix://{dir}/log.sock
    mode: "0600"
output:
  - path: {dir}/all.log
"""
    f = start(collect, tmp_path, text)
    assert os.stat(f.path("log.sock")).st_mode & 0o777 == 0o600
    inode = os.stat(f.path("log.sock")).st_ino
    f.reload(text.replace("0600", "0622"))
    assert os.stat(f.path("log.sock")).st_mode & 0o777 == 0o622
    assert os.stat(f.path("log.sock")).st_ino == inode


HAMMERED = """
listen:
  - url: tcp://127.0.0.1:{port}
  - url: unix://{dir}/log.sock
output:
  - path: {dir}/all.log
    format: raw
"""


@pytest.fixture(name="port")
def _port():
    with senders.free_port() as port:
        yield port


def test_connections_to_a_listener_that_leaves(collect, tmp_path, port):
    """Peers connect and send while their listener comes and goes: whoever got
    through has its message stored, and nothing breaks."""
    text = HAMMERED.replace("{port}", str(port))
    f = start(collect, tmp_path, text, args=("--workers", "2"))
    stop, good = threading.Event(), []

    def hammer(k):
        n = 0
        while not stop.is_set():
            n += 1
            message = b"<13>t%d-%d" % (k, n)
            try:
                with socket.create_connection(("127.0.0.1", port), 10) as s:
                    s.sendall(message + b"\n")
                    s.shutdown(socket.SHUT_WR)
                    if s.recv(1) == b"":
                        good.append(message)
            except OSError:
                stop.wait(0.001)  # not there just now, or leaving

    threads = [threading.Thread(target=hammer, args=(k,)) for k in range(3)]
    for t in threads:
        t.start()
    try:
        for _ in range(load(20)):
            f.reload(ONE)
            f.reload(text)
    finally:
        stop.set()
        for t in threads:
            t.join()
    f.c.stop()
    assert good and not set(good) - set(f.lines("all.log"))


def test_datagrams_to_a_unix_socket_that_leaves(collect, tmp_path, port):
    """What the kernel took from a sender is stored."""
    text = HAMMERED.replace("{port}", str(port))
    f = start(collect, tmp_path, text)
    stop, sent = threading.Event(), []

    def hammer():
        s = None
        while not stop.is_set():
            try:
                if s is None:
                    s = senders.connect(f.path("log.sock"), "unix")
                message = b"<13>u%d" % len(sent)
                s.send(message)
                sent.append(message)
            except OSError:
                s = None
                stop.wait(0.001)

    thread = threading.Thread(target=hammer)
    thread.start()
    try:
        for _ in range(load(20)):
            f.reload(ONE)
            f.reload(text)
    finally:
        stop.set()
        thread.join()
    f.c.stop()
    assert sent and not set(sent) - set(f.lines("all.log"))


NAMED = """
listen:
  - url: tcp://127.0.0.1:0
    name: {listener}
    max_connections: 1
  - url: udp://127.0.0.1:0
    name: u-{listener}
output:
  - path: {dir}/all.log
    name: {output}
    format: raw
"""


def named(listener, output):
    return NAMED.replace("{listener}", listener).replace("{output}", output)


def test_new_names_for_the_same_things(collect, tmp_path):
    """Counters go on under the new label, limits hold, and nothing is called
    lost at the end."""
    f = start(collect, tmp_path, named("one", "first"))
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>a\n")
        f.wait_lines("all.log", 1)
        f.reload(named("two", "second"))
        s.sendall(b"<13>b\n")
        f.wait_lines("all.log", 2)
        f.c.wait_metric("received_messages_total", 1, listener="two")
        assert f.c.metric("connections", listener="one") == 0
        assert f.c.metric("connections", listener="two") == 1
        assert f.c.metric("open_files", output="first") == 0
        f.c.wait_metric("open_files", 1, output="second")
        with senders.connect(f.c.address()) as more:
            assert more.recv(1) == b"", "max_connections is 1"
        f.reload(named("two", "second").replace("tcp://", "unix-stream://")
                 .replace("127.0.0.1:0\n    name: two", "%s/s\n    name: two"
                          % tmp_path))
        f.reload()
        s.sendall(b"<13>c\n")
        f.wait_lines("all.log", 3)
    with senders.connect(f.c.address("udp"), "udp") as u:
        u.send(b"<13>d")
    f.c.wait_metric("received_messages_total", 1, listener="u-two")
    assert ", 0 lost" in f.c.stop()


def test_what_a_renamed_output_loses(collect, tmp_path):
    """What waited under the old label is written and lost under the new."""
    here, there = os.pipe()
    fcntl.fcntl(there, fcntl.F_SETPIPE_SZ, 4096)
    extra = ONE + '  - path: "-"\n    name: %s\n    format: raw\n' + \
        "stop_timeout: 1s\n"
    f = start(collect, tmp_path, extra % "first", stdout=there)
    os.close(there)
    texts = [b"<13>%d " % n + 3000 * b"x" for n in range(15)]
    with open(here, "rb") as pipe:
        for n, text in enumerate(texts):
            if n == 10:
                f.c.wait_says("output -: ")
                f.reload(extra % "second")
                read_lines(pipe, 10)
                f.c.wait_metric("queue_bytes", 0, output="second")
            send(f.c, text)
            f.wait_lines("all.log", n + 1)
        f.c.signal(signal.SIGTERM)
        assert f.c.wait_exit() == 1
    counts = re.findall(r"output (first|second): (\d+) written, (\d+) lost",
                        f.c.stderr())
    (first, n, none), (second, m, lost) = counts
    assert (first, none, second) == ("first", "0", "second"), counts
    assert int(n) > 0 and int(lost) > 0, counts
    assert int(n) + int(m) + int(lost) == len(texts), counts


def test_a_new_path_for_the_same_name(collect, tmp_path):
    """The gauges are those of what runs, also after a refused change."""
    f = start(collect, tmp_path, named("one", "log"))
    f.c.wait_metric("open_files", 1, output="log")
    f.refuse(named("one", "log").replace("all.log", "new.log") +
             "  - path: /proc/nope/x.log\n")
    assert f.c.metric("open_files", output="log") == 1
    f.reload(named("one", "log").replace("all.log", "new.log"))
    f.c.wait_metric("open_files", 1, output="log")
