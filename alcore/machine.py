"""What this machine gives a process: cores, its turn at them, heaps, children that end with it."""

from __future__ import annotations

import ctypes
import multiprocessing
import multiprocessing.connection
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NICENESS = 5
"""Of whatever computes behind the pages: these come first."""
_HEAPS = 2
_M_ARENA_MAX = -8  # of glibc's malloc.h


def usable_cores() -> int:
    """CPU cores this process may run on, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_way(process: int = 0, *, niceness: int = NICENESS) -> None:
    """Let a process, and those that it will start, compute when the pages leave the cores to it. Idempotent.

    Where Linux shares the cores out by sessions before it looks at single processes (autogroup), a session
    that such a process leads gets it as well: niceness alone would then count only within it.

    Args:
        process: its id, of a child; by default this one.
    """
    if not hasattr(os, "setpriority"):
        return
    with suppress(OSError):  # such as a child that has gone
        niceness = max(niceness, os.getpriority(os.PRIO_PROCESS, process))
        os.setpriority(os.PRIO_PROCESS, process, niceness)
        process = process or os.getpid()
        if os.getsid(process) == process:
            Path(f"/proc/{process}/autogroup").write_text(str(niceness), encoding="ascii")


def share_heaps() -> None:
    """Let all threads of this process allocate from two heaps, where glibc would make up to eight a core.

    A server computes each page in a new thread. Memory that is freed goes back to the heap it came from,
    where only threads of that heap find it: with many heaps a server grows with the visits.
    Elsewhere than on Linux with glibc nothing happens.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _HEAPS)


def load_per_core() -> float | None:
    """Processes that computed or waited to, over the last minute, for each core of the machine.

    A container sees the whole machine's. None where the system does not count.
    """
    with suppress(AttributeError, OSError):
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    return None


def end_with_parent() -> None:
    """In a child of `multiprocessing`: end as soon as the process that started it has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a child process has a parent to end with"
    threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent-watch", daemon=True).start()


@contextmanager
def ending_with_parent() -> Iterator[None]:
    """Inside the block, end within a second or so of the process that started this one, whatever it is.

    No thread is left after it, so that this process may fork then.
    """
    parent, is_over = os.getppid(), threading.Event()

    def watch() -> None:
        while not is_over.wait(1):
            if os.getppid() != parent:
                os._exit(3)

    watching = threading.Thread(target=watch, name="parent-watch", daemon=True)
    watching.start()
    try:
        yield
    finally:
        is_over.set()
        watching.join()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(3)
