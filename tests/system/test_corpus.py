# SPDX-License-Identifier: BSD-2-Clause
"""What real clients send is read as they meant it.

Replays corpus/clients.jsonl (see the README there) over the transport that
each record names, in the pieces in which it came, and compares every member
that is meant strictly. Records of TLS go over TCP: their bytes are those
inside. RFC-5 to RFC-42, RFC-101 to RFC-121.
"""

import base64
import datetime
import json
import os
import re

import pytest

import senders
from escapes import as_json, unescape

pytestmark = pytest.mark.plain

HERE = os.path.dirname(os.path.abspath(__file__))
OURSELVES = "web01"  # what the machines were called on which it was recorded
FACILITIES = ("kern user mail daemon auth syslog lpr news uucp cron authpriv "
              "ftp ntp audit console cron2 local0 local1 local2 local3 local4 "
              "local5 local6 local7").split()
SEVERITIES = "emerg alert crit err warning notice info debug".split()
SCHEMES = {"udp": "udp", "tcp": "tcp", "tls": "tcp", "unix-dgram": "unix",
           "unix-stream": "unix-stream"}
LIMITS = {"hostname": 255, "app_name": 48, "procid": 128, "msgid": 32}
EXPECTED_TIME = re.compile(
    r"(-|\d{4})-(\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")
LINE = re.compile(
    rb"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) "
    rb'(-|(?:\[[^ =\]"]+(?: [^ =\]"]+="(?:[^"\\\]]|\\.)*")*\])+)'
    rb"(?: (?:\xef\xbb\xbf)?(.*))?", re.S)

# Where we differ from the corpus on purpose: id -> (the rule and why, the
# number of messages that we store). The rules are those of framing, as what
# was seen of all clients led to them.
EXCEPTIONS = {
    **dict.fromkeys(
        ("syslog-ng-loggen-006", "syslog-ng-loggen-007",
         "syslog-ng-loggen-008"),
        ("a count that equals the rest of a datagram is taken off: a sender "
         "of streams wrote to UDP by mistake, and the message behind it is "
         "whole. The record keeps it as text", 1)),
    "made-stream-021": (
        "ten digits and more are no count but text, and no text is dropped. "
        "The record expects nothing, and leaves open what is stored", 1),
}


def read_corpus():
    with open(os.path.join(HERE, "corpus", "clients.jsonl")) as f:
        return [json.loads(line) for line in f]


CORPUS = read_corpus()


def pieces(record):
    data = base64.b64decode(record["bytes_b64"])
    if "chunks" not in record:
        return [data]
    cut, at = [], 0
    for size in record["chunks"]:
        cut.append(data[at:at + size])
        at += size
    return cut + [data[at:]] if data[at:] else cut


def expected_text(message):
    if "msg_b64" in message:
        return base64.b64decode(message["msg_b64"])
    return message["msg"].encode()


def same_time(expected, got, digits):
    """got is completed, and has at most that many digits of fraction. What
    was not sent is not compared."""
    year, rest, fraction, offset = EXPECTED_TIME.fullmatch(expected).groups()
    fraction = (fraction or "")[:digits]
    want = rest + ("." + fraction if fraction else "")
    if offset is None:
        found = re.fullmatch(r"(\d{4})-(.*?)(?:Z|[+-]\d\d:\d\d)", got)
        return found[2] == want and year in ("-", found[1])
    if year == "-":
        year = got[:4]
    if year in ("0000", "9999"):  # beyond what Python computes with
        return got == year + "-" + want + offset
    return (datetime.datetime.fromisoformat(year + "-" + want + offset) ==
            datetime.datetime.fromisoformat(got))


class Reading:
    """What a line says of a message, in the words of the corpus."""

    def __init__(self, local):
        self.local = local
        self.fields = {}

    def differs(self, message):
        """The strict members that differ, as {member: (got, expected)}."""
        wrong = {}
        for name, (got, wanted) in self.compare(message).items():
            if got != wanted and name not in message.get("lenient", ()):
                wrong[name] = (got, wanted)
        return wrong

    def common(self, message):
        """Of both formats: PRI, names, and what stands for the host."""
        valid = message["valid"] and message["format"] == "rfc5424"
        host = message["hostname"]
        if host is None and not valid:
            host = OURSELVES if self.local else "127.0.0.1"
        pri = 13 if message["pri"] is None else message["pri"]
        return valid, {
            "pri": (self.fields["pri"], pri),
            "hostname": (self.fields["hostname"], host),
            "app_name": (self.fields["app_name"], message["app_name"]),
            "procid": (self.fields["procid"], message["procid"]),
            "msgid": (self.fields["msgid"], message["msgid"]),
        }


