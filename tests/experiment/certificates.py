# SPDX-License-Identifier: BSD-2-Clause
"""certificates.py - an authority, the collector's certificate and a sender's

Made by `syncline cert`, as a user would; those that are there and good are
taken again, so that what was copied from the screen goes on working.
"""

import os
import subprocess

SENDER = "quickstart"


class CertificateError(Exception):
    """They could not be made; the text says why."""


def _run(program, *args):
    try:
        done = subprocess.run(
            [program, "cert", *args], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except OSError as error:
        raise CertificateError("%s: %s" % (program, error.strerror)) from None
    return done.returncode, done.stdout.decode(errors="replace").strip()


def bundle(folder):
    """Where the sender's are: client.pem, client.key, ca.pem."""
    return os.path.join(folder, "clients", SENDER)


def _are_good(program, folder):
    return all(
        os.path.exists(path) and _run(program, "check", path)[0] == 0
        for path in (os.path.join(folder, "collector.pem"),
                     os.path.join(bundle(folder), "client.pem")))


def make(program, folder):
    """Has them in that folder."""
    if _are_good(program, folder):
        return
    for args in (("init", "--force", "--dir", folder),
                 ("issue", "--force", "--dir", folder, SENDER)):
        status, said = _run(program, *args)
        if status != 0 and not _are_good(program, folder):
            raise CertificateError(said)
