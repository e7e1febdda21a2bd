# SPDX-License-Identifier: BSD-2-Clause
"""What README.md tells people to write into the configuration of a program
works with that program, letter by letter; only ports and paths are the test's.

Every block of the section is named by a test, or this file fails. SYNCLINE_README
names another file to read.
"""

import contextlib
import glob
import json
import os
import re
import signal
import socket
import subprocess

import pytest

import harness
import live
from test_live_go import go
from test_live_log4j2 import java

pytestmark = pytest.mark.peers

SECTION = "Point your applications at it"
with open(os.environ.get("SYNCLINE_README",
                         os.path.join(harness.REPO, "README.md")),
          encoding="utf-8") as _file:
    README = _file.read()
# Blocks that test_readme.py and test_sender_examples.py run.
CHECKED = [("", "sh"), ("Shell scripts", "sh"), ("Shell scripts", "sh"),
           ("C", "sh"), ("C, with libsyncline", "c"),
           ("C, with libsyncline", "sh"), ("Python", "python"),
           ("rsyslog", "rsyslog"), ("Then look", "sh")]


def blocks():
    """(heading, language, text) of all blocks of the section."""
    section = re.search(r"^## %s$(.*?)(?=^## |\Z)" % SECTION, README,
                        re.M | re.S)
    assert section, "README.md has no section " + SECTION
    parts = re.split(r"^### (.*)$", section[1], flags=re.M)
    assert len(parts) > 2
    return [(heading, kind, text)
            for heading, part in zip(["", *parts[1::2]], parts[0::2])
            for kind, text in re.findall(r"^```(.*)\n((?s:.*?))^```$", part,
                                         re.M)]


def checks(heading, kind):
    """Marks the test of a block, which gets its text."""
    CHECKED.append((heading, kind))
    found = [text for h, k, text in blocks() if (h, k) == (heading, kind)]
    return pytest.mark.parametrize(
        "text", found or ["(not in README.md)"], ids=[kind])


def at(text, port, known=5514):
    """The text with our port in place of the quickstart's."""
    assert text.count(str(known)) == 1, text
    return text.replace(str(known), str(port))


def works(c, app="myapp", severity="warning", **more):
    """One message has come, as told."""
    m, = live.stored(c, "json", 1)
    assert (m.app_name, m.severity, m.facility, m.msg) == (
        app, severity, "user", "it works")
    for name, value in more.items():
        assert getattr(m, name) == value
    return m


@pytest.fixture
def tcp(collect):
    """A collector, and its port."""
    c = collect(args=("-f", "json"))
    return c, c.address("tcp")[1]


@pytest.fixture
def udp(collect):
    c = collect(listen=("udp://127.0.0.1:0",), args=("-f", "json"))
    return c, c.address("udp")[1]


@pytest.fixture
def dev_log(collect, private, tmp_path):
    """A collector, and the command prefix for which it serves /dev/log."""
    c = collect(listen=("unix://%s/log" % tmp_path,),
                args=("-f", "json", "--hostname", "here"))
    return c, live.with_dev_log(private, c.address("unix"))


def test_every_block_is_checked():
    assert sorted((h, k) for h, k, _ in blocks()) == sorted(CHECKED)


@checks("C", "c")
def test_c(dev_log, tmp_path, text):
    c, inside = dev_log
    source = tmp_path / "myapp.c"
    source.write_text(text)
    live.call(["cc", "-Wall", "-Werror", "-o", str(tmp_path / "myapp"),
               str(source)])
    live.call([*inside, str(tmp_path / "myapp")])
    works(c, hostname="here")


@checks("Java", "xml")
def test_java(tcp, tmp_path, text):
    """Also a stack trace, which stays in its message."""
    c, port = tcp
    config = tmp_path / "log4j2.xml"
    config.write_text(at(text, port))
    script = tmp_path / "script"
    script.write_text(
        'log = org.apache.logging.log4j.LogManager.getLogger("x");\n'
        'log.warn("it works");\n'
        'log.error("it fails", new RuntimeException("because"));\n')
    java(config, str(script))
    first, second = live.stored(c, "json", 2)
    assert (first.app_name, first.severity, first.msg) == (
        "myapp", "warning", "it works")
    assert (second.severity, second.facility) == ("err", "user")
    assert re.match(r"it fails *\\n *java.lang.RuntimeException: because\\n"
                    r"\tat ", second.msg), second.msg


@checks("Go", "go")
def test_go(tcp, tmp_path, text):
    c, port = tcp
    source = tmp_path / "myapp.go"
    source.write_text(at(text, port))
    go("vet", str(source), folder=tmp_path)
    go("run", str(source), folder=tmp_path)
    works(c, hostname=socket.gethostname())


