# SPDX-License-Identifier: BSD-2-Clause
"""The status server: metrics, health, status, and nothing else.

The contract's section 3; faults I1 to I5.
"""

import http.client
import json
import re
import socket

import pytest

import harness
import senders
from configured import start
from harness import eventually

LISTENER = ["received_messages_total", "received_bytes_total", "empty_total",
            "connections", "connections_total", "rejected_connections_total",
            "malformed_messages_total", "truncated_messages_total",
            "dropped_messages_total"]
OUTPUT = ["dropped_output_messages_total", "written_messages_total",
          "written_bytes_total", "failed_writes_total", "stalled",
          "rotations_total", "open_files", "queue_bytes"]
OTHER = ["sync_seconds", "build_info", "filtered_messages_total",
         "own_messages_total"]
GAUGES = {"connections", "stalled", "open_files", "queue_bytes", "build_info"}


@pytest.fixture
def collector(shared):
    return shared(listen=("tcp://127.0.0.1:0",
                          "udp://127.0.0.1:0?name=a%22b%5Cc"),
                  args=("--hostname", "collector1"))


def test_every_metric_is_there(collector):
    """By the names of the contract, with their types."""
    _, headers, body = collector.http()
    text = body.decode()
    assert headers["Content-Type"].startswith("text/plain")
    types = dict(re.findall(r"^# TYPE syncline_(\S+) (\S+)$", text, re.M))
    for name in LISTENER + OUTPUT + OTHER:
        kind = ("gauge" if name in GAUGES else "histogram"
                if name == "sync_seconds" else "counter")
        assert types.get(name) == kind, name
    assert "syncline_build_info{version=" in text


def test_metrics_are_well_formed(collector):
    """Prometheus text: HELP and TYPE before the samples of a name, its
    samples together, none twice, labels escaped, a line feed at the end."""
    text = collector.http()[2].decode()
    assert text.endswith("\n")
    harness.parse_metrics(text)
    current, done, kinds = None, set(), {}
    for line in text.splitlines():
        if not line.strip():
            continue
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            assert what in ("HELP", "TYPE") and rest
            if name != current:
                assert name not in done, name + " is not in one place"
                done.add(name)
                current = name
            if what == "TYPE":
                kinds[name] = rest
            continue
        name = re.match(r"[a-zA-Z_:][a-zA-Z0-9_:]*", line)[0]
        if kinds.get(current) == "histogram":
            name = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name == current, line
        assert re.fullmatch(
            r'\w+(\{(\w+="(\\[\\"n]|[^\\"\n])*",?)*\})? \S+', line), line
        float(line.rsplit(" ", 1)[1])
        if kinds[name] == "counter":
            assert name.endswith("_total")
    assert r'listener="a\"b\\c"' in text


def test_listener_labels(collector):
    """The URL without query as configured, or the name."""
    labels = {dict(l).get("listener") for (n, l), _ in
              collector.metrics().items()
              if n == "syncline_received_messages_total"}
    assert {"tcp://127.0.0.1:0", r'a\"b\\c'} <= labels


def test_the_sync_histogram(collect):
    """Counts each fdatasync; the buckets are cumulative, the last is +Inf."""
    c = collect(args=("--sync", "always"))
    for n in range(5):
        senders.send_stream(c.address(), "tcp", b"<13>%d\n" % n)
        c.wait_lines(n + 1)
    eventually(lambda: c.metric("sync_seconds_count") > 0)
    metrics = c.metrics()
    buckets = [(dict(l)["le"], v) for (n, l), v in metrics.items()
               if n == "syncline_sync_seconds_bucket"]
    values = [v for _, v in sorted(buckets, key=lambda b: float(b[0]))]
    assert values == sorted(values) and len(values) > 3
    assert values[-1] == metrics["syncline_sync_seconds_count", ()]
    assert "+Inf" in dict(buckets)


@pytest.mark.parametrize("sync", ["never", "1ms", "50ms", "always"])
def test_sync_periods(collect, sync):
    """never: not one; else they happen while messages come."""
    c = collect(args=("--sync", sync, "-f", "raw"))
    with senders.connect(c.address()) as s:
        for n in range(20):
            s.sendall(b"<13>%d\n" % n)
            c.wait_lines(n + 1)
    if sync == "never":
        assert c.metric("sync_seconds_count") == 0
    else:
        eventually(lambda: c.metric("sync_seconds_count") > 0)


def test_health(collector):
    for path in "/healthz", "/readyz":
        status, _, body = collector.http(path=path)
        assert status == 200 and body


def test_status_is_json(collector):
    status, headers, body = collector.http(path="/status")
    assert status == 200
    assert headers["Content-Type"].startswith("application/json")
    assert isinstance(json.loads(body), dict)


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz",
                                  "/status"])
def test_head_is_get_without_a_body(collector, path):
    status, headers, body = collector.http("HEAD", path)
    assert status == 200 and body == b""
    assert headers["Content-Type"] == collector.http(
        "GET", path)[1]["Content-Type"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS",
                                    "PATCH", "TRACE", "CONNECT"])
