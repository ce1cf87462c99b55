"""What a live chart of learning curves shows: one value made here, and drawn by chart.js in the browser.

All metrics at all prevalences follow from class means of counts. So those counts travel that a formula of
`metrics.RATIOS` takes, with the formulas, and the browser does the arithmetic. A band needs replicates.
Over repetitions they are multiplier weights, the same for every point; over test patches they are resampled
sums of counts, whole numbers.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from alcore.metrics import PATCH_IOU, RATIOS
from alcore.presentation.figures.layout import color_of, dash_of, symbol_of, trace_name
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.live_chart.payload import (
    CurvesPayload,
    Line,
    Look,
    MetricForm,
    Packed,
    Replicates,
    RunPayload,
)
from alcore.statistics.estimands import Evaluation, Evidence
from alcore.statistics.resampling import interval, student_weights

PATCH = 4
"""Where class means hold the patch IoU."""


@dataclass(frozen=True)
class LiveRun:
    """A run's part of the chart. Points are strategies x cycles, in that order.

    means: (R, S, C, 2K + 1) the counts that travel of clean and of defective patches, and the patch IoU;
    each: records by themselves.
    """

    name: str
    dash: str
    strategies: list[Look]
    pool_prevalence: float
    pool_size: int
    repetitions: int = 0
    points: int = 0
    cycles: list[int] = field(default_factory=list)
    labelled: list[int] = field(default_factory=list)
    means: Packed | None = None
    replicates: Replicates | None = None
    patch_iou_bounds: Packed | None = None
    each: list[Line] = field(default_factory=list)
    ceiling: LiveRun | None = None

    def as_earlier(self) -> LiveRun:
        """With its means alone, which is all that is drawn of it once another has taken its place."""
        return replace(self, replicates=None, patch_iou_bounds=None, each=[], ceiling=None)

    def payload(self) -> RunPayload:
        """As plain values that JSON can hold."""
        return {
            "name": self.name,
            "dash": self.dash,
            "strategies": self.strategies,
            "pool_prevalence": self.pool_prevalence,
            "pool_size": self.pool_size,
            "repetitions": self.repetitions,
            "points": self.points,
            "cycles": self.cycles,
            "labelled": self.labelled,
            "means": self.means,
            "replicates": self.replicates,
            "patch_iou_bounds": self.patch_iou_bounds,
            "each": self.each,
            "ceiling": None if self.ceiling is None else self.ceiling.payload(),
        }


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
    metrics: dict[str, MetricForm]
    metric: str
    pool_prevalence: float
    test_prevalence: float
    steps: list[float]
    weights: dict[int, Packed]
    reach: float = 0
    align: str = "labelled"
    turn: str = ""
    earlier: list[LiveRun] = field(default_factory=list)

    def payload(self) -> CurvesPayload:
        """As plain values that JSON can hold."""
        return {
            "runs": [run.payload() for run in self.runs],
            "metrics": self.metrics,
            "metric": self.metric,
            "pool_prevalence": self.pool_prevalence,
            "test_prevalence": self.test_prevalence,
            "steps": self.steps,
            "weights": self.weights,
            "reach": self.reach,
            "align": self.align,
            "turn": self.turn,
            "earlier": [run.payload() for run in self.earlier],
        }


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
        metrics={name: _form(name) for name in metrics},
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
        means=pack(_point(evidence.means)),
        replicates=_replicates(evidence),
        patch_iou_bounds=bounds,
    )


def _travelling() -> list[int]:
    """Which of tp, fp, fn and tn are in a formula: the others would travel for nothing."""
    return [
        column
        for column in range(4)
        if any(ratio.whole[column] or ratio.part[column] for ratio in RATIOS.values())
    ]


def _form(metric: str) -> MetricForm:
    columns = _travelling()
    title = METRIC_TITLES[metric]
    if metric == PATCH_IOU:
        return {"title": title, "part": None, "whole": None, "column": 2 * len(columns)}
    part, whole = ([weights[column] for column in columns] for weights in RATIOS[metric])
    return {"title": title, "part": part, "whole": whole, "column": None}


def _point(means: np.ndarray) -> np.ndarray:
    """(..., 2, 5) class means -> (..., 2K + 1): K counts of clean and of defective patches, patch IoU."""
    return np.concatenate([_counts(means), means[..., 1, PATCH, None]], axis=-1)


def _counts(means: np.ndarray) -> np.ndarray:
    """(..., 2, 5) class means -> (..., 2K): the counts that travel."""
    return means[..., _travelling()].reshape(*means.shape[:-2], -1)


def _replicates(evidence: Evidence) -> Replicates | None:
    """Sums of counts over resampled patches: means times patches are whole numbers, of half the size."""
    if evidence.resampled is None:
        return None
    if evidence.test_sizes is None:
        raise ValueError("resampled means without the numbers of patches behind them")
    counts = _counts(evidence.resampled)
    width = counts.shape[-1]
    columns = [column for column in range(width) if counts[..., column].any()]
    sums = counts[..., columns] * np.array([evidence.test_sizes[2 * column // width] for column in columns])
    return {"sums": pack(np.rint(sums).astype(np.int64)), "columns": columns, "sizes": evidence.test_sizes}


def _half(weights: np.ndarray) -> np.ndarray:
    return weights[: len(weights) // 2]


def _looks(strategy: str, run: str, runs: int) -> Look:
    return {
        "strategy": strategy,
        "name": trace_name(run, strategy, runs),
        "color": color_of(strategy),
        "symbol": symbol_of(strategy),
    }


def _lines(records: Sequence[Evaluation]) -> list[Line]:
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
            "means": pack(_point(np.array([record.means for record in line]))),
        }
        for (strategy, repetition), line in lines.items()
    ]