@checks("Node", "javascript")
def test_node(tcp, tmp_path, text):
    """Two lines are one message, as is said there."""
    c, port = tcp
    source = tmp_path / "myapp.js"
    source.write_text(at(text, port).replace(
        "collector.end", "log(6, 'two\\nlines');\ncollector.end"))
    live.call([live.installed("node"), str(source)])
    first, second = live.stored(c, "json", 2)
    assert (first.app_name, first.severity, first.msg) == (
        "myapp", "warning", "it works")
    assert (second.facility, second.severity, second.msg) == (
        "user", "info", "two\nlines")


@checks("Perl", "perl")
def test_perl(tcp, text):
    c, port = tcp
    live.call([live.installed("perl"), "-we", at(text, port)])
    works(c)


@checks("PHP", "php")
def test_php(dev_log, tmp_path, text):
    c, inside = dev_log
    source = tmp_path / "myapp.php"
    source.write_text(text)
    live.call([live.program("php"), "-n", "-l", str(source)])
    live.call([*inside, live.program("php"), "-n", str(source)])
    works(c)


@checks("PHP", "ini")
def test_php_errors(dev_log, tmp_path, text):
    c, inside = dev_log
    config = tmp_path / "php.ini"
    config.write_text(text)
    live.call([*inside, live.program("php"), "-c", str(config), "-r",
               r'error_log("two\nlines");'])
    m, = live.stored(c, "json", 1)
    assert (m.app_name, m.msg) == ("myapp", "two\nlines")


NGINX = """
daemon off;
pid %(folder)s/pid;
events {}
http {
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    include %(folder)s/log.conf;
    server {
        listen unix:%(folder)s/http;
        root %(folder)s;
    }
}
"""


def get(s, path):
    """Sends a request, waits for the end of the answer."""
    with s:
        s.settimeout(harness.DEADLINE)
        s.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path.encode())
        while s.recv(4096):
            pass


@checks("nginx", "nginx")
def test_nginx(udp, tmp_path, text):
    c, port = udp
    assert text.count("5514") == 2
    (tmp_path / "log.conf").write_text(text.replace("5514", str(port)))
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX % dict(folder=tmp_path))
    command = [*live.unprivileged(), live.program("nginx"), "-e", "stderr",
               "-c", str(config)]
    live.call([*command, "-t"])
    door = str(tmp_path / "http")
    with live.Running(tmp_path, command) as nginx:
        nginx.wait_until(lambda: live.listens(door))
        s = socket.socket(socket.AF_UNIX)
        s.connect(door)
        get(s, "/missing")
        c.wait_lines(2)
    found = {m.app_name: m for m in live.stored(c, "json")}
    assert set(found) == {"nginx_error", "nginx_access"}
    assert '"GET /missing HTTP/1.0" 404 ' in found["nginx_access"].msg
    assert found["nginx_access"].severity == "info"
    assert "open()" in found["nginx_error"].msg
    assert found["nginx_error"].severity == "err"


HAPROXY = """
defaults
    mode http
    log global
    option httplog
    timeout client 10s
    timeout server 10s
    timeout connect 10s

frontend web
    bind fd@%d
    http-request return status 200
"""


@checks("HAProxy", "haproxy")
def test_haproxy(tcp, tmp_path, text):
    c, port = tcp
    with socket.create_server(("127.0.0.1", 0)) as door:
        config = tmp_path / "haproxy.cfg"
        config.write_text(at(text, port) + HAPROXY % door.fileno())
        command = [*live.unprivileged(), live.program("haproxy"), "-db", "-f",
                   str(config)]
        live.call([*command, "-c"], pass_fds=(door.fileno(),))
        with live.Running(tmp_path, command, pass_fds=(door.fileno(),)):
            # what it logs while it still connects may wait for the next one
            def logged():
                get(socket.create_connection(door.getsockname()), "/hello")
                return c.count_lines() > 0
            harness.eventually(logged)
    for m in live.stored(c, "json"):
        assert (m.app_name, m.facility, m.severity) == (
            "haproxy", "local0", "info")
        assert '"GET /hello HTTP/1.0"' in m.msg


@checks("PostgreSQL", "ini")
def test_postgresql(dev_log, tmp_path, text):
    """A server that only reads SQL from its input is enough to see what it
    makes of its configuration."""
    c, inside = dev_log
    folder = os.path.dirname(live.program("postgresql"))
    data = tmp_path / "data"
    anyone = live.unprivileged(insist=True)
    live.call([*anyone, os.path.join(folder, "initdb"), "-D", str(data), "-A",
               "trust", "--no-locale", "--no-sync"])
    with open(data / "postgresql.conf", "a", encoding="utf-8") as config:
        config.write(text + "log_statement = 'all'\n")
    subprocess.run(
        [*inside, *anyone, live.program("postgresql"), "--single", "-j", "-D",
         str(data), "postgres"], input="select 1,\n  2\n;\n\n", text=True,
        stdout=subprocess.DEVNULL, check=True, timeout=harness.DEADLINE)
    got = live.stored(c, "json")
    assert {m.app_name for m in got} == {"postgres"}
    assert any("statement: select 1,\n\t  2\n\t;" in m.msg for m in got), got


