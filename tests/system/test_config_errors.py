# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong with a configuration is said with FILE:LINE, the key, the
value and what would be right; nothing starts, and a reload changes nothing
(J1; contract.md section 2).

The first half breaks every key of the tables in every way that its type
allows; the second half is written by hand.
"""

import json
import os
import signal

import pytest

import harness
import senders
from harness import eventually, run

pytestmark = [pytest.mark.alone, pytest.mark.plain]

URLS = {"mode": "unix:///{dir}/s", "receive_buffer": "udp://127.0.0.1:0"}


def check(folder, text, name="c.yaml"):
    """Both ways of refusing the same file; returns what was said."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    status, out, said = run("-t", "-c", path)
    assert (status, out) == (2, ""), said
    started = run("-c", path)
    assert started == (2, "", said), "a start says something else"
    assert said.splitlines()[-1] == "%s: %d error%s" % (
        path, said.count("\n") - 1, "s" * (said.count("\n") > 2)), said
    return said.replace(str(folder) + "/", "")


# Every key, from the tables


def definitions():
    status, out, _ = run("--help-config=schema")
    assert status == 0
    schema = json.loads(out)
    keys = {"": dict(schema["properties"])}
    for section in "listen", "output":
        del keys[""][section]
        keys[section] = schema["definitions"][section]["properties"]
    return keys


def is_list(definition):
    return any(d.get("type") == "array" for d in definition["anyOf"])


def out_of_range(definition):
    """Values just outside of the limits, and such of no right form."""
    for d in definition["anyOf"]:
        if d.get("type") == "integer":
            if "maximum" in d:
                yield str(d["maximum"] + 1)
            if d.get("minimum", 0) > 1:
                yield str(d["minimum"] - 1)
            yield from ("-1", "1.5", "x", "0x10", "99999999999999999999")
        elif "ms|s|m" in d.get("pattern", ""):
            yield from ("100000w", "5", "-1s", "1.5s", "5 s", "1y")
        elif "enum" in d or d.get("type") == "boolean":
            yield "nonsense"
        elif "maxLength" in d and d["maxLength"] < 4000:
            yield "x" * (d["maxLength"] + 1)
        if d.get("minLength", 0) > 0:
            yield '""'


def broken_values(definition):
    yield from ("", "{ a: b }", "*x", "&x", "!x", "%x", "@x", "`x", "|x",
                '"x', "'x", "[ x", "{ x", "- x", '"x" y', '"\\d"', "\tx: y")
    if not is_list(definition):
        yield "[ 1, 2 ]"
    yield from set(out_of_range(definition))


def place(section, key, value):
    """A configuration with that one line, its number and the key's name."""
    text = "listen:\n  - url: %s\n" % (
        URLS.get(key, "tcp://127.0.0.1:0") if section == "listen"
        else "tcp://127.0.0.1:0")
    wanted = "%s: %s" % (key, value)
    if section == "listen" and key == "url":
        text = "listen:\n  - name: x\n"
    if section == "listen":
        text += "    %s\noutput:\n  - path: o.log\n" % wanted
        return text, 3, "listen[0]." + key
    text += "output:\n"
    if section == "output" and key == "path":
        return text + "  - %s\n" % wanted, 4, "output[0].path"
    text += "  - path: o.log\n"
    if section == "output":
        return text + "    %s\n" % wanted, 5, "output[0]." + key
    return text + "%s\n" % wanted, 5, key


def cases():
    for section, keys in definitions().items():
        for key, definition in keys.items():
            for value in broken_values(definition):
                yield (value,) + place(section, key, value)
            text, line, name = place(section, key, "1")
            mark = " " * (4 if section else 0) + key + ": 1\n"
            if section != "output" or key != "path":
                yield "twice", text.replace(mark, mark * 2), line + 1, name


@pytest.mark.long
def test_every_key_broken_in_every_way(tmp_path):
    """One error each, with its line, its key and a reason."""
    wrong = []
    n = 0
    for n, (value, text, line, key) in enumerate(cases(), 1):
        if harness.SLOW and n % 4 != 0:
            continue
        try:
            said = check(tmp_path, text)
            lines = said.splitlines()
            if value == "twice":  # each of them may be wrong, too
                lines = [s for s in lines if "is given twice" in s]
            first = lines[0]
            assert first.startswith("c.yaml:%d: " % line), "the line"
            assert key in first or key.split(".")[-1] + ": " in first, "key"
            reason = first.split(": ", 2)[-1]
            assert len(reason.split()) >= 3, "the reason"
        except AssertionError as error:
            wrong.append("%s\n%s\n" % (text, error))
    assert n >= 200
    assert not wrong, "%d of %d:\n%s" % (len(wrong), n, "\n".join(wrong[:20]))


