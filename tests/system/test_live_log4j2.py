# SPDX-License-Identifier: BSD-2-Clause
"""Java's Log4j 2 logs to us: SyslogAppender in both of its formats."""

import os
import re
import socket

import pytest

import harness
import live

pytestmark = pytest.mark.peers

LEVELS = {"trace": "debug", "debug": "debug", "warn": "warning",
          "error": "err", "fatal": "alert"}
TEXTS = ["at " + level for level in LEVELS] + [
    "Gr\u00f6\u00dfe \u20ac \u65e5\u672c\u8a9e", "[not] a tag: colon",
    1000 * "0123456789", "end"]


def java(config, script, *args, properties=()):
    """Runs a script of BeanShell that logs with this configuration."""
    program = live.program("log4j2")
    jars = os.path.join(
        program.partition("/usr/lib/")[0], "usr", "share", "java")
    live.call([
        program, "-cp", ":".join(
            os.path.join(jars, name + ".jar")
            for name in ("bsh", "log4j-api", "log4j-core")),
        "-Dlog4j2.configurationFile=%s" % config,
        *("-D" + p for p in properties), "bsh.Interpreter", script, *args])


def log4j2(protocol, port, *args):
    """Runs the client; only TCP needs something between messages."""
    java(os.path.join(live.CLIENTS, "log4j2.xml"),
         os.path.join(live.CLIENTS, "log4j2.bsh"), *map(str, args),
         properties=("protocol=" + protocol, "port=%d" % port,
                     "newline=%s" % (protocol == "TCP")))


def check(got, threads, count):
    """Each thread's messages in order, then the texts."""
    for number in range(threads):
        mine = [m for m in got
                if m.msg.startswith("thread %d message " % number)]
        assert [m.msg.split()[-1] for m in mine] == [
            str(n) for n in range(count)]
        assert {m.severity for m in mine} == {"info"}
    assert [m.msg for m in got[threads * count:]] == TEXTS
    for level, m in zip(LEVELS, got[threads * count:]):
        assert m.severity == LEVELS[level]


def check_ietf(got, threads, count):
    check(got, threads, count)
    number = 0
    for m in got:
        assert (m.facility, m.hostname, m.app_name, m.msgid) == (
            "local0", socket.gethostname(), "shop", "Audit")
        assert re.fullmatch(r"\d+", m.procid)
        if m.msg.startswith("thread "):
            number = m.msg.split()[1]
            assert m.sd == {"mdc@32473": {"user": "zo\u00eb " + number}}
        else:
            assert m.sd == {"mdc@32473": {"odd": 'q"b]s\\e'}}


def check_bsd(got, threads, count):
    """This format has neither a tag nor a process."""
    check(got, threads, count)
    for m in got:
        assert (m.facility, m.hostname) == ("local1", socket.gethostname())
        assert (m.app_name, m.procid, m.sd) == (None, None, {})


@pytest.mark.parametrize("format", live.FORMATS)
def test_log4j2_over_udp(collect, format):
    c = collect(listen=("udp://127.0.0.1:0",), args=("-f", format))
    log4j2("UDP", c.address("udp")[1], "ietf", 1, 50)
    check_ietf(live.stored(c, format), 1, 50)


@pytest.mark.parametrize("format", live.FORMATS)
def test_log4j2_bsd_over_udp(collect, format):
    c = collect(listen=("udp://127.0.0.1:0",), args=("-f", format))
    log4j2("UDP", c.address("udp")[1], "bsd", 1, 50)
    check_bsd(live.stored(c, format), 1, 50)


@pytest.mark.parametrize("format", live.FORMATS)
def test_log4j2_over_tcp(collect, format):
    """Both formats at once, from several threads: Log4j sends them over one
    connection."""
    c = collect(args=("-f", format))
    threads, count = 4, harness.load(250)
    log4j2("TCP", c.address("tcp")[1], "both", threads, count)
    assert c.metric("connections_total") == 1
    got = live.stored(c, format, 2 * (threads * count + len(TEXTS)))
    check_ietf([m for m in got if m.facility == "local0"], threads, count)
    check_bsd([m for m in got if m.facility == "local1"], threads, count)
