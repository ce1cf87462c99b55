"""Results -> the study's tables: one row per cell, test prevalence and strategy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from alcore.statistics.comparison import Question, summarise
from alcore.study.plan import Cell, StudyPlan
from alcore.study.results import CellResults

METRIC, BASELINE = "iou", "random"
"""What cells.csv is about: IoU of the defect class, against random sampling."""

_CONTRACT = ("aubc", "aubc_minus_random", "low", "high")


def cell_rows(cell: Cell, results: CellResults, prevalences: tuple[float, ...]) -> pd.DataFrame:
    """All that is known of a cell: the grid's keys, cell, test_prevalence, strategy, repetitions, and the
    columns of `alcore.statistics.comparison.summarise`, for IoU against random.
    """
    frames = [
        summarise(results.evidence, Question(METRIC, prevalence, BASELINE)).assign(test_prevalence=prevalence)
        for prevalence in prevalences
    ]
    return of_cell(frames, cell, repetitions=len(results.repetitions), leading=("strategy",))


def of_cell(
    frames: Sequence[pd.DataFrame], cell: Cell, *, repetitions: int, leading: Sequence[str]
) -> pd.DataFrame:
    """A cell's rows; columns: the grid's, cell, test_prevalence, `leading`, repetitions, and the others."""
    frame = pd.concat(frames, ignore_index=True)
    for column, value in {"cell": cell.id, "repetitions": repetitions, **cell.values}.items():
        frame[column] = pd.Series([plain_value(value)] * len(frame), index=frame.index)
    first = [*cell.values, "cell", "test_prevalence", *leading, "repetitions"]
    return frame[first + [name for name in frame.columns if name not in first]]


def read_summary(file: Path, plan: StudyPlan) -> pd.DataFrame:
    """summary.csv, see `read_rows`."""
    return read_rows(file, plan, texts=("strategy", "saved_bound"))


_WHOLE = ("repetitions", "validation_labels")
"""Columns of counts: read as floats they would be written back with a point."""


def read_rows(file: Path, plan: StudyPlan, *, texts: Sequence[str]) -> pd.DataFrame:
    """A table of cells as it was written, to the last digit; empty where there is none for such a grid.

    Args:
        texts: columns that stay texts, as the grid's own and `cell` do.
    """
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, ValueError):
        return pd.DataFrame()
    leading = [*plan.grid, "cell"]
    if list(table.columns)[: len(leading)] != leading:
        return pd.DataFrame()
    for column in table.columns.difference([*leading, *texts]):
        kind = int if column in _WHOLE else float
        table[column] = [kind(text) if text else np.nan for text in table[column]]
    return table


def contract_table(summary: pd.DataFrame, plan: StudyPlan) -> pd.DataFrame:
    """cells.csv: the grid's keys, test_prevalence, strategy, repetitions, aubc, aubc_minus_random, low, high.

    low and high bound the 95 % interval of aubc_minus_random, which for random itself is 0. Cells without a
    finished repetition have no row; where a cell lacks random, the difference is empty.
    """
    columns = [*plan.grid, "test_prevalence", "strategy", "repetitions"]
    if summary.empty:
        return pd.DataFrame(columns=[*columns, *_CONTRACT])
    table = summary[columns].assign(
        aubc=summary["aubc"],
        aubc_minus_random=summary["advantage"],
        low=summary["advantage_low"],
        high=summary["advantage_high"],
    )
    own = (table["strategy"] == BASELINE) & table["aubc"].notna()
    table.loc[own, ["aubc_minus_random", "low", "high"]] = 0.0
    return table


def plain_value(value: object) -> object:
    """As it stands in a table's cell: lists in words."""
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