def test_only_get_and_head(collector, method):
    """And nobody waits for the end of the answer."""
    status, headers, body = collector.http(method, "/metrics")
    assert status in ([405] if method == "POST" else [405, 501])
    assert headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("path", [
    "/metricsx", "/metrics/", "/../etc/passwd", "/%2e%2e/etc/passwd", "//",
    "/favicon.ico", "/<script>alert(1)</script>", "/" + "a" * 3000])
def test_other_paths(collector, path):
    """404, and nothing of the path comes back unescaped."""
    status, _, body = collector.http(path=path)
    assert status in (404, 400, 414) and b"<script>" not in body


@pytest.mark.parametrize("host,status", [
    ("127.0.0.1", 200), ("127.0.0.1:80", 200), ("localhost", 200),
    ("localhost:8514", 200), ("LOCALHOST", 200), ("[::1]", 200),
    ("[::1]:8514", 200), ("192.0.2.7", 200), ("collector1", 200),
    ("evil.example", 421), ("localhost.evil.example", 421),
    ("127.0.0.1.evil.example", 421), ("collector1.example", 421)])
def test_hosts(collector, host, status):
    """DNS rebinding: only names that are ours, and addresses."""
    assert collector.http(headers={"Host": host})[0] == status


@pytest.mark.parametrize("request_,status", [
    (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
     400),
    (b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
     421),
    (b"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
     200),
    (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
    (b"GET /healthz HTTP/1.0\r\nHost: evil\r\n\r\n", 421),
    (b"GET http://evil.example/healthz HTTP/1.0\r\n\r\n", 421),
    (b"GET /healthz HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n"
     b"\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: localhost:abc\r\n\r\n", 421),
    (b"GET /healthz HTTP/1.1\r\nHost: [::1]:80x\r\n\r\n", 421),
    (b"GET /healthz HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200)])
def test_whom_a_request_is_for(collector, request_, status):
    """I1, I3: one Host only, and the one in the request's line counts."""
    with socket.create_connection(collector.address("http"), 60) as s:
        s.sendall(request_)
        assert int(s.recv(4096).split()[1]) == status


def test_listed_hosts(collect, tmp_path):
    """I3: http_hosts adds names, and a reload changes them."""
    text = """
http: 127.0.0.1:0
http_hosts: [ logs.example.net, other.example ]
listen: { url: "tcp://127.0.0.1:0" }
output: { path: "{dir}/all.log" }
"""
    f = start(collect, tmp_path, text, http=None)
    for host, status in [("logs.example.net", 200), ("Other.Example:80", 200),
                         ("logs.example", 421)]:
        assert f.c.http(headers={"Host": host})[0] == status
    f.reload(text.replace("logs.example.net, ", ""))
    assert f.c.http(headers={"Host": "logs.example.net"})[0] == 421
    assert f.c.http(headers={"Host": "other.example"})[0] == 200


def test_nothing_of_a_message_is_shown(collect, tmp_path):
    """I2: whatever peers and operators write, no markup comes out: messages
    are not shown at all, names are escaped, and the type is no page's."""
    evil = "<script>\\\"</textarea>"
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
    name: '%s'
output:
  - path: '{dir}/%%{hostname}/%%{app_name}'
    name: 'o%s'
""" % (evil, evil))
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>1 - <b>evil</b> <i>app</i> - - - <script>x()</script>"
                  b"\n")
    f.c.wait_metric("written_messages_total", 1, output="o" + evil.replace(
        "\\", "\\\\").replace('"', '\\"'))
    for path in ["/metrics", "/status", "/healthz", "/readyz"]:
        _, headers, body = f.c.http(path=path)
        assert b"evil</b>" not in body and b"x()" not in body
        assert "html" not in headers["Content-Type"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Access-Control-Allow-Origin"] is None
    status = json.loads(f.c.http(path="/status")[2])
    assert status["listeners"][0]["listener"] == evil


def test_off(collect):
    c = collect(http="none")
    assert not c.addresses("http")
    senders.send_stream(c.address(), "tcp", b"<13>x\n")
    c.wait_lines(1)


@pytest.mark.fault
def test_slow_http_clients_block_nothing(collect):
    """Fifty half requests, and messages go on; afterwards the server does."""
    c = collect(args=("-f", "raw"))
    slow = []
    for _ in range(50):
        s = socket.create_connection(c.address("http"))
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        slow.append(s)
    senders.send_stream(c.address(), "tcp", b"<13>x\n" * 1000)
    c.wait_lines(1000)
    for s in slow:
        s.close()
    assert c.metric("received_messages_total") == 1000


@pytest.mark.fault
@pytest.mark.parametrize("request_", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 100,
    b"GET " + b"/" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
    b"99999999999999999999\r\n\r\n",
    b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"])
def test_bad_requests_do_no_harm(collector, request_):
    """I1: it lives, and answers the next one."""
    s = socket.create_connection(collector.address("http"))
    s.settimeout(harness.DEADLINE)
    try:
        s.sendall(request_)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass
    except OSError:
        pass
    s.close()
    assert collector.http(path="/healthz")[0] == 200


def test_http_on_ipv6(collect):
    c = collect(http="[::1]:0")
    host, port = c.address("http")
    connection = http.client.HTTPConnection(host, port, timeout=60)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()
