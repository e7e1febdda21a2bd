# SPDX-License-Identifier: BSD-2-Clause
"""live.py - runs unchanged programs of others, and reads what came of them

Which programs: clients/packages.txt; peers.sh unpacks them. On Debian, which
has them all, and in CI, one that is missing is a failure: a test that has run
there must not quietly become one that is skipped.
"""

import collections
import datetime
import functools
import glob
import json
import os
import re
import shutil
import subprocess

import pytest

import harness
from escapes import unescape

CLIENTS = os.path.join(os.path.dirname(__file__), "clients")
ENDED = 20  # seconds that a program has for its end

# What each format of the collector has of a message.
Message = collections.namedtuple(
    "Message", "facility severity timestamp hostname app_name procid msgid sd "
    "msg")
FACILITIES = ("kern user mail daemon auth syslog lpr news uucp cron authpriv "
              "ftp ntp audit console cron2 local0 local1 local2 local3 local4 "
              "local5 local6 local7").split()
SEVERITIES = "emerg alert crit err warning notice info debug".split()
LINE = re.compile(
    r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) "
    r'(-|(?:\[[^ \]]+(?: [^ =]+="(?:[^"\\\]]|\\.)*")*\])+)(?: (.*))?', re.S)


def table():
    """{name: pattern of its program} of clients/packages.txt."""
    with open(os.path.join(CLIENTS, "packages.txt"), encoding="utf-8") as f:
        rows = [line.split() for line in f if line.strip(" \n")[:1] not in "#"]
    return {row[0]: row[1] for row in rows}


def is_required():
    try:
        with open("/etc/os-release", encoding="utf-8") as f:
            debian = "ID=debian\n" in f.readlines()
    except FileNotFoundError:
        debian = False
    return debian or bool(os.environ.get("CI"))


def program(name):
    """The path of a program of the table."""
    if os.environ.get("SYNCLINE_NO_PEERS", "") not in ("", "0"):
        pytest.skip("SYNCLINE_NO_PEERS is set")
    peers = os.environ.get(
        "SYNCLINE_PEERS", os.path.join(harness.REPO, "build", "peers"))
    try:
        with open(os.path.join(peers, name + ".missing")) as f:
            reason = "%s cannot be had here: %s" % (name, f.read())
        assert not is_required(), reason
        pytest.skip(reason)
    except FileNotFoundError:
        pass
    found = sorted(glob.glob(os.path.join(peers, name, table()[name])))
    assert found, "there is no %s: run tests/system/peers.sh" % name
    return os.path.abspath(found[-1])


def installed(name):
    """The path of a program that ./quickstart check installs."""
    path = shutil.which(name)
    if path is None:
        reason = "there is no %s: ./quickstart check installs it" % name
        assert not is_required(), reason
        pytest.skip(reason)
    return path


@functools.lru_cache
def unprivileged(insist=False):
    """The command prefix that makes a program somebody who is not root, but
    may do with our files what we may. insist: root would not do."""
    prefix = ["unshare", "-U", "--map-user=nobody", "--map-group=nogroup"]
    tried = subprocess.run([*prefix, "true"], stdin=subprocess.DEVNULL,
                           capture_output=True)
    if tried.returncode == 0:
        return prefix
    if insist and os.geteuid() == 0:
        pytest.skip("no user namespaces on this machine")
    return []


# A /dev that has what a daemon needs, and the socket $1 as /dev/log; then the
# command.
DEV = """
socket=$1; dev=$2; shift 2
mkdir -p "$dev" && mount -t tmpfs none "$dev" || exit
for name in full null random urandom zero; do
	: >"$dev/$name" && mount --bind "/dev/$name" "$dev/$name" || exit
done
mkdir -m 1777 "$dev/shm"
ln -s "$socket" "$dev/log" && mount --rbind "$dev" /dev && exec "$@"
"""


def with_dev_log(private, socket):
    """The command prefix that makes /dev/log this socket; see fixtures.py for
    private."""
    return [*private, "sh", "-c", DEV, "sh", socket, socket + ".dev"]


class Running:
    """A program that runs until it is told to stop; what it says is in a file
    of the folder."""

    def __init__(self, folder, command, **options):
        self.said_path = os.path.join(str(folder), "said")
        with open(self.said_path, "ab") as said:
            self.process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said, **options)

    def __enter__(self):
        return self

    def said(self):
        with open(self.said_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_until(self, condition):
        """Until it is up, which is what condition() tells."""
        def up():
            assert self.process.poll() is None, self.said()
            return condition()
        return harness.eventually(up, what=self.said)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(ENDED)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


def listens(path):
    """True when somebody listens at that unix socket: the name is there a
    moment before that. Not asked by a connection, which may be logged."""
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as f:
        rows = [line.split(None, 7) for line in f]
    return any(row[3:4] == ["00010000"] and row[7].rstrip("\n") == path
               for row in rows if len(row) == 8)  # __SO_ACCEPTCON


def call(command, timeout=harness.DEADLINE, **options):
    """Runs a program to its end, which has to be a good one."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=timeout, **options)
    assert done.returncode == 0, done.stdout
    return done.stdout


def nil(text):
    return None if text == "-" else text


def params(sd):
    """{ID: {NAME: value}} of STRUCTURED-DATA in text."""
    found = {}
    for element in re.findall(r'\[((?:[^"\]]|"(?:[^"\\]|\\.)*")*)\]', sd):
        name, _, rest = element.partition(" ")
        found[name] = {
            key: re.sub(r'\\(["\\\]])', r"\1", value) for key, value in
            re.findall(r'([^ =]+)="((?:[^"\\]|\\.)*)"', rest)}
    return found


def from_text(line):
    """A Message of a line of format rfc5424."""
    match = LINE.fullmatch(unescape(line).decode())
    assert match, line
    pri, time, host, app, procid, msgid, sd, msg = match.groups()
    return Message(FACILITIES[int(pri) // 8], SEVERITIES[int(pri) % 8], time,
                   nil(host), nil(app), nil(procid), nil(msgid), params(sd),
                   msg or "")


def from_json(line):
    m = json.loads(line)
    assert m["pri"] == (8 * FACILITIES.index(m["facility"]) +
                        SEVERITIES.index(m["severity"]))
    return Message(*(m[key] for key in Message._fields))


def field(text, format):
    """What a header field shows of a text with characters it may not have."""
    return re.sub(r"[^!-~]", "_", text) if format == "rfc5424" else text


FORMATS = {"rfc5424": from_text, "json": from_json}


def wait_for(c, words, count):
    """Until the words stand in the file as often."""
    def text():
        with open(c.path, "rb") as f:
            return f.read()
    harness.eventually(lambda: text().count(words) >= count,
                       what=lambda: "%d %r in %r" % (count, words, text()))


def stored(c, format, count=None):
    """All messages. Without a count the senders have ended and what they sent
    is with the kernel; a collector that is told to stop reads that first."""
    if count:
        c.wait_lines(count)
    c.stop()
    messages = [FORMATS[format](line) for line in c.lines()]
    assert count in (None, len(messages)), messages
    now = datetime.datetime.now(datetime.timezone.utc)
    for m in messages:
        age = now - datetime.datetime.fromisoformat(
            m.timestamp.replace("Z", "+00:00"))
        assert abs(age) < datetime.timedelta(hours=1), m
    return messages
