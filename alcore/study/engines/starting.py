"""Starting what may never answer: in a thread that is waited for, and left where it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Queue

import psutil

from alcore.machine import load_per_core

_SECONDS = 15
"""On a quiet machine, where Ray takes about five; a busy one is waited for as much longer."""


class StartError(Exception):
    """It did not start; the text says why."""


def start_in_time(start: Callable[[], object], *, seconds: float | None = None) -> Callable[[], None]:
    """Call `start` in a thread of its own, and wait for it.

    Args:
        seconds: to wait; by default what suits a cluster.
    Returns:
        to be called when all is over: the thread stays until then, as Linux ends processes that asked to end
        with their parent (Ray's do) together with the thread that started them.
    Raises:
        StartError: it took longer, or failed in a way of its own; processes that it has started are ended.
    """
    seconds = _SECONDS * max(1.0, load_per_core() or 1.0) if seconds is None else seconds
    heard: Queue[BaseException | None] = Queue()
    is_over = threading.Event()

    def wait_and_stay() -> None:
        try:
            start()
        except BaseException as error:  # noqa: BLE001  the thread that waits raises it
            heard.put(error)
            return
        heard.put(None)
        is_over.wait()

    before = {child.pid for child in psutil.Process().children()}
    threading.Thread(target=wait_and_stay, name="start", daemon=True).start()
    try:
        error = heard.get(timeout=seconds)
    except Empty:
        error = StartError(f"it did not answer within {seconds:.0f} s")
    if error is None:
        return is_over.set
    _end([child for child in psutil.Process().children() if child.pid not in before])
    if type(error) is Exception:  # as Ray has it for a node that does not come up
        raise StartError(str(error)) from None
    raise error


def _end(children: list[psutil.Process]) -> None:
    family = [one for child in children for one in (child, *_below(child))]
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(family, timeout=5)


def _below(child: psutil.Process) -> list[psutil.Process]:
    try:
        return child.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
