"""Checking everything in a run's directory, and writing its tables again where they differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from alcore.errors import AlcoreError, StoreError
from alcore.experiment.cycle_key import CycleKey
from alcore.home_files import read_parquet
from alcore.storage.records import StoredRecord
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables

Report = Callable[[str], None]
"""Called with one sentence for each thing that is wrong, or was put right."""

_CSV = ("metrics.csv", "selections.csv", "operating.csv", "ceiling.csv")
_COUNTS = "counts.parquet"


def check_run(directory: Path, damaged: Report, repaired: Report) -> None:
    """Read every record, model and table of a run.

    Args:
        damaged: hears what is lost for good; repaired: of tables that were made again from the records.
    """
    try:
        store = RunStore(directory)
        if store.is_being_run():
            damaged(f"{directory} is running; check it again when it has ended")
            return
    except AlcoreError as error:
        damaged(str(error))
        return
    try:
        store.environment()
    except StoreError as error:  # the records may still be intact
        damaged(str(error))
    are_whole = _check_records(store, damaged)
    _check_weights(store, damaged)
    if are_whole:
        _check_tables(store, damaged, repaired)


def _check_records(store: RunStore, damaged: Report) -> bool:
    """Whether every record can be read, with all that it holds, and none is missing before another."""
    found, are_whole = store.committed(), True
    for key in found:
        try:
            _read_whole(store.record(key))
        except AlcoreError as error:
            damaged(str(error))
            are_whole = False
        before = CycleKey(key.repetition, key.cycle - 1, key.strategy)
        if key.cycle > 1 and before not in found:
            damaged(f"{store.record_path(before)} is missing, but a later cycle was made from it")
            are_whole = False
    return are_whole


def _read_whole(record: StoredRecord) -> None:
    _ = (record.class_means, record.candidates, record.candidate_scores, record.probability)
    _ = (record.gallery_items, record.gallery_probability, record.pool_map, record.axes)
    _ = (record.threshold_histogram, record.validation)


def _check_weights(store: RunStore, damaged: Report) -> None:
    files = sorted((store.directory / "weights").glob("*.safetensors"))
    if not files:
        return
    from alcore.storage.sealed_weights import open_weights  # loads torch

    for file in files:
        try:
            open_weights(file.read_bytes())
        except (StoreError, OSError) as error:
            damaged(f"{file} is damaged ({error}): the run cannot continue; its results stand")


def _check_tables(store: RunStore, damaged: Report, repaired: Report) -> None:
    tables = RunTables(store)
    try:
        before = {name: _content(store.directory / name) for name in _CSV}
        counts = _counts(store.directory / _COUNTS)
        tables.write()
        differs = [name for name in _CSV if before[name] != _content(store.directory / name)]
        made = _counts(store.directory / _COUNTS)
        if counts is None or made is None or not counts.equals(made):
            differs.append(_COUNTS)
    except AlcoreError as error:
        damaged(str(error))
        return
    for name in differs:
        repaired(f"{store.directory / name} differed from the records; it was written again")


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _counts(file: Path) -> pd.DataFrame | None:
    try:
        return read_parquet(file, ())
    except StoreError:
        return None
