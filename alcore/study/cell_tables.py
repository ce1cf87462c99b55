"""From finished repetitions to a study's tables: each cell's results, its rows, and its run's tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from alcore.errors import StoreError
from alcore.runs.files import write_text
from alcore.runs.run_store import RunStore
from alcore.runs.tables import RunTables
from alcore.study.plan import Cell
from alcore.study.results import CellResults, collect, stored_repetitions
from alcore.study.study_store import StudyStore
from alcore.study.summary import cell_rows, contract_table, read_summary
from alcore.study.tally import Tally


class CellTables:
    """Results and rows of every cell, kept in step with its finished repetitions."""

    def __init__(self, store: StudyStore) -> None:
        """Nothing is read yet."""
        self._store, self._plan = store, store.plan
        self._rows: dict[str, pd.DataFrame] = {}

    def recover(self, tally: Tally) -> dict[str, str]:
        """Take over what earlier runs of the study left, and make again what is missing of it.

        Returns:
            Reasons by cell where that cannot be: one damaged record must not stop all other cells.
        """
        told = self._rows_told_before(tally)
        broken = {}
        for cell in self._plan.cells:
            finished, file = tally.finished(cell), self._store.results_file(cell.id)
            if not finished:
                file.unlink(missing_ok=True)
            elif stored_repetitions(file) == finished and cell.id in told:
                self._rows[cell.id] = told[cell.id]
                self._write_run_tables(cell, finished)
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

    def write(self) -> None:
        """Write summary.csv and cells.csv."""
        rows = [self._rows[cell.id] for cell in self._plan.cells if cell.id in self._rows]
        summary = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
        tables = {"summary.csv": summary, "cells.csv": contract_table(summary, self._plan)}
        for name, frame in tables.items():
            write_text(self._store.directory / name, frame.to_csv(index=False, lineterminator="\n"))

    def _rows_told_before(self, tally: Tally) -> dict[str, pd.DataFrame]:
        """Rows of summary.csv that still hold, by cell; computing them again would take long."""
        table = read_summary(self._store.directory / "summary.csv", self._plan)
        rows_of = dict(list(table.groupby("cell", sort=False))) if len(table) else {}
        return {
            cell.id: rows
            for cell in self._plan.cells
            if (rows := rows_of.get(cell.id)) is not None
            and list(dict.fromkeys(rows["test_prevalence"])) == list(self._plan.test_prevalences)
            and (rows["repetitions"] == len(tally.finished(cell))).all()
            and "detectable" in rows  # older rows were computed by other definitions
        }

    def _write_run_tables(self, cell: Cell, finished: Sequence[int]) -> None:
        is_whole = len(finished) == cell.config.repetitions
        if is_whole and not self._store.has_tables(cell.id):
            RunTables(RunStore(self._store.run_directory(cell.id))).write()


def _load_or_none(file: Path, finished: Sequence[int]) -> CellResults | None:
    """Results that can be read and hold nothing that the records do not; the records are the truth."""
    try:
        results = CellResults.load(file)
    except StoreError:
        return None
    return results if set(results.repetitions.tolist()) <= set(finished) else None
