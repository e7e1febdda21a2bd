# SPDX-License-Identifier: BSD-2-Clause
"""conf/systemd: as systemd's own tools see it, and with what the program
really does."""

import configparser
import os
import re
import shutil
import signal
import subprocess

import pytest

import harness
import senders
import tlsclient
from configured import start

pytestmark = pytest.mark.plain

CONF = os.path.join(harness.REPO, "conf", "systemd")
ANALYZE = shutil.which("systemd-analyze")
analyze = pytest.mark.skipif(
    ANALYZE is None, reason="no systemd-analyze on this machine")


def read(name):
    with open(os.path.join(CONF, name), encoding="utf-8") as f:
        return f.read()


@pytest.fixture
def units(tmp_path):
    """The units with the program that is tested."""
    service = re.sub(r"@sbindir@/synclined", harness.SYNCLINED,
                     read("synclined.service.in"))
    assert "@sbindir@" not in service
    (tmp_path / "synclined.service").write_text(service)
    (tmp_path / "synclined.socket").write_text(read("synclined.socket"))
    return tmp_path


def run(*args):
    return subprocess.run(args, capture_output=True, text=True, timeout=60)


@analyze
def test_the_service_is_hardened(units):
    """2.0 or better; 10 is a service that may do all."""
    done = run(ANALYZE, "security", "--offline=true", "--threshold=20",
               str(units / "synclined.service"))
    assert done.returncode == 0, done.stdout
    assert float(re.search(r"Overall exposure level for .*: ([\d.]+)",
                           done.stdout)[1]) <= 2.0


@analyze
def test_the_units_are_understood(units):
    done = run(ANALYZE, "verify", "--man=no",
               str(units / "synclined.service"),
               str(units / "synclined.socket"))
    # of others of this machine it may complain, too
    assert [line for line in done.stderr.splitlines()
            if "syncline" in line] == []


def settings():
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(read("synclined.service.in"))
    return parser


def allowed():
    """The system calls that the service may make."""
    names = {}
    name = None
    for line in run(ANALYZE, "syscall-filter").stdout.splitlines():
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if line.startswith("@"):
            name = line.strip()
            names[name] = set()
        elif name and line.startswith("    ") and "#" not in line:
            names[name].add(line.strip())

    def expand(name):
        return {call for item in names[name] for call in (
            expand(item) if item.startswith("@") else {item})}

    result = set()
    for setting in re.findall("^SystemCallFilter=(.*)$",
                              read("synclined.service.in"), re.M):
        sets = set().union(*(expand(s) for s in setting.lstrip("~").split()))
        result = result - sets if setting.startswith("~") else result | sets
    return result


@analyze
@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
@pytest.mark.skipif(harness.SLOW, reason="sanitizers make calls of their own")
def test_the_filter_lets_all_through_that_it_does(collect, certs, tmp_path):
    """Start, messages, also in TLS, rotation, compression, reload, stop."""
    trace = tmp_path / "trace"
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
  - url: udp://127.0.0.1:0
  - url: unix://{dir}/s
  - url: tls://127.0.0.1:0
    certificate: {server}.pem
    key: {server}.key
    ca: {ca}
    watch: true
output:
  - path: "{dir}/logs/%{hostname}.log"
    compress: zstd
    keep: 1
    sync: always
    group: {group}
  - path: {dir}/all.log
    match: "x+"
""".replace("{group}", str(os.getegid())).replace(
        "{server}", str(certs.server)).replace("{ca}", str(certs.ca)), prefix=(
        "strace", "-D", "-f", "-qq", "-o", str(trace)))
    for n in range(1, 4):
        with senders.connect(f.c.address()) as s:
            s.sendall(b"<13>1 - h a - - - x\n")
        f.c.wait_metric("written_messages_total", 2 * n)
        f.c.signal(signal.SIGUSR1)
        f.c.wait_metric("rotations_total", 2 * n)
    with tlsclient.connect(f.c, certs, certs.right) as s:
        s.sendall(tlsclient.message(1, "x"))
        f.c.wait_metric("written_messages_total", 8)
    harness.eventually(lambda: [n for n in os.listdir(tmp_path / "logs")
                                if n.endswith(".zst")])
    f.reload()
    f.c.stop()
    harness.eventually(lambda: "exit_group(0" in trace.read_text())
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))
    assert len(made) > 40
    assert made - allowed() == set()


def test_the_times_fit_those_of_the_program():
    """stop_timeout is 5 s, and then it has 0.3 s for its last words."""
    service = settings()["Service"]
    assert int(service["TimeoutStopSec"].rstrip("s")) > 5
    assert service["Type"] == "notify"


def test_the_folders_are_the_same_everywhere():
    folders = re.findall(r"^d (\S+) (\d+) syncline syncline -$",
                         read("syncline.tmpfiles.conf"), re.M)
    assert dict(folders) == {"/var/log/syncline": "0750",
                             "/var/lib/syncline": "0750",
                             "/run/syncline": "0755"}
    service = settings()["Service"]
    for key in "LogsDirectory", "StateDirectory", "RuntimeDirectory":
        assert service[key] == "syncline"


def tool(name):
    return pytest.mark.skipif(not shutil.which(name) or os.geteuid() != 0,
                              reason="needs root and " + name)


@tool("systemd-sysusers")
@tool("systemd-tmpfiles")
def test_user_and_folders_are_made(tmp_path):
    for path in "etc", "var/log", "var/lib", "run":
        (tmp_path / path).mkdir(parents=True)
    done = run("systemd-sysusers", "--root=%s" % tmp_path,
               os.path.join(CONF, "syncline.sysusers.conf"))
    assert done.returncode == 0, done.stderr
    user = re.search(r"^syncline:x:(\d+):(\d+):",
                     (tmp_path / "etc/passwd").read_text(), re.M)
    assert user
    done = run("systemd-tmpfiles", "--create", "--root=%s" % tmp_path,
               os.path.join(CONF, "syncline.tmpfiles.conf"))
    assert done.returncode == 0, done.stderr
    made = (tmp_path / "var/log/syncline").stat()
    assert (made.st_uid, made.st_gid, made.st_mode & 0o777) == (
        int(user[1]), int(user[2]), 0o750)
