"""Reading a study, finished or not: its cells' evidence, in columns over π₀."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd

from alcore.errors import StoreError
from alcore.home import ASSETS, home
from alcore.home_files import damage_reported
from alcore.json_object import read_json_object
from alcore.logs.imported import imported_logs, logs_directory, open_log
from alcore.logs.reading import Log
from alcore.statistics.estimands import AnyEvidence
from alcore.study.analysis import EvidenceByPool
from alcore.study.plan import Cell, StudyPlan, make_study
from alcore.study.plan_on_disk import plan_in
from alcore.study.results import CellResults
from alcore.study.threshold_table import FILE as THRESHOLDS
from alcore.study.threshold_table import read_thresholds
from alcore.wording import percent

RECORDED = ASSETS / "recorded"
"""Studies that come with the dashboard: study.json, results/, environment.json; no runs."""

POOL_AXIS = "pool_prevalence"
_MOST_KEPT = 64

Slice = tuple[tuple[str, str], ...]
"""What a column's cells have in common: the other keys of the grid, with their values as texts."""


class StudyReader:
    """One study as it stands. Results are read once for each state of their file, for all browser tabs."""

    has_counts = True
    """Whether there are counts behind the numbers, so that they are known at every prevalence."""

    def __init__(self, directory: Path, plan: StudyPlan) -> None:
        """Reads only the plan; see `open`."""
        self.directory, self.plan = directory, plan
        self._read: dict[str, tuple[int, CellResults]] = {}
        self._reading = Lock()

    @classmethod
    def open(cls, directory: Path) -> StudyReader:
        """The study in a directory.

        Raises:
            StoreError: there is none.
            ConfigError: its study.json cannot be used.
        """
        if not (directory / "study.json").is_file():
            raise StoreError(f"there is no study in {directory} (no study.json)")
        return cls(directory, plan_in(directory))

    @property
    def can_resume(self) -> bool:
        """Whether the study can continue here; one that came with the dashboard cannot."""
        return not self.is_recorded

    @property
    def is_recorded(self) -> bool:
        """Whether the study came with the dashboard."""
        return self.directory.parent == RECORDED

    @property
    def others(self) -> list[str]:
        """Keys of the grid without π₀."""
        return [key for key in self.plan.grid if key != POOL_AXIS]

    @cached_property
    def slices(self) -> dict[Slice, list[Cell]]:
        """The study's columns over π₀: cells that differ only in π₀."""
        slices: dict[Slice, list[Cell]] = {
            tuple(zip(self.others, map(_text, values), strict=True)): []
            for values in itertools.product(*(self.plan.grid[key] for key in self.others))
        }
        for cell in self.plan.cells:
            slices[tuple((key, _text(cell.values[key])) for key in self.others)].append(cell)
        return slices

    def has_results(self, cells: list[Cell]) -> bool:
        """Whether any of the cells has a finished repetition."""
        return any((self.directory / "results" / f"{cell.id}.npz").exists() for cell in cells)

    def evidence_by_pool(self, cells: list[Cell]) -> EvidenceByPool:
        """Evidence of those cells that have a finished repetition, by π₀, ascending."""
        found: dict[float, AnyEvidence] = {}
        for cell in sorted(cells, key=lambda cell: cell.config.pool_prevalence):
            results = self.results(cell.id)
            if results is not None:
                found[cell.config.pool_prevalence] = results.evidence
        return found

    def results(self, cell: str) -> CellResults | None:
        """A cell's results; None before its first finished repetition."""
        file = self.directory / "results" / f"{cell}.npz"
        try:
            version = file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        with self._reading:
            if cell not in self._read or self._read[cell][0] != version:
                while len(self._read) >= _MOST_KEPT:  # a large study's counts would fill gigabytes
                    del self._read[next(iter(self._read))]
                self._read[cell] = (version, CellResults.load(file))
            return self._read[cell][1]

    def version(self, cells: Iterable[Cell]) -> int:
        """A number that changes when a result of the cells does."""
        files = [self.directory / "results" / f"{cell.id}.npz" for cell in cells]
        return hash(tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files))

    def environment(self) -> dict[str, Any]:
        """Versions and device of the runs, as the first of them noted; empty before that."""
        return self._environment_in([self.directory, *(self.directory / "runs").glob("*")])

    def data_fingerprint(self, cell: Cell) -> str | None:
        """Of the data set that a cell was run with; None where that is not known."""
        run = self.directory / "runs" / cell.id
        if not run.exists() and len({other.config.dataset for other in self.plan.cells}) > 1:
            return None
        return self._environment_in([run, self.directory]).get("data")

    def _environment_in(self, directories: Iterable[Path]) -> dict[str, Any]:
        for directory in directories:
            file = directory / "environment.json"
            if file.exists():
                return read_json_object(file)
        return {}

    def thresholds_of(self, cells: Sequence[Cell], prevalence: float) -> pd.DataFrame:
        """The rows of `thresholds` of some cells at π₁, with π₀ as a number; none where there are none."""
        table = self.thresholds()
        pools = {cell.id: cell.config.pool_prevalence for cell in cells}
        if table.empty:
            return table
        rows = table[table["cell"].isin(pools) & (table["test_prevalence"] == prevalence)]
        return rows.assign(pool_prevalence=rows["cell"].map(pools)).reset_index(drop=True)

    def thresholds(self) -> pd.DataFrame:
        """thresholds.csv as it stands; no row before the first whole cell, or in a study from before it."""
        return read_thresholds(self.directory / THRESHOLDS, self.plan)

    def table(self) -> pd.DataFrame:
        """summary.csv as it stands; no row before the first finished repetition."""
        file = self.directory / "summary.csv"
        if not file.exists() or not file.stat().st_size:
            return pd.DataFrame()
        with damage_reported(file, "resume the study"):
            return pd.read_csv(file)


