# SPDX-License-Identifier: BSD-2-Clause
"""A configuration from a file, with the command line and the environment on
top of it (contract.md section 2)."""

import json
import os
import re
import socket

import pytest

import senders
from configured import start
from harness import clean_environment, eventually, run

EVERYTHING = """\
workers: 2
memory: 32M
max_message: 4K
hostname: "collector.example"
http: 127.0.0.1:0
http_hosts: [ logs.example.net ]
stop_timeout: 5s
latency: 0
include: [ "conf.d/*.yaml" ]

listen:
  - url: udp://127.0.0.1:0
    receive_buffer: 1M
    allow: [ 127.0.0.0/8, "::1" ]
    timezone: UTC-3
    trust_hostname: false
    rate: 0
  - url: tcp://127.0.0.1:0?framing=lf
    name: apps
    max_connections: 100
    max_connections_per_peer: 0
    idle_timeout: 1h
  - url: unix://{dir}/log
    mode: "0600"
  - url: unix-stream://{dir}/stream

output:
  - name: security
    path: {dir}/security.log
    format: "%{facility}.%{severity} %{msg}"
    facility: [ auth, authpriv ]
    final: true
  - path: {dir}/tree/%{app_name}/%{severity}.log
    format: raw
    severity: warning
    app: [ "web*", "!webcam" ]
    max_open_files: 2
    max_files: 10
    max_new_files: 0
    mode: "0600"
    dir_mode: 0700
  - path: {dir}/numbers.json
    format: json
    match: '^\\d+$'
    when_full: drop
    sync: never
"""

MORE = """\
output:
  path: {dir}/rest.log
  format: raw
  rotate_size: 1M
  sync: 100ms
"""


def test_everything_at_once(collect, tmp_path):
    os.mkdir(tmp_path / "conf.d")
    (tmp_path / "conf.d" / "rest.yaml").write_text(
        MORE.replace("{dir}", str(tmp_path)))
    f = start(collect, tmp_path, EVERYTHING, http=None)
    said = f.c.stderr()
    assert len(re.findall("^syncline: listening on ", said, re.M)) == 5
    senders.send_stream(f.c.address(), "tcp", b"""\
<34>1 - h su - - - secret
<12>1 - h web1 - - - warned
<14>1 - h web1 - - - informed
<12>1 - h webcam - - - warned
<11>1 - h web2 - - - 42
""")
    senders.send_datagrams(f.c.address("udp"), "udp",
                           [b"<14>Feb  5 17:32:18 liar app: hello"])
    senders.send_datagrams(f.c.address("unix"), "unix", [b"<14>app: 7"])
    senders.send_stream(f.c.address("unix-stream"), "unix-stream",
                        b"<14>app: streamed\n")
    f.wait_lines("rest.log", 7)
    assert f.wait_lines("security.log", 1) == [b"auth.crit secret"]
    assert f.wait_lines("tree/web1/warning.log", 1) == [
        b"<12>1 - h web1 - - - warned"]
    assert f.wait_lines("tree/web2/err.log", 1) == [
        b"<11>1 - h web2 - - - 42"]
    assert sorted(os.listdir(tmp_path / "tree")) == ["web1", "web2"]
    assert os.stat(tmp_path / "tree" / "web1").st_mode & 0o777 == 0o700
    assert os.stat(f.path("tree/web1/warning.log")).st_mode & 0o777 == 0o600
    numbers = {json.loads(s)["msg"]: json.loads(s)
               for s in f.wait_lines("numbers.json", 2)}
    assert sorted(numbers) == ["42", "7"]
    assert numbers["42"]["listener"] == "apps"
    assert numbers["7"]["hostname"] == "collector.example"
    assert os.stat(tmp_path / "log").st_mode & 0o777 == 0o600
    assert f.c.metric("received_messages_total") == 8
    assert f.c.metric("written_messages_total", output="security") == 1
    assert f.c.http(headers={"Host": "logs.example.net"})[0] == 200
    assert f.c.http(headers={"Host": "evil.example"})[0] == 421
    f.c.stop()


def test_a_senders_zone_and_address(collect, tmp_path):
    """timezone and trust_hostname, as the JSON shows them."""
    f = start(collect, tmp_path, """\
listen:
  - url: udp://127.0.0.1:0
    timezone: UTC-3
    trust_hostname: false
output:
  - path: {dir}/o.json
    format: json
""")
    senders.send_datagrams(f.c.address("udp"), "udp",
                           [b"<14>Feb  5 17:32:18 liar app: hello"])
    line = json.loads(f.wait_lines("o.json", 1)[0])
    assert line["timestamp"].endswith("-02-05T17:32:18+03:00")
    assert line["hostname"] == "127.0.0.1"


SMALL = """\
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/file.log
    format: raw
"""


def test_options_add_to_the_file(collect, tmp_path):
    f = start(collect, tmp_path, SMALL, args=(
        "-l", "udp://127.0.0.1:0", "-o", tmp_path / "option.log", "-f",
        "json"))
    senders.send_stream(f.c.address(), "tcp", b"<14>one\n")
    f.wait_lines("file.log", 1)
    senders.send_datagrams(f.c.address("udp"), "udp", [b"<14>two"])
    assert f.wait_lines("file.log", 2) == [b"<14>one", b"<14>two"]
    assert [json.loads(s)["msg"] for s in f.wait_lines("option.log", 2)] == [
        "one", "two"]


