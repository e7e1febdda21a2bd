# SPDX-License-Identifier: BSD-2-Clause
"""One message is one line, and the original can always be recovered.

Faults F9 (log injection) and F10 (control characters, BiDi, overlong
UTF-8); RFC-34, RFC-35, RFC-40 to RFC-42, RFC-56.
"""

import json
import random

import pytest

import senders
from escapes import UNSAFE, as_json, assert_harmless, escape, unescape
from harness import eventually, load

pytestmark = [pytest.mark.fault, pytest.mark.plain]

HEADER = b"<13>1 2026-11-22T10:15:00Z host app 1 id - "

TEXTS = [b"before" + bytes([n]) + b"after" for n in range(256)]
TEXTS += [c.encode() + b"x" for c in sorted(UNSAFE)]
TEXTS += [
    b"plain", "T\u00f6ne \u4e16\u754c \U0001f600 \u00a0 \u200b end".encode(),
    b"#", b"#0", b"#01", b"#012", b"##012", b"#043012", b"#043#012", b"#777",
    b"#778", b"#189", b"x#12", b"\n#012\n.",
    b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07.", b"\xc2\x9b31m",
    b"overlong \xc0\x8a \xe0\x80\x8a \xf0\x80\x80\x8a \xc1\xbf.",
    b"surrogates \xed\xa0\x80\xed\xb0\x80.", b"above \xf4\x90\x80\x80 \xf5.",
    b"\xff\xfe\xfd", b"\x80\x80", b"cut \xe4\xb8", b"cut \xf0\x9f\x98",
    b"cut \xc3", b"cut \xe4\xb8x", b"\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6.",
    b"\t tab \t", b"quote \" backslash \\ bracket ] slash /",
]


def randoms(count):
    """Texts of bytes that like to be trouble, the same each time."""
    dice = random.Random(5424)
    likely = b"#012347\xc2\x85\xe2\x80\xa8\xf0\x9f\x98\x80\r\n\t \x1b\x7fab"
    for _ in range(count):
        size = dice.randrange(1, 120)
        yield bytes(dice.choice(likely) if dice.random() < 0.8
                    else dice.randrange(256) for _ in range(size)) + b"."


@pytest.fixture
def collector(shared, tmp_path_factory):
    def start(format):
        folder = tmp_path_factory.getbasetemp()
        return shared(listen=("unix://%s/%s" % (folder, format),),
                      args=("--workers", "1", "-f", format))
    return start


def test_raw_lines_give_the_message_back(collector):
    """F10: unescape(file) == input, and nothing harmful is in the file."""
    sent = [b"<13>" + t for t in TEXTS + list(randoms(load(2000)))]
    got = senders.feed(collector("raw"), *sent, scheme="unix")
    assert len(got) == len(sent)
    for line, message in zip(got, sent):
        assert_harmless(line)
        assert unescape(line) == message.rstrip(b"\n\0")
        assert line == escape(message.rstrip(b"\n\0"))


def test_rfc5424_lines_give_the_message_back(collector):
    """F10, RFC-1: a valid message is stored byte for byte but for this."""
    sent = [HEADER + t for t in TEXTS + list(randoms(load(2000)))]
    got = senders.feed(collector("rfc5424"), *sent, scheme="unix")
    assert len(got) == len(sent)
    for line, message in zip(got, sent):
        assert_harmless(line)
        assert unescape(line) == message.rstrip(b"\n\0")


def test_json_gives_the_text_back(collector):
    """F10: as JSON, with U+FFFD for each byte that is no UTF-8."""
    texts = TEXTS + list(randoms(load(2000)))
    got = senders.feed(collector("json"), *[HEADER + t for t in texts],
                       scheme="unix")
    assert len(got) == len(texts)
    for line, text in zip(got, texts):
        assert_harmless(line)
        assert json.loads(line)["msg"] == as_json(text.rstrip(b"\n\0"))


def test_the_same_through_a_stream(collect):
    """F10: octet-counted, so every byte may be inside."""
    c = collect(args=("--workers", "1", "-f", "raw"))
    sent = [b"<13>" + t for t in TEXTS]
    got = senders.feed(c, b"".join(map(senders.octet, sent)))
    assert [unescape(line) for line in got] == [
        m.rstrip(b"\n\0") for m in sent]


