"""Which server processes the queue of a home: one at a time. Others watch, and say which one it is."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from alcore.errors import StoreError
from alcore.json_object import read_json_object
from alcore.storage.files import write_text

_LOCK, _ABOUT = ".server.lock", "server.json"


class HomeHolder:
    """This process's claim on a home.

    The system frees the lock when its holder dies, however it dies. Beside it, server.json says who holds it:
    process, host, and when the process and its claim began.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = FileLock(home / _LOCK, thread_local=False)  # taken in one thread, given back in another

    @property
    def is_ours(self) -> bool:
        """Whether this claim holds the home."""
        return self._lock.is_locked

    def take(self) -> bool:
        """Hold the home if no other process does; returns whether it is held now.

        Raises:
            StoreError: the home cannot be written.
        """
        if self.is_ours:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise StoreError(f"{self._home} cannot be written: {error.strerror or error}") from None
        about = {
            "process": os.getpid(),
            "started": psutil.Process().create_time(),
            "host": socket.gethostname(),
            "since": time.time(),
        }
        write_text(self._home / _ABOUT, json.dumps(about) + "\n")
        return True

    def leave(self) -> None:
        """Release it. Idempotent."""
        if self.is_ours:
            with suppress(OSError):
                (self._home / _ABOUT).unlink(missing_ok=True)
            self._lock.release()


def holder_in_words(home: Path) -> str:
    """Who holds a home: 'process 4711 on lab-pc, since 12:40'; a neutral word where that is not known."""
    try:
        about = read_json_object(home / _ABOUT, error=StoreError)
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(about["since"])))
        process, host = int(about["process"]), str(about["host"])
    except (StoreError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return "another process"
    if host == socket.gethostname() and not _is_alive(process, about.get("started")):
        return "another process"  # which has not written yet who it is
    return f"process {process} on {host}, since {since}"


def _is_alive(process: int, started: object) -> bool:
    """Whether that process lives, and not another with the same number."""
    try:
        return abs(psutil.Process(process).create_time() - float(str(started))) < 1
    except (psutil.Error, ValueError):
        return False
