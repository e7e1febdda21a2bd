# SPDX-License-Identifier: BSD-2-Clause
"""Options and environment: what is wrong is said in full, at once.

The contract's section 2.
"""

import socket
import subprocess

import pytest

import harness
import senders
from harness import eventually, run

OPTIONS = ["--listen", "--output", "--format", "--rotate-size", "--sync",
           "--http", "--workers", "--memory", "--max-message", "--hostname",
           "--verbose", "--help", "--version"]


def test_help():
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    for option in OPTIONS:
        assert option in out, option
    assert max(map(len, out.splitlines())) <= 80


def test_version():
    status, out, err = run("--version")
    assert (status, err) == (0, "")
    assert out.startswith("synclined ") and len(out.splitlines()) == 1


WRONG = [
    (["--bogus"], "--bogus"),
    (["-Z"], "-Z"),
    (["surplus"], "surplus"),
    (["-l"], "-l"),
    (["-l", "ftp://127.0.0.1:0"], "ftp"),
    (["-l", "udp://127.0.0.1:65536"], "65536"),
    (["-l", "udp://127.0.0.1:x"], "x"),
    (["-l", "udp://"], "udp://"),
    (["-l", "127.0.0.1:514"], "127.0.0.1:514"),
    (["-l", "udp://[::1:0"], "[::1"),
    (["-l", "unix://relative"], "relative"),
    (["-l", "unix:///" + "p" * 200], "ppp"),
    (["-l", "tcp://127.0.0.1:0?framing=morse"], "morse"),
    (["-l", "tcp://127.0.0.1:0?framming=lf"], "framing"),
    (["-l", "tcp://127.0.0.1:0?framing=lf&framing=nul"], "framing"),
    (["-l", "tcp://127.0.0.1:0?max_connections=0"], "max_connections"),
    (["-l", "tcp://127.0.0.1:0?max_connections=-1"], "max_connections"),
    (["-l", "tcp://127.0.0.1:0?idle_timeout=5"], "idle_timeout"),
    (["-l", "udp://127.0.0.1:0?receive_buffer=1Q"], "1Q"),
    (["-l", "udp://127.0.0.1:0?name=%zz"], "%zz"),
    (["-l", "udp://127.0.0.1:7"] * 2, "udp://127.0.0.1:7"),
    (["-f", "nope"], "nope"),
    (["--rotate-size", "10Q"], "10Q"),
    (["--rotate-size", "-1"], "-1"),
    (["--rotate-size", "99999999999999999999"], "99999999999999999999"),
    (["--rotate-size", ""], "--rotate-size"),
    (["--sync", "banana"], "banana"),
    (["--sync", "5"], "--sync"),
    (["--workers", "-1"], "--workers"),
    (["--workers", "1000000"], "--workers"),
    (["--workers", "2x"], "2x"),
    (["--memory", "1"], "--memory"),
    (["--max-message", "0"], "--max-message"),
    (["--max-message", "1G"], "--max-message"),
    (["--hostname", "two words"], "two words"),
    (["--http", "127.0.0.1:x"], "127.0.0.1:x"),
    (["--http", "127.0.0.1:99999"], "99999"),
]


@pytest.mark.parametrize("args,named", WRONG, ids=lambda a: str(a)[:50])
def test_what_is_wrong_is_named(tmp_path, args, named):
    """Status 2, the value and no file made."""
    status, out, err = run("-l", "tcp://127.0.0.1:0", "-o", tmp_path / "o",
                           *args)
    assert status == 2, err
    assert named in err and out == ""
    assert not list(tmp_path.iterdir())


def test_all_problems_at_once(tmp_path):
    """Options and environment, everything in one go."""
    status, _, err = run(
        "-l", "ftp://x", "-f", "nope", "--memory", "lots", "--workers", "-3",
        "--bogus", "-l", "tcp://127.0.0.1:0?framing=morse",
        env={"SYNCLINE_SYNC": "banana", "SYNCLINE_MAX_MESSAGE": "huge"})
    assert status == 2
    for word in ("ftp", "nope", "lots", "-3", "--bogus", "morse", "banana",
                 "SYNCLINE_SYNC", "huge", "SYNCLINE_MAX_MESSAGE"):
        assert word in err, word
    assert len(err.strip().splitlines()) >= 8


