"""From finished repetitions to a study's tables: each cell's results, its rows, and its run's tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from alcore.errors import StoreError
from alcore.statistics.frames import grouped
from alcore.storage.files import csv_text, write_text
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.study.plan import Cell
from alcore.study.results import CellResults, collect, stored_repetitions
from alcore.study.study_store import StudyStore
from alcore.study.summary import cell_rows, contract_table, read_summary
from alcore.study.tally import Tally
from alcore.study.threshold_table import FILE as THRESHOLDS
from alcore.study.threshold_table import read_thresholds, threshold_rows


class CellTables:
    """Results and rows of every cell, kept in step with its finished repetitions."""

    def __init__(self, store: StudyStore) -> None:
        """Keep the tables of `store`; nothing is read yet."""
        self._store, self._plan = store, store.plan
        self._rows: dict[str, pd.DataFrame] = {}
        self._thresholds: dict[str, pd.DataFrame] = {}

    def recover(self, tally: Tally) -> dict[str, str]:
        """Take over what earlier runs of the study left, and make again what is missing of it.

        Returns:
            Reasons by cell where that cannot be: one damaged record must not stop all other cells.
        """
        earlier = self._earlier_rows(tally)
        broken = {}
        for cell in self._plan.cells:
            finished, file = tally.finished(cell), self._store.results_file(cell.id)
            if not finished:
                file.unlink(missing_ok=True)
            elif stored_repetitions(file) == finished and cell.id in earlier:
                self._rows[cell.id] = earlier[cell.id]
                self._write_run_tables(cell, finished)
                self._note_thresholds(cell, finished)
            else:
                try:
                    self.absorb(cell, finished)
                except StoreError as error:
                    broken[cell.id] = str(error)
        return broken

    def absorb(self, cell: Cell, finished: Sequence[int]) -> None:
        """Bring a cell's results, its rows and, once all repetitions are there, its run's tables up to date.

        Raises:
            StoreError: a record is damaged.
        """
        file, run = self._store.results_file(cell.id), RunStore(self._store.run_directory(cell.id))
        results = collect(run, finished, _load_or_none(file, finished))
        results.save(file)
        self._write_run_tables(cell, finished)
        self._rows[cell.id] = cell_rows(cell, results, self._plan.test_prevalences)
        self._note_thresholds(cell, finished)

    def write(self) -> None:
        """Write summary.csv and cells.csv, and thresholds.csv once a cell has all its repetitions."""
        summary, thresholds = self._of_all(self._rows), self._of_all(self._thresholds)
        tables = {"summary.csv": summary, "cells.csv": contract_table(summary, self._plan)}
        if len(thresholds):
            tables[THRESHOLDS] = thresholds
        for name, frame in tables.items():
            write_text(self._store.directory / name, csv_text(frame))

    def _of_all(self, rows: dict[str, pd.DataFrame]) -> pd.DataFrame:
        """Rows of all cells that have any, in the plan's order."""
        known = [rows[cell.id] for cell in self._plan.cells if cell.id in rows]
        return pd.concat(known, ignore_index=True) if known else pd.DataFrame()

    def _note_thresholds(self, cell: Cell, finished: Sequence[int]) -> None:
        """Make a complete cell's rows of thresholds.csv, which takes seconds, unless they exist."""
        if len(finished) < cell.config.repetitions:
            self._thresholds.pop(cell.id, None)
            return
        rows = self._earlier_thresholds.get(cell.id)
        if rows is None or not _holds(rows, self._plan.test_prevalences, len(finished)):
            run = RunStore(self._store.run_directory(cell.id))
            rows = threshold_rows(cell, run, self._plan.test_prevalences)
        if len(rows):
            self._thresholds[cell.id] = rows

    @cached_property
    def _earlier_thresholds(self) -> dict[str, pd.DataFrame]:
        """Rows of thresholds.csv by cell, as an earlier run of the study wrote them."""
        table = read_thresholds(self._store.directory / THRESHOLDS, self._plan)
        return dict(grouped(table, "cell", str)) if len(table) else {}

    def _earlier_rows(self, tally: Tally) -> dict[str, pd.DataFrame]:
        """Rows of summary.csv that still hold, by cell; computing them again would take long."""
        table = read_summary(self._store.directory / "summary.csv", self._plan)
        rows_of = dict(grouped(table, "cell", str)) if len(table) else {}
        return {
            cell.id: rows
            for cell in self._plan.cells
            if (rows := rows_of.get(cell.id)) is not None
            and _holds(rows, self._plan.test_prevalences, len(tally.finished(cell)))
            and "learned" in rows  # older rows were computed by other definitions
        }

    def _write_run_tables(self, cell: Cell, finished: Sequence[int]) -> None:
        is_whole = len(finished) == cell.config.repetitions
        if is_whole and not self._store.has_tables(cell.id):
            RunTables(RunStore(self._store.run_directory(cell.id))).write()


def _holds(rows: pd.DataFrame, prevalences: tuple[float, ...], repetitions: int) -> bool:
    """Whether a cell's rows are of these prevalences and so many repetitions."""
    is_of_them = list(dict.fromkeys(rows["test_prevalence"])) == list(prevalences)
    return is_of_them and bool((rows["repetitions"] == repetitions).all())


def _load_or_none(file: Path, finished: Sequence[int]) -> CellResults | None:
    """Results that can be read and hold nothing that the records do not; the records are the truth."""
    try:
        results = CellResults.load(file)
    except StoreError:
        return None
    return results if set(results.repetitions.tolist()) <= set(finished) else None
