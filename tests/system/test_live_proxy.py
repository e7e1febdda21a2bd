# SPDX-License-Identifier: BSD-2-Clause
"""HAProxy passes connections on and says whose they are (RFC-149)."""

import contextlib
import json
import socket

import pytest

import live
import senders

pytestmark = pytest.mark.peers

CONFIG = """
global
    nbthread 1

defaults
    mode tcp
    timeout client 60s
    timeout server 60s
    timeout connect 60s

listen syslog
    bind fd@%d
    server syncline 127.0.0.1:%d %s
"""
OPTIONS = {
    "version 1": "send-proxy",
    "version 2": "send-proxy-v2",
    "version 2 with TLVs": "send-proxy-v2 proxy-v2-options crc32c,unique-id",
    "version 2 and checks": "send-proxy-v2 check-send-proxy check inter 50ms",
    "version 1 and checks": "send-proxy check-send-proxy check inter 50ms",
}


@contextlib.contextmanager
def haproxy(folder, port, options):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
        config = folder / "haproxy.cfg"
        config.write_text(CONFIG % (door.fileno(), port, options))
        with live.Running(
                folder, [*live.unprivileged(), live.program("haproxy"), "-db",
                         "-f", str(config)], pass_fds=(door.fileno(),)):
            yield door.getsockname()


@pytest.mark.parametrize("options", OPTIONS)
def test_haproxy_says_who_sends(collect, tmp_path, options):
    c = collect(listen=("tcp://127.0.0.1:0?proxy=127.0.0.1",),
                args=("-f", "json", "--workers", "2"))
    text = b"<13>Nov 22 10:15:00 web1 a: from %d\n"
    with haproxy(tmp_path, c.address()[1], OPTIONS[options]) as front:
        for n in range(2, 12):
            with senders.connect(front, source="127.0.0.%d" % n) as s:
                s.sendall(text % n * 100)
                senders.finish(s)
        found = [json.loads(line) for line in c.wait_lines(1000)]
        assert all(m["msg"] == "from " + m["from"].rpartition(".")[2]
                   for m in found)
        assert {m["from"] for m in found} == {
            "127.0.0.%d" % n for n in range(2, 12)}
        if "checks" in options:
            before = c.metric("connections_total")
            live.harness.eventually(
                lambda: c.metric("connections_total") > before + 2)
    assert c.metric("rejected_connections_total") == 0
    assert c.metric("malformed_messages_total") == 0
    assert c.metric("received_messages_total") == 1000


def test_haproxy_without_the_header_is_refused(collect, tmp_path):
    """Both sides must be told; the log says what is wrong."""
    c = collect(listen=("tcp://127.0.0.1:0?proxy=127.0.0.1",))
    with haproxy(tmp_path, c.address()[1], "") as front:
        with senders.connect(front) as s:
            s.sendall(b"<13>a: x\n")
            assert senders.is_closed(s)
    c.wait_metric("rejected_connections_total", 1, reason="proxy")
    assert "did not begin with a PROXY header" in c.stderr()
    assert c.metric("received_messages_total") == 0