def test_options_win_over_the_environment(collect):
    """And the environment over the default."""
    c = collect(args=("-f", "raw"), env={"SYNCLINE_FORMAT": "json"})
    senders.send_stream(c.address(), "tcp", b"<13>x\n")
    assert c.wait_lines(1) == [b"<13>x"]
    c.stop()
    c = collect(output="b.log", env={"SYNCLINE_FORMAT": "json"})
    senders.send_stream(c.address(), "tcp", b"<13>x\n")
    assert c.wait_lines(1)[0].startswith(b"{")


def test_everything_from_the_environment(collect, tmp_path):
    """SYNCLINE_LISTEN holds several; %2C is a comma inside one."""
    c = collect(listen=(), output=None, http=None, env={
        "SYNCLINE_LISTEN": "tcp://127.0.0.1:0?name=a%2Cb,"
                           "udp://127.0.0.1:0,unix://" + str(tmp_path / "u,v")
                           .replace(",", "%2C"),
        "SYNCLINE_OUTPUT": str(tmp_path / "env.log"),
        "SYNCLINE_FORMAT": "json", "SYNCLINE_ROTATE_SIZE": "4K",
        "SYNCLINE_WORKERS": "1", "SYNCLINE_HTTP": "127.0.0.1:0",
        "SYNCLINE_HOSTNAME": "env1", "SYNCLINE_SYNC": "never",
        "SYNCLINE_MEMORY": "8M", "SYNCLINE_MAX_MESSAGE": "1K"})
    c.path = str(tmp_path / "env.log")
    senders.send_stream(c.address(), "tcp", b"<13>" + b"x" * 2000 + b"\n")
    senders.send_datagrams(str(tmp_path / "u,v"), "unix", [b"<13>u"] * 20)
    lines = c.wait_lines(21)
    assert b'"listener":"a,b"' in lines[0] and b'"truncated":true' in lines[0]
    assert len(c.files()) > 1


def test_a_variable_that_is_a_slip_is_warned_of(tmp_path):
    """A container would keep all, or listen elsewhere, without a word. Those
    of others are not ours to speak of: Kubernetes makes some of each service,
    and the sender has one."""
    args = "-t", "-l", "tcp://127.0.0.1:0", "-o", tmp_path / "x"
    status, _, err = run(*args, env={
        "SYNCLINE_ROTATESIZE": "1M", "SYNCLINE_KEEPS": "3"})
    assert status == 0
    assert sorted(err.splitlines()) == [
        "synclined: SYNCLINE_KEEPS: warning: there is no such variable; did "
        "you mean SYNCLINE_KEEP?",
        "synclined: SYNCLINE_ROTATESIZE: warning: there is no such variable; "
        "did you mean SYNCLINE_ROTATE_SIZE?"]
    assert run(*args, env={
        "SYNCLINE_KEEP": "3", "SYNCLINE_KEEPS": "",
        "SYNCLINE_URL": "tcp://h", "SYNCLINE_PORT": "tcp://10.0.0.1:514",
        "SYNCLINE_SERVICE_HOST": "10.0.0.1", "SYNCLINE_SERVICE_PORT": "514",
        "SYNCLINE_PORT_514_TCP_ADDR": "10.0.0.1", "SYNCLINE_HTTP_PORT": "1",
    })[::2] == (0, "")


def test_a_listener_alone_writes_to_standard_output(collect, tmp_path):
    with open(tmp_path / "stdout", "wb") as out:
        c = collect(output=None, stdout=out, args=("-f", "raw"))
    c.path = str(tmp_path / "stdout")
    senders.send_stream(c.address(), "tcp", b"<13>hello\n")
    assert c.wait_lines(1) == [b"<13>hello"]
    assert (tmp_path / "stdout").read_bytes() == b"<13>hello\n"


def test_an_output_alone_listens_on_514(collect, private):
    """udp and tcp on every address, in a network of its own."""
    inside = ["unshare", "-n"] if private[-1] == "-m" else [
        "unshare", "-Urn"]
    c = collect(listen=(), args=("-f", "raw"), prefix=inside)
    assert "syncline: listening on udp://*:514\n" in c.stderr()
    assert "syncline: listening on tcp://*:514\n" in c.stderr()
    with open("/proc/%d/net/udp6" % c.pid) as f:
        assert ":0202 " in f.read()


