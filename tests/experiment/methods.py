# SPDX-License-Identifier: BSD-2-Clause
"""methods.py - ways of Python to log from many processes without a collector

A method prepares a folder (in the parent), opens a handler (in each process)
and finishes (in the parent, when all processes have ended); what it counts by
are the lines in its folder then.
"""

import fcntl
import importlib
import logging
import logging.handlers
import multiprocessing
import os
import sqlite3

SIZE = 1 << 20
# Nothing may be deleted by design, only by accident; who loses nothing has
# some 30 files, and looks for each of those that there may be.
MANY_BACKUPS = 5000
BACKUPS = 200
BUSY_S = 60


class Method:
    """A handler that each process opens for itself."""

    def __init__(self, name, open_handler, module=None, loses=False):
        self.name = name
        self.open_handler = open_handler
        self.module = module  # what it needs that is not Python's own
        self.loses = loses

    def missing(self):
        """The module that is not installed, or None."""
        try:
            if self.module:
                importlib.import_module(self.module)
        except ImportError:
            return self.module
        return None

    def prepare(self, folder):
        self.path = os.path.join(folder, "shared.log")

    def open(self):
        return self.open_handler(self.path)

    def finish(self):
        pass

    def abandon(self):
        """In place of finish(), when it shall not be waited for."""

    def count(self, count):
        """Has the lines counted; returns the number of files."""
        paths = [self.path] if os.path.exists(self.path) else []
        folder = os.path.dirname(self.path)
        paths += [os.path.join(folder, name) for name in os.listdir(folder)
                  if name.startswith("shared.log.") and
                  not name.endswith(".lock")]
        for path in paths:
            count.read(path, False)
        return len(paths)


def _by_size(path):
    return logging.handlers.RotatingFileHandler(
        path, maxBytes=SIZE, backupCount=MANY_BACKUPS)


def _by_time(path):
    return logging.handlers.TimedRotatingFileHandler(
        path, when="S", interval=1)


def _concurrent(path):
    module = importlib.import_module("concurrent_log_handler")
    return module.ConcurrentRotatingFileHandler(
        path, maxBytes=SIZE, backupCount=BACKUPS)


class _Locked(logging.handlers.RotatingFileHandler):
    """Python's own handler, and a lock around each line: the recipe that
    people build themselves. What another has rotated is opened anew. The lock
    is held no longer than needed, else they all queue up for it."""

    def __init__(self, path, lock):
        self.between = lock
        with lock:
            super().__init__(path, maxBytes=SIZE, backupCount=BACKUPS)

    def emit(self, record):
        text = self.format(record) + "\n"
        try:
            with self.between:
                there = os.stat(self.baseFilename)
                ours = os.fstat(self.stream.fileno())
                if there.st_ino != ours.st_ino:
                    self.stream.close()
                    self.stream = self._open()
                if there.st_size + len(text) > SIZE:
                    self.doRollover()
                self.stream.write(text)
                self.flush()
        except OSError:
            self.handleError(record)


def _filelock(path):
    module = importlib.import_module("filelock")
    return _Locked(path, module.FileLock(path + ".lock"))


class _Again:
    """A context manager that can be entered again and again."""

    def __init__(self, path, lock, unlock):
        self.file = open(path + ".lock", "a", encoding="ascii")
        self.lock, self.unlock = lock, unlock

    def __enter__(self):
        self.lock(self.file)

    def __exit__(self, *_):
        self.unlock(self.file)


def _portalocker(path):
    module = importlib.import_module("portalocker")
    return _Locked(path, _Again(
        path, lambda f: module.lock(f, module.LOCK_EX), module.unlock))


def _flock(path):
    return _Locked(path, _Again(
        path, lambda f: fcntl.flock(f, fcntl.LOCK_EX),
        lambda f: fcntl.flock(f, fcntl.LOCK_UN)))


class _ToQueue(logging.handlers.QueueHandler):
    def close(self):
        self.queue.close()
        self.queue.join_thread()  # until all of it is on its way
        super().close()


class Queue(Method):
    """QueueHandler in each process; one more process has the file."""

    def __init__(self):
        super().__init__("QueueHandler, one listener", None)

    def prepare(self, folder):
        super().prepare(folder)
        context = multiprocessing.get_context("fork")
        self.queue = context.Queue()
        self.listener = context.Process(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        handler = logging.handlers.RotatingFileHandler(
            self.path, maxBytes=SIZE, backupCount=BACKUPS)
        while True:
            record = self.queue.get()
            if record is None:
                break
            handler.handle(record)
        handler.close()

    def open(self):
        return _ToQueue(self.queue)

    def finish(self):
        self.queue.put(None)
        self.listener.join()
        self.queue.close()

    def abandon(self):
        self.listener.kill()
        self.listener.join()


class _ToSqlite(logging.Handler):
    """A transaction for each line, as for a line of a file."""

    def __init__(self, path, wal):
        super().__init__()
        self.base = sqlite3.connect(path, timeout=BUSY_S,
                                    isolation_level=None)
        if wal:  # with what SQLite recommends for it
            self.base.execute("PRAGMA synchronous=NORMAL")

    def emit(self, record):
        try:
            self.base.execute("INSERT INTO log VALUES (?)",
                              (self.format(record),))
        except sqlite3.Error:
            self.handleError(record)

    def close(self):
        self.base.close()
        super().close()


class Sqlite(Method):
    """No rotation: a table that grows."""

    def __init__(self, name, wal):
        super().__init__(name, lambda path: _ToSqlite(path, wal))
        self.wal = wal

    def prepare(self, folder):
        self.path = os.path.join(folder, "shared.db")
        base = sqlite3.connect(self.path)
        base.execute("PRAGMA journal_mode=" +
                     ("WAL" if self.wal else "DELETE"))
        base.execute("CREATE TABLE log (line TEXT)")
        base.commit()
        base.close()

    def count(self, count):
        """Through a file of its lines, so that all are counted alike."""
        base = sqlite3.connect(self.path)
        with open(self.path + ".txt", "w", encoding="utf-8") as file:
            for (text,) in base.execute("SELECT line FROM log"):
                file.write(text + "\n")
        base.close()
        count.read(self.path + ".txt", False)
        return 1


METHODS = (
    Method("RotatingFileHandler", _by_size, loses=True),
    Method("TimedRotatingFileHandler", _by_time, loses=True),
    Method("concurrent-log-handler", _concurrent, "concurrent_log_handler"),
    Method("filelock", _filelock, "filelock"),
    Method("portalocker", _portalocker, "portalocker"),
    Method("flock", _flock),
    Queue(),
    Sqlite("SQLite", False),
    Sqlite("SQLite, WAL", True),
)
