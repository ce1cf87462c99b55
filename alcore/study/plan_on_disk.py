"""The plan of a study that lies on disk, with the names that its cells were given there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from alcore.errors import AlcoreError
from alcore.storage.run_store import RunStore
from alcore.study.plan import Cell, StudyPlan, former_id, load_study
from alcore.study.results import CellResults


def plan_in(directory: Path) -> StudyPlan:
    """What study.json says; ConfigError where it cannot be used.

    A cell whose strategies look at π₁ once had an id without it. Such a cell keeps that id where it was made
    at the π₁ that is asked for; at any other, what lies under the id is not this cell.
    """
    plan = load_study(directory / "study.json")
    former = frozenset(
        old
        for cell in plan.cells
        if (old := former_id(cell.config)) != cell.id and _was_made_as(directory, old, cell)
    )
    return replace(plan, former=former) if former else plan


def _was_made_as(directory: Path, name: str, cell: Cell) -> bool:
    with suppress(AlcoreError):  # what is damaged is said where it is read
        run, results = directory / "runs" / name, directory / "results" / f"{name}.npz"
        if (run / "config.json").exists():
            return RunStore(run).config.test_prevalence == cell.config.test_prevalence
        if results.exists():
            return CellResults.load(results).config.test_prevalence == cell.config.test_prevalence
    return False
