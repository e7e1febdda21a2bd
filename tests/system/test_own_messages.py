# SPDX-License-Identifier: BSD-2-Clause
"""When messages are lost the collector says so in a message of its own, at
the beginning and, with the count, at the end (contract.md section 3)."""

import os
import re
import signal

import pytest

import senders
from configured import start
from harness import eventually, load

pytestmark = [pytest.mark.plain, pytest.mark.threads]

OWN = re.compile(rb"^<44>1 \S+ \S+ synclined \d+ - - (.*)$", re.M)


def own(f, name="all.log"):
    return [OWN.match(line)[1] for line in f.lines(name) if OWN.match(line)]


def lost(texts):
    """The sums that the messages about an end tell."""
    return sum(int(m[1]) for m in (
        re.match(rb"(\d+) messages were lost", t) for t in texts) if m)


def test_what_rate_drops_is_told_and_counted(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: udp://127.0.0.1:0
    rate: 10
output:
  - path: {dir}/all.log
""")
    with senders.connect(f.c.address("udp"), "udp") as s:
        for n in range(500):
            s.send(b"<13>1 - h a - - - %d" % n)
    f.c.wait_metric("received_messages_total", 500)
    dropped = int(f.c.metric("dropped_messages_total", reason="rate"))
    assert dropped > 400
    eventually(lambda: lost(own(f)) == dropped, what=lambda: own(f))
    assert b"(rate)" in own(f)[0]
    assert f.c.metric("own_messages_total") == len(own(f))
    assert f.c.metric("written_messages_total") == 500 - dropped
    assert len(f.lines("all.log")) == 500 - dropped + len(own(f))
    assert "messages were lost (rate)" in f.c.stop()


def test_the_end_of_a_loss_is_told_at_the_stop_too(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: udp://127.0.0.1:0
    rate: 1
output:
  - path: {dir}/all.log
""")
    with senders.connect(f.c.address("udp"), "udp") as s:
        for n in range(50):
            s.send(b"<13>1 - h a - - - %d" % n)
    f.c.wait_metric("received_messages_total", 50)
    dropped = int(f.c.metric("dropped_messages_total", reason="rate"))
    f.c.stop()
    assert lost(own(f)) == dropped


def test_kernel_losses_are_told(collect, tmp_path):
    """The collector stands still while its socket's buffer overflows."""
    f = start(collect, tmp_path, """
listen:
  - url: udp://127.0.0.1:0
    receive_buffer: 4096
output:
  - path: {dir}/all.log
""")
    count = load(20000)
    f.c.signal(signal.SIGSTOP)
    with senders.connect(f.c.address("udp"), "udp") as s:
        for n in range(count):
            s.send(b"<13>1 - h a - - - %d %s" % (n, b"x" * 200))
    f.c.signal(signal.SIGCONT)
    eventually(lambda: lost(own(f)) > 0)
    dropped = int(f.c.metric("dropped_messages_total", reason="kernel"))
    assert dropped + f.c.metric("received_messages_total") == count
    eventually(lambda: lost(own(f)) == dropped)
    f.c.stop()


def test_own_messages_are_routed_like_any_other(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: udp://127.0.0.1:0
    rate: 1
output:
  - path: {dir}/syslog.log
    facility: syslog
    format: '%{listener} %{app_name} %{msg}'
  - path: {dir}/rest.log
    facility: "!syslog"
""")
    with senders.connect(f.c.address("udp"), "udp") as s:
        for n in range(50):
            s.send(b"<13>1 - h a - - - %d" % n)
    lines = f.wait_lines("syslog.log", 2)
    assert lines[0].startswith(b"internal synclined ")
    assert b"were lost" in lines[1]
    f.c.stop()


def test_an_output_that_drops_holds_nobody_back(collect, tmp_path):
    """when_full: drop: the pipe that nobody reads loses lines, counted; the
    file has every one, and the senders never wait."""
    read, write = os.pipe()
    text = """
memory: 16M
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: "-"
    when_full: drop
  - path: {dir}/all.log
"""
    f = start(collect, tmp_path, text, stdout=write)
    os.close(write)
    try:
        count = 40000
        data = b"".join(b"<13>1 - h a - - - %d %s\n" % (n, b"x" * 400)
                        for n in range(count))
        senders.send_stream(f.c.address(), "tcp", data)
        f.c.wait_metric("written_messages_total", count,
                        output=f.path("all.log"))
        dropped = f.c.metric("dropped_output_messages_total",
                             output="-", reason="full")
        assert 0 < dropped < count
        assert f.c.metric("dropped_messages_total", reason="memory") == 0
        f.c.wait_says("messages are being lost (full)")
    finally:
        os.close(read)
    f.c.signal(signal.SIGTERM)
    f.c.wait_exit()
    told = len(own(f))
    assert len(f.lines("all.log")) == count + told


def test_nothing_is_said_when_nothing_is_lost(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/all.log
""")
    senders.send_stream(f.c.address(), "tcp", b"<13>x\n" * 1000)
    f.wait_lines("all.log", 1000)
    f.c.stop()
    assert own(f) == [] and len(f.lines("all.log")) == 1000