def test_a_taken_port_is_an_error(collect, tmp_path):
    """It names the address and what can be done; also when the other owner
    would share the port."""
    for kind, scheme in (socket.SOCK_STREAM, "tcp"), (
            socket.SOCK_DGRAM, "udp"):
        with socket.socket(socket.AF_INET, kind) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            s.bind(("127.0.0.1", 0))
            if scheme == "tcp":
                s.listen()
            url = "%s://127.0.0.1:%d" % (scheme, s.getsockname()[1])
            status, _, err = run("-l", url, "-o", tmp_path / "o", "--http",
                                 "none")
        assert status in (1, 2) and url in err
        assert len(err.strip()) > len(url) + 40, "no cure named: " + err


def test_a_taken_status_port_is_an_error(collect, tmp_path):
    c = collect()
    status, _, err = run("-l", "tcp://127.0.0.1:0", "-o", tmp_path / "other",
                         "--http", "127.0.0.1:%d" % c.address("http")[1])
    assert status in (1, 2) and str(c.address("http")[1]) in err


def test_a_used_unix_socket_is_an_error(collect, tmp_path):
    """Somebody listens there: not taken from him. A file that is no socket
    is not removed either."""
    c = collect(listen=("unix://%s/s" % tmp_path,), args=("-f", "raw"))
    status, _, err = run("-l", "unix://%s/s" % tmp_path, "-o",
                         tmp_path / "other", "--http", "none")
    assert status in (1, 2) and str(tmp_path / "s") in err
    senders.send_datagrams(c.address("unix"), "unix", [b"<13>still here"])
    c.wait_lines(1)
    (tmp_path / "file").write_text("precious")
    status, _, err = run("-l", "unix://%s/file" % tmp_path, "-o",
                         tmp_path / "other", "--http", "none")
    assert status in (1, 2) and str(tmp_path / "file") in err
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("target,words", [
    ("/run/systemd/journal/dev-log", "which the journal serves; listen on "
     "unix:///run/systemd/journal/syslog"),
    ("/run/other/log", "listen on what it stands for, unix:///run/other/log,"),
    ("other/log", "listen on what it stands for, unix:///.../other/log,")])
def test_a_link_in_the_place_of_a_unix_socket(tmp_path, target, words):
    """/dev/log is one where systemd runs."""
    (tmp_path / "log").symlink_to(target)
    status, _, err = run("-l", "unix://%s/log" % tmp_path, "-o", "-",
                         "--http", "none")
    assert status == 1
    assert "%s/log is a symbolic link" % tmp_path in err and words in err
    assert (tmp_path / "log").is_symlink()


def test_the_mode_of_a_unix_socket(collect, tmp_path):
    """0666 by default, so that everybody can log."""
    collect(listen=("unix://%s/a" % tmp_path,
                    "unix-stream://%s/b?mode=0600" % tmp_path))
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


def test_a_missing_folder_above_a_file(tmp_path):
    """An output that cannot be made is an error at the start, with its
    path."""
    (tmp_path / "file").write_text("")
    status, _, err = run("-l", "tcp://127.0.0.1:0", "--http", "none",
                         "-o", tmp_path / "file" / "x.log")
    assert status in (1, 2) and str(tmp_path / "file") in err


@pytest.mark.fault
def test_a_closed_standard_error_is_no_death(tmp_path):
    """B9: SIGPIPE."""
    path = tmp_path / "o.log"
    sock = str(tmp_path / "s")
    p = subprocess.Popen(
        [harness.SYNCLINED, "-v", "-l", "unix://" + sock, "-o", path, "-f",
         "raw", "--http", "none", "--rotate-size", "4K"],
        stderr=subprocess.PIPE, env=harness.clean_environment())
    while p.stderr.readline() != b"syncline: ready\n":
        assert p.poll() is None
    p.stderr.close()
    senders.send_datagrams(sock, "unix", [b"<13>%d" % n + b"x" * 1000
                                          for n in range(50)])
    eventually(lambda: sum(open(f, "rb").read().count(b"\n") for f in
                           harness.live_and_rotated(str(path))) == 50)
    p.terminate()
    assert p.wait(harness.DEADLINE) == 0
