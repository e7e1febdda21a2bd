# SPDX-License-Identifier: BSD-2-Clause
"""certs.py - authorities and certificates for the tests of TLS

Made anew in each session, with a library that also makes what no sane tool
would. Each is a file NAME.pem, its key NAME.key, both together NAME.both.
"""

import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.utcnow()
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


def name_of(cn):
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, cn, _validate=False)]
    return x509.Name(parts if cn else [])


def raw_dns(text):
    """A dNSName with whatever bytes."""
    name = x509.DNSName("x")
    name._value = text  # pylint: disable=protected-access
    return name


def general_name(text):
    if isinstance(text, x509.GeneralName):
        return text
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return raw_dns(text)


class Authority:
    """Who signs; parent: who signs it, None: itself."""

    def __init__(self, folder, name, parent=None, days=400):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = name_of(name)
        self.revoked = []
        builder = (
            x509.CertificateBuilder().subject_name(self.subject)
            .issuer_name(parent.subject if parent else self.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 400 * DAY)
            .not_valid_after(NOW + days * DAY)
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                self.key.public_key()), False))
        self.cert = builder.sign(
            parent.key if parent else self.key, hashes.SHA256())
        self.path = os.path.join(folder, name.replace(" ", "-") + ".pem")
        write(self.path, pem(self.cert))

    def issue(self, name, sans=(), cn=None, usage=(CLIENT,), days=(-1, 365),
              key=None, chain=(), signer=None, file=None, more=(),
              serial=None):
        """Makes NAME.pem, .key and .both; the path without its end."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder().subject_name(
                name_of(name if cn is None else cn))
            .issuer_name(self.subject if signer is None
                         else name_of(name if cn is None else cn))
            .public_key(key.public_key())
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(NOW + days[0] * DAY)
            .not_valid_after(NOW + days[1] * DAY))
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(
                [general_name(s) for s in sans]), False)
        if usage:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage(usage), False)
        for extension in more:
            builder = builder.add_extension(extension, True)
        cert = builder.sign(key if signer == "self" else self.key,
                            hashes.SHA256())
        path = os.path.join(self.folder, file or name)
        secret = key_pem(key)
        text = pem(cert) + b"".join(pem(c) for c in chain)
        write(path + ".pem", text)
        write(path + ".key", secret, 0o600)
        write(path + ".both", text + secret, 0o600)
        return path

    def crl(self, name, *certs, days=(-1, 30), more=()):
        """A list with these certificates (paths) on it."""
        builder = (x509.CertificateRevocationListBuilder()
                   .issuer_name(self.subject)
                   .last_update(NOW + days[0] * DAY)
                   .next_update(NOW + days[1] * DAY))
        for path in certs:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(load(path).serial_number)
                .revocation_date(NOW - DAY).build())
        for extension in more:
            builder = builder.add_extension(
                extension, isinstance(extension, x509.DeltaCRLIndicator))
        path = os.path.join(self.folder, name + ".crl")
        write(path, builder.sign(self.key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM))
        return path


def key_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def write(path, text, mode=0o644):
    temporary = path + ".new"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode),
              "wb") as f:
        f.write(text)
    os.rename(temporary, path)


def load(path):
    with open(path + ".pem", "rb") as f:
        return x509.load_pem_x509_certificate(f.read())


def fingerprint(path, kind=None):
    digest = load(path).fingerprint(kind or hashes.SHA256())
    label = "sha-1" if isinstance(kind, hashes.SHA1) else "sha-256"
    return label + ":" + ":".join("%02X" % b for b in digest)


class Certs:
    """What most tests need; a path of each (without its end)."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.authority = ca = Authority(self.folder, "Test CA")
        self.foreign = Authority(self.folder, "Other CA")
        self.ca = ca.path
        self.server = ca.issue(
            "collector", ["collector.example.net", "localhost", "127.0.0.1"],
            usage=(SERVER,))
        self.rsa = ca.issue(
            "collector-rsa", ["collector.example.net", "127.0.0.1"],
            usage=(SERVER,), key=rsa.generate_private_key(65537, 2048))
        self.right = ca.issue("web1", ["web1.example.net"])
        self.other = ca.issue("web2", ["web2.example.net"])
        self.stranger = self.foreign.issue("stranger", ["web1.example.net"])
        self.selfsigned = ca.issue("self", ["web1.example.net"],
                                   signer="self")
        self.expired = ca.issue("expired", ["web1.example.net"],
                                days=(-30, -2))
        self.early = ca.issue("early", ["web1.example.net"], days=(2, 30))
        self.server_only = ca.issue("server-only", ["web1.example.net"],
                                    usage=(SERVER,))
        self.revoked = ca.issue("revoked", ["web1.example.net"])
        self.crl = ca.crl("revoked", self.revoked)
