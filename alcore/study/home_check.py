"""Checking everything: a run, a study, a data set, or a whole home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from alcore.data.block_checksums import check_blocks, fingerprint_of
from alcore.data.collection import open_directory
from alcore.data.feature_store import verify
from alcore.data.stored import StoredPatches
from alcore.errors import AlcoreError, StoreError
from alcore.logs.imported import open_log
from alcore.server.index import RunIndex
from alcore.storage.run_check import check_run
from alcore.storage.run_store import RunStore
from alcore.study.plan import Cell
from alcore.study.results import CellResults, collect
from alcore.study.study_store import StudyStore
from alcore.wording import plural


@dataclass
class Findings:
    """What was checked, and what was wrong: damaged for good, or written again; one sentence each."""

    looked_at: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)


def check_everything(path: Path) -> Findings:
    """Read all of a run, a study, a data set or a home; tables and results are made again where they differ.

    Raises:
        StoreError: there is nothing of the kind in the directory.
    """
    found = Findings()
    if not _check_one(path, found) and not _check_home(path, found):
        raise StoreError(f"{path} holds no run, study, data set, logs or home that could be checked")
    return found


def _check_one(path: Path, found: Findings) -> bool:
    """Whether the directory is one thing, which was then looked at."""
    if (path / "config.json").exists():
        found.looked_at.append(f"run {path.name}")
        check_run(path, found.damaged.append, found.repaired.append)
    elif (path / "study.json").exists():
        found.looked_at.append(f"study {path.name}")
        _check_study(path, found)
    elif (path / "dataset.json").exists() or (path / "surface.json").exists():
        found.looked_at.append(f"data set {path.name}")
        _check_data(path, found)
    elif (path / "log.json").exists():
        found.looked_at.append(f"logs {path.parent.name}/{path.name}")
        _attempt(found, lambda: open_log(path).evidence)
    else:
        return False
    return True


def _check_home(home: Path, found: Findings) -> bool:
    folders = [home / name for name in ("runs", "studies", "datasets")]
    if not any(folder.is_dir() for folder in folders):
        return False
    for folder in [*folders, *sorted((home / "logs").glob("*"))]:
        for path in sorted(folder.glob("[!.]*")):
            if not _check_one(path, found) and path.is_dir():
                found.damaged.append(f"{path} holds nothing that can be read")
    for store in sorted((home / "features").glob("[!.]*")):
        _check_features(store, found)
    if (home / "runs.sqlite").exists():
        _attempt(found, lambda: _check_list(home, found))
    return True


def _check_list(home: Path, found: Findings) -> None:
    aside = RunIndex(home).set_aside
    if aside is not None:
        found.repaired.append(f"the list of runs was damaged; it was rebuilt, and the old one is {aside}")


def _check_features(path: Path, found: Findings) -> None:
    """Kept features can always be computed again, so nothing of them is damaged for good."""
    found.looked_at.append(f"features {path.name}")
    try:
        differ = verify(path)
    except (AlcoreError, OSError):
        found.repaired.append(f"{path} cannot be read; a run that needs these features begins them again")
        return
    if differ:
        found.repaired.append(f"{path} had {plural(differ, 'damaged block')}; a run computes them again")


def _check_data(path: Path, found: Findings) -> None:
    def look() -> None:
        check_blocks(path, all_of_them=True)
        patches = open_directory(path, path.name)
        if isinstance(patches, StoredPatches) and fingerprint_of(path) != patches.fingerprint:
            raise StoreError(f"{path} is not what was imported: its fingerprint differs; import it again")

    _attempt(found, look)


def _check_study(path: Path, found: Findings) -> None:
    try:
        store = StudyStore(path)
        cells = store.plan.cells
        if store.is_being_run():
            raise StoreError(f"{path} is in use; check it again when it has ended")
    except AlcoreError as error:
        found.damaged.append(str(error))
        return
    for cell in cells:
        if (store.run_directory(cell.id) / "config.json").exists():
            check_run(store.run_directory(cell.id), found.damaged.append, found.repaired.append)
        if store.results_file(cell.id).exists():
            _check_results(store, cell, found)


def _check_results(store: StudyStore, cell: Cell, found: Findings) -> None:
    """A cell's results are made again from its run's records, where they are there."""
    file = store.results_file(cell.id)
    try:
        CellResults.load(file)
        return
    except AlcoreError as error:
        fault = str(error)
    try:
        run = RunStore(store.run_directory(cell.id))
        numbers = [key.repetition for key in run.committed()]
        wanted = run.config.cycles * len(run.config.strategies)
        finished = [number for number in sorted(set(numbers)) if numbers.count(number) == wanted]
        collect(run, finished).save(file)
        found.repaired.append(f"{file} was damaged; it was written again from the records")
    except (AlcoreError, ValueError):  # no run, or none of its repetitions is finished
        found.damaged.append(fault)


def _attempt(found: Findings, look: Callable[[], object]) -> None:
    try:
        look()
    except AlcoreError as error:
        found.damaged.append(str(error))
    except OSError as error:
        found.damaged.append(f"{error.filename} cannot be read: {error.strerror or error}")
