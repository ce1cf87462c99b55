"""Running a study: hand its tasks to an engine, keep the results, and record the progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from filelock import Timeout

from alcore.data.collection import open_dataset
from alcore.errors import StoreError
from alcore.storage.run_store import RunStore
from alcore.study.adoption import adopt, find_adoptions
from alcore.study.cell_tables import CellTables
from alcore.study.engines.engine import Engine
from alcore.study.ledger import FAILED, FINISHED, WAITING
from alcore.study.plan import Cell
from alcore.study.study_events import StudyProgress
from alcore.study.study_store import StudyBroker, StudyStore
from alcore.study.tally import Paced, Tally
from alcore.study.tasks import Outcome, Task

_SECONDS_FOR_LOCK = 3  # the dashboard, too, takes it for a moment, to see whether it is free
_MOST_TIME_ON_NOTES, _MOST_TIME_ON_TABLES = 0.02, 0.02

Follow = Callable[[StudyProgress], None]


def run_study(
    store: StudyStore, engine: Engine, *, rehearsal: bool = False, follow: Follow = lambda _: None
) -> StudyProgress:
    """Perform all tasks that are not finished; returns when they are, or when the study was asked to stop.

    Args:
        engine: where tasks run.
        rehearsal: go through all tasks without training, to see what the plan and the engine cost themselves.
        follow: called with every change.
    Raises:
        StoreError: another process runs the study, or its directory cannot be written.
    """
    if rehearsal and any((store.directory / "runs").iterdir()):
        raise StoreError(f"{store.directory} holds runs; rehearse in a new directory")
    try:
        with store.lock().acquire(timeout=_SECONDS_FOR_LOCK):
            store.withdraw_stop()
            return _Scheduler(store, engine, rehearsal, follow).run()
    except Timeout:
        raise StoreError(f"{store.directory} is in use by another process") from None


class _Scheduler:
    """One attempt at running a study."""

    def __init__(self, store: StudyStore, engine: Engine, rehearsal: bool, follow: Follow) -> None:
        self.store, self.engine, self.rehearsal, self.follow = store, engine, rehearsal, follow
        self.ledger = store.ledger()
        self.tally, self.tables = Tally(store.plan), CellTables(store)
        self.unnoted: list[Outcome] = []
        self.note = Paced(self._note, most_share=_MOST_TIME_ON_NOTES)
        self.write_tables = Paced(self.tables.write, most_share=_MOST_TIME_ON_TABLES)

    def run(self) -> StudyProgress:
        """See `run_study`."""
        self._take_stock()
        engine = self.engine.describe()
        self.ledger.note(engine=engine, began=time.time(), left="", rehearsal=self.rehearsal or "")
        self.follow(self.tally.progress())
        try:
            for outcome in self.engine.perform_all(self._tasks(), StudyBroker(self.store.directory)):
                self._receive(outcome)
                self.note()
                self.write_tables()
        except BaseException:
            self.store.ask_to_stop()  # or the workers would go on to the ends of their repetitions
            raise
        finally:
            self.note(at_once=True)
            self.ledger.note(left="")
            self.write_tables(at_once=True)
        return self.tally.progress()

    def _take_stock(self) -> None:
        """Find in the records what earlier runs of the study left, and take it over."""
        if not self.rehearsal:
            adopt(self.store.directory, find_adoptions(self.store.directory, self.store.plan))
        tasks = []
        for cell in self.store.plan.cells:
            records, whole = self.store.records(cell), cell.config.cycles * len(cell.config.strategies)
            for repetition in range(1, cell.config.repetitions + 1):
                is_finished = records[repetition] == whole
                if is_finished:
                    self.tally.found(cell, repetition)
                status = FINISHED if is_finished else WAITING
                tasks.append((cell.id, repetition, status, records[repetition]))
        self.ledger.begin(tasks)
        self._check_data()
        for cell_id, reason in self.tables.recover(self.tally).items():
            self._give_up(self._cell(cell_id), reason)

    def _give_up(self, cell: Cell, reason: str) -> None:
        """Count all of a cell's repetitions as failed, and do not schedule it."""
        self.tally.give_up(cell)
        numbers = range(1, cell.config.repetitions + 1)
        self.ledger.end((cell.id, repetition, FAILED, 0.0, reason) for repetition in numbers)

    def _check_data(self) -> None:
        """Raise StoreError where a data set is another than finished repetitions were made with."""
        fingerprints: dict[str, str] = {}
        for cell in self.store.plan.cells:
            name, run = cell.config.dataset, self.store.run_directory(cell.id)
            made_with = RunStore(run).data_fingerprint() if self.tally.finished(cell) else None
            if made_with is None:
                continue
            if name not in fingerprints:
                fingerprints[name] = open_dataset(name).fingerprint
            if made_with != fingerprints[name]:
                raise StoreError(
                    f"the data set {name!r} has changed since {run} was made with it; give the study a new "
                    "directory, or remove that one"
                )

    def _tasks(self) -> Iterator[Task]:
        """What is to be done, one repetition of all cells after the other, until asked to stop."""
        cells, made = self.store.plan.cells, set()
        for repetition in range(1, max(cell.config.repetitions for cell in cells) + 1):
            for cell in cells:
                if not self.tally.is_due(cell, repetition):
                    continue
                if self.store.is_asked_to_stop:
                    return
                if not self.rehearsal and cell.id not in made:
                    made.add(cell.id)
                    self.store.make_run(cell)
                yield Task(cell.id, cell.config, repetition, rehearsal=self.rehearsal)

    def _receive(self, outcome: Outcome) -> None:
        if outcome.status == FINISHED:
            self.tally.finish(outcome.task)
            if not self.rehearsal:
                cell = self._cell(outcome.task.cell)
                self.tables.absorb(cell, self.tally.finished(cell))
        elif outcome.status == FAILED:
            self.tally.fail()
        self.unnoted.append(outcome)

    def _note(self) -> None:
        """Bring the ledger up to date, and tell the follower."""
        self.ledger.end(
            (o.task.cell, o.task.repetition, o.status, o.seconds, o.message) for o in self.unnoted
        )
        self.unnoted = []
        progress = self.tally.progress()
        self.ledger.note(left="" if progress.left is None else progress.left)
        self.follow(progress)

    def _cell(self, cell_id: str) -> Cell:
        return self.store.plan.cell(cell_id)
