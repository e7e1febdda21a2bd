# SPDX-License-Identifier: BSD-2-Clause
"""test_documents.py - what is written of the configuration is what the
program does

The sample, the schema for editors and the list of keys in the manual are
made by the program itself (collector/documents.sh, make documents); here they are
compared with what it prints now, and the examples are given to it.
"""

import glob
import json
import os
import re

import pytest
import yaml

import harness
import jsonschema_subset

pytestmark = pytest.mark.alone

CONF = os.path.join(harness.REPO, "conf")
CONFIGS = sorted(glob.glob(os.path.join(CONF, "*.yaml")))
PAGE = os.path.join(harness.REPO, "collector", "synclined.yaml.5")
PROGRAM_PAGE = os.path.join(harness.REPO, "collector", "synclined.8")
TABLE_LINE = re.compile(
    r"  ([a-z_]+): (.*?)(?:, at (?:each output|the top))?$", re.M)
KEY_LINE = re.compile(r"^( *)#((?:- |  )?[a-z_]+: .*)$", re.M)


def read(*path):
    with open(os.path.join(harness.REPO, *path), encoding="utf-8") as file:
        return file.read()


def printed(form):
    status, out, err = harness.run("--help-config=" + form)
    assert (status, err) == (0, "")
    return out


def check(path):
    """(status, what it said) of -t for a file."""
    status, out, err = harness.run("-t", "-c", path)
    if status == 0:
        assert (out, err) == ("%s: ok\n" % path, "")
    return status, err


def accepts(folder, text):
    path = os.path.join(str(folder), "tried.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    status, said = check(path)
    assert status in (0, 2)
    return status == 0, said


def with_files(text, certs):
    """The text, its files of TLS being some that exist."""
    for name, file in (("collector.pem", certs.server + ".pem"),
                       ("collector.key", certs.server + ".key"),
                       ("ca.pem", certs.ca), ("crl.pem", certs.crl)):
        text = text.replace("/etc/syncline/tls/" + name, file)
    return text


# What is kept is what is printed

@pytest.mark.parametrize("form, path", [
    ("sample", "conf/synclined.yaml"),
    ("schema", "conf/synclined.schema.json")])
def test_what_is_kept_is_what_the_program_prints(form, path):
    assert read(path) == printed(form), "run make documents"


def test_the_keys_of_the_manual_are_those_the_program_prints():
    kept = re.search(r'^\.\\" BEGIN.*\n((?:.*\n)*?)\.\\" END$',
                     read("collector", "synclined.yaml.5"), re.M)
    assert kept[1] == printed("man"), "run make documents"


def test_text_is_what_help_config_prints_by_itself():
    status, out, _ = harness.run("--help-config")
    assert status == 0
    assert out == printed("text")


# Everything is there

def test_every_key_of_help_config_is_in_the_manual():
    keys = re.findall(r"^([a-z_]+)\n    \(", printed("text"), re.M)
    assert len(keys) > 40
    page = read("collector", "synclined.yaml.5")
    missing = [key for key in keys if ".It Cm %s\n" % key not in page]
    assert missing == []


def test_every_option_and_variable_is_in_the_manual():
    page = read("collector", "synclined.8")
    status, out, _ = harness.run("--help")
    assert status == 0
    options = set(re.findall(r"^  (?:-\w,|   ) --([a-z-]+)", out, re.M))
    assert len(options) > 12
    assert [o for o in sorted(options) if not re.search(
        r"Fl -%s\b" % o, page)] == []
    variables = set(re.findall(r"SYNCLINE_[A-Z_]+", out))
    assert [v for v in sorted(variables) if v not in page] == []


def test_every_counter_is_in_the_manual(shared):
    page = read("collector", "synclined.8")
    names = {name for name, _ in shared().metrics()}
    names = {re.sub("_(bucket|sum|count)$", "", name) for name in names}
    assert [n for n in sorted(names) if n not in page] == []


# The files that come with it

@pytest.mark.parametrize("path", CONFIGS, ids=os.path.basename)
def test_a_configuration_that_comes_with_it_is_right(path):
    assert check(path) == (0, "")


def test_every_line_of_the_sample_may_be_taken_into_force(tmp_path, certs):
    sample = with_files(read("conf", "synclined.yaml"), certs)
    (tmp_path / "conf.d").mkdir()
    whole, n = KEY_LINE.subn(r"\1\2", sample)
    assert n > 30
    good, said = accepts(tmp_path, whole)
    assert good, said
    keys = set(re.findall(r"^ *(?:- )?([a-z_]+):", whole, re.M))
    assert keys >= set(re.findall(r"^([a-z_]+)\n    \(", printed("text"),
                                  re.M))


def literals(path):
    """The literal displays of a manual page, as they are shown."""
    with open(path, encoding="utf-8") as file:
        blocks = re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$",
                            file.read(), re.M)
    for roff, shown in ((r"\(dq", '"'), (r"\(aq", "'"), (r"\&", ""),
                        (r"\e", "\\")):
        blocks = [block.replace(roff, shown) for block in blocks]
    return blocks


