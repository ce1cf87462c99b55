"""Before a study starts: whether all its cells can run, and roughly what they will cost."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alcore.config import RunConfig
from alcore.data.collection import open_dataset
from alcore.data.patches import Patches
from alcore.errors import AlcoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.repetition import draw_repetition
from alcore.storage.run_store import RunStore
from alcore.study.plan import Cell, StudyPlan
from alcore.study.study_events import AxisCost, PlanReport

_MOST_MEASURED = 4
_NO_COST = {"pool_prevalence", "seed", "repetitions", "test_prevalence"}
"""Keys that change a run's results but not its cost."""


@dataclass(frozen=True)
class Cost:
    """Of one repetition of one cell: seconds in one worker, bytes on disk."""

    seconds: float
    bytes: float


@dataclass(frozen=True)
class Estimate:
    """What a study takes. costs: one per cell; workers: runs side by side."""

    plan: StudyPlan
    costs: Mapping[str, Cost]
    workers: int

    def total(self) -> Cost:
        """All runs together; the seconds as if one worker did them."""
        repeated = [(self.costs[cell.id], cell.config.repetitions) for cell in self.plan.cells]
        return Cost(
            sum(cost.seconds * count for cost, count in repeated),
            sum(cost.bytes * count for cost, count in repeated),
        )

    @property
    def seconds(self) -> float:
        """By the clock, if workers do not slow one another."""
        return self.total().seconds / min(self.workers, self.plan.runs)

    def axes(self) -> list[AxisCost]:
        """What one more value of each axis adds."""
        total, runs = self.total().seconds, self.plan.runs
        sizes = {key: len(values) for key, values in self.plan.grid.items()}
        sizes["repetitions"] = max(cell.config.repetitions for cell in self.plan.cells)
        costs = [
            AxisCost(axis, size, runs // size, total / size / min(self.workers, runs))
            for axis, size in sizes.items()
        ]
        return [*costs, AxisCost("test_prevalences", len(self.plan.test_prevalences), 0, 0.0)]

    def report(self, engine: str) -> PlanReport:
        """All of it, for people and scripts; engine: where the runs would go, in words."""
        config, total = self.plan.cells[0].config, self.total()
        return PlanReport(
            cells=len(self.plan.cells),
            repetitions=config.repetitions,
            runs=self.plan.runs,
            strategies=len(config.strategies),
            cycles=config.cycles,
            workers=self.workers,
            engine=engine,
            seconds_per_run=total.seconds / self.plan.runs,
            seconds=self.seconds,
            bytes=total.bytes,
            axes=self.axes(),
        )


def check_cells(plan: StudyPlan) -> None:
    """Open and check all that the cells need; only the device is left to the machine that a task runs on.

    Raises:
        AlcoreError: the first cell that cannot run, and why.
    """
    from alcore.compute.job_worker import check  # imports torch

    opened: dict[str, Patches] = {}
    checked: set[object] = set()
    for cell in plan.cells:
        try:
            name = cell.config.dataset
            if name not in opened:
                opened[name] = open_dataset(name)
            kind = _kind(cell.config)
            if kind not in checked:
                check(cell.config.model_copy(update={"device": "cpu", "precision": "float32"}), opened[name])
                checked.add(kind)
            if (name, cell.config.pool_prevalence, kind) not in checked:
                draw_repetition(cell.config, opened[name], 1)
                checked.add((name, cell.config.pool_prevalence, kind))
        except AlcoreError as error:
            where = ", ".join(f"{key} = {value}" for key, value in cell.values.items())
            raise type(error)(f"at {where}: {error}" if where else str(error)) from None


def estimate(plan: StudyPlan, *, workers: int) -> Estimate:
    """Calibrate: run the first two cycles of each kind of cell, at most four kinds, and carry that on.

    Kinds differ in more than π₀ and seed. Those that were not measured take the mean of those that were.
    """
    measured: dict[str, Cost] = {}
    for cell in plan.cells:
        kind = _kind(cell.config)
        if kind not in measured and len(measured) < _MOST_MEASURED:
            measured[kind] = _measure(cell)
    mean = Cost(
        sum(cost.seconds for cost in measured.values()) / len(measured),
        sum(cost.bytes for cost in measured.values()) / len(measured),
    )
    costs = {cell.id: measured.get(_kind(cell.config), mean) for cell in plan.cells}
    return Estimate(plan, costs, workers)


def _kind(config: RunConfig) -> str:
    return config.model_dump_json(exclude=_NO_COST)


def _measure(cell: Cell) -> Cost:
    from alcore.compute.execution import execute_repetition
    from alcore.storage.tables import RunTables

    config = cell.config.model_copy(update={"cycles": min(2, cell.config.cycles), "repetitions": 1})
    ends: dict[CycleKey, float] = {}
    with tempfile.TemporaryDirectory(prefix="alcore-calibration-") as scratch:
        store = RunStore.create(Path(scratch) / "run", config)
        patches = open_dataset(config.dataset)
        begun = time.monotonic()

        def note_end(key: CycleKey) -> None:
            ends[key] = time.monotonic() - begun

        execute_repetition(store, patches, 1, on_record=note_end)
        RunTables(store).write()
        files = [path for path in store.directory.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files if path.suffix != ".safetensors")
    first = max(end for key, end in ends.items() if key.cycle == 1)
    effort = [
        cell.config.training.steps_for(cell.config.labelled_after(cycle))
        for cycle in range(1, cell.config.cycles + 1)
    ]
    later = (max(ends.values()) - first) * sum(effort[1:]) / effort[1] if len(effort) > 1 else 0.0
    return Cost(first + later, size * cell.config.cycles / config.cycles)
