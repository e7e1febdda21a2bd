# SPDX-License-Identifier: BSD-2-Clause
"""PostgreSQL logs to us through /dev/log (log_destination = syslog)."""

import os
import re
import subprocess

import pytest

import harness
import live

pytestmark = pytest.mark.peers

SESSIONS = 4
STATEMENTS = [
    "select 'Gr\u00f6\u00dfe \u20ac'",
    "select 1,\n  2,\n  'three [7-1] lines'",
    "select '%s'" % ("w" * 3000),
    "select '%s\n%s'" % ("ab " * 700, "\u00fc" * 1500),
] + ["select %d" % n for n in range(20)]
OPTIONS = {
    "log_destination": "syslog",
    "syslog_facility": "local5",
    "syslog_ident": "pg main",
    "log_line_prefix": "%u@%d ",
    "log_statement": "all",
    "listen_addresses": "",
    "fsync": "off",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder; servers of one test after the other run in it."""
    folder = str(tmp_path_factory.mktemp("pg") / "data")
    initdb = os.path.join(
        os.path.dirname(live.program("postgresql")), "initdb")
    live.call([*live.unprivileged(insist=True), initdb, "-D", folder, "-U",
               "app", "-A", "trust", "-E", "UTF8", "--no-locale",
               "--no-sync"])
    return folder


def psql(folder, statements):
    program = os.path.join(os.path.dirname(live.program("postgresql")), "psql")
    command = [program, "-X", "-h", str(folder), "-U", "app", "postgres"]
    for statement in statements:
        command += ["-c", statement]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def run(collect, folder, private, data, format, sessions, **options):
    """What the server logs while these sessions run at the same time."""
    c = collect(listen=("unix://%s/log" % folder,),
                args=("-f", format, "--hostname", "db01"))
    options = {**OPTIONS, "unix_socket_directories": folder, **options}
    command = [*live.with_dev_log(private, c.address("unix")),
               *live.unprivileged(insist=True), live.program("postgresql"),
               "-D", data]
    for name, value in options.items():
        command += ["-c", "%s=%s" % (name, value)]
    with live.Running(folder, command) as server:
        server.wait_until(lambda: psql(folder, ["\\q"]).wait() == 0)
        clients = [psql(folder, statements) for statements in sessions]
        for client in clients:
            client.wait(harness.DEADLINE)
    got = live.stored(c, format)
    for m in got:
        assert (m.facility, m.hostname, m.app_name) == (
            "local5", "db01", live.field("pg main", format)), m
    assert got[-1].msg.endswith("database system is shut down")
    return got


def by_process(messages, words):
    """The texts of each server process that said the words; they are info."""
    found = {}
    for m in messages:
        found.setdefault(m.procid, []).append(m)
    found = [mine for mine in found.values()
             if any(words in m.msg for m in mine)]
    assert {m.severity for mine in found for m in mine} == {"info"}
    return [[m.msg for m in mine] for mine in found]


@pytest.mark.parametrize("format", live.FORMATS)
def test_postgresql(collect, tmp_path, private, data, format):
    """Every statement is whole: its chunks are there, in order, numbered; what
    processes say at the same time is not mixed."""
    got = run(collect, tmp_path, private, data, format,
              SESSIONS * [STATEMENTS])
    sessions = by_process(got, STATEMENTS[0])
    assert len(sessions) == SESSIONS
    for texts in sessions:
        whole = []
        for text in texts:
            number, chunk, rest = re.fullmatch(
                r"\[(\d+)-(\d+)\] (.*)", text, re.S).groups()
            if chunk == "1":
                whole.append([number, 0, ""])
            whole[-1][1] += 1
            assert [number, int(chunk)] == whole[-1][:2], text
            whole[-1][2] += rest
        # It breaks at newlines and puts a tab behind each.
        assert [text for _, _, text in whole] == [
            "app@postgres LOG:  statement: " + s.replace("\n", "\t")
            for s in STATEMENTS]
        numbers = [int(number) for number, _, _ in whole]
        assert numbers == list(range(numbers[0],
                                     numbers[0] + len(STATEMENTS)))


@pytest.mark.parametrize("format", live.FORMATS)
def test_postgresql_without_chunks(collect, tmp_path, private, data, format):
    """A statement of several lines, or of some kilobytes, is one message."""
    got = run(collect, tmp_path, private, data, format, [STATEMENTS],
              syslog_split_messages="off", syslog_sequence_numbers="off")
    texts, = by_process(got, STATEMENTS[0])
    assert texts == ["app@postgres LOG:  statement: " +
                     s.replace("\n", "\n\t") for s in STATEMENTS]


@pytest.mark.parametrize("format", live.FORMATS)
def test_postgresql_errors(collect, tmp_path, private, data, format):
    """An error has another severity."""
    got = run(collect, tmp_path, private, data, format,
              [["select 1;\nselect nonsense"]], log_statement="none",
              syslog_sequence_numbers="off")
    assert [m.msg for m in got if m.severity == "warning"] == [
        '[1] app@postgres ERROR:  column "nonsense" does not exist at '
        "character 18", "[2] app@postgres STATEMENT:  select 1;",
        "[3] \tselect nonsense"]
