# SPDX-License-Identifier: BSD-2-Clause
"""The relays of others deliver here: rsyslog's omfwd, syslog-ng's loggen.

They are run from where peers.sh unpacked them, by path.
"""

import glob
import json
import os
import socket
import subprocess
import time

import pytest

import harness
from harness import eventually, load

pytestmark = pytest.mark.peers

RSYSLOG = """
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="%(folder)s/rsyslog.in" RateLimit.Interval="0"
      UseSysTimeStamp="off")
action(type="omfwd" target="%(host)s" port="%(port)d" protocol="%(protocol)s"
       %(options)s)
"""

WAYS = {
    "LF": ("tcp", 'TCP_Framing="traditional" '
           'template="RSYSLOG_SyslogProtocol23Format"'),
    "octet counts": ("tcp", 'TCP_Framing="octet-counted" '
                     'template="RSYSLOG_SyslogProtocol23Format"'),
    "NUL": ("tcp", 'TCP_FrameDelimiter="0" '
            'template="RSYSLOG_SyslogProtocol23Format"'),
    "BSD format, LF": ("tcp", 'template="RSYSLOG_TraditionalForwardFormat"'),
    "default format, octet counts": ("tcp", 'TCP_Framing="octet-counted"'),
    "UDP": ("udp", 'template="RSYSLOG_SyslogProtocol23Format"'),
}


@pytest.fixture
def rsyslog(peers, tmp_path):
    """Starts an rsyslogd that forwards; returns the socket it reads."""
    started = []

    def start(host, port, protocol, options):
        config = tmp_path / "rsyslog.conf"
        config.write_text(RSYSLOG % dict(
            folder=tmp_path, host=host, port=port, protocol=protocol,
            options=options))
        base = os.path.join(peers, "rsyslog")
        modules, = glob.glob(base + "/usr/lib/*/rsyslog")
        started.append(subprocess.Popen(
            [base + "/usr/sbin/rsyslogd", "-C", "-n", "-f", str(config),
             "-i", str(tmp_path / "rsyslog.pid"), "-M", modules],
            stdin=subprocess.DEVNULL, cwd=tmp_path))
        path = str(tmp_path / "rsyslog.in")
        eventually(lambda: os.path.exists(path), what="rsyslogd is up")
        return path

    yield start
    for p in started:
        p.terminate()
        p.wait(harness.DEADLINE)


@pytest.mark.parametrize("way", WAYS)
def test_rsyslog_forwards_to_us(collect, rsyslog, way):
    """omfwd: every message, in order, with its fields."""
    protocol, options = WAYS[way]
    c = collect(listen=(protocol + "://127.0.0.1:0",), args=("-f", "json"))
    count = load(500) if protocol == "tcp" else 50
    path = rsyslog(*c.address(protocol), protocol, options)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(path)
        for n in range(count):
            s.send(b"<150>%s app[%d]: message %d" % (
                time.strftime("%b %e %H:%M:%S").encode(), n, n))
    got = [json.loads(line) for line in c.wait_lines(count)]
    got = [m for m in got if "message" in m["msg"]]  # not rsyslog's own
    assert [m["msg"].strip() for m in got] == [
        "message %d" % n for n in range(count)]
    assert [m["procid"] for m in got] == [str(n) for n in range(count)]
    assert {m["app_name"] for m in got} == {"app"}
    assert {m["pri"] for m in got} == {150}
    assert {m["format"] for m in got} == {
        "rfc3164" if "format" in way else "rfc5424"}


@pytest.fixture
def loggen(peers):
    base = os.path.join(peers, "syslog-ng-core", "usr")

    def run(*args):
        env = dict(os.environ, SYSLOGNG_PREFIX=base,
                   LD_LIBRARY_PATH=base + "/lib/syslog-ng")
        done = subprocess.run(
            [base + "/bin/loggen", "--quiet", *map(str, args)], env=env,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=2 * harness.DEADLINE)
        assert done.returncode == 0, done.stderr

    return run


LOGGEN = {
    "LF": ["--stream"],
    "RFC 5424, octet counts": ["--stream", "--syslog-proto"],
    "RFC 5424, LF": ["--stream", "--syslog-proto", "--no-framing"],
    "structured data": ["--stream", "--syslog-proto", "--sdata",
                        '[t@1 a="b"]'],
}


@pytest.mark.parametrize("scheme", ["tcp", "unix-stream"])
@pytest.mark.parametrize("way", LOGGEN)
def test_loggen_over_streams(collect, tmp_path, loggen, way, scheme):
    """Four connections at once: as many lines as it sent."""
    url = ("tcp://127.0.0.1:0" if scheme == "tcp" else
           "unix-stream://%s/in" % tmp_path)
    c = collect(listen=(url,), args=("-f", "json", "--rotate-size", "1M"))
    each = load(2000)
    target = ([*c.address("tcp")] if scheme == "tcp" else
              ["--unix", c.address(scheme)])
    loggen(*LOGGEN[way], "--rate", 100000, "--number", each, "--size", 300,
           "--active-connections", 4, *target)
    total = int(eventually(lambda: quiet_total(c)))
    assert total == c.count_lines() == c.metric("written_messages_total")
    # loggen's threads may each send a few more than asked for, never fewer.
    assert 4 * each <= total <= 4 * each + 8
    counts = {}
    for line in c.lines():
        m = json.loads(line)
        assert m["format"] == ("rfc5424" if "proto" in str(LOGGEN[way])
                               else "rfc3164"), line
        assert m["app_name"] == "prg00000"
        assert "PADD" in m["msg"]
        seq = m["msg"].partition("seq: ")[2].partition(",")[0]
        thread = m["msg"].partition("thread: ")[2].partition(",")[0]
        counts.setdefault(thread, []).append(int(seq))
    assert len(counts) == 4
    for seqs in counts.values():
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def quiet_total(c):
    """What was received, once all connections are closed and written."""
    if c.metric("connections"):
        return 0
    received = c.metric("received_messages_total")
    return received if received == c.count_lines() else 0


@pytest.mark.parametrize("proto", [[], ["--syslog-proto"]])
def test_loggen_datagrams(collect, tmp_path, loggen, proto):
    """A unix datagram socket makes it wait, so nothing is lost. With
    --syslog-proto it puts a count into the datagrams."""
    c = collect(listen=("unix://%s/in" % tmp_path,), args=("-f", "json"))
    count = load(2000)
    loggen("--dgram", *proto, "--rate", 100000, "--number", count, "--size",
           200, "--unix", c.address("unix"))
    got = [json.loads(line) for line in c.wait_lines(count)]
    assert {m["format"] for m in got} == {"rfc5424" if proto else "rfc3164"}
    assert {m["app_name"] for m in got} == {"prg00000"}
