# SPDX-License-Identifier: BSD-2-Clause
"""test_shipped.py - the configurations that come with it, from end to end

Paths are moved below the test's folder, ports are free ones, and nobody
becomes another user; everything else is as it stands.
"""

import os
import re
import socket

import pytest

import harness
import rsyslog_rules
from test_documents import PAGE, literals

EVERY = [(f, s) for f in range(24) for s in range(8)]


def host_text():
    with open(os.path.join(harness.REPO, "conf", "host.yaml"),
              encoding="utf-8") as file:
        return file.read()


def page_rules():
    """The rules of Debian's rsyslog.conf in the manual."""
    return "".join(block for block in literals(PAGE)
                   if re.match(r"(?:\*\.\*|daemon\.\*)", block) and
                   "facility" not in block)


def page_text():
    """What they become there, put together as it says."""
    first = [b for b in literals(PAGE)
             if b.startswith("listen:\n  - url: unix:///run/systemd")]
    rest = [b for b in literals(PAGE)
            if b.startswith("  - path: /var/log/daemon.log")]
    assert len(first) == len(rest) == 1
    return first[0] + rest[0]


def started(collect, folder, text, **options):
    path = os.path.join(str(folder), "tried.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return collect(listen=(), output=None, args=("-c", path), **options)


def stored(folder, name):
    """{(facility, severity)} of the messages in a file."""
    try:
        with open(os.path.join(str(folder), name), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return set()
    found = [tuple(map(int, re.search(r"of (\d+) and (\d+)$", line).groups()))
             for line in lines]
    assert len(found) == len(set(found)), "twice in " + name
    return set(found)


@pytest.mark.parametrize("text, rules", [
    (host_text, host_text), (page_text, page_rules)],
    ids=["conf/host.yaml", "synclined.yaml.5"])
def test_debians_files_get_what_rsyslog_would_give_them(
        collect, tmp_path, text, rules):
    logs, log = tmp_path / "log", tmp_path / "s"
    moved, n = re.subn(r"unix:///\S+", "unix://%s" % log,
                       re.sub(r"^ *#.*\n", "", text(), flags=re.M))
    assert n == 1
    c = started(collect, tmp_path, moved.replace("/var/log", str(logs)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(str(log))
        for facility, severity in EVERY:
            s.send(b"<%d>Nov 24 10:15:00 myapp[7]: of %d and %d" % (
                8 * facility + severity, facility, severity))
    c.wait_metric("received_messages_total", len(EVERY))
    c.stop()

    known = rsyslog_rules.rules_of(rules())
    assert len(known) >= 9
    wanted = {os.path.basename(path): rsyslog_rules.takes(selector)
              for selector, path in known}
    assert {name for name in os.listdir(str(logs))
            if stored(logs, name)} == set(wanted)
    for name, messages in wanted.items():
        assert stored(logs, name) == messages, name


def test_the_time_stands_in_front_as_debian_writes_it(collect, tmp_path):
    log = tmp_path / "s"
    moved = re.sub(r"unix:///\S+", "unix://%s" % log, host_text())
    c = started(collect, tmp_path,
                moved.replace("/var/log", str(tmp_path / "log")))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(str(log))
        s.send(b"<86>Nov 24 10:15:00 sshd[7]: session opened")
    c.wait_metric("written_messages_total", 1)
    c.stop()
    path = tmp_path / "log" / "auth.log"
    assert re.fullmatch(
        r"\d{4}-11-24T10:15:00(\.0+)?[+-]\d\d:\d\d \S+ sshd\[7\]: "
        r"session opened\n", path.read_text())
    assert path.stat().st_mode & 0o777 == 0o640


def central_text():
    with open(os.path.join(harness.REPO, "conf", "central.yaml"),
              encoding="utf-8") as file:
        text = file.read()
    text, n = re.subn(r"://\*:514", "://127.0.0.1:0", text)
    assert n == 2
    text, n = re.subn(r"^(user|group): syncline\n", "", text, flags=re.M)
    assert n == 2
    return text


def test_central_has_a_folder_for_each_host(collect, tmp_path):
    logs = tmp_path / "log"
    c = started(collect, tmp_path, central_text().replace(
        "/var/log/syncline", str(logs)))
    messages = [(host, app, facility)
                for host in ("web1", "web2", "db.example.net")
                for app, facility in (("nginx", 3), ("sshd", 10))]
    for scheme, kind in (("tcp", socket.SOCK_STREAM),
                         ("udp", socket.SOCK_DGRAM)):
        with socket.socket(socket.AF_INET, kind) as s:
            s.connect(c.address(scheme))
            for host, app, facility in messages:
                s.send(b"<%d>1 2026-11-24T10:15:00Z %s %s - - - over %s\n" % (
                    8 * facility + 6, host.encode(), app.encode(),
                    scheme.encode()))
    c.wait_metric("received_messages_total", 2 * len(messages))
    c.stop()

    assert sorted(os.listdir(str(logs / "hosts"))) == [
        "db.example.net", "web1", "web2"]
    for host, app, _ in messages:
        lines = (logs / "hosts" / host / (app + ".log")).read_text()
        assert sorted(lines.split("over ")[1:]) != []
        assert len(lines.splitlines()) == 2
        assert all(" %s %s " % (host, app) in line
                   for line in lines.splitlines())
    auth = (logs / "auth.log").read_text().splitlines()
    assert len(auth) == 6 and all(" sshd " in line for line in auth)


def test_the_rules_of_the_oracle():
    """The oracle can tell what it is asked: examples of rsyslog's manual."""
    takes = rsyslog_rules.takes
    assert len(takes("*.*")) == 192
    assert takes("mail.err") == {(2, s) for s in range(4)}
    assert takes("*.*;auth,authpriv.none") == {
        (f, s) for f, s in EVERY if f not in (4, 10)}
    assert takes("mail.*;mail.!=info") == {
        (2, s) for s in range(8) if s != 6}
    assert takes("*.=info;*.=notice") == {
        (f, s) for f in range(24) for s in (5, 6)}
    assert rsyslog_rules.rules_of(
        "*.=debug;\\\n    auth.none  -/a\n# mail.* /b\n# x\n") == [
            ("*.=debug;auth.none", "/a"), ("mail.*", "/b")]
