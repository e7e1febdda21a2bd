# SPDX-License-Identifier: BSD-2-Clause
"""Which output takes what, and what becomes of the rest (contract.md 2)."""

import os

import senders
from configured import start
from harness import eventually


def send(f, *texts):
    with senders.connect(f.c.address()) as s:
        for text in texts:
            s.sendall(text + b"\n")
        senders.finish(s)


ROUTES = """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/auth.log
    format: raw
    facility: [ auth, authpriv ]
    final: true
  - path: {dir}/mail.log
    format: raw
    facility: mail
    severity: warning
  - path: {dir}/info.log
    format: raw
    severity: "=info"
  - path: {dir}/web.log
    format: raw
    app: [ "nginx*", "!nginx-test" ]
    host: [ "WEB-*", "!web-9" ]
  - path: {dir}/match.log
    format: raw
    match: '^user \\d+ (logged in|failed)'
"""


def test_every_condition(collect, tmp_path):
    f = start(collect, tmp_path, ROUTES)
    rows = [
        (b"<34>1 - h a - - - auth.crit", ["auth"]),
        (b"<86>1 - h a - - - authpriv.info: final", ["auth"]),
        (b"<19>1 - h a - - - mail.err", ["mail"]),
        (b"<20>1 - h a - - - mail.warning", ["mail"]),
        (b"<21>1 - h a - - - mail.notice: nowhere", []),
        (b"<22>1 - h a - - - mail.info", ["info"]),
        (b"<13>1 - web-1 nginx - - - x", ["web"]),
        (b"<13>1 - web-9 nginx - - - x", []),
        (b"<13>1 - web-1 nginx-test - - - x", []),
        (b"<13>1 - web-1 apache - - - x", []),
        (b"<13>1 - h a - - - user 17 logged in", ["match"]),
        (b"<13>1 - h a - - - user x logged in", []),
        (b"<14>1 - web-2 nginx-a - - - user 1 failed",
         ["info", "web", "match"]),
    ]
    send(f, *[text for text, _ in rows])
    f.c.wait_metric("received_messages_total", len(rows))
    for name in ["auth", "mail", "info", "web", "match"]:
        wanted = [text for text, where in rows if name in where]
        assert f.wait_lines(name + ".log", len(wanted)) == wanted
    f.c.wait_metric("filtered_messages_total",
                    sum(1 for _, where in rows if not where))
    f.c.stop()
    for name in ["auth", "mail", "info", "web", "match"]:
        wanted = [text for text, where in rows if name in where]
        assert f.lines(name + ".log") == wanted


def test_a_match_has_a_limit(collect, tmp_path):
    """A pattern that would take for ever counts as no match, and is told."""
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/bad.log
    match: '^(a+)+$'
  - path: {dir}/all.log
    format: raw
""")
    text = b"<13>1 - h a - - - " + b"a" * 40 + b"b"
    send(f, text)
    assert f.wait_lines("all.log", 1) == [text]
    assert f.lines("bad.log") == []


def test_a_templates_fields(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
    name: apps
output:
  - path: {dir}/t.log
    format: '%{pri}|%{facility}|%{severity}|%{version}|%{timestamp}|%{hostname}|%{app_name}|%{procid}|%{msgid}|%{sd}|%{sd:x@1:b}|%{msg}|%{truncated}|%{from}|%{listener}|%{tls_peer}|%{pid}|100%%'
""")
    send(f, b'<165>1 2003-08-24T05:14:15.000003-07:00 h app 7 ID [x@1 a="1" '
            b'b="q\\"\\]"] the text')
    assert f.wait_lines("t.log", 1) == [
        b'165|local4|notice|1|2003-08-24T05:14:15.000003-07:00|h|app|7|ID|'
        b'[x@1 a="1" b="q\\"\\]"]|q"]|the text|-|127.0.0.1|apps|-|-|100%']


def test_files_named_after_the_message(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: '{dir}/hosts/%{hostname}/%{app_name}.log'
    format: raw
""")
    rows = [b"<13>1 - h%d app%d - - - text %d" % (i % 5, i % 3, i)
            for i in range(300)]
    send(f, *rows)
    f.c.wait_metric("written_messages_total", 300)
    for h in range(5):
        for a in range(3):
            wanted = [r for i, r in enumerate(rows)
                      if i % 5 == h and i % 3 == a]
            assert f.lines("hosts/h%d/app%d.log" % (h, a)) == wanted


def test_hostile_names_stay_in_their_folder(collect, tmp_path):
    """H1: nothing is made outside, and every message is stored somewhere."""
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: '{dir}/in/hosts/%{hostname}/%{app_name}.log'
    format: raw
""")
    names = [b"..", b".", b"../../x", b"/etc/x", b"a/../../b", b"-",
             b"x" * 250, b".hidden", b"%2e%2e", b"_other", b"con"]
    send(f, *[b"<13>1 - %s %s - - - x" % (n, n[:48]) for n in names])
    f.c.wait_metric("written_messages_total", len(names))
    outside = set(os.listdir(tmp_path)) - {
        "in", "conf.yaml", "stderr.0"}
    assert not outside
    assert os.listdir(tmp_path / "in") == ["hosts"]
    files = [os.path.join(at, name) for at, _, found in
             os.walk(tmp_path / "in") for name in found]
    total = sum(len(f.lines(os.path.relpath(p, tmp_path))) for p in files)
    assert total == len(names)
    assert len(files) == len(names), files


def test_untrusted_host_names_are_replaced(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
    trust_hostname: false
output:
  - path: {dir}/all.log
""")
    send(f, b"<13>1 2003-10-11T22:14:15.003Z liar app 1 ID [a@1 b=\"c\"]  x",
         b"<13>Oct 11 22:14:15 liar app[1]: y")
    first, second = f.wait_lines("all.log", 2)
    assert first == (b'<13>1 2003-10-11T22:14:15.003Z 127.0.0.1 app 1 ID '
                     b'[a@1 b="c"]  x')
    assert b" 127.0.0.1 app 1 - - y" in second


def test_a_listener_has_its_time_zone(collect, tmp_path):
    f = start(collect, tmp_path, """
listen:
  - url: tcp://127.0.0.1:0
    timezone: Asia/Kolkata
  - url: tcp://127.0.0.2:0
    timezone: America/New_York
output:
  - path: {dir}/all.log
""")
    for n in range(2):
        with senders.connect(f.c.addresses("tcp")[n]) as s:
            s.sendall(b"<13>2024-01-15 10:00:00 h app: x\n")
            senders.finish(s)
        f.wait_lines("all.log", n + 1)
    first, second = f.lines("all.log")
    assert b"2024-01-15T10:00:00+05:30" in first
    assert b"2024-01-15T10:00:00-05:00" in second


def test_standard_output_and_files_together(collect, tmp_path):
    path = tmp_path / "stdout"
    with open(path, "wb") as out:
        f = start(collect, tmp_path, """
listen: { url: "tcp://127.0.0.1:0" }
output:
  - path: "-"
    format: raw
  - path: {dir}/all.log
    format: raw
""", stdout=out)
    send(f, b"<13>hello")
    f.wait_lines("all.log", 1)
    eventually(lambda: path.read_bytes() == b"<13>hello\n")
