# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark runs, counts, and reports what its runs say.

No test here depends on how fast anything is.
"""

import importlib
import json
import os
import subprocess
import sys
import types

import pytest

import harness
import tool

pytestmark = pytest.mark.alone

BENCH = os.path.join(harness.REPO, "tests", "bench")
BUILD = os.path.dirname(os.path.dirname(harness.SYNCLINED))


@pytest.fixture(scope="module")
def tools():
    """Where the tools are, and there they are."""
    folder = os.path.join(BUILD, "tests", "bench")
    if not os.path.exists(os.path.join(folder, "load")):
        if not os.path.exists(os.path.join(BUILD, "Makefile")):
            pytest.skip("not the collector of a build")
        subprocess.run(["make", "-s", "-C", BUILD, "bench-tools"], check=True)
    return folder


def test_free_memory_is_touched_where_the_rest_is_held(monkeypatch):
    """Else it would be all of the machine's, in each run."""
    monkeypatch.syspath_prepend(BENCH)
    memory = importlib.import_module("memory")
    free, looked = memory.MARGIN + (1 << 20), []
    monkeypatch.setattr(memory, "available",
                        lambda: looked.append(1) or free)
    held = memory.Held(0)
    assert not held.touch() and not looked
    held.holder = types.SimpleNamespace(poll=lambda: None)
    assert held.touch() and looked
    monkeypatch.setattr(memory, "MARGIN", free)
    assert not held.touch()
    looked.clear()
    held.holder.poll = lambda: -9
    assert not held.touch() and not looked


def bench(*args, status=0):
    done = subprocess.run(
        [sys.executable, "-B", os.path.join(BENCH, "bench"),
         *map(str, args)], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=3 * harness.DEADLINE,
        env=harness.clean_environment())
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def run_bench(tools, out, *args):
    bench("--tools", tools, "--synclined", harness.SYNCLINED, "--syncline",
          tool.SYNCLINE, "--out", out, *args)
    with open(out / "bench.json", encoding="utf-8") as f:
        data = json.load(f)
    return data, (out / "bench.md").read_text(encoding="utf-8")


def head_of(table):
    return [cell.strip() for cell in table.splitlines()[0].split("|")[1:-1]]


def section(text, title):
    return text.partition(title + "\n\n")[2].partition("\n\n")[0]


def test_a_scenario_is_run_counted_and_reported(tools, tmp_path):
    """Two servers take turns; a third run is added; the report is made again
    from the file."""
    only = ("--scenario", "tcp-octet-10", "--messages", 3000)
    data, text = run_bench(tools, tmp_path, *only, "--quick", "--server",
                           "syncline", "--server", "floor")
    assert [(r["server"], r["round"]) for r in data["runs"]] == [
        ("floor", 1), ("syncline", 1), ("floor", 2), ("syncline", 2)]
    for run in data["runs"]:
        assert run["lines"] == run["sent"] == 3000
        assert all(run[k] == 0 for k in ("missing", "doubled", "disordered",
                                         "damaged"))
        assert all(run[k] > 0 for k in ("rate", "cpu_per_million", "memory"))
    assert data["machine"]["cores"] > 0
    assert head_of(section(
        text, "### tcp-octet-10: TCP, octet counts, 10 connections")) == [
            "server", "messages/s", "CPU s/M", "of it kernel", "peak MiB",
            "missing / doubled / disordered / damaged", "rate to floor",
            "CPU to floor"]
    assert "nothing missing, doubled, disordered or damaged" in text
    data, _ = run_bench(tools, tmp_path, *only, "--append", "--rounds", 1,
                        "--server", "syncline")
    assert [(r["server"], r["round"]) for r in data["runs"]][4:] == [
        ("syncline", 3)]
    again = tmp_path / "again"
    bench("--report", tmp_path / "bench.json", "--out", again)
    assert (again / "bench.md").read_text(encoding="utf-8") == (
        tmp_path / "bench.md").read_text(encoding="utf-8")


