"""Writing a run as logs, for tools that read those."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from alcore.errors import StoreError
from alcore.logs.columns import POOL, USE
from alcore.metrics import METRICS
from alcore.runs.files import make_directory, write_text
from alcore.runs.tables import RunTables


def export_log(tables: RunTables, directory: Path) -> None:
    """Write dict_STRATEGY.csv and selected_items_STRATEGY_CYCLE_REPETITION.csv of all strategies.

    Columns of the former: repetition, cycle, labelled, then iou_pi0, ..., iou_pi1, ...; of the latter: item,
    score, defective, in the order of choice. Repetitions and cycles count from 1.

    Raises:
        StoreError: the run has no record, or the directory is not empty.
    """
    if directory.exists() and any(directory.iterdir()):
        raise StoreError(f"{directory} is not empty; give a new directory")
    keys = ["strategy", "repetition", "cycle", "labelled"]
    parts = []
    config = tables.store.config
    for test, prevalence in ((POOL, config.pool_prevalence), (USE, config.test_prevalence)):
        frame = tables.metrics((prevalence,)).set_index(keys)[list(METRICS)]
        parts.append(frame.add_suffix(f"_{test}"))
    values = parts[0].join(parts[1]).reset_index()
    if values.empty:
        raise StoreError(f"the run in {tables.store.directory} has no finished cycle")
    make_directory(directory)
    for strategy, rows in values.groupby("strategy", sort=False):
        _write(directory / f"dict_{strategy}.csv", rows.drop(columns="strategy"))
    groups = tables.selections().groupby(["strategy", "cycle", "repetition"], sort=False)
    for (strategy, cycle, repetition), rows in groups:
        name = f"selected_items_{strategy}_{cycle}_{repetition}.csv"
        _write(directory / name, rows[["item", "score", "defective"]].astype({"defective": int}))


def _write(file: Path, frame: pd.DataFrame) -> None:
    write_text(file, frame.to_csv(sep=";", index=False, lineterminator="\n"))
