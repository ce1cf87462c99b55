"""One run's evidence -> the tidy frames that the Compare page shows and offers as downloads.

Differences are taken within each repetition and then averaged, so that both sides always rest on the same
repetitions, even where a metric is undefined in some.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.statistics.anytime import as_repetitions_finish
from alcore.statistics.estimands import AnyEvidence, Curves, Estimate
from alcore.statistics.frames import AdvantageRow, BudgetRow, CurveRow, FoundRow, frame_of
from alcore.statistics.multiplicity import detectable, holm
from alcore.statistics.resampling import LEVEL, interval, repetition_replicates
from alcore.statistics.sample import Sample
from alcore.statistics.savings import (
    attained,
    enrichment,
    known_as,
    labels_saved,
    labels_to_reach,
    most_found,
    saving_target,
)

NOTHING = 0.0005
"""An AUBC below this is written 0.000: the models find nothing."""


@dataclass(frozen=True)
class Question:
    """The question put to a run: a metric at the deployment prevalence π₁, compared with a baseline strategy.

    target: the value of the metric at which labels saved are counted; None for the baseline's own final
    value.
    """

    metric: str
    test_prevalence: float
    baseline: str
    target: float | None = None


def summarise(evidence: AnyEvidence, question: Question) -> pd.DataFrame:
    """One row per strategy; every estimate has `_low` and `_high` bounds of its 95 % interval.

    Columns: strategy; aubc at π₁; advantage, aubc minus the baseline's; aubc_pool, the same models' AUBC at
    π₀; shift, aubc minus aubc_pool; final, the metric after the last cycle; labels, needed to reach the
    target (without an interval); saved, labels saved compared with the baseline, see `savings.labels_saved`;
    enrichment; attained, see `savings.attained`; detectable, the smallest true advantage that would be found
    in 80 % of such runs; saved_bound, see `savings.known_as`; learned, see `learned`. NaN where a value is
    undefined, or the run lacks the baseline.
    """
    here = evidence.curves_with_shared_error(question.metric, question.test_prevalence)
    pool = evidence.curves_with_shared_error(question.metric, evidence.pool_prevalence)
    rows = []
    for index, strategy in enumerate(evidence.strategies):
        estimates = _of_strategy(here, pool, index) | _against(here, index, question)
        estimates |= _of_queries(evidence, index)
        row: dict[str, object] = {"strategy": strategy}
        for name, estimate in estimates.items():
            row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        row |= {"detectable": _detectable(here, index, question)}
        row |= {"saved_bound": _known_as(here, index, question), "learned": float(learned(here)[index])}
        rows.append(row)
    return pd.DataFrame(rows)


def watched_advantages(evidence: AnyEvidence, question: Question) -> pd.DataFrame:
    """`WatchedRow`s of AUBC advantages; none with one repetition, or without the baseline."""
    strategies, baseline = evidence.strategies, question.baseline
    curves = evidence.curves_with_shared_error(question.metric, question.test_prevalence)
    areas = curves.minus(baseline if baseline in strategies else strategies[0]).areas()
    frame = as_repetitions_finish(areas, tuple(strategies))
    return frame[(frame["strategy"] != baseline) & frame["difference"].notna() & (baseline in strategies)]


def _of_strategy(here: Curves, pool: Curves, index: int) -> dict[str, Estimate]:
    final = here.at_budgets()
    low, high = final.interval()
    return {
        "aubc": _clipped(Estimate.at(here.areas(), index)),
        "aubc_pool": _clipped(Estimate.at(pool.areas(), index)),
        "shift": Estimate.at(here.areas() - pool.areas(), index),
        "final": _clipped(
            Estimate(float(here.mean[index, -1]), float(low[index, -1]), float(high[index, -1]))
        ),
    }


def _clipped(estimate: Estimate) -> Estimate:
    """A metric's bounds, of which none lies outside 0..1."""
    low, high = np.clip([estimate.low, estimate.high], 0, 1)
    return Estimate(estimate.value, float(low), float(high))


