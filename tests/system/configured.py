# SPDX-License-Identifier: BSD-2-Clause
"""configured.py - a collector that runs by a file"""

import os
import signal

import harness
from harness import eventually


def write(path, text, **values):
    """Writes a configuration; NAME in braces stands for values[NAME]."""
    for name, value in values.items():
        text = text.replace("{%s}" % name, str(value))
    temporary = str(path) + ".new"
    with open(temporary, "w") as f:
        f.write(text)
    os.rename(temporary, path)


class Configured:
    """One collector, its file conf.yaml, and reloads. Names in braces in the
    text, {dir} is the folder."""

    def __init__(self, collect, tmp_path, text, **options):
        self.dir = tmp_path
        self.file = str(tmp_path / "conf.yaml")
        self.generation = 1
        self.write(text)
        options.setdefault("args", ())
        options["args"] = ("-c", self.file) + tuple(options["args"])
        self.c = collect(listen=(), output=None, **options)

    def write(self, text):
        write(self.file, text, dir=self.dir)

    def path(self, name):
        return str(self.dir / name)

    def lines(self, name):
        """The whole lines of a file; it need not exist yet."""
        try:
            with open(self.path(name), "rb") as f:
                return f.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return []

    def wait_lines(self, name, n):
        eventually(lambda: len(self.lines(name)) >= n,
                   what=lambda: "%d lines in %s; there are %d; %s" % (
                       n, name, len(self.lines(name)), self.c.stderr()))
        return self.lines(name)

    def reload(self, text=None):
        """SIGHUP; waits until the new configuration is in use."""
        if text is not None:
            self.write(text)
        self.generation += 1
        self.c.signal(signal.SIGHUP)
        self.c.wait_says(
            "configuration reloaded (generation %d)" % self.generation)

    def refuse(self, text):
        """SIGHUP that must be refused; what was said from then on."""
        before = len(self.c.stderr())
        self.write(text)
        self.c.signal(signal.SIGHUP)
        eventually(lambda: "the running configuration is unchanged" in
                   self.c.stderr()[before:], what=self.c.stderr)
        return self.c.stderr()[before:]


def start(collect, tmp_path, text, **options):
    return Configured(collect, tmp_path, text, **options)


__all__ = ["Configured", "start", "write", "harness"]
