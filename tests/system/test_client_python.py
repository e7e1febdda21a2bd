# SPDX-License-Identifier: BSD-2-Clause
"""Python's logging.handlers.SysLogHandler is understood on all its ways."""

import json
import logging
import logging.handlers
import socket
import threading

import pytest

import harness

TEXTS = ["started", "t\u00f6ne \u20ac", "  blanks stay  ", "", "tab\there",
         "Traceback (most recent call last):\n  File \"x\", line 1\nError: no",
         "last"]


@pytest.fixture(params=["udp", "tcp", "unix", "unix-stream"])
def scheme(request):
    return request.param


def handler(collector, scheme):
    kind = (socket.SOCK_STREAM if scheme in ("tcp", "unix-stream")
            else socket.SOCK_DGRAM)
    return logging.handlers.SysLogHandler(
        collector.address(scheme), facility="daemon", socktype=kind)


def url(scheme, folder):
    return "%s://%s" % (scheme, "%s/log" % folder if "unix" in scheme
                        else "127.0.0.1:0")


def test_texts_arrive_as_they_were_logged(collect, tmp_path, scheme):
    """By default it sends the PRI and the text, nothing else, ended by NUL;
    a traceback has newlines inside and stays one message."""
    c = collect(listen=(url(scheme, tmp_path),), args=("-f", "json"))
    h = handler(c, scheme)
    log = logging.Logger("test")
    log.addHandler(h)
    for text in TEXTS:
        log.warning("%s", text)
    h.close()
    got = [json.loads(line) for line in c.wait_lines(len(TEXTS))]
    assert [m["msg"] for m in got] == TEXTS
    assert {(m["facility"], m["severity"]) for m in got} == {
        ("daemon", "warning")}
    assert all(m["app_name"] is None for m in got)


def test_an_ident_is_a_tag(collect, tmp_path, scheme):
    """The usual formatter: `app[pid]: text`."""
    c = collect(listen=(url(scheme, tmp_path),), args=("-f", "json"))
    h = handler(c, scheme)
    h.ident = "shop[77]: "
    log = logging.Logger("test")
    log.addHandler(h)
    for n in range(100):
        log.error("order %d", n)
    h.close()
    got = [json.loads(line) for line in c.wait_lines(100)]
    assert [m["msg"] for m in got] == ["order %d" % n for n in range(100)]
    assert {(m["app_name"], m["procid"]) for m in got} == {("shop", "77")}


def test_levels_are_severities(collect, tmp_path):
    c = collect(listen=(url("unix", tmp_path),), args=("-f", "json"))
    h = handler(c, "unix")
    log = logging.Logger("test")
    log.addHandler(h)
    for level in "debug", "info", "warning", "error", "critical":
        getattr(log, level)(level)
    h.close()
    got = [json.loads(line) for line in c.wait_lines(5)]
    assert [m["severity"] for m in got] == [
        "debug", "info", "warning", "err", "crit"]


@pytest.mark.parametrize("way", ["tcp", "unix", "unix-stream"])
def test_it_is_served_from_many_threads(collect, tmp_path, way):
    """Several loggers at once: every line once (UDP may lose; that is
    test_accounting.py's)."""
    c = collect(listen=(url(way, tmp_path),), args=("-f", "json"))

    def work(name):
        h = handler(c, way)
        log = logging.Logger(name)
        log.addHandler(h)
        for n in range(200):
            log.info("%s %d", name, n)
        h.close()

    threads = [threading.Thread(target=work, args=("t%d" % n,))
               for n in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(harness.DEADLINE)
    got = [json.loads(line)["msg"] for line in c.wait_lines(1000)]
    assert sorted(got) == sorted(
        "t%d %d" % (t, n) for t in range(5) for n in range(200))