class JsonReading(Reading):
    def __init__(self, line, local):
        super().__init__(local)
        self.fields = json.loads(line)

    def time(self, message, valid):
        got, expected = self.fields["timestamp"], message["timestamp"]
        if expected is None:
            return got, None if valid else self.fields["received"]
        return same_time(expected, got, 6), True

    def compare(self, message):
        valid, both = self.common(message)
        both["facility"] = (self.fields["facility"],
                            FACILITIES[message["facility"]])
        both["severity"] = (self.fields["severity"],
                            SEVERITIES[message["severity"]])
        both["format"] = (self.fields["format"], message["format"])
        both["timestamp"] = self.time(message, valid)
        both["sd"] = ({i: {n: v if isinstance(v, list) else [v]
                           for n, v in params.items()}
                       for i, params in self.fields["sd"].items()},
                      message["sd"])
        both["msg"] = (self.fields["msg"], as_json(expected_text(message)))
        return both


class LineReading(Reading):
    """A line of RFC 5424: what its fields do not allow has become '_', what
    is too long is cut."""

    def __init__(self, line, local):
        super().__init__(local)
        found = LINE.fullmatch(unescape(line))
        assert found, line
        pri, time, host, app, procid, msgid, sd, text = found.groups()
        self.fields = {"pri": int(pri), "timestamp": time, "hostname": host,
                       "app_name": app, "procid": procid, "msgid": msgid,
                       "sd": sd, "msg": text or b""}

    def compare(self, message):
        valid, both = self.common(message)
        for name, most in LIMITS.items():
            got, wanted = both[name]
            wanted = (wanted or "-").encode()
            if not valid:
                wanted = re.sub(rb"[^!-~]", b"_", wanted)[:most]
            both[name] = got, wanted
        if message["timestamp"] is not None:
            both["timestamp"] = same_time(
                message["timestamp"], self.fields["timestamp"].decode(),
                6), True
        elif valid:
            both["timestamp"] = self.fields["timestamp"], b"-"
        both["sd"] = self.fields["sd"] != b"-", bool(message["sd"])
        both["msg"] = self.fields["msg"], expected_text(message)
        return both


def judge(record, readings):
    """What is wrong with what was stored for a record: a list of texts."""
    expected = record["expect"]
    if record.get("optional_feature"):
        return []
    if record.get("lenient_stream"):
        rest = iter(readings)
        return ["%s: not stored: %r" % (record["id"], message)
                for message in expected
                if not any(not r.differs(message) for r in rest)]
    if len(readings) != len(expected):
        return ["%s: %d messages, not %d" % (
            record["id"], len(readings), len(expected))] * max(
                1, len(expected))
    return ["%s: %r" % (record["id"], wrong)
            for wrong in map(Reading.differs, readings, expected) if wrong]


@pytest.fixture(params=["json", "rfc5424"])
def reading(request):
    return {"json": JsonReading, "rfc5424": LineReading}[request.param]


@pytest.fixture
def collector(shared, tmp_path_factory, reading):
    folder = tmp_path_factory.getbasetemp()
    form = {JsonReading: "json", LineReading: "rfc5424"}[reading]
    return shared(
        listen=("udp://127.0.0.1:0", "tcp://127.0.0.1:0",
                "unix://%s/corpus-%s" % (folder, form),
                "unix-stream://%s/corpus-%s-stream" % (folder, form)),
        args=("--workers", "1", "-f", form, "--hostname", OURSELVES))


@pytest.mark.parametrize("transport", SCHEMES)
def test_clients_are_understood(collector, reading, transport):
    scheme = SCHEMES[transport]
    faults, differing = [], set()
    for record in (r for r in CORPUS if r["transport"] == transport):
        lines = senders.feed(collector, *pieces(record), scheme=scheme)
        readings = [reading(line, scheme.startswith("unix"))
                    for line in lines]
        if record["id"] in EXCEPTIONS:
            differing.add(record["id"])
            assert len(lines) == EXCEPTIONS[record["id"]][1], record["id"]
        else:
            faults += judge(record, readings)
    assert not faults, "\n".join([str(len(faults)), *faults])
    assert differing == {r["id"] for r in CORPUS
                         if r["id"] in EXCEPTIONS and
                         r["transport"] == transport}


def test_exceptions_are_few():
    """At most two of a hundred messages, and each exists."""
    messages = {r["id"]: max(1, len(r["expect"])) for r in CORPUS}
    excepted = sum(messages[i] for i in EXCEPTIONS)
    assert excepted <= 0.02 * sum(messages.values())
