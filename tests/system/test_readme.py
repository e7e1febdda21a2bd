# SPDX-License-Identifier: BSD-2-Clause
"""test_readme.py - what README.md tells a newcomer to type works as it stands

The blocks of README.md are taken as they are; only ports and paths are those
of the collector that the test has started.
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

import harness
import senders
import tool

with open(os.path.join(harness.REPO, "README.md"), encoding="utf-8") as _file:
    README = _file.read()

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)


def block(language, word):
    """The one block of that language that holds the word."""
    found = [text for kind, text in BLOCKS
             if kind == language and word in text]
    assert len(found) == 1, "%s blocks with %r: %d" % (
        language, word, len(found))
    return found[0]


def collector(collect):
    return collect(listen=("tcp://127.0.0.1:0", "udp://127.0.0.1:0"))


def at(text, port):
    """The text with our port in place of the quickstart's."""
    assert "5514" in text
    return text.replace("5514", str(port))


def shell(text, **options):
    done = subprocess.run(["sh", "-e"], input=text, text=True, timeout=60,
                          capture_output=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_block_is_of_a_kind_we_know():
    # test_documents.py tries those of yaml.
    assert {kind for kind, _ in BLOCKS} <= {
        "c", "conf", "console", "go", "haproxy", "ini", "javascript", "json",
        "nginx", "perl", "php", "python", "rsyslog", "sh", "text", "xml",
        "yaml"}


def test_logger_line(collect):
    c = collector(collect)
    shell(at(block("sh", "logger --tcp"), c.address("tcp")[1]))
    line, = c.wait_lines(1)
    assert re.fullmatch(
        rb"<13>1 \S+ \S+ hello \S+ \S+ .*it works", line), line


def test_python_lines(collect):
    c = collector(collect)
    subprocess.run(
        [sys.executable, "-c", at(block("python", "SysLogHandler"),
                                  c.address("tcp")[1])],
        check=True, timeout=60)
    line, = c.wait_lines(1)
    assert re.fullmatch(
        rb"<12>1 \S+ \S+ myapp \d+ - - it works", line), line


@pytest.mark.peers
def test_rsyslog_lines(collect, peers, tmp_path):
    c = collector(collect)
    source = tmp_path / "rsyslog.in"
    config = tmp_path / "rsyslog.conf"
    config.write_text(
        'module(load="imuxsock" SysSock.Use="off")\n'
        'input(type="imuxsock" Socket="%s")\n' % source
        + at(block("rsyslog", "5514"), c.address("tcp")[1]))
    base = os.path.join(peers, "rsyslog")
    modules, = glob.glob(base + "/usr/lib/*/rsyslog")
    rsyslogd = subprocess.Popen(
        [base + "/usr/sbin/rsyslogd", "-C", "-n", "-f", str(config),
         "-i", str(tmp_path / "rsyslog.pid"), "-M", modules],
        stdin=subprocess.DEVNULL, cwd=tmp_path)
    try:
        harness.eventually(source.exists, what="rsyslogd is up")
        shell("logger --socket %s --tag hello 'it works'" % source)
        harness.eventually(
            lambda: any(re.fullmatch(
                rb"<13>1 \S+ \S+ hello \S+ \S+ .*it works", line)
                        for line in c.lines()), what=c.lines)
    finally:
        rsyslogd.terminate()
        rsyslogd.wait(60)


def place(folder):
    """A folder where the README's build/collector/synclined is ours."""
    (folder / "build" / "collector").mkdir(parents=True)
    os.symlink(harness.SYNCLINED, folder / "build" / "collector" / "synclined")
    return folder


@pytest.fixture(name="ports")
def _ports():
    with senders.free_port() as one, senders.free_port() as other:
        yield one, other


def test_collector_started_by_hand(tmp_path, ports):
    """The command that starts one, as it stands but for the port, and what
    the README says to look at."""
    port, http = ports
    command = at(block("sh", "-l udp://"), port).strip()
    process = subprocess.Popen(
        ["sh", "-c", "exec %s --http 127.0.0.1:%d" % (command, http)],
        cwd=place(tmp_path), stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env=harness.clean_environment(None))
    try:
        said = b""
        for line in process.stderr:
            said += line
            if line == b"syncline: ready\n":
                break
        assert process.poll() is None, said
        shell(at(block("sh", "logger --tcp"), port))
        look = block("sh", "tail").replace("8514", str(http))
        if shutil.which("curl") is None:
            look = look.replace("curl", "true")
        harness.eventually(lambda: "it works" in shell(look, cwd=tmp_path))
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.close()
        assert process.wait(60) == 0


def test_four_commands_of_tls(tmp_path):
    """From nothing to a mutually authenticated message."""
    tool.needs_collector_with_tls()
    with senders.free_port() as port:
        three = block("sh", "cert init").splitlines()
        fourth = block("sh", "check-tls").replace("6514", str(port))
        assert len(three) == 3 and len(fourth.splitlines()) == 1
        where = place(tmp_path)
        (where / "build" / "sender").mkdir()
        os.symlink(tool.SYNCLINE, where / "build" / "sender" / "syncline")
        shell("\n".join(three[:2]), cwd=where)
        process = subprocess.Popen(
            ["sh", "-c", "exec " + three[2].replace("6514", str(port))],
            cwd=where, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=harness.clean_environment(None))
        try:
            said = b""
            for line in process.stderr:
                said += line
                if line == b"syncline: ready\n":
                    break
            assert process.poll() is None, said
            shell(fourth, cwd=where)
            log = where / "logs" / "tls.log"
            harness.eventually(lambda: "check-tls: it works" in log.read_text())
            line, = log.read_text().splitlines()
            assert re.fullmatch(
                r"<14>1 \S+ \S+ syncline \d+ check-tls - .*it works", line)
            fifth = block("sh", "--tls-ca").replace("--tls ", "--tls -P %d "
                                                    % port)
            shell(fifth, cwd=where)
            harness.eventually(lambda: len(log.read_text().splitlines()) == 2)
            assert re.fullmatch(r"<13>1 .* it works",
                                log.read_text().splitlines()[1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.close()
            assert process.wait(60) == 0


# A fresh /dev, as in a container; $1 is the command, which stays in the
# foreground; logger calls until somebody listens.
DEV_LOG = """
mount -t tmpfs none /dev && : >/dev/null
$1 &
until logger --socket-errors=on --tag myapp "it works" 2>/dev/null; do
	kill -0 $! || exit 1
	sleep 0.05
done
kill $!
wait $!
"""


def test_dev_log(private, tmp_path):
    command = block("sh", "unix:///dev/log").strip()
    done = subprocess.run(
        [*private, "sh", "-c", DEV_LOG, "sh", command], cwd=place(tmp_path),
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60,
        env=harness.clean_environment(None))
    assert done.returncode == 0, done.stderr
    stored = (tmp_path / "logs" / "local.log").read_text()
    assert re.search(r"^<13>1 \S+ \S+ myapp .* it works$", stored, re.M)
