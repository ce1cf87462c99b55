"""A study's directory, and the broker to which its tasks hand in their work.

study.json              the plan runs/CELL/              one run's directory per cell, as `python -m alcore
run` leaves it results/CELL.npz        what tables and figures need of a cell, see `alcore.study.results`
cells.csv, summary.csv  one row per cell, strategy and test prevalence thresholds.csv          the same for
each operating rule, of cells that have all repetitions progress.sqlite         how far it has come
outcome.json            how the process that ran it last ended stop                    while it exists, tasks
leave after the current cycle
"""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from alcore.compute.run_control import Stopped
from alcore.data.collection import open_dataset
from alcore.data.patches import Patches
from alcore.errors import StoreError
from alcore.json_object import parse_json_object
from alcore.storage.files import make_directory, write_bytes, write_text
from alcore.storage.run_store import RunStore, is_locked, record_key
from alcore.study.ledger import Ledger
from alcore.study.plan import Cell, StudyPlan
from alcore.study.plan_on_disk import plan_in
from alcore.study.study_events import StudyEnded, from_line, to_line
from alcore.study.tasks import Task, check_path

_OUTCOME = "outcome.json"
_TABLES = ("metrics.csv", "selections.csv", "counts.parquet")
_FURTHER_TABLES = ("operating.csv",)  # which runs from before thresholds lack


class StudyStore:
    """A study's directory. Runs in it are found by the hash of their config, whatever study made them."""

    def __init__(self, directory: Path) -> None:
        """Open an existing study; StoreError where there is none in the directory."""
        self.directory = Path(directory)
        if not (self.directory / "study.json").is_file():
            raise StoreError(f"there is no study in {self.directory} (no study.json)")

    @cached_property
    def plan(self) -> StudyPlan:
        """What study.json says, read when it is first asked for; ConfigError where it cannot be used."""
        return plan_in(self.directory)

    @classmethod
    def create(cls, directory: Path, plan: StudyPlan) -> StudyStore:
        """Make a new study, or give an existing one this plan; finished cells that both share are kept.

        Raises:
            StoreError: the directory holds something else, is being worked on, or cannot be written.
        """
        directory = Path(directory)
        is_study = (directory / "study.json").is_file()
        if directory.exists() and not is_study and (not directory.is_dir() or any(directory.iterdir())):
            raise StoreError(f"{directory} is not empty and holds no study; give a new directory")
        if is_study and is_locked(FileLock(directory / ".lock")):
            raise StoreError(f"{directory} is in use; stop that first")
        make_directory(directory / "runs")
        make_directory(directory / "results")
        write_text(directory / "study.json", plan.to_json())
        return cls(directory)

    def lock(self) -> FileLock:
        """The lock held by the process that runs the study."""
        return FileLock(self.directory / ".lock")

    def is_being_run(self) -> bool:
        """Whether some living process runs it."""
        return is_locked(self.lock())

    def ledger(self) -> Ledger:
        """The ledger, made if there is none."""
        return Ledger(self.directory)

    def run_directory(self, cell: str) -> Path:
        """The directory of a cell's run."""
        return self.directory / "runs" / cell

    def results_file(self, cell: str) -> Path:
        """The file of a cell's results."""
        return self.directory / "results" / f"{cell}.npz"

    def make_run(self, cell: Cell) -> RunStore:
        """A cell's run, made if need be, ready for more repetitions: tables made of fewer are removed."""
        directory = self.run_directory(cell.id)
        if not (directory / "config.json").exists():
            shutil.rmtree(directory, ignore_errors=True)  # what a kill while it was made has left
            return RunStore.create(directory, cell.config)
        before = RunStore(directory).config
        repetitions = max(before.repetitions, cell.config.repetitions)
        config = cell.config.model_copy(update={"repetitions": repetitions})
        if config != before:
            write_text(directory / "config.json", config.to_json())
        for name in (*_TABLES, *_FURTHER_TABLES):
            (directory / name).unlink(missing_ok=True)
        return RunStore(directory)

    def has_tables(self, cell: str) -> bool:
        """Whether the cell's tables are there."""
        return all((self.run_directory(cell) / name).exists() for name in _TABLES)

    def records(self, cell: Cell) -> Counter[int]:
        """How many records each repetition of a cell has committed."""
        directory = self.run_directory(cell.id)
        if not (directory / "config.json").exists():
            return Counter()
        return Counter(key.repetition for key in RunStore(directory).committed())

    def note_outcome(self, ended: StudyEnded) -> None:
        """Note how the study's process ended, for the process that launched it."""
        write_text(self.directory / _OUTCOME, to_line(ended) + "\n")

    def forget_outcome(self) -> None:
        """Remove the last outcome, since a new process starts."""
        (self.directory / _OUTCOME).unlink(missing_ok=True)

    def outcome(self) -> StudyEnded | None:
        """How the study's last process ended; None where it did not say."""
        try:
            event = from_line((self.directory / _OUTCOME).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, StoreError):
            return None
        if isinstance(event, StudyEnded) and isinstance(event.message, str):
            return event
        return None

    def ask_to_stop(self) -> None:
        """Let the tasks leave after the current cycle."""
        write_text(self.directory / "stop", "")

    def withdraw_stop(self) -> None:
        """Let tasks continue after a request to stop."""
        (self.directory / "stop").unlink(missing_ok=True)

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether tasks are asked to stop."""
        return (self.directory / "stop").exists()


class StudyBroker:
    """The broker of tasks that run where the study's directory is."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        self._patches: dict[str, Patches] = {}
        self._ledger: Ledger | None = None

    def __reduce__(self) -> tuple:
        return StudyBroker, (self.directory,)  # only the directory travels to another process

    def patches(self, name: str) -> Patches:
        """An open data set, opened once per process; DataError where there is none of that name."""
        if name not in self._patches:
            self._patches[name] = open_dataset(name)
        return self._patches[name]

    def fetch(self, task: Task) -> dict[str, bytes]:
        """The environment, the records of the repetition, and its latest weights.

        Raises:
            Stopped: the study is asked to stop.
        """
        if (self.directory / "stop").exists():
            raise Stopped
        run = self._run(task)
        wanted = f"r{task.repetition:05d}-*"
        paths = [*(run / "records").glob(wanted), *(run / "weights").glob(wanted), run / "environment.json"]
        return {path.relative_to(run).as_posix(): path.read_bytes() for path in paths if path.exists()}

    def deliver(self, task: Task, files: Mapping[str, bytes]) -> bool:
        """Commit files, in the order given; false where the study is asked to stop."""
        run = self._run(task)
        store = RunStore(run)
        for name, content in files.items():
            path = run / check_path(name)
            if name == "environment.json":
                store.note_environment(parse_json_object(content, origin=name, error=StoreError))
                continue
            write_bytes(path, content)
            if path.parent.name == "records":
                with contextlib.suppress(OSError):  # a superseded model that stays only costs disk space
                    store.drop_older_weights(record_key(path))
        self._ledger = self._ledger or Ledger(self.directory)
        done = len(list((run / "records").glob(f"r{task.repetition:05d}-*.npz")))
        self._ledger.count_record(task.cell, task.repetition, done)
        return not (self.directory / "stop").exists()

    def _run(self, task: Task) -> Path:
        return self.directory / "runs" / task.cell