def completed(block):
    """An example of the manual with what it leaves out; None: it is none."""
    if block.startswith("  - path: "):
        block = "output:\n" + block
    if not re.search(r"^(listen|output):$", block, re.M):
        return None
    if not re.search("^listen:$", block, re.M):
        block += "listen: [ { url: 'udp://127.0.0.1:514' } ]\n"
    if not re.search("^output:$", block, re.M):
        block += "output: [ { path: /var/log/all.log } ]\n"
    return block


def test_the_examples_of_the_manual_are_right(tmp_path, certs):
    examples = [e for e in map(completed, literals(PAGE)) if e]
    assert len(examples) >= 6
    for example in examples:
        good, said = accepts(tmp_path, with_files(example, certs))
        assert good, said + example


def test_each_line_of_the_tables_for_rsyslog_is_right(tmp_path):
    """To the right of rsyslog's words stands what goes into an output."""
    keys = {"facility", "severity", "app", "host", "match", "format", "sync",
            "path", "mode", "dir_mode", "final"}
    found = set()
    for block in literals(PAGE):
        for key, value in TABLE_LINE.findall(block):
            if key not in keys or value == "...":
                continue
            found.add(key)
            text = "output:\n  - %s: %s\n" % (key, value)
            if key != "path":
                text += "    path: /var/log/all.log\n"
            good, said = accepts(
                tmp_path, text + "listen: [ { url: 'udp://*:514' } ]\n")
            assert good, said + text
    assert found == keys


def test_the_examples_of_the_readme_are_right(tmp_path, certs):
    found = re.findall(r"^```yaml\n(.*?)^```$", read("README.md"),
                       re.M | re.S)
    assert found
    for example in found:
        good, said = accepts(tmp_path, with_files(example, certs))
        assert good, said


# The schema

LISTEN = {"url": "udp://127.0.0.1:5514"}
OUTPUT = {"path": "/var/log/all.log"}

