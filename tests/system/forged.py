# SPDX-License-Identifier: BSD-2-Clause
"""forged.py - certificates that no tool makes, by changing bytes of one

Needs the openssl command for the signature.
"""

import hashlib
import re
import ssl
import subprocess


def der(path):
    """The first certificate of a PEM file."""
    text = path.read_text()
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(text[:text.index(end) + len(end)])


def element(data, at=0):
    """Of the DER element there: where its content begins, and it ends."""
    size = data[at + 1]
    begin = at + 2
    if size & 0x80:
        begin += size & 0x7f
        size = int.from_bytes(data[at + 2:begin], "big")
    return begin, begin + size


def wrap(tag, content):
    n = len(content)
    size = bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big")
    return bytes([tag]) + size + content


def change(path, key, *changes):
    """Replaces (old, new), of the same length, in a certificate, and signs it
    again with the key of its authority."""
    whole = der(path)
    begin, _ = element(whole)
    _, end = element(whole, begin)
    tbs = whole[begin:end]
    for old, new in changes:
        assert len(old) == len(new) and old in tbs, (old, tbs)
        tbs = tbs.replace(old, new)
    _, algorithm = element(whole, end)
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(key)], input=tbs,
        capture_output=True, check=True).stdout
    new = wrap(0x30, tbs + whole[end:algorithm]
               + wrap(0x03, b"\0" + signature))
    path.write_text(ssl.DER_cert_to_PEM_cert(new))


def times(path):
    """notBefore and notAfter, as they stand there."""
    return re.findall(rb"\x17\x0d(\d{12}Z)", der(path))


def expire(path, key):
    begin, end = times(path)
    change(path, key, (begin, b"19" + begin[2:]), (end, b"20" + end[2:]))


def fingerprint(path, label="sha-256"):
    name = label.replace("-", "")
    digest = hashlib.new(name, der(path)).hexdigest().upper()
    return label + ":" + ":".join(re.findall("..", digest))


def poison(path, key, name):
    """Puts into the certificate of a host with a name of 16 bytes what no
    terminal should get; and returns how it is shown."""
    assert len(name) == 16
    dns = b"w\x1b]0\n\x00x\xff\xc2\x85le.net"
    change(path, key, (b"\x82\x10" + name, b"\x82\x10" + dns),
           (b"\x0c\x10" + name, b"\x0c\x10w\x1b]0\n\x00x\xc2\x9b\xc2\x85e.net"))
    return "w#033]0#012#000x#377#302#205le.net"