def _against(here: Curves, index: int, question: Question) -> dict[str, Estimate]:
    own, base = here.mean[index], here.mean[_row(here, question.baseline, index)]
    goal = saving_target(base, question.target)
    labels = Estimate(float(labels_to_reach(own, here.labelled, goal)))
    if not _is_compared(here, index, question):
        return {"advantage": Estimate(np.nan), "labels": labels, "saved": Estimate(np.nan)}
    return {
        "advantage": Estimate.at(here.minus(question.baseline).areas(), index),
        "labels": labels,
        "saved": _saved(here, index, question),
    }


def _saved(here: Curves, index: int, question: Question) -> Estimate:
    """Labels saved, whose interval is of replicates: it is widened to its own value where it misses that."""
    base = here.row(question.baseline)
    value = labels_saved(here.mean[index], here.mean[base], here.labelled, target=question.target)
    if np.isnan(value):
        return Estimate(np.nan)
    owns, bases = here.replicates[:, index], here.replicates[:, base]
    low, high = interval(labels_saved(owns, bases, here.labelled, target=question.target))
    return Estimate(float(value), float(np.fmin(low, value)), float(np.fmax(high, value)))


def _known_as(here: Curves, index: int, question: Question) -> str:
    if not _is_compared(here, index, question):
        return ""
    base = here.mean[here.row(question.baseline)]
    return known_as(here.mean[index], base, here.labelled, target=question.target)


def _detectable(here: Curves, index: int, question: Question) -> float:
    if (
        not _is_compared(here, index, question)
        or has_collapsed(here)[[index, here.row(question.baseline)]].all()
    ):
        return np.nan  # two models that find nothing differ by nothing, however often one looks
    areas = here.minus(question.baseline).areas()
    return float(detectable(areas.error[index], len(areas.values)))


def learned(curves: Curves) -> np.ndarray:
    """(S,) share of the repetitions whose models find anything at all: a mean says little where it is not 1.

    By the AUBC, with a single budget by its value. An undefined one, as precision without a prediction is,
    counts as nothing found.
    """
    values = curves.areas().values if len(curves.labelled) > 1 else curves.values[..., -1]
    return np.asarray((values >= NOTHING).mean(axis=0))


def has_collapsed(curves: Curves) -> np.ndarray:
    """(S,) whether a strategy's models find nothing: its AUBC is written 0.000."""
    return curves.areas().mean < NOTHING


def _is_compared(curves: Curves, index: int, question: Question) -> bool:
    return question.baseline in curves.strategies and index != curves.row(question.baseline)


def _row(curves: Curves, baseline: str, otherwise: int) -> int:
    return curves.row(baseline) if baseline in curves.strategies else otherwise


def _of_queries(evidence: AnyEvidence, index: int) -> dict[str, Estimate]:
    """What the queries held: enrichment, and the share of the defects within reach."""
    found = {"enrichment": (enrichment(evidence.query_share[:, index], evidence.pool_prevalence), np.inf)}
    if evidence.found is not None:
        reached = attained(evidence.found[:, index], evidence.labelled, _defects(evidence))
        found["attained"] = (reached, 1.0)
    else:
        found["attained"] = (np.full(evidence.repetitions, np.nan), 1.0)
    estimates = {}
    for name, (values, most) in found.items():
        low, high = _bounds(values[:, None])
        bounds = np.clip([low[0], high[0]], 0, most)
        estimates[name] = Estimate(float(values.mean()), float(bounds[0]), float(bounds[1]))
    return estimates


