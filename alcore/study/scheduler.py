"""Conducting a study: hand its tasks to an engine, keep what comes back, and write down how far it is."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from filelock import Timeout

from alcore.data.collection import open_dataset
from alcore.errors import StoreError
from alcore.runs.files import write_text
from alcore.runs.run_store import RunStore
from alcore.runs.tables import RunTables
from alcore.study.engines.engine import Engine
from alcore.study.ledger import FAILED, FINISHED, WAITING
from alcore.study.plan import Cell
from alcore.study.results import CellResults, collect, stored_repetitions
from alcore.study.study_store import StudyBroker, StudyStore
from alcore.study.summary import cell_rows, contract_table, read_summary
from alcore.study.tasks import Outcome, Task

_SECONDS_FOR_LOCK = 3  # the dashboard, too, takes it for a moment, to see whether it is free
_MOST_TIME_ON_NOTES, _MOST_TIME_ON_TABLES = 0.02, 0.02


@dataclass(frozen=True)
class StudyProgress:
    """Tasks of the study by how they stand; seconds that the rest will take, None before that is known."""

    tasks: int
    finished: int
    failed: int
    left: float | None


Follow = Callable[[StudyProgress], None]


def run_study(
    store: StudyStore, engine: Engine, *, rehearsal: bool = False, follow: Follow = lambda _: None
) -> StudyProgress:
    """Perform all tasks that are not finished; returns when they are, or when the study was asked to stop.

    Args:
        engine: where tasks run.
        rehearsal: go through all tasks without training, for what the plan and the engine cost themselves.
        follow: called with every change.
    Raises:
        StoreError: another process conducts the study, or its directory cannot be written.
    """
    if rehearsal and any((store.directory / "runs").iterdir()):
        raise StoreError(f"{store.directory} holds runs; rehearse in a new directory")
    try:
        with store.lock().acquire(timeout=_SECONDS_FOR_LOCK):
            store.withdraw_stop()
            return _Scheduler(store, engine, rehearsal, follow).run_study()
    except Timeout:
        raise StoreError(f"{store.directory} is being worked on by another process") from None


class _Scheduler:
    """One conducting of one study."""

    def __init__(self, store: StudyStore, engine: Engine, rehearsal: bool, follow: Follow) -> None:
        self.store, self.engine, self.rehearsal, self.follow = store, engine, rehearsal, follow
        self.plan, self.ledger = store.plan, store.ledger()
        self.cells = {cell.id: cell for cell in self.plan.cells}
        self.finished: dict[str, set[int]] = defaultdict(set)
        self.failed, self.done_here = 0, 0
        self.rows: dict[str, pd.DataFrame] = {}
        self.fingerprints: dict[str, str] = {}
        self.made: set[str] = set()
        self.given_up: set[str] = set()
        self.unnoted: list[Outcome] = []
        self.began = self.noted = self.tabled = time.monotonic()
        self.note_seconds = self.table_seconds = 0.0

    def run_study(self) -> StudyProgress:
        """See the function of that name."""
        self._take_stock()
        engine = self.engine.describe()
        self.ledger.note(engine=engine, began=time.time(), left="", rehearsal=self.rehearsal or "")
        self.follow(self.standing())
        try:
            for outcome in self.engine.perform_all(self._tasks(), StudyBroker(self.store.directory)):
                self._receive(outcome)
                self._write_down()
        except BaseException:
            self.store.ask_to_stop()  # or the workers would go on to the ends of their repetitions
            raise
        finally:
            self._write_down(at_once=True)
        return self.standing()

    def standing(self) -> StudyProgress:
        """How the study stands."""
        finished = sum(len(numbers) for numbers in self.finished.values())
        rest = self.plan.runs - finished - self.failed
        elapsed = time.monotonic() - self.began
        return StudyProgress(
            tasks=self.plan.runs,
            finished=finished,
            failed=self.failed,
            left=elapsed / self.done_here * rest if self.done_here else None,
        )

    def _take_stock(self) -> None:
        """Find what earlier conductings left, in the records; make again what is missing of it."""
        tasks = []
        for cell in self.plan.cells:
            records, whole = self.store.records(cell), cell.config.cycles * len(cell.config.strategies)
            for repetition in range(1, cell.config.repetitions + 1):
                is_finished = records[repetition] == whole
                if is_finished:
                    self.finished[cell.id].add(repetition)
                status = FINISHED if is_finished else WAITING
                tasks.append((cell.id, repetition, status, records[repetition]))
        self.ledger.begin(tasks)
        self._check_data()
        told = self._rows_told_before()
        for cell in self.plan.cells:
            finished = sorted(self.finished[cell.id])
            if not finished:
                self.store.results_file(cell.id).unlink(missing_ok=True)
            elif stored_repetitions(self.store.results_file(cell.id)) == finished and cell.id in told:
                self.rows[cell.id] = told[cell.id]
                self._write_run_tables(cell)
            else:
                try:
                    self._absorb(cell)
                except StoreError as error:  # one damaged record must not stop all other cells
                    self._give_up(cell, str(error))

    def _give_up(self, cell: Cell, reason: str) -> None:
        """Count all of a cell's repetitions as failed, and leave it alone."""
        self.given_up.add(cell.id)
        self.finished[cell.id].clear()
        self.failed += cell.config.repetitions
        numbers = range(1, cell.config.repetitions + 1)
        self.ledger.end((cell.id, repetition, FAILED, 0.0, reason) for repetition in numbers)

    def _check_data(self) -> None:
        """Raise StoreError where a data set is another than finished repetitions were made with."""
        for cell in self.plan.cells:
            run = self.store.run_directory(cell.id)
            before = RunStore(run).data_fingerprint() if self.finished[cell.id] else None
            if before not in (None, self._fingerprint(cell.config.dataset)):
                raise StoreError(
                    f"the data set {cell.config.dataset!r} has changed since {run} was made with it; give "
                    "the study a new directory, or remove that one"
                )

    def _fingerprint(self, dataset: str) -> str:
        if dataset not in self.fingerprints:
            self.fingerprints[dataset] = open_dataset(dataset).fingerprint
        return self.fingerprints[dataset]

    def _rows_told_before(self) -> dict[str, pd.DataFrame]:
        """Rows of summary.csv that still hold, by cell; computing them again would take long."""
        table = read_summary(self.store.directory / "summary.csv", self.plan)
        return {
            cell: rows
            for cell, rows in (table.groupby("cell", sort=False) if len(table) else ())
            if list(dict.fromkeys(rows["test_prevalence"])) == list(self.plan.test_prevalences)
            and (rows["repetitions"] == len(self.finished.get(cell, ()))).all()
        }

    def _tasks(self) -> Iterator[Task]:
        """What is to be done, one repetition of all cells after the other, until asked to stop."""
        for repetition in range(1, max(cell.config.repetitions for cell in self.plan.cells) + 1):
            for cell in self.plan.cells:
                is_finished = repetition in self.finished[cell.id]
                if is_finished or repetition > cell.config.repetitions or cell.id in self.given_up:
                    continue
                if self.store.is_asked_to_stop:
                    return
                if not self.rehearsal and cell.id not in self.made:
                    self.made.add(cell.id)
                    self.store.make_run(cell)
                yield Task(cell.id, cell.config, repetition, rehearsal=self.rehearsal)

    def _receive(self, outcome: Outcome) -> None:
        task = outcome.task
        if outcome.status == FINISHED:
            self.done_here += 1
            self.finished[task.cell].add(task.repetition)
            if not self.rehearsal:
                self._absorb(self.cells[task.cell])
        elif outcome.status == FAILED:
            self.failed += 1
        self.unnoted.append(outcome)

    def _absorb(self, cell: Cell) -> None:
        """Take finished repetitions into the cell's results, its row and, once all are there, its tables."""
        file, run = self.store.results_file(cell.id), RunStore(self.store.run_directory(cell.id))
        finished = sorted(self.finished[cell.id])
        results = collect(run, finished, _load_or_none(file, finished))
        results.save(file)
        self._write_run_tables(cell)
        self.rows[cell.id] = cell_rows(cell, results, self.plan.test_prevalences)

    def _write_run_tables(self, cell: Cell) -> None:
        is_whole = len(self.finished[cell.id]) == cell.config.repetitions
        if is_whole and not self.store.has_tables(cell.id):
            RunTables(RunStore(self.store.run_directory(cell.id))).write()

    def _write_down(self, *, at_once: bool = False) -> None:
        """Bring the ledger and the study's tables up to date, not so often that it would cost much."""
        now = time.monotonic()
        if at_once or now - self.noted > self.note_seconds / _MOST_TIME_ON_NOTES:
            self.ledger.end(
                (o.task.cell, o.task.repetition, o.status, o.seconds, o.message) for o in self.unnoted
            )
            standing = self.standing()
            self.ledger.note(left="" if standing.left is None or at_once else standing.left)
            self.unnoted = []
            self.noted, self.note_seconds = time.monotonic(), time.monotonic() - now
            self.follow(standing)
        now = time.monotonic()
        if at_once or now - self.tabled > self.table_seconds / _MOST_TIME_ON_TABLES:
            self._write_tables()
            self.tabled, self.table_seconds = time.monotonic(), time.monotonic() - now

    def _write_tables(self) -> None:
        rows = [self.rows[cell.id] for cell in self.plan.cells if cell.id in self.rows]
        summary = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
        tables = {"summary.csv": summary, "cells.csv": contract_table(summary, self.plan)}
        for name, frame in tables.items():
            write_text(self.store.directory / name, frame.to_csv(index=False, lineterminator="\n"))


def _load_or_none(file: Path, finished: list[int]) -> CellResults | None:
    """Results that can be read and hold nothing that the records do not; the records are the truth."""
    try:
        results = CellResults.load(file)
    except StoreError:
        return None
    return results if set(results.repetitions.tolist()) <= set(finished) else None