def test_tls_is_run(tools, tmp_path):
    """One message a record, handshakes, and both together. The senders of the
    first two are in two generators, and some have a message more."""
    tool.needs_collector_with_tls()
    data, text = run_bench(
        tools, tmp_path, "--rounds", 1, "--messages", 203, "--server",
        "syncline", "--server", "floor", "--scenario", "tls-10-rec",
        "--scenario", "tls-handshakes", "--scenario", "tls-flood")
    assert [(r["scenario"], r["server"]) for r in data["runs"]] == [
        (s, n) for s in ("tls-10-rec", "tls-handshakes", "tls-flood")
        for n in ("floor", "syncline")]
    for run in data["runs"][:2]:
        assert run["lines"] == run["sent"] == 203
        assert all(run[k] == 0 for k in ("missing", "doubled", "disordered",
                                         "damaged"))
    for run in data["runs"][4:]:
        assert run["lines"] == run["sent"] == 203
        assert run["share"] > 0 and run["calm_rate"] > 0
    for run in data["runs"][2:4]:
        assert run["handshakes"] == 203 and run["failed"] == 0
        assert run["cpu_handshake"] > 0
    assert "### tls-handshakes" in text


def made_up(**figures):
    """A run as bench.json has it."""
    return dict({"scenario": "tcp-octet-10", "server": "floor", "round": 1,
                 "lines": 1000, "sent": 1000, "rate": 4e6, "memory": 1 << 20,
                 "cpu_per_million": 0.2, "system_per_million": 0.1,
                 "missing": 0, "doubled": 0, "disordered": 0, "damaged": 0},
                **figures)


def reported(tmp_path, runs):
    path = tmp_path / "runs.json"
    path.write_text(json.dumps({"runs": runs, "machine": {
        "date": "2026-11-22", "cpu": "x", "cores": 2, "memory": 1 << 34,
        "kernel": "6.1", "output": "tmpfs", "versions": {}}}))
    bench("--report", path, "--out", tmp_path)
    return (tmp_path / "bench.md").read_text(encoding="utf-8")


def test_ratios_are_taken_within_a_round(tmp_path):
    """The machine becomes slower from round to round, and in the last one
    Syncline fails: ratios do not notice. What misses its goal is bold."""
    runs = []
    for turn, slow in ((1, 1), (2, 4), (3, 9)):
        runs += [made_up(round=turn, cpu_per_million=0.2 * slow,
                         rate=4e6 / slow),
                 made_up(round=turn, server="syncline", rate=3e6 / slow,
                         cpu_per_million=0.32 * slow, memory=30 << 20),
                 made_up(round=turn, server="rsyslog", rate=2e6 / slow,
                         cpu_per_million=2.0 * slow),
                 made_up(round=turn, server="rsyslog-direct",
                         rate=1e6 / slow, cpu_per_million=1.6 * slow)]
    failed = next(r for r in runs
                  if r["server"] == "syncline" and r["round"] == 3)
    failed["error"] = "away"
    text = reported(tmp_path, runs)
    row = section(text, "what misses its goal is bold.").splitlines()[2]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "TCP, octet counts, 10 connections",
        "floor", "<= 1.5", "**1.60**",
        "rsyslog-direct", "<= 0.24", "0.20",
        "rsyslog", ">= 3", "**1.50**"]
    assert "Most memory of Syncline: **30.0** MiB" in text
    assert "| 0.80 (0.32-1.28) |" in text
    assert "(failed: 1)" in text


def cells(table, row):
    return [c.strip() for c in table.splitlines()[row].split("|")[1:-1]]


