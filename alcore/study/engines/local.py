"""The local engine: a pool of processes, sized to this machine's cores, memory and GPUs."""

from __future__ import annotations

import multiprocessing
import multiprocessing.queues
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain

from alcore.compute.capacity import Capacity
from alcore.config import RunConfig
from alcore.event_log import warn
from alcore.machine import end_with_parent, give_way
from alcore.server.watched_child import is_stopped
from alcore.study.engines.engine import MOST_ATTEMPTS, given_up
from alcore.study.ledger import FAILED
from alcore.study.study_store import StudyBroker
from alcore.study.tasks import Outcome, Task, perform
from alcore.wording import plural

_SECONDS_BETWEEN_LOOKS, _LOOKS_AT_STOPPED = 5.0, 3
"""At workers that were stopped: one of these is ended within about twenty seconds."""


class LocalEngine:
    """Worker processes that live as long as there are tasks."""

    def __init__(self, *, workers: int | None = None, gpu_share: float = 1.0) -> None:
        """Args as `alcore.study.engines.make_engine`."""
        self._workers, self._gpu_share, self._capacity = workers, gpu_share, Capacity.here()

    def workers_for(self, config: RunConfig) -> int:
        """See `Engine`."""
        return len(self._slots(config))

    def describe(self) -> str:
        """Where tasks run."""
        gpus = f" and {plural(len(self._capacity.gpus), 'GPU')}" if self._capacity.gpus else ""
        return f"this machine with {plural(self._capacity.cores, 'core')}{gpus}"

    def perform_all(self, tasks: Iterable[Task], broker: StudyBroker) -> Iterator[Outcome]:
        """See `Engine`."""
        tasks = iter(tasks)
        first = next(tasks, None)
        if first is not None:
            pool = _Pool(self._slots(first.config), broker)
            try:
                yield from pool.perform_all(chain([first], tasks))
            except KeyboardInterrupt:
                pool.kill()
                raise
            finally:
                pool.close()

    def _slots(self, config: RunConfig) -> list[str | None]:
        """Sized to the study's runs, of which one stands for all."""
        share = 0.0 if config.device == "cpu" else self._gpu_share
        slots = self._capacity.slots(gpu_share=share)
        if config.device.startswith("cuda:"):  # it is named: nothing is hidden, and all share that one
            slots = [None] * max(1, len(slots) // max(1, len(self._capacity.gpus)))
        if self._workers is None:
            return slots
        return [slots[index % len(slots)] for index in range(self._workers)]


class _Pool:
    """A ProcessPoolExecutor that is made again when one of its processes dies."""

    def __init__(self, slots: list[str | None], broker: StudyBroker) -> None:
        self._slots, self._broker = slots, broker
        self._executor = self._make()
        self._pending: dict[Future, Task] = {}
        self._again: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        self._begun: Counter[tuple[str, int]] = Counter()
        self._stopped: dict[int, float] = {}  # since when, by process

    def _make(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
        slots = context.Queue()
        for slot in self._slots:
            slots.put(slot)
        return ProcessPoolExecutor(
            len(self._slots), context, initializer=_become_worker, initargs=(slots, self._broker)
        )

    def perform_all(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        """As `Engine`; a few tasks more than workers are handed over, so that none waits for its next."""
        self._fill(tasks)
        while self._pending:
            lost = []
            ended = wait(self._pending, _SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED).done
            self._end_stopped()
            for future in ended:
                task = self._pending.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    lost.append(task)
                else:
                    self._begun.pop((task.cell, task.repetition), None)
                    yield outcome
            if lost:
                yield from self._begin_again(lost)
            self._fill(tasks)

    def _fill(self, tasks: Iterator[Task]) -> None:
        """Hand over what there is room for; suspects one by one, with nothing else in the pool."""
        most = len(self._slots) + min(len(self._slots), 8)
        while True:
            while not self._suspects and len(self._pending) < most and (task := self._next(tasks)):
                self._hand_over(task)
            if self._suspects and not self._pending:
                self._hand_over(self._suspects.popleft())
            if self._pending or not (self._again or self._suspects):
                return

    def _next(self, tasks: Iterator[Task]) -> Task | None:
        return self._again.popleft() if self._again else next(tasks, None)

    def _hand_over(self, task: Task) -> None:
        try:
            self._pending[self._executor.submit(_perform_here, task)] = task
        except BrokenProcessPool:  # a process died while nobody waited
            self._again.append(task)
            if self._pending:
                self._suspects.append(self._again.pop())  # nothing more goes in until these have said so
            else:
                self._executor = self._make()

    def _begin_again(self, lost: list[Task]) -> Iterator[Outcome]:
        """Make the pool again; outcomes are of tasks that are given up.

        One dead process breaks the whole pool, and does not say which task was its. So what was lost twice is
        suspect: those tasks are started one by one, and the next death is caused by the current one.
        """
        lost += self._pending.values()
        self._pending.clear()
        self._executor.shutdown(wait=False)
        self._executor = self._make()
        for task in lost:
            begun = self._begun[task.cell, task.repetition] = self._begun[task.cell, task.repetition] + 1
            if len(lost) == 1 and begun >= MOST_ATTEMPTS:
                yield Outcome(task, FAILED, message=given_up(task))
            else:
                (self._again if begun == 1 else self._suspects).append(task)

    def _end_stopped(self) -> None:
        """End workers that someone stopped (SIGSTOP) and left so; as after a death, others do their tasks."""
        workers = {process.pid: process for process in multiprocessing.active_children() if process.pid}
        now = time.monotonic()
        self._stopped = {pid: self._stopped.get(pid, now) for pid in workers if is_stopped(pid)}
        for pid, since in self._stopped.items():
            if now - since >= _LOOKS_AT_STOPPED * _SECONDS_BETWEEN_LOOKS:
                warn("worker_stood_still", process=pid)
                workers[pid].kill()

    def kill(self) -> None:
        """End the workers at once; the current cycles are lost."""
        for process in multiprocessing.active_children():
            process.kill()

    def close(self) -> None:
        """End the workers once they have handed in their current tasks."""
        self._executor.shutdown(wait=True, cancel_futures=True)


_broker: StudyBroker | None = None
"""The worker process's broker."""


def _become_worker(slots: multiprocessing.queues.Queue, broker: StudyBroker) -> None:
    """A worker's first steps: leave Ctrl-C to the scheduler, end with it, and see only one GPU."""
    global _broker  # noqa: PLW0603  a process pool hands its workers nothing else to keep things in
    _broker = broker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way()
    end_with_parent()
    gpu = slots.get()
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu


def _perform_here(task: Task) -> Outcome:
    assert _broker is not None, "every worker process begins with _become_worker"
    return perform(task, _broker)
