# SPDX-License-Identifier: BSD-2-Clause
"""stage.py - one stage of tests/check: its commands, its log, its counts

Several stages may run at once, each in a thread.
"""

import os
import signal
import subprocess
import threading

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build")
LOGS = os.path.join(BUILD, "check")
SHOWN_LINES = 60
# What goes on beside tests must not make them slow.
BESIDE = ("nice", "-n", "10")


def end_group(process):
    """Ends a command and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(5)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Commands:
    """Those that run, in all threads, so that all can be ended."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.stopped = False

    def start(self, *args, **options):
        """A process; None after stop()."""
        with self.lock:
            if self.stopped:
                return None
            process = subprocess.Popen(*args, **options,
                                       start_new_session=True)
            self.running.add(process)
            return process

    def wait(self, process, timeout):
        """Its status; it is ended when that takes too long."""
        try:
            return process.wait(timeout)
        finally:
            if process.returncode is None:
                end_group(process)
            with self.lock:
                self.running.discard(process)

    def stop(self):
        """Ends all, and none begins any more."""
        with self.lock:
            self.stopped = True
            running = list(self.running)
        for process in running:
            end_group(process)


COMMANDS = Commands()


class Stage:
    """Counts and log of one stage. beside: it goes on beside another."""

    def __init__(self, name, beside=False):
        self.name = name
        self.beside = beside
        self.passed = self.failed = self.skipped = 0
        self.path = os.path.join(LOGS, name + ".log")
        self.log = open(self.path, "w+", encoding="utf-8", errors="replace")
        self.shown = []  # what to show of a failure, when it is not the log

    def run(self, command, timeout=600, cwd=TOP, env=None):
        """Runs a command with its output in the log; returns its status."""
        if self.beside:
            command, timeout = [*BESIDE, *command], 3 * timeout
        self.write("$ %s" % " ".join(command))
        try:
            process = COMMANDS.start(
                command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.log,
                stderr=self.log, env={**os.environ, **(env or {})})
            if process is None:
                return 130
            status = COMMANDS.wait(process, timeout)
        except OSError as error:
            self.write("%s" % error)
            return 127
        except subprocess.TimeoutExpired:
            self.write("no end after %d s: killed" % timeout)
            status = 124
        if status != 0:
            self.write("status %d" % status)
        return status

    def write(self, text):
        self.log.seek(0, os.SEEK_END)
        self.log.write(text + "\n")
        self.log.flush()

    def text(self):
        with open(self.path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def one(self, good):
        """Counts one test."""
        if good:
            self.passed += 1
        else:
            self.failed += 1
        return good

    def fail(self, why):
        self.write(why)
        self.shown.append(why)
        self.failed += 1

    def failures(self):
        """What failed, in lines to be shown; none when nothing did."""
        if not self.failed:
            return []
        lines = "\n".join(self.shown).splitlines() or self.text().splitlines()
        return ["    " + line for line in lines[-SHOWN_LINES:]] + [
            "    (all of it: %s)" % os.path.relpath(self.path, TOP)]