BREAKS = [b"\n", b"\r", b"\r\n", b"\0", b"\x0b", b"\x0c", b"\xc2\x85",
          b"\xe2\x80\xa8", b"\xe2\x80\xa9"]
FIELDS = {
    "HOSTNAME": b"<13>1 2026-11-22T10:15:00Z ho%sst app 1 id - text",
    "APP-NAME": b"<13>1 2026-11-22T10:15:00Z host a%spp 1 id - text",
    "PROCID": b"<13>1 2026-11-22T10:15:00Z host app 1%s id - text",
    "MSGID": b"<13>1 2026-11-22T10:15:00Z host app 1 i%sd - text",
    "SD-ID": b'<13>1 2026-11-22T10:15:00Z host app 1 id [x%s@1 y="z"] text',
    "PARAM-VALUE": b'<13>1 2026-11-22T10:15:00Z h app 1 id [x@1 y="%s"] text',
    "MSG": b"<13>1 2026-11-22T10:15:00Z host app 1 id - te%sxt",
    "TIMESTAMP": b"<13>1 2026-11-22%sT10:15:00Z host app 1 id - text",
    "BSD host": b"<13>Nov 22 10:15:00 ho%sst app[1]: text",
    "BSD tag": b"<13>Nov 22 10:15:00 host a%spp[1]: text",
    "BSD pid": b"<13>Nov 22 10:15:00 host app[1%s]: text",
    "BSD text": b"<13>Nov 22 10:15:00 host app[1]: te%sxt",
    "PRI": b"<1%s3>text",
    "no PRI": b"te%sxt",
}


@pytest.mark.parametrize("format", ["rfc5424", "raw", "json"])
@pytest.mark.parametrize("field", FIELDS)
def test_no_field_can_forge_a_line(collector, format, field):
    """F9: a line break of any kind, and then a whole forged message."""
    forged = b"<0>1 2026-01-01T00:00:00Z forged app - - - owned"
    sent = [FIELDS[field] % (b + forged) for b in BREAKS]
    got = senders.feed(collector(format), *sent, scheme="unix")
    assert len(got) == len(sent)
    for line in got:
        assert_harmless(line)
        assert not line.startswith(b"<0>")
        assert line.startswith(b"{" if format == "json" else FIELDS[field][:1]
                               if format == "raw" else b"<13>1 ")
        if format == "json":
            json.loads(line)


def test_valid_structured_data_keeps_control_characters(collector):
    """RFC-34: never fails on control characters in a PARAM-VALUE."""
    sent = b'<13>1 - host app - - [x@1 y="a\x01b\nc" z="\\"\\]"] text'
    line, = senders.feed(collector("rfc5424"), sent, scheme="unix")
    assert line == b'<13>1 - host app - - [x@1 y="a#001b#012c" z="\\"\\]"] text'
    line, = senders.feed(collector("json"), sent, scheme="unix")
    got = json.loads(line)
    assert got["sd"] == {"x@1": {"y": "a\x01b\nc", "z": '"]'}}
    assert got["format"] == "rfc5424"


@pytest.mark.parametrize("size", range(2040, 2056))
def test_a_message_is_never_cut_inside_a_character(shared, size):
    """A cut message ends with a whole character, whatever its size."""
    c = shared(args=("--workers", "1", "-f", "raw", "--max-message", "2048"))
    for character in "\u00f6", "\u4e16", "\U0001f600":
        text = b"<13>" + b"x" * (size - 2040) + character.encode() * 1024
        line, = senders.feed(c, senders.octet(text))
        assert_harmless(line)
        assert text.startswith(line) and b"#" not in line
        assert 2048 - 4 < len(line) <= 2048


def test_what_it_says_itself_is_harmless(collect, tmp_path):
    """F10: standard error shows no control character of a peer's."""
    c = collect(listen=("tcp://127.0.0.1:0?framing=octet",
                        "unix://%s/in" % tmp_path))
    for scheme in "tcp", "unix":
        with senders.connect(c.address(scheme), scheme) as s:
            s.sendall(b"\x1b[31m\r\nsyncline: forged\x7f\xc2\x9b")
    eventually(lambda: c.metric("malformed_messages_total") > 0)
    said = c.stop()
    for line in said.splitlines():
        assert_harmless(line.encode("utf-8", "surrogateescape"))
        assert not line.startswith("syncline: forged")
