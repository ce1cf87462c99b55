"""Writing a run as logs in the published code's own form, for tools that read those."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from alcore.config import RunConfig
from alcore.errors import StoreError
from alcore.logs.published import STRATEGIES, FolderName
from alcore.metrics import metrics_from_counts
from alcore.statistics.frames import grouped
from alcore.storage.files import csv_text, make_directory, write_text
from alcore.storage.tables import RunTables

_THEIRS = {ours: theirs for theirs, ours in STRATEGIES.items()}
_METRICS = {
    "MeanIoU": "iou",
    "MulticlassF1Score": "dice",
    "MulticlassRecall": "recall",
    "MulticlassPrecision": "precision",
    "DiceScore": "dice",
}
_BOTH = ("MulticlassF1Score", "MeanIoU", "MulticlassRecall", "MulticlassPrecision", "DiceScore")


def export_log(tables: RunTables, directory: Path) -> None:
    """Write a folder per strategy, whose name holds the settings, with dict_STRATEGY.csv and selected items.

    The loss is not recorded by runs, so its column is empty. A selection has one more column than theirs, the
    last: `defective`, without which the share of defects in queries could not be read again.

    Raises:
        StoreError: the run has no record, or the directory is not empty.
    """
    if directory.exists() and any(directory.iterdir()):
        raise StoreError(f"{directory} is not empty; give a new directory")
    config = tables.store.config
    values = pd.concat(
        [
            _value_rows(tables.metrics((prevalence,)), config, number)
            for number, prevalence in enumerate((config.pool_prevalence, config.test_prevalence))
        ]
    )
    if values.empty:
        raise StoreError(f"the run in {tables.store.directory} has no finished cycle")
    selections = tables.selections()
    for strategy, group in grouped(values, "strategy", str):
        folder = directory / str(_folder_name(config, strategy))
        make_directory(folder)
        theirs = _THEIRS.get(strategy, strategy)
        table = group.drop(columns="strategy").sort_values(["rep", "cycle", "dataloader_idx"])
        table.index = pd.Index(table["cycle"].astype(str) + "_" + table["rep"].astype(str))
        _write(folder / f"dict_{theirs}.csv", table)
        chosen = selections[selections["strategy"] == strategy]
        for cycle, of_cycle in grouped(chosen, "cycle", int):
            for repetition, query in grouped(of_cycle, "repetition", int):
                name = f"selected_items_{theirs}_{cycle - 1}_{repetition - 1}.csv"
                _write(folder / name, _query_rows(query, config.dataset, theirs))


def _folder_name(config: RunConfig, strategy: str) -> FolderName:
    return FolderName(
        epochs=config.training.epochs or 0,
        cycles=config.cycles,
        repetitions=config.repetitions,
        budget=config.query_count / config.pool_size,
        strategy=_THEIRS.get(strategy, strategy),
        pool_prevalence=config.pool_prevalence,
        dataset=config.dataset,
        seed=config.seed,
    )


def _value_rows(frame: pd.DataFrame, config: RunConfig, test_set: int) -> pd.DataFrame:
    """`METRICS_COLUMNS` at one prevalence -> rows of their form, with the strategy beside them."""
    counts = frame[["tp", "fp", "fn", "tn"]].to_numpy(float).reshape(-1, 4)
    background, defect = metrics_from_counts(counts[:, [3, 2, 1, 0]]), metrics_from_counts(counts)
    with np.errstate(invalid="ignore"):
        accuracy = (counts[:, 0] + counts[:, 3]) / counts.sum(axis=1)
    columns: dict[str, object] = {"Test/Loss": np.full(len(frame), np.nan)}
    for name in _BOTH:
        metric = _METRICS[name]
        mean = (background[metric] + defect[metric]) / 2
        columns[f"Test/{name}"] = mean if name == "MeanIoU" else accuracy  # the others are micro averages
    for name, metric in _METRICS.items():
        columns |= {f"Test/{name} BG": background[metric], f"Test/{name} defect": defect[metric]}
    columns |= {
        "cycle": frame["cycle"].to_numpy() - 1,
        "rep": frame["repetition"].to_numpy() - 1,
        "budget": [config.chosen_in(cycle) for cycle in frame["cycle"]],
        "labeled_items": frame["labelled"].to_numpy(),
        "dataloader_idx": test_set,
        "strategy": frame["strategy"].to_numpy(),
    }
    return pd.DataFrame(columns)


def _query_rows(query: pd.DataFrame, dataset: str, strategy: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "repetition": query["repetition"].to_numpy() - 1,
            "cycle": query["cycle"].to_numpy() - 1,
            "ids": query["item"].to_numpy(),
            "scores": query["score"].to_numpy(),
            "aldataset_name": [f"{dataset}/data/{item}" for item in query["item"]],
            "strat": strategy,
            "defective": query["defective"].astype(int).to_numpy(),
        }
    )


def _write(file: Path, frame: pd.DataFrame) -> None:
    write_text(file, csv_text(frame, separator=";", index=True))
