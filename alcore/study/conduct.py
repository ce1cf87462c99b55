"""Conducting a study: hand its tasks to an engine, keep what comes back, and write down how far it is."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
from filelock import Timeout

from alcore.errors import StoreError
from alcore.runs.files import write_text
from alcore.runs.store import RunStore
from alcore.runs.tables import RunTables
from alcore.study.engines.engine import Engine
from alcore.study.ledger import FAILED, FINISHED, WAITING
from alcore.study.plan import Cell
from alcore.study.results import CellResults, collect
from alcore.study.store import StudyDesk, StudyStore
from alcore.study.summary import cell_rows, contract_table
from alcore.study.tasks import Outcome, Task

_SECONDS_BETWEEN_NOTES = 0.5
_MOST_TIME_ON_TABLES = 0.02


@dataclass(frozen=True)
class Standing:
    """Tasks of the study by how they stand; seconds that the rest will take, None before that is known."""

    tasks: int
    finished: int
    failed: int
    left: float | None


Follow = Callable[[Standing], None]


def conduct(
    store: StudyStore, engine: Engine, *, rehearsal: bool = False, follow: Follow = lambda _: None
) -> Standing:
    """Perform all tasks that are not finished; returns when they are, or when the study was asked to stop.

    Args:
        engine: where tasks run.
        rehearsal: go through all tasks without training, for what the plan and the engine cost themselves.
        follow: called with every change.
    Raises:
        StoreError: another process conducts the study, or its directory cannot be written.
    """
    try:
        with store.lock().acquire(timeout=0):
            store.withdraw_stop()
            return _Conductor(store, engine, rehearsal, follow).conduct()
    except Timeout:
        raise StoreError(f"{store.directory} is being worked on by another process") from None


class _Conductor:
    """One conducting of one study."""

    def __init__(self, store: StudyStore, engine: Engine, rehearsal: bool, follow: Follow) -> None:
        self.store, self.engine, self.rehearsal, self.follow = store, engine, rehearsal, follow
        self.plan, self.ledger = store.plan, store.ledger()
        self.cells = {cell.id: cell for cell in self.plan.cells}
        self.finished: dict[str, set[int]] = defaultdict(set)
        self.failed, self.done_here = 0, 0
        self.results: dict[str, CellResults] = {}
        self.rows: dict[str, pd.DataFrame] = {}
        self.made: set[str] = set()
        self.unnoted: list[Outcome] = []
        self.began = self.noted = self.tabled = time.monotonic()
        self.table_seconds = 0.0

    def conduct(self) -> Standing:
        """See the function of that name."""
        self._take_stock()
        self.ledger.note(engine=self.engine.describe(), began=time.time(), left="")
        self.follow(self.standing())
        try:
            for outcome in self.engine.perform_all(self._tasks(), StudyDesk(self.store.directory)):
                self._receive(outcome)
                self._write_down()
        finally:
            self._write_down(at_once=True)
        return self.standing()

    def standing(self) -> Standing:
        """How the study stands."""
        finished = sum(len(numbers) for numbers in self.finished.values())
        rest = self.plan.runs - finished - self.failed
        elapsed = time.monotonic() - self.began
        return Standing(
            tasks=self.plan.runs,
            finished=finished,
            failed=self.failed,
            left=elapsed / self.done_here * rest if self.done_here else None,
        )

    def _take_stock(self) -> None:
        """Find what earlier conductings left, in the records; make again what is missing of it."""
        rows = []
        for cell in self.plan.cells:
            records, whole = self.store.records(cell), cell.config.cycles * len(cell.config.strategies)
            for repetition in range(1, cell.config.repetitions + 1):
                is_finished = records[repetition] == whole
                if is_finished:
                    self.finished[cell.id].add(repetition)
                rows.append((cell.id, repetition, FINISHED if is_finished else WAITING, records[repetition]))
            if self.finished[cell.id]:
                self._absorb(cell)
        self.ledger.begin(rows)

    def _tasks(self) -> Iterator[Task]:
        """What is to be done, one repetition of all cells after the other, until asked to stop."""
        for repetition in range(1, max(cell.config.repetitions for cell in self.plan.cells) + 1):
            for cell in self.plan.cells:
                if repetition > cell.config.repetitions or repetition in self.finished[cell.id]:
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
        before = self.results.pop(cell.id, None)
        if before is None and file.exists():
            before = CellResults.load(file)
        results = collect(run, finished, before)
        if before is None or len(before.repetitions) < len(results.repetitions):
            results.save(file)
        if len(finished) == cell.config.repetitions:
            if not self.store.has_tables(cell.id):
                RunTables(run).write()
        else:
            self.results[cell.id] = results
        self.rows[cell.id] = cell_rows(cell, results, self.plan.test_prevalences)

    def _write_down(self, *, at_once: bool = False) -> None:
        """Bring the ledger and the study's tables up to date, not so often that it would cost much."""
        now = time.monotonic()
        if at_once or now - self.noted > _SECONDS_BETWEEN_NOTES:
            self.ledger.end(
                (o.task.cell, o.task.repetition, o.status, o.seconds, o.message) for o in self.unnoted
            )
            standing = self.standing()
            self.ledger.note(left="" if standing.left is None or at_once else standing.left)
            self.unnoted, self.noted = [], now
            self.follow(standing)
        if at_once or now - self.tabled > self.table_seconds / _MOST_TIME_ON_TABLES:
            self._write_tables()
            self.tabled, self.table_seconds = time.monotonic(), time.monotonic() - now

    def _write_tables(self) -> None:
        rows = [self.rows[cell.id] for cell in self.plan.cells if cell.id in self.rows]
        summary = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
        tables = {"summary.csv": summary, "cells.csv": contract_table(summary, self.plan)}
        for name, frame in tables.items():
            write_text(self.store.directory / name, frame.to_csv(index=False, lineterminator="\n"))