def test_option_environment_file_default(collect, tmp_path):
    """In this order, by the length of what is stored."""
    for args, env, text, length in (
            ((), {}, "", 65536),
            ((), {}, "max_message: 1K\n", 1024),
            ((), {"SYNCLINE_MAX_MESSAGE": "2K"}, "max_message: 1K\n", 2048),
            (("--max-message", "3K"), {"SYNCLINE_MAX_MESSAGE": "2K"},
             "max_message: 1K\n", 3072)):
        folder = tmp_path / str(length)
        folder.mkdir()
        f = start(collect, folder, text + SMALL, args=args, env=env,
                  folder=folder)
        senders.send_stream(f.c.address(), "tcp", b"<13>" + b"x" * 70000 +
                            b"\n")
        assert len(f.wait_lines("file.log", 1)[0]) == length


def test_a_check_touches_nothing(tmp_path):
    """It binds nothing, makes nothing, and says what it read."""
    path = tmp_path / "c.yaml"
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        path.write_text(SMALL.replace(":0", ":%d" % s.getsockname()[1])
                        .replace("{dir}", str(tmp_path / "new")))
        assert run("-t", "-c", path) == (0, "%s: ok\n" % path, "")
        assert run("--check", env={"SYNCLINE_CONFIG": str(path)}) == (
            0, "%s: ok\n" % path, "")
    assert os.listdir(tmp_path) == ["c.yaml"]
    assert run("-t", "-l", "udp://127.0.0.1:0") == (
        0, "command line: ok\n", "")
    assert run("-t", "-c", path, "-l", "nonsense")[0] == 2


def test_every_notation_of_yaml(tmp_path):
    """The same file as JSON, with other ends of lines, with a mark of byte
    order, in quotes."""
    text = SMALL.replace("{dir}", str(tmp_path))
    as_json = json.dumps({
        "listen": [{"url": "tcp://127.0.0.1:0"}],
        "output": {"path": str(tmp_path / "file.log"), "format": "raw"}})
    path = tmp_path / "c.yaml"
    for data in (text, as_json, json.dumps(json.loads(as_json), indent=1),
                 text.replace("\n", "\r\n"), "\ufeff" + text,
                 "---\n" + text + "...\n", "# first\n\n" + text,
                 re.sub(r"([a-z]+): (\S+)", r'"\1": "\2"', text),
                 re.sub(r"([a-z]+): (\S+)", r"'\1': '\2'", text)):
        path.write_bytes(data.encode())
        assert run("-t", "-c", path) == (0, "%s: ok\n" % path, ""), data


def test_the_usual_file(collect, private, tmp_path):
    """Without -c, -l and -o, in a place of its own."""
    usual = re.search(r"(/\S*/synclined\.yaml)", run("--help")[1].replace(
        "\n", " "))[1]
    above = os.path.dirname(os.path.dirname(usual))
    if not os.path.isdir(above):
        pytest.skip("there is no " + above)
    (tmp_path / "c.yaml").write_text(SMALL.replace("{dir}", str(tmp_path)))
    script = 'mount -t tmpfs x "$1" && mkdir "${2%/*}" && cp "$3" "$2" && ' \
        'shift 3 && exec "$@"'
    prefix = private + ["sh", "-c", script, "sh", above, usual,
                        str(tmp_path / "c.yaml")]
    c = collect(listen=(), output=None, prefix=prefix)
    c.path = str(tmp_path / "file.log")
    senders.send_stream(c.address(), "tcp", b"<13>x\n")
    assert c.wait_lines(1) == [b"<13>x"]


def test_a_listener_for_nobody_but_the_file(tmp_path):
    """-l alone does not read the usual file; -c without a file does not
    fall back to it."""
    status, out, err = run("-t", "-c", tmp_path / "none")
    assert (status, out) == (2, "") and "No such file" in err
    assert "SYNCLINE_CONFIG" not in clean_environment()


def test_a_changed_include_is_read_again(collect, tmp_path):
    os.mkdir(tmp_path / "d")
    f = start(collect, tmp_path, SMALL + "include: d/*.yaml\n")
    senders.send_stream(f.c.address(), "tcp", b"<13>one\n")
    f.wait_lines("file.log", 1)
    (tmp_path / "d" / "1.yaml").write_text(
        MORE.replace("{dir}", str(tmp_path)))
    f.reload()
    senders.send_stream(f.c.address(), "tcp", b"<13>two\n")
    assert f.wait_lines("rest.log", 1) == [b"<13>two"]
    (tmp_path / "d" / "1.yaml").unlink()
    f.reload()
    senders.send_stream(f.c.address(), "tcp", b"<13>three\n")
    f.wait_lines("file.log", 3)
    eventually(lambda: f.lines("rest.log") == [b"<13>two"])


def test_a_number_sign_before_digits_is_text(collect, tmp_path):
    """It is an escape in files only: here `#123` stands for itself."""
    f = start(collect, tmp_path, """# see ticket #123
listen: { url: "tcp://127.0.0.1:0?name=a#101" }
output:
  - path: "{dir}/a#123.log"
    format: raw
    match: 'ticket #123'
""")
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>1 - h a - - - ticket #123 is done\n")
    f.wait_lines("a#123.log", 1)
    assert f.c.metric("received_messages_total", listener="a#101") == 1


def test_an_unknown_machine_zone_is_utc(collect, tmp_path):
    """TZ=Europe/Nowhere, as where no zone files are: said, and no reason not
    to start."""
    f = start(collect, tmp_path, """
listen: { url: "tcp://127.0.0.1:0" }
output: { path: "{dir}/all.log" }
""", env={"TZ": "Europe/Nowhere"})
    f.c.wait_says("Europe/Nowhere")
    with senders.connect(f.c.address()) as s:
        s.sendall(b"<13>2024-01-15 10:00:00 h app: x\n")
    assert b"1 2024-01-15T10:00:00+00:00 " in f.wait_lines("all.log", 1)[0]
