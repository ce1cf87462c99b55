"""The same work on many files, on all cores; results come in the files' order, with any number of workers."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from alcore.data.importing.source_files import Source
from alcore.errors import DataError
from alcore.machine import end_with_parent, usable_cores

Task = TypeVar("Task")
Result = TypeVar("Result")

_WORTH_PROCESSES = 200  # tasks; fewer are done before processes have started
_MOST_IN_CHUNK = 16  # tasks that travel together, so that small ones do not pay for their journey
_AHEAD = 3  # chunks per worker in progress: results wait in memory until it is their turn


@dataclass(frozen=True)
class _Chunks(Generic[Task, Result]):
    """All the work there is; called for a part of it."""

    work: Callable[[Task], Result]
    tasks: Sequence[Task]

    def __call__(self, start: int, stop: int) -> list[Result]:
        return [self.work(task) for task in self.tasks[start:stop]]


_chunks: _Chunks[Any, Any] | None = None
"""In a forked process: what it was born with, so that no task has to be sent."""


def in_order(
    work: Callable[[Task], Result], tasks: Sequence[Task], source: Source, *, workers: int | None = None
) -> Generator[Result]:
    """`work(task)` for each task, in their order, at most a few chunks ahead of the caller.

    Args:
        work: reads from `source` and changes nothing that others see; its results can be pickled.
        source: what is read; each process opens it again.
        workers: how many, by default one for each core. Changes no result.

    Processes where there is much to do and forking is safe: on Linux, from a process without other threads.
    Else threads, which decode images side by side but wait for one another in what Python itself has to do.
    """
    workers = workers or usable_cores()
    if workers == 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    size = min(max(len(tasks) // (32 * workers), 1), _MOST_IN_CHUNK)
    chunks = _Chunks(work, tasks)
    pool: Executor
    if _may_fork(len(tasks), source):
        context = multiprocessing.get_context("fork")
        pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(chunks, source))
        do: Callable[[int, int], list[Result]] = _do
    else:
        pool, do = ThreadPoolExecutor(workers, thread_name_prefix="alcore-import"), chunks
    waiting: deque[Future[list[Result]]] = deque()
    try:
        for start in range(0, len(tasks), size):
            waiting.append(pool.submit(do, start, start + size))
            if len(waiting) >= _AHEAD * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool:
        raise DataError("a process that read files was ended from outside; is there enough memory?") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _may_fork(tasks: int, source: Source) -> bool:
    is_alone = sys.platform == "linux" and threading.active_count() == 1
    return is_alone and tasks >= _WORTH_PROCESSES and source.is_on_disk


def _begin(chunks: _Chunks[Any, Any], source: Source) -> None:
    """Prepare a new process: leave Ctrl-C to the importing process, and take over the work."""
    global _chunks  # noqa: PLW0603  a process pool hands its workers nothing else to keep things in
    _chunks = chunks
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the importing process
    end_with_parent()
    source.reopen()


def _do(start: int, stop: int) -> list[Any]:
    assert _chunks is not None, "a process begins before it works"
    return _chunks(start, stop)
