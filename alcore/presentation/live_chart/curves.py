"""What a live chart of learning curves shows: one value made here, and drawn by chart.js in the browser.

All metrics at all prevalences follow from class means of counts, so these travel, seven numbers a point,
and the browser does the arithmetic. A band needs replicates. Over repetitions they are multiplier weights,
the same for every point; over test patches they are resampled sums of counts, whole numbers.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from alcore.presentation.figures.layout import color_of, dash_of, symbol_of, trace_name
from alcore.presentation.labels import METRIC_TITLES
from alcore.statistics.estimands import Evaluation, Evidence
from alcore.statistics.resampling import interval, student_weights

Packed = dict[str, str]
"""An array as base64 of its little-endian numbers, with the type to read them by."""

PATCH = 4
"""Where class means hold the patch IoU."""


@dataclass(frozen=True)
class Replicates:
    """Resampled test patches: `sums` is (B, S, C, K) of the counts named by `columns`, the others being zero.

    columns: K of 0..5: tp, fp, fn of clean patches, then of defective ones.
    sizes: numbers of clean and of defective test patches, by which the sums are divided.
    """

    sums: Packed
    columns: list[int]
    sizes: tuple[int, int]


@dataclass(frozen=True)
class LiveRun:
    """A run's part of the chart. Points are strategies x cycles, in that order.

    means: (R, S, C, 7) clean tp, fp, fn, defective tp, fp, fn, patch IoU; each: records by themselves.
    """

    name: str
    dash: str
    strategies: list[dict[str, str]]
    pool_prevalence: float
    pool_size: int
    repetitions: int = 0
    points: int = 0
    cycles: list[int] = field(default_factory=list)
    labelled: list[int] = field(default_factory=list)
    means: Packed | None = None
    replicates: Replicates | None = None
    patch_iou_bounds: Packed | None = None
    each: list[dict[str, Any]] = field(default_factory=list)
    ceiling: LiveRun | None = None

    def as_earlier(self) -> LiveRun:
        """With its means alone, which is all that is drawn of it once another has taken its place."""
        return replace(self, replicates=None, patch_iou_bounds=None, each=[], ceiling=None)


@dataclass(frozen=True)
class LiveCurves:
    """The chart: its runs, what can be chosen, and what is chosen at first.

    weights: (2000, R) by R: half the draws of `student_weights`; the other half are their negatives.
    steps: of the π₁ slider.
    reach: end of the x axis, which stays fixed while points arrive; 0 for the data's.
    turn: names the run in a chart that goes from one to the next, with a y axis that never shrinks; else ''.
    earlier: runs whose curves are drawn pale where those of newer ones have not come yet, the newest first.
    """

    runs: list[LiveRun]
    metrics: dict[str, str]
    metric: str
    pool_prevalence: float
    test_prevalence: float
    steps: list[float]
    weights: dict[int, Packed]
    reach: float = 0
    align: str = "labelled"
    turn: str = ""
    earlier: list[LiveRun] = field(default_factory=list)

    def payload(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        return asdict(self)


def pack(values: np.ndarray) -> Packed:
    """An array for the browser: whole numbers as 32 bits, others as 64."""
    kind = "i4" if np.issubdtype(values.dtype, np.integer) else "f8"
    return {"type": kind, "data": base64.b64encode(values.astype(f"<{kind}").tobytes()).decode()}


def live_curves(
    runs: Sequence[LiveRun],
    *,
    test_prevalence: float,
    steps: Sequence[float],
    metrics: Sequence[str] = tuple(METRIC_TITLES),
    metric: str = "iou",
    reach: float = 0,
    align: str = "labelled",
    turn: str = "",
    earlier: Sequence[LiveRun] = (),
) -> LiveCurves:
    """A chart of one or more runs.

    Args:
        runs: of `live_run`, at least one; the first one's π₀ is offered.
        align: labelled (images) or share (of the pool), the x axis.
        turn, earlier: see `LiveCurves`; each of `earlier` has a point.
    """
    counts = {run.repetitions for one in runs for run in (one, one.ceiling) if run is not None}
    return LiveCurves(
        runs=list(runs),
        metrics={name: METRIC_TITLES[name] for name in metrics},
        metric=metric,
        pool_prevalence=runs[0].pool_prevalence,
        test_prevalence=test_prevalence,
        steps=list(steps),
        weights={count: pack(_half(student_weights(count))) for count in sorted(counts) if count > 1},
        reach=reach,
        align=align,
        turn=turn,
        earlier=[run.as_earlier() for run in earlier],
    )


def live_run(
    evidence: Evidence | None,
    *,
    strategies: Sequence[str] = (),
    pool_prevalence: float = 0,
    pool_size: int = 0,
    name: str = "",
    position: int = 0,
    runs: int = 1,
    each: Sequence[Evaluation] = (),
    ceiling: Evidence | None = None,
) -> LiveRun:
    """A run's part of a chart.

    Args:
        evidence: None before the first cycle; then strategies, prevalence and size must be given.
        name, position: of the run among the `runs` that are compared; position sets the dash.
        each: records to be drawn by themselves, beside the means.
        ceiling: of the models trained on the whole pool.
    """
    names = tuple(strategies) or (evidence.strategies if evidence else ())
    run = LiveRun(
        name=name,
        dash=dash_of(position),
        strategies=[_looks(strategy, name, runs) for strategy in names],
        pool_prevalence=evidence.pool_prevalence if evidence else pool_prevalence,
        pool_size=evidence.pool_size if evidence else pool_size,
        each=_lines(each),
        ceiling=None if ceiling is None else live_run(ceiling, name=name, runs=runs),
    )
    return run if evidence is None else _with_estimates(run, evidence)


def _with_estimates(run: LiveRun, evidence: Evidence) -> LiveRun:
    bounds = None
    if evidence.resampled is not None:
        bounds = pack(np.array(interval(evidence.resampled[..., 1, PATCH])).clip(0, 1))
    return replace(
        run,
        repetitions=evidence.repetitions,
        points=len(evidence.strategies) * len(evidence.cycles),
        cycles=evidence.cycles.tolist(),
        labelled=evidence.labelled.tolist(),
        means=pack(_seven(evidence.means)),
        replicates=_replicates(evidence),
        patch_iou_bounds=bounds,
    )


def _seven(means: np.ndarray) -> np.ndarray:
    """(..., 2, 5) class means -> (..., 7): tp, fp, fn of clean and of defective patches, patch IoU."""
    counts = means[..., :3].reshape(*means.shape[:-2], 6)
    return np.concatenate([counts, means[..., 1, PATCH, None]], axis=-1)


def _replicates(evidence: Evidence) -> Replicates | None:
    """Sums of counts over resampled patches: means times patches are whole numbers, of half the size."""
    if evidence.resampled is None:
        return None
    if evidence.test_sizes is None:
        raise ValueError("resampled means without the numbers of patches behind them")
    counts = evidence.resampled[..., :3].reshape(*evidence.resampled.shape[:-2], 6)
    columns = [column for column in range(6) if counts[..., column].any()]
    sums = counts[..., columns] * np.array([evidence.test_sizes[column // 3] for column in columns])
    return Replicates(pack(np.rint(sums).astype(np.int64)), columns, evidence.test_sizes)


def _half(weights: np.ndarray) -> np.ndarray:
    return weights[: len(weights) // 2]


def _looks(strategy: str, run: str, runs: int) -> dict[str, str]:
    return {
        "strategy": strategy,
        "name": trace_name(run, strategy, runs),
        "color": color_of(strategy),
        "symbol": symbol_of(strategy),
    }


def _lines(records: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Records as lines: those of one strategy and repetition together, in the order of their cycles."""
    lines: dict[tuple[str, int], list[Evaluation]] = {}
    for record in sorted(records, key=lambda one: one.cycle):
        lines.setdefault((record.strategy, record.repetition), []).append(record)
    return [
        {
            "strategy": strategy,
            "repetition": repetition,
            "cycles": [record.cycle for record in line],
            "labelled": [record.labelled for record in line],
            "means": pack(_seven(np.array([record.means for record in line]))),
        }
        for (strategy, repetition), line in lines.items()
    ]
