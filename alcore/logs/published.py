"""The published code's own form of a log: names of folders, columns and strategies, to read and to write.

A row per cycle, repetition and test set; the unnamed first column holds CYCLE_REPETITION, counted from 0.
Columns that name no class are over both classes; those that end in "defect" are the defect's.
Source: the code of the paper, github.com/JulienStats/WhenImbalanceComesTwice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alcore.errors import DataError
from alcore.logs.columns import POOL, USE

STRATEGIES = {"randomSampling": "random", "entropySampling": "entropy", "deepcoresetSampling": "core-set"}
"""Their name -> ours; others keep their name."""

DEFECT = {
    "Test/MeanIoU defect": "iou",
    "Test/DiceScore defect": "dice",
    "Test/MulticlassPrecision defect": "precision",
    "Test/MulticlassRecall defect": "recall",
}
TEST_SETS = {0: POOL, 1: USE}
_KEYS = {"rep": "repetition", "cycle": "cycle", "labeled_items": "labelled"}
_FOLDER = re.compile(
    r"epochs_(?P<epochs>\d+)_cycles_(?P<cycles>\d+)_reps_(?P<reps>\d+)_budget_(?P<budget>[\d.e-]+)"
    r"_strat_(?P<strategy>[^/\\]+?)_bias_(?P<bias>[\d.e-]+)_cstSteps_(?P<steps>-?\d+)_dataset_(?P<dataset>[^/\\]+?)"
    r"_runid_(?P<runid>[^_/\\]+)_seed_(?P<seed>-?\d+)_test_(?P<test>[^/\\]+)"
)


@dataclass(frozen=True)
class FolderName:
    """What a folder's name says. budget: the share of the pool that one cycle labels; bias: π₀."""

    epochs: int
    cycles: int
    repetitions: int
    budget: float
    strategy: str
    pool_prevalence: float
    dataset: str
    seed: int

    @classmethod
    def parse(cls, name: str) -> FolderName | None:
        """The settings in a name, None where it is no such name or holds impossible numbers."""
        match = _FOLDER.fullmatch(name)
        try:
            found = match and cls(
                epochs=int(match["epochs"]),
                cycles=int(match["cycles"]),
                repetitions=int(match["reps"]),
                budget=float(match["budget"]),
                strategy=match["strategy"],
                pool_prevalence=float(match["bias"]),
                dataset=match["dataset"],
                seed=int(match["seed"]),
            )
        except ValueError:
            return None
        return found if found and 0 < found.budget <= 1 and 0 < found.pool_prevalence <= 1 else None

    def __str__(self) -> str:
        return (
            f"epochs_{self.epochs}_cycles_{self.cycles}_reps_{self.repetitions}_budget_{self.budget!r}"
            f"_strat_{self.strategy}_bias_{self.pool_prevalence!r}_cstSteps_-1_dataset_{self.dataset}"
            f"_runid_0_seed_{self.seed}_test_0"
        )


def is_published(columns: Sequence[str]) -> bool:
    """Whether a table is of this form."""
    return "dataloader_idx" in columns and any(column in columns for column in DEFECT)


def widen(frame: pd.DataFrame, origin: str) -> tuple[pd.DataFrame, int]:
    """One row per repetition and cycle, metrics of the defect class as METRIC_pi0 and METRIC_pi1.

    Returns:
        The table with repetition, cycle, labelled and the metrics; and how many rows stood there again.
        Of rows that stand several times the last counts: a run that is started again appends.
    Raises:
        DataError: a column is missing, or a test set other than 0 and 1.
    """
    if missing := [column for column in _KEYS if column not in frame]:
        raise DataError(f"{origin} has no column {missing[0]!r}")
    if not frame["dataloader_idx"].isin(TEST_SETS).all():
        raise DataError(f"{origin}: dataloader_idx must be 0 (test set at π₀) or 1 (at π₁)")
    keys = ["rep", "cycle", "dataloader_idx"]
    last = frame.drop_duplicates(keys, keep="last")
    parts = []
    for number, test in TEST_SETS.items():
        rows = last[last["dataloader_idx"] == number].set_index(["rep", "cycle"])
        there = {column: f"{metric}_{test}" for column, metric in DEFECT.items() if column in rows}
        if len(rows):
            parts.append(rows[list(there)].rename(columns=there))
    labelled = last.drop_duplicates(["rep", "cycle"], keep="last").set_index(["rep", "cycle"])
    wide = pd.concat([labelled[["labeled_items"]], *parts], axis=1).reset_index().rename(columns=_KEYS)
    return wide, len(frame) - len(last)


def log_folders(root: Path) -> Iterator[Path]:
    """Folders with dict_STRATEGY.csv, at or below a folder, in the order of their names; follows no links."""
    if not root.is_dir():
        raise DataError(f"there is no folder {root}")
    yield from sorted({file.parent for file in root.rglob("dict_*.csv")})


@dataclass(frozen=True)
class LogGroup:
    """Folders of one π₀, one per strategy as a rule, and what their names say."""

    folders: tuple[Path, ...]
    pool_prevalence: float
    pool_size: int


def grouped(folders: Sequence[Path]) -> list[LogGroup]:
    """Folders of a tree by π₀, ascending, with settings from their names.

    Raises:
        DataError: a name without settings, or folders of one π₀ that differ in data set, budget or seed.
    """
    groups: dict[float, list[tuple[Path, FolderName]]] = {}
    for folder in folders:
        named = FolderName.parse(folder.name)
        if named is None:
            raise DataError(
                f"the name of {folder} does not say its settings (epochs_..._bias_..._test_...); "
                "give --pool-prevalence once for each folder"
            )
        groups.setdefault(named.pool_prevalence, []).append((folder, named))
    return [_group(groups[prevalence]) for prevalence in sorted(groups)]


def _group(members: list[tuple[Path, FolderName]]) -> LogGroup:
    first = members[0][1]
    for folder, named in members:
        if (named.dataset, named.budget, named.seed) != (first.dataset, first.budget, first.seed):
            raise DataError(
                f"{members[0][0].name} and {folder.name} have one π₀ but differ in data set, budget or seed; "
                "import them under separate names"
            )
    return LogGroup(
        tuple(folder for folder, _ in members), first.pool_prevalence, _pool_size(members[0][0], first)
    )


def _pool_size(folder: Path, named: FolderName) -> int:
    """From the number of labels of a cycle and the share of the pool that this is."""
    file = next(iter(sorted(folder.glob("dict_*.csv"))))
    try:
        budget = float(pd.read_csv(file, sep=";", usecols=["budget"])["budget"].iloc[0])
        return round(budget / named.budget)
    except (OSError, ValueError, IndexError, OverflowError):
        raise DataError(
            f"{file} has no column 'budget' with a number, from which the pool's size follows"
        ) from None
