# SPDX-License-Identifier: BSD-2-Clause
"""nginx logs to us: access_log and error_log with syslog:."""

import re
import socket

import pytest

import live

pytestmark = pytest.mark.peers

CONFIG = """
daemon off;
pid %(folder)s/pid;
error_log syslog:%(udp)s,facility=local3,tag=nginx_err %(level)s;
events {}
http {
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    log_format json escape=json
        '{"uri":"$request_uri","agent":"$http_user_agent"}';
    access_log syslog:%(udp)s,facility=auth,severity=warn combined;
    access_log syslog:%(unix)s,nohostname,tag=nginx_json json;
    access_log syslog:%(unix)s,facility=local7,tag=nginx_local json;
    server {
        listen unix:%(folder)s/http;
        root %(folder)s;
        large_client_header_buffers 4 16k;
        location /ok { return 200 "fine"; }
    }
}
"""
REQUESTS = 20
AGENT = 'curl "q" \\x'


def get(path, uri):
    """The status of an answer."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(("GET %s HTTP/1.0\r\nUser-Agent: %s\r\n\r\n" % (
            uri, AGENT)).encode())
        return int(s.makefile("rb").read().split()[1])


def run(collect, folder, format, requests, level="notice"):
    """What nginx logs of these requests, from its start to its end."""
    c = collect(listen=("udp://127.0.0.1:0", "unix://%s/log" % folder),
                args=("-f", format, "--hostname", "collector1"))
    config = folder / "nginx.conf"
    config.write_text(CONFIG % dict(
        folder=folder, level=level,
        udp="server=127.0.0.1:%d" % c.address("udp")[1],
        unix="server=unix:" + c.address("unix")))
    door = str(folder / "http")
    with live.Running(folder, [
            *live.unprivileged(), live.program("nginx"), "-e", "stderr",
            "-c", str(config)]) as nginx:
        nginx.wait_until(lambda: live.listens(door))
        for number, (uri, status) in enumerate(requests, 1):
            assert get(door, uri) == status
            # It drops what a unix socket has no room for at once.
            live.wait_for(c, b"nginx_local", number)
    return live.stored(c, format)


def by_tag(messages, tag):
    return [m for m in messages if m.app_name == tag]


@pytest.mark.parametrize("format", live.FORMATS)
def test_nginx(collect, tmp_path, format):
    """Each request is there three times, each error once, all of it whole and
    in order; over UDP with nginx' host name, without one with ours."""
    requests = [("/ok?%d" % n, 200) for n in range(REQUESTS)]
    requests += [("/missing/%d" % n, 404) for n in range(REQUESTS)]
    requests += [("/ok?gr\u00f6\u00dfe", 200), ("/ok?" + 6000 * "a", 200)]
    got = run(collect, tmp_path, format, requests)
    host = socket.gethostname().lower()

    access = by_tag(got, "nginx")
    for (uri, status), m in zip(requests, access, strict=True):
        line = re.fullmatch(r'unix: - - \[.*\] "GET (.*) HTTP/1.0" (\d+) .* '
                            r'"curl \\x22q\\x22 \\x5Cx"', m.msg)
        assert line, m
        assert line[1] == uri.replace("\u00f6", "\\xC3\\xB6").replace(
            "\u00df", "\\xC3\\x9F")
        assert line[2] == str(status)
        assert (m.facility, m.severity) == ("auth", "warning")
        assert (m.hostname, m.procid) == (host, None)

    for tag, name in (("nginx_json", "collector1"), ("nginx_local", host)):
        same = by_tag(got, tag)
        assert [m.msg for m in same] == [
            '{"uri":"%s","agent":"curl \\"q\\" \\\\x"}' % uri
            for uri, _ in requests]
        assert {m.hostname for m in same} == {name}
        assert {(m.facility, m.severity) for m in same} == {
            ("local7", "info")}

    errors = [m for m in by_tag(got, "nginx_err") if m.severity == "err"]
    assert len(errors) == REQUESTS
    for (uri, _), m in zip(requests[REQUESTS:], errors):
        assert re.fullmatch(
            r'\S+ \S+ \[error\] .* open\(\) ".*" failed \(2: No such file or '
            r'directory\), client: .*, request: "GET %s HTTP/1.0"' % uri,
            m.msg), m
    notices = [m for m in by_tag(got, "nginx_err") if m.severity == "notice"]
    # What it says before it knows its own name has an empty host.
    assert "using the" in notices[0].msg
    assert notices[0].hostname == "127.0.0.1"
    assert notices[-1].msg.endswith(": exit")
    assert notices[-1].hostname == host
    assert {m.facility for m in errors + notices} == {"local3"}
    assert len(access) * 3 + len(errors) + len(notices) == len(got)


@pytest.mark.parametrize("format", live.FORMATS)
def test_nginx_debug(collect, tmp_path, format):
    """Texts of many lines, with CR LF in them, are one message each."""
    got = run(collect, tmp_path, format, [("/missing", 404)], "debug")
    debug = [m for m in got if m.severity == "debug"]
    answer, = [m.msg for m in debug if "404 Not Found\r\n" in m.msg]
    assert answer.endswith("\r\nConnection: close"), answer
    assert {m.app_name for m in debug} == {"nginx_err"}
    assert all("[debug] " in m.msg for m in debug)
