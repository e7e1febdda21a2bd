# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline delivers to the collectors of others: rsyslog, syslog-ng."""

import glob
import os
import re
import signal
import socket

import pytest

import harness
import live
import sending
from harness import eventually, load
from sending import drive
from test_readme_apps import syslog_ng
from test_sender_faults import free_port

pytestmark = pytest.mark.peers

RSYSLOG = """
global(workDirectory="%(folder)s" maxMessageSize="64k")
module(load="imtcp")
module(load="imptcp")
module(load="imudp")
module(load="imuxsock" SysSock.Use="off")
input(type="imtcp" address="127.0.0.1" port="%(imtcp)d")
input(type="imptcp" address="127.0.0.1" port="%(imptcp)d")
input(type="imudp" address="127.0.0.1" port="%(imudp)d" rcvbufSize="8m")
input(type="imuxsock" Socket="%(folder)s/rsyslog.sock"
      RateLimit.Interval="0" UseSysTimeStamp="off")
template(name="fields" type="string" string="%%pri%%|%%hostname%%|%%app-name%%|\
%%procid%%|%%msgid%%|%%structured-data%%|%%msg%%\\n")
action(type="omfile" file="%(folder)s/out" template="fields"
       asyncWriting="off")
"""

SYSLOG_NG = """options { keep-hostname(yes); };
source s_tcp { syslog(ip("127.0.0.1") port(%(tcp)d) transport("tcp")); };
source s_udp { syslog(ip("127.0.0.1") port(%(udp)d) transport("udp")
                      so-rcvbuf(8388608)); };
destination d_file { file("%(folder)s/out" template("$PRI|$HOST|$PROGRAM|$PID|\
$MSGID|$SDATA|$MESSAGE\\n")); };
log { source(s_src); source(s_tcp); source(s_udp); destination(d_file); };
"""


def lines_of(folder):
    try:
        with open(os.path.join(folder, "out"), encoding="utf-8",
                  errors="replace") as f:
            return f.read().splitlines()
    except FileNotFoundError:
        return []


def connects(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def rsyslog_command(folder):
    base = live.program("rsyslog")
    modules, = glob.glob(os.path.join(
        os.path.dirname(base), "..", "lib", "*", "rsyslog"))
    return [base, "-C", "-n", "-f", str(folder / "rsyslog.conf"),
            "-i", str(folder / "pid"), "-M", modules]


@pytest.fixture
def rsyslog(tmp_path):
    ports = {name: free_port() for name in ("imtcp", "imptcp", "imudp")}
    (tmp_path / "rsyslog.conf").write_text(
        RSYSLOG % dict(folder=tmp_path, **ports))
    with live.Running(tmp_path, rsyslog_command(tmp_path)) as peer:
        peer.wait_until(lambda: connects(ports["imtcp"]) and
                        connects(ports["imptcp"]) and
                        (tmp_path / "rsyslog.sock").exists())
        yield {
            "imtcp": "tcp://127.0.0.1:%d" % ports["imtcp"],
            "imptcp": "tcp://127.0.0.1:%d" % ports["imptcp"],
            "imudp": "udp://127.0.0.1:%d" % ports["imudp"],
            "imuxsock": "unix://%s/rsyslog.sock" % tmp_path}


@pytest.mark.parametrize("way", ("imtcp", "imptcp", "imudp"))
def test_rsyslog_understands_us(rsyslog, tmp_path, way):
    """Every field as we meant it, and each message once, in order."""
    count = load(2000) if way != "imudp" else 200
    got = drive("record", rsyslog[way])
    assert got["sent"] == 4
    drive("flood", rsyslog[way], count=count, memory=1 << 23)
    eventually(lambda: len(lines_of(tmp_path)) >= count + 4,
               what=lambda: lines_of(tmp_path)[-3:])
    lines = lines_of(tmp_path)
    host = os.uname().nodename
    pri, hostname, app, procid, msgid, sd, text = lines[0].split("|")
    assert (pri, hostname, app, msgid, text) == (
        "18", host, "other_app", "ID_47", "text%n%s")
    assert procid.isdigit()
    assert sd.startswith('[one@32473 a_b="x\\"\\]\\\\')
    found, = sending.numbers(lines).values()
    assert found == list(range(count))


def test_rsyslog_reads_the_old_format_of_dev_log(rsyslog, tmp_path, private):
    """What libsyncline says to /dev/log is what imuxsock expects there."""
    drive("dropin", "-", prefix=live.with_dev_log(
        private, str(tmp_path / "rsyslog.sock")))
    eventually(lambda: len(lines_of(tmp_path)) >= 4)
    fields = [line.split("|") for line in lines_of(tmp_path)]
    assert [(f[0], f[2], f[6].strip()) for f in fields[1:]] == [
        ("156", "first", "one text 2: No such file or directory"),
        ("19", "second", "two"), ("155", "second", "three")]
    assert fields[1][3].isdigit()


def is_dead(pid):
    """It has ended, and so have its threads; its parent need not know yet."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            state = f.read().rpartition(")")[2].split()[0]
        return state == "Z" and len(os.listdir("/proc/%d/task" % pid)) == 1
    except FileNotFoundError:
        return True


def test_rsyslog_is_killed_and_comes_back(rsyslog, tmp_path):
    """K2 with another collector: what is missing was counted."""
    url, count = rsyslog["imptcp"], load(3000)
    # in a slow build, too, it goes on when the other is killed
    one = sending.Drive("flood", url, count=count, pace=300000 // count,
                        retry=100, memory=1 << 22, timeout=30000)
    eventually(lambda: len(lines_of(tmp_path)) > count // 4)
    with open(tmp_path / "pid", encoding="ascii") as f:
        pid = int(f.read())
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: is_dead(pid))  # else the port is still taken
    (tmp_path / "pid").unlink()
    with live.Running(tmp_path, rsyslog_command(tmp_path)):
        got = one.end()
        assert got["dropped"] == 0 and got["connects"] >= 2
        eventually(lambda: any("n=%d " % (count - 1) in line
                               for line in lines_of(tmp_path)))
    # what a kill tore within a line is not looked at
    found = [int(n) for line in lines_of(tmp_path)
             for n in re.findall(r"t=0 n=(\d+) 0$", line)]
    once = sending.first_of_each(found)
    assert once == sorted(once)
    assert count - len(once) <= got["uncertain"]


@pytest.mark.parametrize("way", ("tcp", "udp"))
def test_syslog_ng_understands_us(tmp_path, way):
    ports = {"tcp": free_port(), "udp": free_port()}
    text = SYSLOG_NG % dict(folder=tmp_path, **ports)
    url = "%s://127.0.0.1:%d" % (way, ports[way])
    count = load(2000) if way == "tcp" else 200
    with syslog_ng(tmp_path, text):
        eventually(lambda: connects(ports["tcp"]))
        assert drive("record", url)["sent"] == 4
        drive("flood", url, count=count, memory=1 << 23)
        eventually(lambda: len(lines_of(tmp_path)) >= count + 4,
                   what=lambda: lines_of(tmp_path)[-3:])
    lines = lines_of(tmp_path)
    # an LF in a value is in the first
    text = "\n".join(lines[:2])
    assert text.startswith("18|%s|other_app|" % os.uname().nodename)
    assert 'one@32473 a_b="x\\"\\]\\\\' in text and "|ID_47|" in text
    found, = sending.numbers(lines).values()
    assert found == list(range(count))
