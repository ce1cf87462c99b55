"""The one contract of all engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from alcore.config import RunConfig
from alcore.study.study_store import StudyBroker
from alcore.study.tasks import Outcome, Task

MOST_ATTEMPTS = 4
"""How often a task is started if its process dies, before it counts as failed."""


class Engine(Protocol):
    """Performs tasks somewhere, many side by side.

    A task that raises fails at once, since it would raise again. One whose process or machine dies is
    restarted from its last finished cycle, up to `MOST_ATTEMPTS` times.
    """

    def describe(self) -> str:
        """Where and how many tasks run, in a few words."""
        ...

    def workers_for(self, config: RunConfig) -> int:
        """How many runs like that go side by side."""
        ...

    def perform_all(self, tasks: Iterable[Task], broker: StudyBroker) -> Iterator[Outcome]:
        """Perform tasks, which are taken as there is room, and yield their outcomes as they come."""
        ...


def given_up(task: Task) -> str:
    """The message of a task that was begun too often."""
    return (
        f"{task.name} was started {MOST_ATTEMPTS} times, and its process died each time, perhaps because "
        "memory ran out; try fewer workers"
    )