def test_connections_and_calls_are_reported(tmp_path):
    """What is idle, what is made, and what a caller pays."""
    none = dict.fromkeys(("missing", "doubled", "disordered", "damaged"), 0)
    calls = [{"call": call, "load": "burst", "mean": p50, "p50": p50,
              "p99": 9, "p999": 9, "max": 9, "dropped": 0}
             for call, p50 in (("glibc syslog(3)", 2000), ("ours", 250))]
    text = reported(tmp_path, [
        {"scenario": "tls-idle-1000", "server": "syncline", "round": 1,
         "before": 8 << 20, "memory": 28 << 20, "connection": 20 << 10,
         **none},
        *({"scenario": "tls-handshakes", "server": server, "round": 1,
           "memory": 1 << 20, "handshake_rate": rate, "cpu_handshake": cpu,
           "failed": 3}
          for server, rate, cpu in (("floor", 900, 4e-4), ("syncline", 880,
                                                           5e-4),
                                    ("rsyslog", 800, 1e-3))),
        *({"scenario": "tls-flood", "server": server, "round": 1,
           "memory": 3 << 20, "calm_rate": 2e6, "rate": 7e5, "share": share,
           **none} for server, share in (("syncline", 0.45),
                                         ("rsyslog", 0.12))),
        {"scenario": "caller", "server": "syncline", "round": 1,
         "calls": calls},
        *({"scenario": "library", "server": server, "round": 1,
           "rate": rate, "load_per_million": 0.1, "cpu_per_million": 0.25,
           **none} for server, rate in (("syncline", 3e6),
                                        ("libsyncline", 2.1e6)))])
    assert [cells(section(text, "### tls-flood: 10 connections beside a "
                          "flood of handshakes"), row)[1:5]
            for row in (2, 3)] == [
        ["2,000k", "700k", "**0.45** (goal >= 0.5)", "3"],
        ["2,000k", "700k", "0.12", "3"]]
    assert cells(section(text, "### tls-idle-1000: 1,000 idle TLS "
                         "connections"), 2) == [
        "syncline", "**20.0** (goal <= 18)", "8.0", "28.0", "0 / 0 / 0 / 0"]
    assert cells(section(text, "### tls-handshakes: full TLS handshakes, 16 "
                         "at one time"), 3) == [
        "syncline", "880", "500", "1.25", "0.50", "1.10 (goal >= 1)",
        "3"]
    assert cells(section(text, "5,000 a second."), 3) == [
        "ours", "burst", "250", "250", "9", "9", "9", "0.12", "0"]
    assert cells(section(text, "of load and of libsyncline."), 3)[:3] == [
        "libsyncline", "2,100k", "0.70 (goal >= 0.5)"]


@pytest.mark.parametrize("figures, words", [
    ({"missing": 3}, "tcp-octet-10, floor, round 1: 3 missing"),
    ({"doubled": 1, "damaged": 2},
     "tcp-octet-10, floor, round 1: 1 doubled, 2 damaged"),
    ({"disordered": 7}, "tcp-octet-10, floor, round 1: 7 disordered"),
    ({"error": "no\nway"}, "tcp-octet-10, floor, round 1: failed: no way"),
])
def test_no_loss_is_passed_over(tmp_path, figures, words):
    text = reported(tmp_path, [made_up(**figures), made_up(round=2)])
    assert "- %s\n" % words in text
    assert "nothing missing" not in text


def test_what_is_not_there_is_said(tmp_path):
    said = bench("--synclined", "/nowhere", "--out", tmp_path, "--scenario",
                 "json", "--server", "syncline", status=1)
    assert "/nowhere; `make bench` makes" in said
    said = bench("--scenario", "no-such", status=1)
    assert "nothing fits" in said


def test_every_scenario_is_listed_once():
    names = [line.split()[0] for line in bench("--list").splitlines()]
    assert len(names) == len(set(names)) > 40
    assert {"udp-closed", "udp-max", "tcp-rotate-10", "files-10000", "tls-1",
            "tls-10", "tls-10-rec", "tls-idle-1000", "tls-handshakes",
            "tls-flood", "files-open-1000", "caller", "library",
            "latency-10000-compressing"} <= set(names)
