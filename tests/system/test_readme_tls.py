# SPDX-License-Identifier: BSD-2-Clause
"""What README.md says of rsyslog and syslog-ng in TLS works with certificates
of `syncline cert`, letter by letter but for port, folder and name; and neither
sends to a collector of another name."""

import contextlib
import glob

import pytest

import harness
import live
import tool
from test_readme import block
from test_readme_apps import syslog_ng

pytestmark = pytest.mark.peers

# The collector's name for senders; its certificate says localhost in any case.
NAMES = {"localhost": "127.0.0.1", "127.0.0.2": "127.0.0.2"}


@pytest.fixture(name="collector", params=NAMES)
def _collector(collect, tmp_path, request):
    """One that senders know by that name, the name, and the sender's folder."""
    tool.needs_collector_with_tls()
    tool.run("cert", "init", cwd=tmp_path)
    tool.run("cert", "issue", "web1", cwd=tmp_path)
    files = ("certificate=tls/collector.pem&key=tls/collector.key&"
             "ca=tls/ca.pem&peers=web1")
    c = collect(listen=("tls://%s:0?%s" % (NAMES[request.param], files),),
                args=("-f", "%{tls_peer} %{app_name} %{msg}"))
    return c, request.param, tmp_path / "tls" / "clients" / "web1"


def ours(text, collector):
    """The text with our port, folder and name."""
    c, name, folder = collector
    for known, here in (("6514", c.address("tls")[1]),
                        ("/etc/syncline/client", folder),
                        ("logs.example.net", name)):
        assert known in text
        text = text.replace(known, str(here))
    return text


@contextlib.contextmanager
def rsyslog(folder, text):
    """rsyslogd with this configuration; gives the socket that it reads. It is
    killed: told to end, one that tries again and again may take long."""
    program = live.program("rsyslog")
    modules, = glob.glob(
        program.partition("/usr/sbin/")[0] + "/usr/lib/*/rsyslog")
    config, source = folder / "rsyslog.conf", folder / "source"
    config.write_text(
        'module(load="imuxsock" SysSock.Use="off")\n'
        'input(type="imuxsock" Socket="%s")\n%s' % (source, text))
    with live.Running(folder, [program, "-C", "-n", "-f", config, "-i",
                               folder / "pid", "-M", modules]) as relay:
        relay.wait_until(source.exists)
        yield source
        relay.process.kill()
        relay.process.wait()


def judge(collector, source):
    """It comes, or the sender ends the connection before it sends."""
    c, name, _ = collector
    live.call(["logger", "--socket", str(source), "--tag", "hello", "it works"])
    if name == "localhost":
        harness.eventually(lambda: any(
            line.split() == [b"web1", b"hello", b"it", b"works"]
            for line in c.lines()), what=c.lines)
    else:
        harness.eventually(lambda: c.metric("connections_total") >= 1 and
                           c.metric("connections") == 0, what=c.stderr)
        assert c.metric("received_messages_total") == 0


@pytest.mark.parametrize("driver", ["gtls", "ossl"])
def test_rsyslog(collector, tmp_path, driver):
    text = block("rsyslog", "StreamDriver").replace('"gtls"', '"%s"' % driver)
    with rsyslog(tmp_path, ours(text, collector)) as source:
        judge(collector, source)


def test_syslog_ng(collector, tmp_path):
    text = block("conf", "tls(")
    with syslog_ng(tmp_path, ours(text, collector)) as source:
        judge(collector, source)
