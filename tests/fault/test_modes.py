# SPDX-License-Identifier: BSD-2-Clause
"""H8: files and folders have the modes and the owner that are asked for,
whatever the umask, wherever they are made; what others may change is no
configuration."""

import os
import signal
import stat

import pytest

import senders
from configured import start
from harness import eventually, live_and_rotated, run
from places import files_below, message, send

TEXT = """
listen:
  - url: tcp://127.0.0.1:0
  - url: unix://{dir}/u
    mode: "0620"
output:
  - name: fixed
    path: "{dir}/new/folders/all.log"
    rotate_size: 4K
  - name: many
    path: "{dir}/logs/%{hostname}/%{app_name}.log"
    rotate_size: 4K
"""
MORE = """    mode: "MODE"
    dir_mode: "DIRS"
"""


def masked(umask):
    return ("sh", "-c", 'umask %s && exec "$@"' % umask, "sh")


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.mark.parametrize("umask", ["000", "077", "022", "777"])
@pytest.mark.parametrize("modes", [("0640", "0750"), ("0600", "0700"),
                                   ("0664", "0775")])
def test_modes(collect, tmp_path, umask, modes):
    if umask == "777" and os.geteuid() != 0:
        pytest.skip("only root can work under this umask")
    text = TEXT
    if modes != ("0640", "0750"):  # these are the defaults
        more = MORE.replace("MODE", modes[0]).replace("DIRS", modes[1])
        text = text.replace("    rotate_size: 4K\n",
                            "    rotate_size: 4K\n" + more)
    logs = tmp_path / "logs"
    # a rest of a line, for .torn
    new = tmp_path / "new"
    for folder in new, new / "folders":
        folder.mkdir(mode=int(modes[1], 8))
        os.chmod(folder, int(modes[1], 8))
    (new / "folders/all.log").write_bytes(b"torn")
    os.chmod(new / "folders/all.log", 0o606)  # it keeps what it has
    f = start(collect, tmp_path, text, prefix=masked(umask))
    assert mode(tmp_path / "u") == 0o620
    for turn in range(2):
        send(f.c, [message(h, "a", "s", n) for n in range(60)
                   for h in ("h1", "h2")])
        for output in "fixed", "many":
            f.c.wait_metric("written_messages_total", 120 * (turn + 1),
                            output=output)
        f.c.signal(signal.SIGUSR1)
    with senders.connect(f.c.address("unix"), "unix") as s:
        s.send(b"<13>x")
    f.c.wait_metric("written_messages_total", 241, output="fixed")
    made = files_below(logs) + files_below(new)
    assert len(made) > 10 and str(new / "folders/all.log.torn") in made
    odd = [path for path in live_and_rotated(str(new / "folders/all.log"))
           if mode(path) == 0o606]
    assert len(odd) == 1  # the one that was there
    for path in made:
        if path not in odd:
            # the last rotation may be on its way: until a file has its mode
            # nobody else may open it
            assert mode(path) in (int(modes[0], 8), 0o600), path
            eventually(lambda p=path: mode(p) == int(modes[0], 8), what=path)
    for at, folders, _ in os.walk(logs):
        for folder in [at] + [os.path.join(at, name) for name in folders]:
            assert mode(folder) == int(modes[1], 8), folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("umask", ["000", "077"])
def test_owner_and_group(collect, tmp_path, umask):
    """Before anything is in them, and for what a rotation makes, too."""
    f = start(collect, tmp_path, TEXT.replace(
        "    rotate_size: 4K\n",
        "    rotate_size: 4K\n    owner: 4711\n    group: 4712\n"),
              prefix=masked(umask))
    send(f.c, [message("h", "a", "s", n) for n in range(60)])
    for output in "fixed", "many":
        f.c.wait_metric("written_messages_total", 60, output=output)
    made = files_below(tmp_path / "logs") + files_below(tmp_path / "new")
    assert len(made) > 6
    for path in made + [str(tmp_path / "logs"), str(tmp_path / "logs/h"),
                        str(tmp_path / "new"), str(tmp_path / "new/folders")]:
        st = os.lstat(path)
        assert (st.st_uid, st.st_gid) == (4711, 4712), path
        assert mode(path) == (0o750 if os.path.isdir(path) else 0o640)


GOOD = "http: none\nlisten:\n  - url: tcp://127.0.0.1:0\n" \
    "output:\n  - path: \"-\"\n"


@pytest.mark.parametrize("unsafe", [0o666, 0o602, 0o646])
@pytest.mark.parametrize("where", ["the file", "an included one"])
def test_a_configuration_that_others_may_write(tmp_path, unsafe, where):
    """Whoever can write it could have us write anywhere: refused, with the
    cure, by --check and by the start."""
    main, more = tmp_path / "c.yaml", tmp_path / "more.yaml"
    main.write_text(GOOD + "include: [ more.yaml ]\n")
    more.write_text("latency: 1ms\n")
    os.chmod(main, 0o644)
    os.chmod(more, 0o644)
    assert run("-t", "-c", main)[0] == 0
    bad = main if where == "the file" else more
    os.chmod(bad, unsafe)
    for args in ("-t", "-c", main), ("-c", main):
        status, _, said = run(*args)
        assert status == 2, said
        assert str(bad) in said and "chmod o-w" in said, said
    os.chmod(bad, 0o644)
    assert run("-t", "-c", main)[0] == 0


def test_a_reload_of_what_others_may_write(collect, tmp_path):
    """It is refused, and the old one goes on."""
    text = GOOD.replace("http: none\n", "").replace(
        'path: "-"', 'path: "{dir}/x"')
    f = start(collect, tmp_path, text)
    old = os.umask(0)
    try:
        os.chmod(f.file, 0o646)
        before = len(f.c.stderr())
        f.c.signal(signal.SIGHUP)
        f.c.wait_says("the running configuration is unchanged")
        assert "chmod o-w" in f.c.stderr()[before:]
        os.chmod(f.file, 0o644)
        f.reload()
    finally:
        os.umask(old)
