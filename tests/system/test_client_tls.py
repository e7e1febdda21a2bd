# SPDX-License-Identifier: BSD-2-Clause
"""The clients that people have deliver through TLS, and are refused.

rsyslog with both of its drivers, syslog-ng, logger through stunnel, GnuTLS and
OpenSSL, each with the right certificate, with one of another authority, and
with none; and loggen, which has none to show.
"""

import glob
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

import harness
import senders
import tlsclient
from harness import eventually

RIGHTS = {"right": True, "stranger": False, "none": False}


def cert_of(certs, who):
    return None if who == "none" else getattr(certs, who)


def judge(c, good, text):
    """What has to come of it."""
    if good:
        assert text in c.wait_lines(1)[0]
        assert c.metric("rejected_connections_total") == 0
    else:
        eventually(lambda: c.metric("rejected_connections_total",
                                    reason="tls_peer") >= 1,
                   what=c.stderr)
        assert c.metric("received_messages_total") == 0


def run_client(command, text):
    """A program that sends what it reads, and ends at its end."""
    if shutil.which(command[0]) is None:
        pytest.skip("no " + command[0])
    with subprocess.Popen(command, stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as p:
        try:
            p.communicate(text, timeout=harness.DEADLINE)
        finally:
            p.kill()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("who", RIGHTS)
def test_openssl(collect, certs, who, version):
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    host, port = c.address("tls")
    cert = cert_of(certs, who)
    run_client(["openssl", "s_client", "-quiet", "-no_ign_eof", version,
                "-connect", "%s:%d" % (host, port), "-CAfile", certs.ca,
                "-verify_return_error"] +
               (["-cert", cert + ".pem", "-key", cert + ".key"]
                if cert else []), b"<13>1 - h a - - - from openssl\n")
    judge(c, RIGHTS[who], b"from openssl")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("who", RIGHTS)
def test_gnutls(collect, certs, who, version):
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    host, port = c.address("tls")
    cert = cert_of(certs, who)
    # it has its own list of preferences; of an authority that we do not
    # name it would show no certificate by itself
    run_client(["gnutls-cli", "--port", str(port), "--x509cafile", certs.ca,
                "--priority", "NORMAL:-VERS-ALL:+VERS-TLS" + version, host] +
               (["--x509certfile", cert + ".pem", "--x509keyfile",
                 cert + ".key"] if cert else []),
               b"<13>1 - h a - - - from gnutls\n")
    judge(c, RIGHTS[who], b"from gnutls")


def hand_over(path, program):
    """A message for a relay that listens there, or will."""
    eventually(lambda: os.path.exists(path), what=program + " is up")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(path)
        s.send(b"<13>%s app: from %s" % (
            time.strftime("%b %e %H:%M:%S").encode(), program.encode()))


RSYSLOG = """
global(DefaultNetstreamDriver="%(driver)s"
       DefaultNetstreamDriverCAFile="%(ca)s" %(own)s)
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="%(folder)s/rsyslog.in" RateLimit.Interval="0")
action(type="omfwd" target="%(host)s" port="%(port)d" protocol="tcp"
       TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"
       StreamDriver="%(driver)s" StreamDriverMode="1"
       StreamDriverAuthMode="x509/certvalid")
"""


@pytest.mark.peers
@pytest.mark.parametrize("driver", ["openssl", "gnutls"])
@pytest.mark.parametrize("who", RIGHTS)
def test_rsyslog(collect, certs, peers, tmp_path, who, driver):
    modules, = glob.glob(peers + "/rsyslog/usr/lib/*/rsyslog")
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    host, port = c.address("tls")
    cert = cert_of(certs, who)
    config = tmp_path / "rsyslog.conf"
    config.write_text(RSYSLOG % dict(
        driver={"openssl": "ossl", "gnutls": "gtls"}[driver], ca=certs.ca,
        folder=tmp_path, host=host, port=port,
        own='DefaultNetstreamDriverCertFile="%s.pem" '
        'DefaultNetstreamDriverKeyFile="%s.key"' % (cert, cert)
        if cert else ""))
    p = subprocess.Popen(
        [os.path.join(peers, "rsyslog/usr/sbin/rsyslogd"), "-C", "-n", "-f",
         str(config), "-i", str(tmp_path / "pid"), "-M", modules],
        stdin=subprocess.DEVNULL, cwd=tmp_path)
    try:
        hand_over(str(tmp_path / "rsyslog.in"), "rsyslog")
        judge(c, RIGHTS[who], b"from rsyslog")
    finally:
        p.kill()
        p.wait()


SYSLOG_NG = """
@version: %(version)s
options { stats-freq(0); };
source s { unix-dgram("%(folder)s/ng.in"); };
destination d { syslog("%(host)s" port(%(port)d) transport("tls")
    tls(ca-file("%(ca)s") %(own)s peer-verify(required-untrusted))); };
log { source(s); destination(d); };
"""


def syslog_ng_environment(base):
    return dict(os.environ, SYSLOGNG_PREFIX=base + "/usr",
                LD_LIBRARY_PATH=":".join(glob.glob(base + "/usr/lib/*/")))


@pytest.mark.peers
@pytest.mark.parametrize("who", RIGHTS)
def test_syslog_ng(collect, certs, peers, tmp_path, who):
    base = os.path.join(peers, "syslog-ng-core")
    program = base + "/usr/sbin/syslog-ng"
    library, = glob.glob(base + "/usr/lib/syslog-ng/*/")
    environment = syslog_ng_environment(base)
    said = subprocess.run(
        [program, "--version", "--module-path=" + library],
        env=environment, capture_output=True, text=True, check=False).stdout
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    host, port = c.address("tls")
    cert = cert_of(certs, who)
    config = tmp_path / "ng.conf"
    config.write_text(SYSLOG_NG % dict(
        version=re.search(r"(\d+\.\d+)", said)[1], folder=tmp_path,
        host=host, port=port, ca=certs.ca,
        own='key-file("%s.key") cert-file("%s.pem")' % (cert, cert)
        if cert else ""))
    p = subprocess.Popen(
        [program, "-F", "--no-caps", "-f", str(config),
         "--module-path=" + library, "-R", str(tmp_path / "persist"),
         "-p", str(tmp_path / "pid"), "-c", str(tmp_path / "control")],
        stdin=subprocess.DEVNULL, cwd=tmp_path, env=environment)
    try:
        hand_over(str(tmp_path / "ng.in"), "syslog-ng")
        judge(c, RIGHTS[who], b"from syslog-ng")
    finally:
        p.kill()
        p.wait()


@pytest.mark.peers
@pytest.mark.parametrize("framing", [[], ["--syslog-proto"],
                                     ["--syslog-proto", "--no-framing"]])
@pytest.mark.parametrize("client", ["none", "optional", "required"])
def test_loggen(collect, certs, peers, client, framing):
    """It comes with syslog-ng, checks nothing and has no certificate."""
    base = os.path.join(peers, "syslog-ng-core")
    c = collect(listen=(tlsclient.url(certs, client=client),), args=(
        "-f", "%{msg}"))
    host, port = c.address("tls")
    done = subprocess.run(
        [base + "/usr/bin/loggen", "--use-ssl", "--number", "50", "--rate",
         "100000", "--size", "300", *framing, host, str(port)],
        env=syslog_ng_environment(base), stdin=subprocess.DEVNULL,
        capture_output=True, timeout=harness.DEADLINE, check=False)
    if client == "required":
        judge(c, False, b"")
        return
    lines = c.wait_lines(50)
    assert len(lines) == 50, done
    assert all(b"PADD" in line for line in lines), lines[0]
    assert c.metric("malformed_messages_total") == 0


STUNNEL = """
foreground = yes
syslog = no
pid =
[out]
client = yes
accept = 127.0.0.1:%(here)d
connect = %(host)s:%(port)d
sslVersion = %(version)s
CAfile = %(ca)s
verifyChain = yes
checkIP = 127.0.0.1
%(own)s
"""


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.peers
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("who", RIGHTS)
def test_logger_through_stunnel(collect, certs, peers, tmp_path, who,
                                version):
    """util-linux' logger has no TLS of its own."""
    c = collect(listen=(tlsclient.url(certs),), args=("-f", "%{msg}"))
    host, port = c.address("tls")
    cert = cert_of(certs, who)
    config = tmp_path / "stunnel.conf"
    with senders.free_port() as here:
        config.write_text(STUNNEL % dict(
            here=here, host=host, port=port, version=version, ca=certs.ca,
            own="cert = %s.pem\nkey = %s.key" % (cert, cert) if cert else ""))
        with open(tmp_path / "stunnel.log", "wb") as log:
            p = subprocess.Popen(
                [os.path.join(peers, "stunnel4", "usr/bin/stunnel4"),
                 str(config)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=tmp_path)
        try:
            eventually(lambda: accepts(here),
                       what=(tmp_path / "stunnel.log").read_text)
            for framing in [], ["--octet-count"]:
                subprocess.run(
                    ["logger", "--tcp", "--server", "127.0.0.1", "--port",
                     str(here), *framing, "from logger"], check=True,
                    stdin=subprocess.DEVNULL, timeout=harness.DEADLINE)
            if RIGHTS[who]:
                assert c.wait_lines(2) == [b"from logger"] * 2
            else:
                judge(c, False, b"")
        finally:
            p.kill()
            p.wait()
