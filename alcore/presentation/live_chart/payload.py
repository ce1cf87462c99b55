"""The data of a live chart, key by key: made in Python, read by the scripts in this folder."""

from __future__ import annotations

from typing import TypedDict


class Packed(TypedDict):
    """An array as base64 of its little-endian numbers, with the type to read them by: i4 or f8."""

    type: str
    data: str


class MetricForm(TypedDict):
    """A metric as the browser computes it.

    part, whole: weights of the K counts that travel in its numerator and denominator; or None, and `column`
    is where a point's means hold the metric already.
    """

    title: str
    part: list[float] | None
    whole: list[float] | None
    column: int | None


class Replicates(TypedDict):
    """Resampled test patches: `sums` is (B, S, C, M) of the counts named by `columns`, the others being zero.

    columns: M of 0..2K-1: the counts that travel, of clean patches, then of defective ones.
    sizes: numbers of clean and of defective test patches, by which the sums are divided.
    """

    sums: Packed
    columns: list[int]
    sizes: tuple[int, int]


class Look(TypedDict):
    """How a strategy is drawn."""

    strategy: str
    name: str
    color: str
    symbol: str


class Line(TypedDict):
    """Records of one strategy and repetition, drawn by themselves; `means` has a row per cycle."""

    strategy: str
    repetition: int
    cycles: list[int]
    labelled: list[int]
    means: Packed


class RunPayload(TypedDict):
    """A `LiveRun` as it travels."""

    name: str
    dash: str
    strategies: list[Look]
    pool_prevalence: float
    pool_size: int
    repetitions: int
    points: int
    cycles: list[int]
    labelled: list[int]
    means: Packed | None
    replicates: Replicates | None
    patch_iou_bounds: Packed | None
    each: list[Line]
    ceiling: RunPayload | None


class CurvesPayload(TypedDict):
    """`LiveCurves` as they travel; chart.js reads exactly these names."""

    runs: list[RunPayload]
    metrics: dict[str, MetricForm]
    metric: str
    pool_prevalence: float
    test_prevalence: float
    steps: list[float]
    weights: dict[int, Packed]
    reach: float
    align: str
    turn: str
    earlier: list[RunPayload]