@contextlib.contextmanager
def syslog_ng(folder, text):
    """syslog-ng with this configuration, checked by itself first; gives the
    socket that it reads."""
    base = live.program("syslog-ng-core").partition("/usr/sbin/")[0] + "/usr"
    config = folder / "syslog-ng.conf"
    source = str(folder / "source")
    config.write_text(
        '@version: 3.38\nsource s_src { unix-dgram("%s"); };\n%s' % (
            source, text))
    modules, = glob.glob(base + "/lib/syslog-ng/[0-9]*")
    command = [live.program("syslog-ng-core"), "-F", "-f", str(config),
               "--module-path", modules, "-R", str(folder / "persist"), "-p",
               str(folder / "pid"), "-c", str(folder / "control"),
               "--no-caps"]
    env = {**os.environ, "SYSLOGNG_PREFIX": base,
           "LD_LIBRARY_PATH": base + "/lib/syslog-ng"}
    live.call([*command, "-s"], env=env)
    with live.Running(folder, command, env=env) as relay:
        relay.wait_until(lambda: os.path.exists(source))
        yield source


@checks("syslog-ng", "conf")
def test_syslog_ng(tcp, tmp_path, text):
    c, port = tcp
    with syslog_ng(tmp_path, at(text, port)) as source:
        live.call(["logger", "--socket", source, "--tag", "myapp", "-p",
                   "user.warning", "it works"])
        c.wait_lines(1)
    works(c)


@checks("journald", "ini")
def test_journald(text):
    """There is no journal in here to ask: the one line that counts."""
    assert text.splitlines() == ["[Journal]", "ForwardToSyslog=yes"]


# A fresh /run, where nobody listens yet.
RUN = "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && exec $0"


@checks("journald", "sh")
def test_journald_collector(private, tmp_path, text):
    """What stands for the journal sends as it does."""
    (tmp_path / "build" / "collector").mkdir(parents=True)
    os.symlink(harness.SYNCLINED,
               tmp_path / "build" / "collector" / "synclined")
    log = tmp_path / "logs" / "journal.log"
    command = " ".join(text.replace("\\\n", "").split())
    with live.Running(tmp_path, [*private, "sh", "-c", RUN, command],
                      env=harness.clean_environment(None)) as collector:
        collector.wait_until(lambda: "syncline: ready" in collector.said())
        path = "/proc/%d/root/run/systemd/journal/syslog" % (
            collector.process.pid)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect(path)
            s.send(b"<12>Nov 24 10:15:00 myapp[7]: it works")
        harness.eventually(lambda: b" myapp 7 - - it works\n" in (
            log.read_bytes() if log.exists() else b""))
        collector.process.send_signal(signal.SIGTERM)
        assert collector.process.wait(harness.DEADLINE) == 0


@checks("Docker", "json")
def test_docker(text):
    """No daemon of Docker in here to ask: that it is JSON, and its address
    and format are such as we read."""
    settings = json.loads(text)
    assert settings["log-driver"] == "syslog"
    options = settings["log-opts"]
    assert re.fullmatch(r"tcp://127\.0\.0\.1:5514", options["syslog-address"])
    assert options["syslog-format"] == "rfc5424micro"


@checks("BusyBox", "sh")
def test_busybox(udp, private, tmp_path, text):
    c, port = udp
    words = at(text, port).split()
    assert words[0] == "busybox"
    words[0] = live.program("busybox")
    script = ('rm /dev/log; (until [ -S /dev/log ]; do sleep 0.01; done; '
              '"$1" logger -t myapp -p user.warning "it works") & '
              'exec "$@" -n -O /dev/null')
    with live.Running(tmp_path, [
            *live.with_dev_log(private, str(tmp_path / "none")), "sh", "-c",
            script, "sh", *words]):
        live.wait_for(c, b"it works", 1)
    m, = [m for m in live.stored(c, "json") if m.app_name == "myapp"]
    assert (m.severity, m.msg) == ("warning", "it works")


@checks("Network devices", "text")
def test_cisco_ios(udp, text):
    """No router in here to ask: the line with our address, and that a message
    of the kind that these lines give is read with all it says."""
    assert re.search(r"^logging host 192\.0\.2\.10 transport udp port 514$",
                     text, re.M)
    c, port = udp
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"<189>45: sw1: Nov 22 2026 10:15:00.123 UTC: "
                 b"%LINK-3-UPDOWN: Interface Gi0/1, changed state to up",
                 ("127.0.0.1", port))
    m, = c.wait_lines(1)
    m = json.loads(m)
    assert (m["facility"], m["severity"]) == ("local7", "notice")
    assert m["timestamp"] == "2026-11-22T10:15:00.123Z"
    assert (m["hostname"], m["app_name"]) == ("sw1", "%LINK-3-UPDOWN")
    assert m["msg"] == "Interface Gi0/1, changed state to up"
