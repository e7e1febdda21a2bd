# SPDX-License-Identifier: BSD-2-Clause
"""libsyncline delivers in TLS to rsyslog (with OpenSSL and GnuTLS) and
syslog-ng, which both want our certificate."""


import pytest

import live
import sending
from harness import eventually, load
from sending import drive, numbers, tls_url
from test_readme_apps import syslog_ng
from test_sender_faults import free_port
from test_sender_peers import connects, lines_of, rsyslog_command
from tlsserver import limited

pytestmark = pytest.mark.peers

RSYSLOG = """
global(workDirectory="%(folder)s" DefaultNetstreamDriver="%(driver)s"
       DefaultNetstreamDriverCAFile="%(ca)s"
       DefaultNetstreamDriverCertFile="%(server)s.pem"
       DefaultNetstreamDriverKeyFile="%(server)s.key")
module(load="imtcp" StreamDriver.Name="%(driver)s" StreamDriver.Mode="1"
       StreamDriver.AuthMode="x509/name" PermittedPeer=["web1.example.net"])
input(type="imtcp" address="127.0.0.1" port="%(port)d")
template(name="fields" type="string" string="%%pri%%|%%app-name%%|%%msg%%\\n")
action(type="omfile" file="%(folder)s/out" template="fields"
       asyncWriting="off")
"""

SYSLOG_NG = """options { keep-hostname(yes); };
source s_tls { syslog(ip("127.0.0.1") port(%(port)d) transport("tls")
    tls(key-file("%(server)s.key") cert-file("%(server)s.pem")
        ca-file("%(ca)s") peer-verify(required-trusted))); };
destination d_file { file("%(folder)s/out"
    template("$PRI|$PROGRAM|$MESSAGE\\n")); };
log { source(s_src); source(s_tls); destination(d_file); };
"""


@pytest.fixture(params=("TLSv1.2", "TLSv1.3"))
def version(request, tmp_path):
    """The environment of who sends."""
    return limited(tmp_path, request.param)


def deliver(folder, port, certs, version):
    """All arrives once, in order; who may not send, gets nothing in, and
    loses nothing."""
    count = load(2000)
    got = drive("flood", tls_url(port, certs, certs.right), count=count,
                memory=1 << 23, env=version)
    assert got["sent"] == count and got["failures"] == 0
    eventually(lambda: len(lines_of(folder)) >= count,
               what=lambda: lines_of(folder)[-3:])
    assert all(line.startswith("14|drive|") for line in lines_of(folder))
    found, = numbers(lines_of(folder)).values()
    assert found == list(range(count))
    one = sending.Drive("flood", tls_url(port, certs, certs.stranger),
                        count=10, env=version)
    for line in one.process.stderr:
        if "event: unreachable" in line:
            break
    one.process.kill()
    one.process.communicate()
    assert len(lines_of(folder)) == count


@pytest.mark.parametrize("driver", ("ossl", "gtls"))
def test_rsyslog(tmp_path, certs, version, driver):
    port = free_port()
    (tmp_path / "rsyslog.conf").write_text(RSYSLOG % {
        "folder": tmp_path, "driver": driver, "ca": certs.ca,
        "server": certs.server, "port": port})
    with live.Running(tmp_path, rsyslog_command(tmp_path)) as peer:
        peer.wait_until(lambda: connects(port))
        deliver(tmp_path, port, certs, version)


def test_syslog_ng(tmp_path, certs, version):
    port = free_port()
    with syslog_ng(tmp_path, SYSLOG_NG % {
            "folder": tmp_path, "ca": certs.ca, "server": certs.server,
            "port": port}):
        eventually(lambda: connects(port))
        deliver(tmp_path, port, certs, version)
