# SPDX-License-Identifier: BSD-2-Clause
"""shim.py - builds tests/fault/shim.c and gives the environment that loads it

    env = {**os.environ, **shim.environment(tmp_path, SHORT=3, UNDER=folder)}
"""

import os
import shlex
import subprocess

SOURCE = os.path.abspath(os.path.join(
    os.path.dirname(__file__), "..", "fault", "shim.c"))


def compile_c(*args):
    """Runs the C compiler."""
    subprocess.run(shlex.split(os.environ.get("CC", "cc")) + [
        "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Werror", *args],
        check=True)


def build(folder):
    """The path of the library, built in the folder when it is not there."""
    library = os.path.join(str(folder), "shim.so")
    if not os.path.exists(library):
        compile_c("-shared", "-fPIC", "-o", library, SOURCE, "-lpthread")
    return library


def environment(folder, **wants):
    """SHORT=3 becomes SHIM_SHORT=3, and so on; see the head of shim.c."""
    env = {"SHIM_" + name: str(value) for name, value in wants.items()}
    env["LD_PRELOAD"] = build(folder)
    env["ASAN_OPTIONS"] = os.environ.get(
        "ASAN_OPTIONS", "exitcode=99") + ":verify_asan_link_order=0"
    return env
