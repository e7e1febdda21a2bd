# SPDX-License-Identifier: BSD-2-Clause
"""BusyBox' logger and its syslogd, which passes on what /dev/log gets."""

import subprocess

import pytest

import harness
import live

pytestmark = pytest.mark.peers

COUNT = 100
LINES = ["line %d" % n for n in range(COUNT)] + [
    "Gr\u00f6\u00dfe \u20ac", "[not] a tag: colon", 20 * "0123456789"]


@pytest.mark.parametrize("format", live.FORMATS)
@pytest.mark.parametrize("scheme", ["unix", "unix-stream"])
def test_busybox_logger(collect, tmp_path, private, scheme, format):
    """A message from the command line, and a file of lines."""
    c = collect(listen=("%s://%s/log" % (scheme, tmp_path),),
                args=("-f", format, "--hostname", "router1"))
    inside = live.with_dev_log(private, c.address(scheme))
    busybox = live.program("busybox")
    live.call([*inside, busybox, "logger", "-t", "backup", "-p", "local3.err",
               "two\nlines"])
    c.wait_lines(1)
    subprocess.run(
        [*inside, busybox, "logger", "-t", "import", "-p", "cron.info"],
        input="\n".join(LINES) + "\n", check=True, text=True,
        timeout=harness.DEADLINE)
    first, *rest = live.stored(c, format, 1 + len(LINES))
    assert (first.facility, first.severity, first.app_name, first.msg) == (
        "local3", "err", "backup", "two\nlines")
    assert [m.msg for m in rest] == LINES
    assert {(m.facility, m.severity, m.app_name) for m in rest} == {
        ("cron", "info", "import")}
    assert {m.hostname for m in [first, *rest]} == {"router1"}


# syslogd has /dev/log to itself; $2 is where it passes everything on to.
RELAY = """
rm /dev/log
(
	until [ -S /dev/log ]; do sleep 0.01; done
	number=0
	while [ "$number" -lt "$3" ]; do
		"$1" logger -t app -p daemon.warn "message $number"
		number=$((number + 1))
	done
) &
exec "$1" syslogd -n -R "$2" -O /dev/null
"""


@pytest.mark.parametrize("format", live.FORMATS)
def test_busybox_syslogd(collect, tmp_path, private, format):
    """It leaves the host out, and has something to say itself."""
    c = collect(listen=("udp://127.0.0.1:0",), args=("-f", format))
    with live.Running(tmp_path, [
            *live.with_dev_log(private, str(tmp_path / "none")), "sh", "-c",
            RELAY, "sh", live.program("busybox"), "%s:%d" % c.address("udp"),
            "30"]):
        live.wait_for(c, b"message ", 30)
    got = [m for m in live.stored(c, format) if m.app_name == "app"]
    assert [m.msg for m in got] == ["message %d" % n for n in range(30)]
    assert {(m.facility, m.severity, m.hostname) for m in got} == {
        ("daemon", "warning", "127.0.0.1")}
