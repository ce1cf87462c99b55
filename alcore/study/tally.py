"""Keeping count of a study's tasks while it runs."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable

from alcore.study.plan import Cell, StudyPlan
from alcore.study.study_events import StudyProgress
from alcore.study.tasks import Task

_REMEMBERED = 32
"""Finished tasks that the time left is judged by, so that it follows when the machine gets slower."""


class Tally:
    """Which repetitions of which cells are finished, and how many failed."""

    def __init__(self, plan: StudyPlan) -> None:
        """Nothing is finished yet."""
        self._plan = plan
        self._finished: dict[str, set[int]] = defaultdict(set)
        self._given_up: set[str] = set()
        self._failed = 0
        self._ends = deque([time.monotonic()], maxlen=1 + _REMEMBERED)

    def found(self, cell: Cell, repetition: int) -> None:
        """An earlier run of the study finished this repetition."""
        self._finished[cell.id].add(repetition)

    def finish(self, task: Task) -> None:
        """Count a task that has just finished."""
        self._finished[task.cell].add(task.repetition)
        self._ends.append(time.monotonic())

    def fail(self) -> None:
        """Count a task that failed."""
        self._failed += 1

    def give_up(self, cell: Cell) -> None:
        """Count all of a cell's repetitions as failed."""
        self._given_up.add(cell.id)
        self._finished[cell.id].clear()
        self._failed += cell.config.repetitions

    def finished(self, cell: Cell) -> list[int]:
        """Numbers of a cell's finished repetitions, ascending."""
        return sorted(self._finished[cell.id])

    def is_due(self, cell: Cell, repetition: int) -> bool:
        """Whether that repetition is still to be done."""
        return (
            repetition <= cell.config.repetitions
            and repetition not in self._finished[cell.id]
            and cell.id not in self._given_up
        )

    def progress(self) -> StudyProgress:
        """The study's progress as an event."""
        finished = sum(len(numbers) for numbers in self._finished.values())
        rest = self._plan.runs - finished - self._failed
        elapsed, ended = time.monotonic() - self._ends[0], len(self._ends) - 1
        left = elapsed / ended * rest if ended else None
        return StudyProgress(self._plan.runs, finished, self._failed, left)


class Paced:
    """An action that is taken so seldom that it costs a small share of the time."""

    def __init__(self, action: Callable[[], None], *, most_share: float) -> None:
        """`most_share`: of the time, 0..1."""
        self._action, self._most_share = action, most_share
        self._last, self._cost = time.monotonic(), 0.0

    def __call__(self, *, at_once: bool = False) -> None:
        """Take it if it is time, or at once."""
        begun = time.monotonic()
        if at_once or begun - self._last > self._cost / self._most_share:
            self._action()
            self._last = time.monotonic()
            self._cost = self._last - begun