def test_every_key_that_does_not_exist(tmp_path):
    """A slip of the finger: what was meant is named."""
    for section, keys in definitions().items():
        for key in keys:
            slip = key[:-1] + ("" if len(key) > 4 else key[-1] * 2)
            if slip in keys or slip == "keep":
                continue
            text, line, name = place(section, slip, "1")
            said = check(tmp_path, text).splitlines()
            wanted = "c.yaml:%d: %s: " % (line, name)
            hits = [s for s in said if s.startswith(wanted)]
            assert len(hits) == 1, (wanted, said)
            if len(key) > 4:
                assert '"%s"' % key in hits[0] or "is a key of" in hits[0]


# By hand

GOOD = """\
listen:
  - url: tcp://127.0.0.1:0
output:
  - path: {dir}/o.log
    format: raw
"""

ERRORS = [
    # what YAML takes for something else, and for errors
    ("listen:\n  - url: *:514", 2, 'listen[0].url: "*:514": must be in quotes'),
    ("listen:\n  - url: tcp://*:1\n    allow: [ ::1 ]", 3, "in quotes"),
    ("listen:\n  - url: tcp://*:1\n    allow: [ fd00::/8, ::1 ]", 3,
     "in quotes"),
    ("listen: [ { url: tcp://[::1]:5 } ]", 1, "[ ]"),
    ("listen: [ url: x ]", 1, "quotes"),
    ("http: [::1]:8514", 1, "in quotes"),
    ("output:\n  - path: %{hostname}.log", 2,
     'output[0].path: "%{hostname}.log": must be in quotes'),
    ("output:\n  - path: {hostname}", 2, "output[0].path: "),
    ("output:\n  - path: o.log\n    facility: !auth", 3,
     'output[0].facility: "!auth": must be in quotes'),
    ("output:\n  - path: o.log\n    facility: [ !auth, !mail ]", 3,
     'output[0].facility[0]: "!auth": must be in quotes'),
    ("output:\n  - path: o.log\n    host: *.example.net", 3,
     'output[0].host: "*.example.net": must be in quotes'),
    ("output:\n  - path: o.log\n    app: [ nginx, *ab ]", 3,
     'output[0].app[1]: "*ab": must be in quotes'),
    ("output:\n  - path: o.log\n    match: \"\\d+\"", 3, "single quotes"),
    ("output:\n  - path: o.log\n    match: 'it's'", 3, "closing quote"),
    ("output:\n  - path: o.log\n    match: a: b", 3, '": "'),
    ("output:\n  - path: o.log\n    format: @x", 3, "in quotes"),
    ("hostname: `id`", 1, "in quotes"),
    ("hostname: &x y", 1, "in quotes"),
    ("hostname: !!str x", 1, "in quotes"),
    ("hostname: !<tag:x> x", 1, "in quotes"),
    ("a: &x 1\nb: *x", 1, "in quotes"),
    ("<<: { a: b }", 1, "<<"),
    ("? [ a ]\n: b", 1, "a key must be text"),
    ("{ a: b }: c", 1, "a key must be text"),
    (": x", 1, "the key is missing"),
    ("? \n: x", 1, "the key is missing"),
    ("workers: 1\n---\nmemory: 2M", 2, "second document"),
    ("workers: 1\n...\nmemory: 2M", 3, "not expected"),
    ("--- a\n--- b", 2, "second document"),
    ("%TAG ! x\n---\nworkers: !a 1", 3, "in quotes"),
    ("%foo\n---\nworkers: 1", 1, "%"),
    ("\tworkers: 1", 1, "tab"),
    ("listen:\n\t- url: tcp://*:1", 2, "tab"),
    ("workers: 1\n  memory: 2M", 2, "indented wrongly"),
    ("workers 1\nmemory: 2M", 2, "colon"),
    ("workers:1\nmemory: 2M", 2, "colon"),
    ("workers 1", 1, "KEY: VALUE"),
    ("- url: tcp://*:1", 1, "KEY: VALUE"),
    ("listen:\n  - url: tcp://*:1\n    rate: 1\n   name: x", 4, "indented"),
    ("listen:\n  - url: tcp://*:1\n   - url: tcp://*:2", 3, "indented"),
    ("listen:\n - url: tcp://*:1\n  - url: tcp://*:2", 3, "indented"),
    ("listen: - url: tcp://*:1", 1, "a list begins on a line of its own"),
    ("http_hosts: [ a, b", 1, "never closed"),
    ("http_hosts: [ a, b\nworkers: 1", 1, "http_hosts"),
    ("http_hosts: [ a, , b ]", 1, "missing"),
    ("http_hosts: a, b ]\nworkers: ]", 2, "in quotes"),
    ("hostname: \"a\nworkers: 1", 1, "never closed"),
    ("hostname: 'a\nworkers: 1", 1, "never closed"),
    ("hostname: \"a\" b", 1, "closing quote"),
    ("hostname: a\n  b", 1, "next line"),
    ("hostname: |\n  a\n  b\n", 1, "hostname: \"a#012b#012\": "),
    ("hostname: >x", 1, "quotes"),
    ("hostname: \"a\\0b\"", 1, "NUL"),
    ("hostname: \"a\\x07b\"", 1, "printable"),
    ("hostname: ? a", 1, "quotes"),
    (b"workers: 1\nhostname: \xff\n", 2, "0xff of the line is no UTF-8"),
    (b"workers: 1\nhostname: a\x00b\n", 2, "is a NUL"),
    (b"hostname: a\x1b[2Jb\n", 1, "0x1b of the line is a control character"),
    (b"# \xe2\x80\xae evil\nworkers: 1\n", 1, "does not show"),
    (b"workers: 1\r\nmemory: x\r\n", 2, 'memory: "x"'),
    (b"\xff\xfew\x00o\x00", 1, "save the file as UTF-8"),
    ("a: " + "[" * 20 + "]" * 20, 1, "inside each other"),
    ("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 20)) + " " * 20 +
     "b", 17, "inside each other"),
    ("".join("k%d: 1\n" % n for n in range(1001)), 1001, "more than 1,000"),
    # keys
    ("", 1, "there is no listener"),
    ("worker: 1", 1, 'worker: unknown key; did you mean "workers"?'),
    ("max-message: 1K", 1, 'did you mean "max_message"?'),
    ("zzz: 1", 1, "zzz: unknown key; see synclined --help-config"),
    ("rotate_size: 1M", 1, 'rotate_size: is a key of an output: write it '
                           'below "output:"'),
    ("url: tcp://*:1", 1, 'url: is a key of a listener: write it below '
                          '"listen:"'),
    ("listen:\n  - url: tcp://*:1\n    path: x", 3, "is a key of an output"),
    ("listen:\n  - url: tcp://*:1\n    workers: 1", 3,
     "is a key of the whole collector: write it without indentation"),
    ("listens:\n  - url: tcp://*:1", 1, 'did you mean "listen"?'),
    ("outputs:\n  - path: x", 1, 'did you mean "output"?'),
    ("\"a\\nb\": 1", 1, "c.yaml:1: a#012b: unknown key"),
    ("workers: 1\nworkers: 2", 2, "workers: is given twice; the first time "
                                  "is in line 1"),
    ("workers: 1\n\"workers\": 2", 2, "is given twice"),
    ("listen:\n  - url: tcp://*:1\nlisten:\n  - url: tcp://*:2", 3,
     "listen: is given twice"),
    ("listen: tcp://*:1", 1, 'listen: "tcp://*:1": must be a mapping, like '
                             '- url: udp://*:514'),
    ("listen:\n  - tcp://*:1", 2, 'listen[0]: "tcp://*:1": must be a mapping'),
    ("listen:\n  - - url: tcp://*:1", 2, "listen[0]: must be a mapping"),
    ("listen:", 1, "listen: has no value"),
    ("output:", 1, "output: has no value"),
    ("listen:\n  -", 2, "listen[0]: has no value"),
    ("allow: 10.0.0.0/8", 1, "is a key of a listener"),
    # listeners
    ("listen:\n  - name: x", 2, "listen[0].url: is missing"),
    ("listen:\n  - url: tcp://*:1\n  - rate: 1", 3, "listen[1].url: is "
                                                    "missing"),
    ("listen:\n  - url: ftp://*:1", 2, 'listen[0].url: "ftp://*:1": unknown '
                                       'kind'),
    ("listen:\n  - url: tls://*:1", 2,
     "listen[0].certificate: is missing; give the file"),
    ("listen:\n  - url: tcp://*:65536", 2, "65536"),
    ("listen:\n  - url: tcp://*:1?framming=lf", 2, "framing"),
    ("listen:\n  - url: tcp://*:1?framing=x", 2, "framing: must be one of"),
    ("listen:\n  - url: tcp://*:1?framing=lf\n    framing: lf", 3,
     "listen[0].framing: is given twice; the first time is in the URL"),
    ("listen:\n  - url: udp://*:1\n    framing: lf", 3,
     "listen[0].framing: is no key of this kind of listener"),
    ("listen:\n  - url: tcp://*:1\n    mode: 600", 3, "no key of this kind"),
    ("listen:\n  - url: unix:///s\n    allow: 10.0.0.1", 3,
     "no key of this kind"),
    ("listen:\n  - url: udp://*:1\n    proxy: 10.0.0.1", 3,
     "no key of this kind"),
    ("listen:\n  - url: tcp://*:1\n    allow: [ 10.0.0.0/8, 10.0.0.1/8 ]", 3,
     'listen[0].allow[1]: "10.0.0.1/8": '),
    ("listen:\n  - url: tcp://*:1\n    allow: here", 3, 'allow: "here": '),
    ("listen:\n  - url: tcp://*:1\n    allow: 10.0.0.0/33", 3, "10.0.0.0/33"),
    ("listen:\n  - url: tcp://*:1\n    allow: \"fd00::/129\"", 3, "/129"),
    ("listen:\n  - url: tcp://*:1\n    allow: [ [ 10.0.0.1 ] ]", 3,
     "listen[0].allow[0]: must be one value, no list"),
    ("listen:\n  - url: tcp://*:1\n    allow: [ \"\" ]", 3,
     "listen[0].allow[0]"),
    ("listen:\n  - url: tcp://*:1\n    allow:\n      -", 4, "has no value"),
    ("listen:\n  - url: tcp://*:1\n    proxy: [ a b ]", 3, '"a b": '),
    ("listen:\n  - url: tcp://*:1\n    timezone: Mars/Base", 3,
     'listen[0].timezone: "Mars/Base": '),
    ("listen:\n  - url: tcp://*:1\n    timezone: ../../etc/passwd", 3,
     "listen[0].timezone: "),
    ("listen:\n  - url: tcp://*:1\n    trust_hostname: maybe", 3,
     "must be one of yes, no, true, false"),
    ("listen:\n  - url: tcp://*:1\n    rate: 1/s", 3, 'rate: "1/s": '),
    ("listen:\n  - url: tcp://*:1\n  - url: tcp://*:1", 3,
     "listen[1]: there already is a listener on tcp://*:1, in c.yaml:2"),
    ("listen:\n  - url: tcp://*:1\n  - url: TCP://*:1?name=x", 3,
     "there already is"),
    ("listen:\n  - url: tcp://127.0.0.1:1\n  - url: tcp://*:1", 3,
     "on tcp://127.0.0.1:1, and one of the two takes the other's port, too, "
     "in c.yaml:2"),
    ("listen:\n  - url: unix:///a/b\n  - url: unix-stream:///a//./b", 3,
     "there already is a listener on unix:///a/b"),
    ("listen:\n  - url: tcp://*:1\n    rate: x\n  - url: tcp://*:1\n"
     "    rat: 1", 4, "there already is a listener on tcp://*:1"),
    ("listen:\n  - url: tcp://*:1\n    name: a\n  - url: udp://*:1\n"
     "    name: a", 4, 'there already is a listener called "a", in c.yaml:2'),
    ("listen:\n  - url: tcp://*:1\n    certificate: x.pem", 3,
     "listen[0].certificate: is no key of this kind of listener"),
    ("listen:\n  - url: tcp://*:1\n    peers: [ a ]", 3,
     "listen[0].peers: is no key of this kind of listener"),
    ("listen:\n  - url: tls://*:1\n  - url: tcp://*:1", 3,
     "there already is a listener on tls://*:1, in c.yaml:2"),
    ("listen:\n  - url: tls://*:1\n    key: /nowhere", 3,
     'listen[0].key: "/nowhere": cannot be read'),
    ("listen:\n  - url: tls://*:1\n    client: none\n    peers: [ a.b ]", 4,
     "listen[0].peers: nobody is asked for a certificate"),
    ("listen:\n  - url: tls://*:1\n    crl: x.pem", 3,
     'listen[0].crl: "x.pem": needs `ca`'),
    ("listen:\n  - url: tls://*:1\n    peers: [ 'sha-1:AB' ]", 3,
     'listen[0].peers: "sha-1:AB": must be sha-1: and 20 pairs'),
    ("listen:\n  - url: tls://*:1\n    peers: [ 'b\u00fccher.example' ]", 3,
     "like xn--bcher-kva.example; idn2(1) prints that"),
    ("listen:\n  - url: tls://*:1\n    peers: [ '*.b\u00fccher.example' ]", 3,
     'listen[0].peers: "*.b\u00fccher.example": write a name with other'),
    # outputs
    ("output:\n  - format: raw", 2, "output[0].path: is missing"),
    ("output:\n  - path: \"\"", 2, "is empty"),
    ("output:\n  - path: /tmp/", 2, "names a folder"),
    ("output:\n  - path: ..", 2, "names a folder"),
    ("output:\n  - path: /x/%{host}.log", 2, "did you mean %{hostname}?"),
    ("output:\n  - path: /x/%{hostname", 2, "output[0].path: "),
    ("output:\n  - path: /x/%{hostname}/../y", 2, "output[0].path: "),
    ("output:\n  - path: /x/%{hostname}/", 2, "output[0].path: "),
    ("output:\n  - path: /x/" + "y" * 201, 2, "longer than 200 bytes"),
    ("output:\n  - path: a\n  - path: a", 3,
     "output[1]: there already is an output to a, in c.yaml:2"),
    ("output:\n  - path: a\n  - path: ./a", 3,
     "there already is an output to a"),
    ("output:\n  - path: a\n    sync: x\n  - path: a\n    mode: x", 4,
     "there already is an output to a"),
    ("output:\n  - path: a\n    name: b\n  - path: b", 4,
     'there already is an output called "b"'),
    ("output:\n  - path: a\n    name: x\n  - path: b\n    name: x", 4,
     "called"),
    ("output:\n  - path: \"-\"\n    rotate_size: 1M", 3,
     'output[0].rotate_size: "1M": standard output cannot be rotated'),
    ("output:\n  - path: a\n    format: jso", 3, 'did you mean "json"?'),
    ("output:\n  - path: a\n    format: text", 3, "must be one of rfc5424"),
    ("output:\n  - path: a\n    format: '%{message}'", 3, "%{message}"),
    ("output:\n  - path: a\n    format: '%{msg'", 3, "format"),
    ("output:\n  - path: a\n    format: '%m %{msg}'", 3, "format"),
    ("output:\n  - path: a\n    format: '%{sd:x}'", 3, "format"),
    ("output:\n  - path: a\n    facility: atuh", 3, 'facility: "atuh"'),
    ("output:\n  - path: a\n    facility: [ auth, 24 ]", 3,
     'facility[1]: "24"'),
    ("output:\n  - path: a\n    facility: [ auth, \"!auth\" ]", 3,
     "no facility is left"),
    ("output:\n  - path: a\n    facility: \"!*\"", 3, "no message"),
    ("output:\n  - path: a\n    severity: wrning", 3, '"warning"'),
    ("output:\n  - path: a\n    severity: [ err, crit ]", 3, "no list"),
    ("output:\n  - path: a\n    severity: 8", 3, 'severity: "8"'),
    ("output:\n  - path: a\n    app: \"!\"", 3, "behind ! is missing"),
    ("output:\n  - path: a\n    host: " + "x" * 256, 3, "1 to 255 bytes"),
    ("output:\n  - path: a\n    match: '('", 3, 'match: "(": '),
    ("output:\n  - path: a\n    match: 'a{2,1}'", 3, "match"),
    ("output:\n  - path: a\n    match: ''", 3, "is empty"),
    ("output:\n  - path: a\n    final: always", 3, "must be one of yes"),
    ("output:\n  - path: a\n    when_full: wait", 3,
     "must be one of block, drop"),
    ("output:\n  - path: a\n    rotate_size: 1K", 3, "0, or 4K to 1T"),
    ("output:\n  - path: a\n    sync: 0", 3, "never, always, 1ms to 1h"),
    ("output:\n  - path: a\n    mode: 0888", 3, "octal"),
    ("output:\n  - path: a\n    dir_mode: 4755", 3, "0000 to 0777"),
    ("output:\n  - path: a\n    max_open_files: 0", 3, "1 to 100000"),
    ("output:\n  - path: a\n    keep: -1", 3, "output[0].keep: \"-1\": "),
    ("output:\n  - path: a\n    compress: xz", 3, "none, gzip, zstd"),
    ("output:\n  - path: \"-\"\n    compress: zstd", 3,
     "standard output has no rotated files"),
    ("output:\n  - path: \"-\"\n    keep: 3", 3, "has no rotated files"),
    ("output:\n  - path: \"-\"\n    keep_free: 1G", 3,
     "has no rotated files"),
    ("output:\n  - path: a\n    keep_age: 1d\n    keep_min: 2d", 4,
     "output[0].keep_min: \"2d\": longer than keep_age, 1d"),
    ("output:\n  - path: a\n    keep_total: 1M\n    rotate_size: 2M", 3,
     "output[0].keep_total: \"1M\": less than rotate_size, 2M: each file "
     "would be deleted as soon as it is rotated"),
    ("output:\n  - path: a\n    rotate_every: 36h", 3, "no whole days"),
    ("output:\n  - path: \"-\"\n    rotate_every: 1d", 3,
     "cannot be rotated"),
    ("output:\n  - path: a\n    rotate_every: 59s", 3, "1m"),
    # the whole
    ("http: 127.0.0.1:x", 1, 'http: "127.0.0.1:x": the port'),
    ("http: 8514", 1, "a port without a host; give *:8514"),
    ("http: 1:2:3", 1, "in brackets"),
    ("memory: 15M\nmax_message: 1M\n" + GOOD, 1, "memory: too little"),
    ("max_message: 1M\nmemory: 15M\n" + GOOD, 2, "memory: too little"),
    ("workers: 64\nmemory: 8M\n" + GOOD, 2, "64 workers need 1M each"),
    ("hostname: two words", 1, "printable ASCII without spaces"),
    ("stop_timeout: 5", 1, 'stop_timeout: "5": '),
    ("latency: 2s", 1, "out of range; must be 0, or 1ms to 1s"),
    ("listen:\n  - url: tcp://*:1", 1, "output: there is no output"),
    ("output:\n  - path: x", 1, "listen: there is no listener"),
    ("listen: []\noutput:\n  - path: x", 1, "there is no listener"),
    # other files
    ("include: nope.yaml", 1, 'include: "'),
    ("include: [ nope.yaml ]", 1, 'include[0]: "'),
    ("include: /", 1, "is a folder; give a file"),
    ("include: c.yaml", 1, "is this file itself"),
    ("include: \"*.yaml\"", 1, "is this file itself"),
    ("include: /dev/null", 1, "is no ordinary file"),
    ("include: [ a: b ]", 1, "quotes"),
    ("include: { a: b }", 1, "include: must be one value, no mapping"),
]