RIGHT = [
    {},
    {"workers": 4}, {"workers": "4"}, {"memory": "512M"},
    {"memory": 268435456}, {"max_message": "8kib"}, {"latency": 0},
    {"latency": "2ms"}, {"hostname": "central"}, {"http": "none"},
    {"http_hosts": "logs.example.net"}, {"http_hosts": []},
    {"verbose": True}, {"verbose": "no"}, {"stop_timeout": "30s"},
    {"listen": LISTEN}, {"output": OUTPUT},
    {"listen": [{"url": "tcp://*:514", "framing": "lf", "proxy": "10.0.0.1",
                 "idle_timeout": "1h", "max_connections": 5}]},
    {"listen": [{"url": "unix:///dev/log", "mode": "0600"}]},
    {"listen": [dict(LISTEN, allow=["10.0.0.0/8", "fd00::/8"], rate=5,
                     timezone="UTC", trust_hostname=False)]},
    {"output": [dict(OUTPUT, facility=["auth", 16, "!kern", "security"])]},
    {"output": [dict(OUTPUT, facility="*", severity="=info")]},
    {"output": [dict(OUTPUT, severity=4)]},
    {"output": [dict(OUTPUT, severity="!err", app="nginx*",
                     host=["web-*", "!web-9"], match="^x")]},
    {"output": [dict(OUTPUT, format="%{timestamp} %{msg}")]},
    {"output": [dict(OUTPUT, format="json", sync="never", final=True,
                     when_full="drop", rotate_size="1M")]},
    {"output": [dict(OUTPUT, rotate_size=0, mode="0600", dir_mode="0700",
                     max_new_files=0)]},
]

WRONG = [
    {"worker": 4}, {"workers": 65}, {"workers": "many"}, {"workers": True},
    {"workers": [1]}, {"memory": "256X"}, {"memory": 1}, {"latency": 5},
    {"latency": "5 s"}, {"verbose": "maybe"}, {"http_hosts": {"a": "b"}},
    {"listen": [{}]}, {"listen": [{"name": "x"}]}, {"output": [{}]},
    {"listen": [dict(LISTEN, framing="lf")]},
    {"listen": [dict(LISTEN, mode="0600")]},
    {"listen": [{"url": "tcp://*:514", "framing": "crlf"}]},
    {"listen": [{"url": "tcp://*:514", "receive_buffer": "1M"}]},
    {"listen": [{"url": "unix:///dev/log", "allow": "10.0.0.1"}]},
    {"listen": [dict(LISTEN, allow="everyone!")]},
    {"listen": [dict(LISTEN, rate=-1)]},
    {"listen": [dict(LISTEN, certificate="/x.pem")]},
    {"output": [dict(OUTPUT, keep=-1)]},
    {"output": [dict(OUTPUT, keep_age="5")]},
    {"output": [dict(OUTPUT, compress="xz")]},
    {"output": [dict(OUTPUT, facility="nothing")]},
    {"output": [dict(OUTPUT, facility=24)]},
    {"output": [dict(OUTPUT, facility="!*")]},
    {"output": [dict(OUTPUT, severity="bad")]},
    {"output": [dict(OUTPUT, severity=["info"])]},
    {"output": [dict(OUTPUT, format="xml")]},
    {"output": [dict(OUTPUT, sync=5)]},
    {"output": [dict(OUTPUT, sync="sometimes")]},
    {"output": [dict(OUTPUT, mode="0999")]},
    {"output": [dict(OUTPUT, max_files=0)]},
    {"output": "all.log"},
]


@pytest.fixture(scope="module")
def schema():
    return json.loads(read("conf", "synclined.schema.json"))


@pytest.mark.parametrize("part, good", [(p, True) for p in RIGHT] +
                         [(p, False) for p in WRONG], ids=repr)
def test_schema_and_program_agree(schema, tmp_path, part, good):
    config = dict({"listen": [LISTEN], "output": [OUTPUT]}, **part)
    # JSON is YAML, too.
    program, said = accepts(tmp_path, json.dumps(config))
    assert program == good, said
    assert jsonschema_subset.is_valid(schema, config) == good


@pytest.mark.parametrize("path", CONFIGS, ids=os.path.basename)
def test_the_schema_takes_a_configuration_that_comes_with_it(schema, path):
    with open(path, encoding="utf-8") as file:
        assert jsonschema_subset.is_valid(schema, yaml.safe_load(file))


def test_the_schema_takes_every_line_of_the_sample(schema):
    whole = KEY_LINE.sub(r"\1\2", read("conf", "synclined.yaml"))
    assert jsonschema_subset.is_valid(schema, yaml.safe_load(whole))