class LoggedStudy(StudyReader):
    """Imported logs read as a study: one folder per π₀."""

    has_counts = False

    def __init__(self, directory: Path, plan: StudyPlan, logs: Mapping[float, Log]) -> None:
        """`logs`: by π₀; see `open`."""
        super().__init__(directory, plan)
        self._logs = logs

    @classmethod
    def open(cls, directory: Path) -> LoggedStudy:
        """The logs in ALCORE_HOME/logs/NAME; DataError where they are damaged."""
        opened = [open_log(file.parent) for file in sorted(directory.glob("*/log.json"))]
        logs = {log.settings.pool_prevalence: log for log in opened}
        if not logs:
            raise StoreError(f"there are no logs in {directory}")
        base = opened[0].config.model_dump(mode="json", exclude={POOL_AXIS})
        judged = {*logs, *(log.settings.test_prevalence for log in opened)}
        plan = make_study(
            {"base": base, "grid": {POOL_AXIS: list(logs)}, "test_prevalences": sorted(judged)},
            origin=f"the logs {directory.name}",
        )
        return cls(directory, plan, logs)

    @property
    def can_resume(self) -> bool:
        """False: there is no run behind them."""
        return False

    def has_results(self, cells: list[Cell]) -> bool:  # noqa: ARG002  as StudyReader has it
        """True: what was logged is finished."""
        return True

    def evidence_by_pool(self, cells: list[Cell]) -> EvidenceByPool:
        """Evidence by π₀, as it was logged."""
        pools = sorted(cell.config.pool_prevalence for cell in cells)
        return {pool: self._logs[pool].evidence for pool in pools}

    def results(self, cell: str) -> CellResults | None:  # noqa: ARG002  as StudyReader has it
        """None: logs hold no counts."""
        return None


def describe_slice(slice_: Slice) -> str:
    """'dataset = synthetic, training.start = warm', or '' for the only column."""
    return ", ".join(f"{key} = {value}" for key, value in slice_)


def describe_axis(key: str, value: object) -> str:
    """A value of an axis for figures and tables."""
    return percent(value) if key == POOL_AXIS and isinstance(value, float) else _text(value)


def studies_directory() -> Path:
    """ALCORE_HOME/studies, where the dashboard looks for studies."""
    return home() / "studies"


def known_studies() -> dict[str, Path]:
    """Directories of all studies by name: those under ALCORE_HOME/studies, the newest first, then the
    recorded ones and imported logs.
    """
    own = [file.parent for file in studies_directory().glob("*/study.json")]
    own.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    recorded = sorted((file.parent for file in RECORDED.glob("*/study.json")), key=_recorded_order)
    recorded = [path for path in recorded if any((path / "results").glob("*.npz"))]
    return (
        {path.name: path for path in own}
        | {f"recorded: {path.name}": path for path in recorded}
        | {f"logs: {name}": logs_directory() / name for name in imported_logs()}
    )


def open_study(directory: Path) -> StudyReader:
    """Any of `known_studies`; AlcoreError where it cannot be read."""
    is_log = directory.parent == logs_directory()
    return LoggedStudy.open(directory) if is_log else StudyReader.open(directory)


def _recorded_order(path: Path) -> tuple[bool, str]:
    return path.name != "synthetic", path.name


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