def _bounds(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, K) numbers of queries -> bounds of their means; NaN with one repetition, which tells no spread."""
    if len(values) == 1:
        nothing = np.full(values.shape[1:], np.nan)
        return nothing, nothing
    return Sample(values, repetition_replicates(values)).interval()


def _defects(evidence: AnyEvidence) -> int:
    """Defective patches in a pool."""
    return round(evidence.pool_size * evidence.pool_prevalence)


def defects_found(evidence: AnyEvidence) -> pd.DataFrame:
    """`FoundRow`s: the share of the pool's defects that is labelled by each budget; none where not known."""
    if evidence.found is None:
        return pd.DataFrame(columns=FoundRow._fields)
    defects, (_, size, count) = _defects(evidence), evidence.found.shape
    found = evidence.found / defects
    low, high = _bounds(found.reshape(len(found), -1))
    most = most_found(evidence.found, evidence.labelled, defects).mean(axis=0) / defects
    return frame_of(
        FoundRow,
        {
            "strategy": np.repeat(evidence.strategies, count),
            "labelled": np.tile(evidence.labelled, size),
            "found": found.mean(axis=0).ravel(),
            "low": low.clip(0, 1),
            "high": high.clip(0, 1),
            "most": most.ravel(),
            "by_chance": np.tile(evidence.labelled / evidence.pool_size, size),
        },
    )


def curve_frame(evidence: AnyEvidence | None, metric: str, prevalence: float) -> pd.DataFrame:
    """`CurveRow`s; none without evidence.

    The value is the mean over repetitions, with the bounds of its 95 % interval, clipped to [0, 1].
    """
    if evidence is None:
        return pd.DataFrame(columns=CurveRow._fields)
    return _frame_of(evidence.curves(metric, prevalence), evidence.cycles)


def _frame_of(curves: Curves, cycles: np.ndarray) -> pd.DataFrame:
    low, high = interval(curves.replicates)
    size, count = len(curves.strategies), len(cycles)
    columns = (
        np.repeat(curves.strategies, count),
        *(np.tile(axis, size) for axis in (cycles, curves.labelled, curves.share)),
        *(block.ravel() for block in (curves.mean, low.clip(0, 1), high.clip(0, 1))),
    )
    return pd.DataFrame(dict(zip(CurveRow._fields, columns, strict=True)))


def by_budget(evidence: AnyEvidence, question: Question) -> pd.DataFrame:
    """`BudgetRow`s: a curve's frame with differences from the baseline and Holm-adjusted p-values.

    p-values are adjusted over all strategies and all budgets but the first, which all strategies share.
    """
    curves = evidence.curves_with_shared_error(question.metric, question.test_prevalence)
    frame = _frame_of(curves, evidence.cycles)
    names = BudgetRow._fields[len(CurveRow._fields) : -1]
    columns = np.full((len(names), *curves.mean.shape), np.nan)
    if question.baseline in curves.strategies:
        differences = curves.minus(question.baseline).at_budgets()
        columns[0] = differences.mean
        columns[1], columns[2] = differences.interval()
        columns[3, :, 1:] = differences.p_values()[:, 1:]
        columns[:, curves.row(question.baseline)] = np.nan
        tested = ~np.isnan(columns[3])
        columns[3][tested] = holm(columns[3][tested])
    frame = frame.assign(**dict(zip(names, columns.reshape(len(names), -1), strict=True)))
    return frame.assign(significant=frame["p_adjusted"] < 1 - LEVEL)


def advantage_over_prevalence(
    evidence: AnyEvidence, metric: str, baseline: str, prevalences: tuple[float, ...]
) -> pd.DataFrame:
    """The AUBC advantage over the baseline for each prevalence π.

    Returns:
        `AdvantageRow`s, one per strategy and prevalence; none where the evidence lacks the baseline.
    """
    rows = []
    for prevalence in prevalences if baseline in evidence.strategies else ():
        curves = evidence.curves_with_shared_error(metric, prevalence)
        areas, silent = curves.minus(baseline).areas(), has_collapsed(curves)
        (low, high), p_values = areas.interval(), areas.p_values()
        rows += [
            AdvantageRow(
                strategy,
                prevalence,
                areas.mean[index],
                low[index],
                high[index],
                p_values[index],
                bool(silent[index] and silent[curves.row(baseline)]),
                evidence.repetitions,
            )
            for index, strategy in enumerate(evidence.strategies)
            if strategy != baseline
        ]
    return pd.DataFrame(rows, columns=AdvantageRow._fields)