@pytest.mark.parametrize(
    "text,line,words", ERRORS,
    ids=["%d" % n for n in range(len(ERRORS))])
def test_by_hand(tmp_path, text, line, words):
    if isinstance(text, str):
        text = text.replace("{dir}", str(tmp_path))
    said = check(tmp_path, text)
    hits = [s for s in said.splitlines() if s.startswith("c.yaml:%d: " % line)]
    assert any(words in s for s in hits), said


def test_there_are_enough_of_them():
    assert len(ERRORS) + sum(1 for _ in cases()) >= 200


def test_all_errors_of_all_files(tmp_path):
    """A line each, in the order of the files, and one of YAML a file."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "1.yaml").write_text(
        "workers: 2\nlisten:\n  - url: tcp://*:x\n    rat: 1\n")
    (tmp_path / "conf.d" / "2.yaml").write_text("a: *b\nb: *c\n")
    said = check(tmp_path, """\
workers: x
include: [ conf.d/*.yaml, nope.yaml ]
output:
  - path: o
    sync: x
  - path: o
    mode: 9
""")
    places = [s.split(": ")[0] for s in said.splitlines()]
    assert places == ["c.yaml:1", "c.yaml:5", "c.yaml:7", "c.yaml:6",
                      "conf.d/1.yaml:1", "conf.d/1.yaml:3", "conf.d/1.yaml:4",
                      "conf.d/2.yaml:1", "c.yaml:2", "c.yaml"]
    assert "is given twice; the first time is in " in said
    assert said.endswith("c.yaml: 9 errors\n")


def test_files_that_include_each_other(tmp_path):
    (tmp_path / "a.yaml").write_text("include: b.yaml\n")
    (tmp_path / "b.yaml").write_text("include: c.yaml\n")
    said = check(tmp_path, "include: a.yaml\n")
    assert said.startswith('b.yaml:1: include: "c.yaml": was read already')
    for n in range(12):
        (tmp_path / ("%d.yaml" % n)).write_text(
            "include: %d.yaml\n" % (n + 1))
    (tmp_path / "12.yaml").write_text("")
    said = check(tmp_path, "include: 0.yaml\n")
    assert "7.yaml:1: include: " in said and "include each other" in said


def test_the_file_itself(tmp_path):
    """What is no file that one should trust."""
    folder = tmp_path / "folder"
    folder.mkdir()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    large = tmp_path / "large.yaml"
    large.write_text("# " + "x" * (1 << 20))
    for path, words in (tmp_path / "nope", "cannot be read: No such file"), (
            folder, "is a folder"), (fifo, "is no ordinary file"), (
            large, "is larger than 1M"):
        status, _, err = run("-t", "-c", path)
        assert status == 2 and err.startswith("%s: %s" % (path, words)), err
    path = tmp_path / "open.yaml"
    path.write_text(GOOD)
    path.chmod(0o646)
    status, _, err = run("-t", "-c", path)
    assert status == 2 and "chmod o-w %s" % path in err
    if os.geteuid() != 0:
        path.chmod(0)
        status, _, err = run("-t", "-c", path)
        assert status == 2 and "Permission denied" in err


def test_names_cannot_break_the_line(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a\nb\x1b[2J.yaml").write_text(
        '"x\\x9b\\n": 1\n')
    said = check(tmp_path, "include: conf.d/*\n")
    assert "\x1b" not in said and "\x9b" not in said
    assert said.startswith("conf.d/a#012b#033[2J.yaml:1: x#302#233#012: ")


def test_options_and_file_together(tmp_path):
    """Both are said; the option goes before the file, which must be right all
    the same."""
    path = tmp_path / "c.yaml"
    path.write_text("memory: x\n" + GOOD.replace("{dir}", str(tmp_path)))
    status, _, err = run("-t", "-c", path, "--memory", "1G", "--workers", "x")
    assert status == 2
    assert '%s:1: memory: "x": ' % path in err
    assert 'synclined: --workers: "x": ' in err
    path.write_text(GOOD.replace("{dir}", str(tmp_path)))
    for args, words in (
            (["-f", "json"], "--format: \"json\": belongs to the outputs of "
                             "-o"),
            (["-o", tmp_path / "o.log"], "there already is an output to"),
            (["-l", "tcp://127.0.0.1:0"], "there already is a listener on"),
            (["--memory", "1M", "--max-message", "1M"],
             "--memory: \"1M\": too little")):
        status, _, err = run("-t", "-c", path, *args)
        assert status == 2 and words in err, err


@pytest.mark.fault
def test_a_reload_keeps_what_runs(collect, tmp_path):
    """J1: each broken file is refused in full, and messages go on."""
    path = tmp_path / "c.yaml"
    path.write_text(GOOD.replace("{dir}", str(tmp_path)))
    c = collect(listen=(), output=None, args=("-c", path))
    c.path = str(tmp_path / "o.log")
    rows = ERRORS[::9 if harness.SLOW else 3]
    for n, (text, line, words) in enumerate(rows, 1):
        if isinstance(text, str):
            text = text.replace("{dir}", str(tmp_path)).encode()
        path.write_bytes(text)
        c.signal(signal.SIGHUP)
        eventually(lambda: c.stderr().count(
            "reload refused: the running configuration is unchanged") == n,
            what=lambda: "refused: %r: %s" % (text, c.stderr()[-2000:]))
        said = c.stderr().replace(str(tmp_path) + "/", "")
        assert "c.yaml:%d: " % line in said and words in said, (words, said)
    assert said.count("; the running configuration is unchanged\n") == n
    senders.send_stream(c.address(), "tcp", b"<13>still here\n")
    assert c.wait_lines(1) == [b"<13>still here"]
