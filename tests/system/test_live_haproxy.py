# SPDX-License-Identifier: BSD-2-Clause
"""HAProxy logs to us in each of its formats, over UDP and through a ring."""

import contextlib
import re
import socket

import pytest

import live

pytestmark = pytest.mark.peers

CONFIG = """
global
    nbthread 1
    log-send-hostname lb01
    tune.http.logurilen 5000
    %(log)s

defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 10s
    log global
    option httplog

%(ring)s

frontend web
    bind fd@%(fd)d
    http-request capture req.hdr(User-Agent) len 100
    log-format-sd %(sd)s
    http-request return status 200 content-type text/plain string "fine"
"""
SD = (r'"[http@32473 status=\"%ST\" '
      r'agent=\"%{+E}[capture.req.hdr(0)]\"]"')
RING = """
ring collector
    format %s
    maxlen 8000
    size 262144
    timeout connect 10s
    timeout server 10s
    server syncline 127.0.0.1:%d log-proto %s
"""
REQUESTS = 20
AGENT = 'curl "q" \\x ]'
TEXT = (r'127\.0\.0\.1:\d+ \[\S+\] web web/<NOSRV> \S+ 200 \S+ - - LR-- \S+ '
        r'\S+ (\{.*\}) "GET (\S+) HTTP/1\.0"')

# What each format says: (PRI, HOSTNAME, APP-NAME, whether there is a PROCID)
LOCAL0 = "local0", "info"
FORMATS = {
    "rfc5424": (LOCAL0, "lb01", "haproxy", True),
    "rfc3164": (LOCAL0, "lb01", "haproxy", True),
    "local": (LOCAL0, "127.0.0.1", "haproxy", True),
    "priority": (LOCAL0, "127.0.0.1", None, False),
    # A level alone, without facility.
    "short": (("kern", "info"), "127.0.0.1", None, False),
    "timed": (("kern", "info"), "127.0.0.1", None, False),
    # Nothing that syslog has.
    "iso": (("user", "notice"), "127.0.0.1", None, False),
    "raw": (("user", "notice"), "127.0.0.1", None, False),
}


@contextlib.contextmanager
def haproxy(folder, log, ring=""):
    """Runs it; gives the port of its frontend."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
        config = folder / "haproxy.cfg"
        config.write_text(CONFIG % dict(
            log=log, ring=ring, fd=door.fileno(), sd=SD))
        with live.Running(
                folder, [*live.unprivileged(), live.program("haproxy"), "-db",
                         "-f", str(config)], pass_fds=(door.fileno(),)):
            yield door.getsockname()[1]


def get(port, uri):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(live.harness.DEADLINE)
        s.sendall(("GET %s HTTP/1.0\r\nUser-Agent: %s\r\n\r\n" % (
            uri, AGENT)).encode())
        answer = s.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200"), answer


def uris():
    return ["/page/%d?x=y" % n for n in range(REQUESTS)] + ["/" + 4000 * "a"]


def check(got, way):
    """One message a request, in order and whole, with what the format has."""
    pri, host, app, pid = FORMATS[way]
    for uri, m in zip(uris(), got, strict=True):
        text = m.msg
        if way == "iso":
            time, _, text = text.partition(" ")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\S+", time), m
        line = re.fullmatch(TEXT, text)
        assert line, m
        assert line[2] == uri
        assert (m.facility, m.severity) == pri
        assert (m.hostname, m.app_name) == (host, app)
        assert re.fullmatch(r"\d+", m.procid) if pid else m.procid is None
        assert m.sd == ({"http@32473": {"status": "200", "agent": AGENT}}
                        if way == "rfc5424" else {})


@pytest.mark.parametrize("format", live.FORMATS)
@pytest.mark.parametrize("way", FORMATS)
def test_haproxy_over_udp(collect, tmp_path, way, format):
    c = collect(listen=("udp://127.0.0.1:0",), args=("-f", format))
    log = "log 127.0.0.1:%d len 8000 format %s local0 info" % (
        c.address("udp")[1], way)
    with haproxy(tmp_path, log) as port:
        for uri in uris():
            get(port, uri)
        # It logs when it has answered.
        c.wait_lines(len(uris()))
    check(live.stored(c, format), way)


@pytest.mark.parametrize("format", live.FORMATS)
@pytest.mark.parametrize("way, proto", [
    ("rfc5424", "octet-count"), ("rfc5424", "legacy"),
    ("rfc3164", "octet-count"), ("rfc3164", "legacy"),
    ("timed", "octet-count"), ("raw", "octet-count"), ("raw", "legacy")])
def test_haproxy_over_tcp(collect, tmp_path, way, proto, format):
    """Through a ring, as haproxy's manual has it."""
    # A count before anything but a "<" has to be expected.
    query = "?framing=octet" if (way, proto) == ("raw", "octet-count") else ""
    c = collect(listen=("tcp://127.0.0.1:0" + query,), args=("-f", format))
    ring = RING % (way, c.address("tcp")[1], proto)
    with haproxy(tmp_path, "log ring@collector len 8000 format %s local0 info"
                 % way, ring) as port:
        for uri in uris():
            get(port, uri)
        c.wait_lines(len(uris()))
    check(live.stored(c, format), way)
