"""A task that kills its worker; alone here, so that the workers it kills need not load torch first."""

from __future__ import annotations

import itertools
import os
import signal

from alcore.study.engines.local import LocalEngine
from alcore.study.tasks import Task


class DeadlyTask(Task):
    """Kills the process that it is handed over to, or stops it, by turns."""

    def __reduce__(self):
        return _end_here, (next(_SIGNALS),)


_SIGNALS = itertools.cycle((signal.SIGKILL, signal.SIGSTOP))


def _end_here(sign: signal.Signals) -> None:
    os.kill(os.getpid(), sign)


class DeadlyEngine(LocalEngine):
    """The local engine, where tasks at π₀ = 0.3 kill the process that they are handed over to."""

    def perform_all(self, tasks, broker):
        return super().perform_all(map(_make_deadly, tasks), broker)


def _make_deadly(task: Task) -> Task:
    return DeadlyTask(**vars(task)) if task.config.pool_prevalence == 0.3 else task
