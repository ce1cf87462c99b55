"""Columns of the tidy frames, in their order: what tables, files and figures agree on.

Each class is one row; its fields name the frame's columns. Files in a run's and a study's directory have
exactly these columns, so changing a name here changes a contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from alcore.metrics import ALL_METRICS, COUNTS

_METRICS = ("prevalence", *ALL_METRICS, *COUNTS)

METRICS_COLUMNS = ("strategy", "repetition", "cycle", "labelled", *_METRICS)
"""metrics.csv: one row per record and prevalence; counts are the expected pixels of one patch."""

CEILING_COLUMNS = ("repetition", "labelled", *_METRICS)
"""ceiling.csv: one row per repetition's full-pool model and prevalence."""


class ValueRow(NamedTuple):
    """One metric at one prevalence, one row per record."""

    strategy: str
    repetition: int
    cycle: int
    labelled: int
    value: float


class SelectionRow(NamedTuple):
    """selections.csv: one row per labelled patch; rank counts from 1 in the order of choice."""

    strategy: str
    repetition: int
    cycle: int
    rank: int
    item: int
    score: float
    defective: bool


class CountsRow(NamedTuple):
    """counts.parquet: one row per test patch and record."""

    strategy: str
    repetition: int
    cycle: int
    item: int
    defective: bool
    tp: int
    fp: int
    fn: int
    tn: int
    max_probability: float


class CurveRow(NamedTuple):
    """One row per strategy and cycle: the mean over repetitions with its 95 % interval."""

    strategy: str
    cycle: int
    labelled: int
    share: float
    value: float
    low: float
    high: float


class BudgetRow(NamedTuple):
    """A `CurveRow` with its difference to a baseline, and whether that is significant after Holm."""

    strategy: str
    cycle: int
    labelled: int
    share: float
    value: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    p_adjusted: float
    significant: bool


class AdvantageRow(NamedTuple):
    """One row per strategy and prevalence: its AUBC minus the baseline's, with bounds and p-value.

    is_collapsed: neither of the two finds anything, so that the difference says nothing. repetitions: that it
    rests on; with fewer than `multiplicity.ENOUGH_TO_SIGN` no exact test could call it clear.
    """

    strategy: str
    prevalence: float
    advantage: float
    low: float
    high: float
    p_value: float
    is_collapsed: bool
    repetitions: int


class GridRow(NamedTuple):
    """An `AdvantageRow` of one cell of a study.

    p_adjusted: for the share of false discoveries among all rows of the frame; is_clear: it is below 5 %;
    is_clear_alone: the cell's own interval does not contain zero.
    """

    pool_prevalence: float
    strategy: str
    prevalence: float
    advantage: float
    low: float
    high: float
    p_value: float
    is_collapsed: bool
    repetitions: int
    p_adjusted: float
    is_clear: bool
    is_clear_alone: bool


class LossRow(NamedTuple):
    """One row per π₀ and strategy: how the advantage changes from π₀ to π₁; the rest as in `GridRow`.

    factor: what becomes of the strategy's AUBC relative to the baseline's: their ratio at π₁ over their ratio
    at π₀, with bounds; NaN unless both strategies' areas at both prevalences are clear of zero.
    factor_dropped: share of replicates without a ratio, which its bounds leave out. repetitions: as in
    `AdvantageRow`.
    """

    pool_prevalence: float
    strategy: str
    loss: float
    low: float
    high: float
    p_value: float
    factor: float
    factor_low: float
    factor_high: float
    factor_dropped: float
    repetitions: int
    p_adjusted: float
    is_clear: bool
    is_clear_alone: bool


class CounterfactualRow(NamedTuple):
    """One row per π₀ and strategy: a model from a pool at π₀, used at π₁ after the same labels.

    aubc: at π₁, with bounds. difference: aubc minus that of the same strategy from a pool at π₁; NaN where
    the study has no such pool. labels: needed to reach the target at π₁, with bounds; the whole budget where
    it is never reached (is_reached says so). learned: share of the repetitions whose models find anything at
    all at π₁. repetitions: of the strategy's own pool. p_adjusted, is_clear: of the difference, as in
    `GridRow`.
    """

    pool_prevalence: float
    strategy: str
    aubc: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    p_value: float
    labels: float
    labels_low: float
    labels_high: float
    is_reached: bool
    target: float
    learned: float
    repetitions: int
    p_adjusted: float
    is_clear: bool
    is_clear_alone: bool


class FoundRow(NamedTuple):
    """One row per strategy and budget: share of the pool's defects that is labelled, with bounds.

    most: what could have been found after the same first query; by_chance: what random queries find on
    average.
    """

    strategy: str
    labelled: int
    found: float
    low: float
    high: float
    most: float
    by_chance: float


class OperatingRow(NamedTuple):
    """operating.csv: one row per record, prevalence and rule; metrics at the threshold that the rule chooses.

    rule: half (probability ½, as metrics.csv has it), validation (tuned on validation patches at this
    prevalence), or best (on the test patches themselves: it cheats).
    """

    strategy: str
    repetition: int
    cycle: int
    labelled: int
    prevalence: float
    rule: str
    threshold: float
    iou: float
    precision: float
    recall: float


class ThresholdRow(NamedTuple):
    """One row per strategy and threshold: rates of image-level inspection."""

    strategy: str
    threshold: float
    detection: float
    false_alarms: float
    precision: float


class ScoreHistoryRow(NamedTuple):
    """One row per query in which a patch was a candidate; rank 1 is the highest of the candidates."""

    cycle: int
    score: float
    rank: int
    candidates: int


R = TypeVar("R", bound=tuple[object, ...])
K = TypeVar("K", str, int, float)


def rows_of(frame: pd.DataFrame, kind: type[R]) -> list[R]:
    """A frame's rows as the class that names its columns; KeyError where one is missing."""
    names: tuple[str, ...] = getattr(kind, "_fields")  # noqa: B009  which a NamedTuple has
    return [kind(*values) for values in zip(*(frame[name] for name in names), strict=True)]


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame whose columns no class names, as `itertuples` has them."""
    yield from frame.itertuples()


def grouped(frame: pd.DataFrame, column: str, kind: type[K]) -> Iterator[tuple[K, pd.DataFrame]]:
    """The rows of each value of a column, in the order in which the values come."""
    value: Any  # pandas types it as all that a cell may hold
    for value, rows in frame.groupby(column, sort=False):
        yield kind(value), rows


def frame_of(row: type[NamedTuple], columns: dict[str, object]) -> pd.DataFrame:
    """A frame from its columns, in the row's order; KeyError where one is missing."""
    return pd.DataFrame({name: columns[name] for name in row._fields})
