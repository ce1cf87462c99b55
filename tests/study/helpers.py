"""Small studies, and a study's directory as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from alcore.compute.execution import execute
from alcore.config import RunConfig
from alcore.storage.run_store import RunStore
from alcore.study.plan import StudyPlan, make_study
from alcore.study.study_store import StudyBroker
from alcore.study.tasks import Outcome, Task, perform
from tests.conftest import SMALL
from tests.following import bytes_of

TINY = SMALL | {"cycles": 2, "repetitions": 2, "strategies": ["random", "entropy"], "threads": 1}
GRID = {"pool_prevalence": [0.1, 0.3]}


def plan_of(grid=GRID, test_prevalences=(0.05, 0.2), **changes) -> StudyPlan:
    """A study of four runs, each of about a second."""
    return make_study({"base": TINY | changes, "grid": grid, "test_prevalences": list(test_prevalences)})


def write_study(path: Path, **changes) -> str:
    """The same as STUDY.json."""
    path.write_text(json.dumps({"base": TINY, "grid": GRID, "test_prevalences": [0.05]} | changes))
    return str(path)


class OneByOne:
    """An engine without any: tasks run here, one after the other."""

    def __init__(self, before=lambda task: None) -> None:
        self.before, self.performed = before, []

    def describe(self) -> str:
        return "here"

    def workers_for(self, config: RunConfig) -> int:
        return 1

    def perform_all(self, tasks: Iterable[Task], broker: StudyBroker) -> Iterator[Outcome]:
        for task in tasks:
            self.before(task)
            self.performed.append((task.cell, task.repetition))
            yield perform(task, broker)


def run_alone(plan: StudyPlan, root: Path) -> dict[str, dict[str, bytes]]:
    """Every cell as `python -m alcore run` would run it: its files as bytes, by cell."""
    found = {}
    for cell in plan.cells:
        store = RunStore.create(root / cell.id, cell.config)
        execute(store)
        found[cell.id] = bytes_of(store.directory)
    return found


def runs_of(directory: Path) -> dict[str, dict[str, bytes]]:
    """The runs in a study's directory as bytes, by cell."""
    return {path.name: bytes_of(path) for path in (directory / "runs").iterdir()}
