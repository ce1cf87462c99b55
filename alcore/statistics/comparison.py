"""One run's evidence -> the tidy frames that the Compare page shows and offers as downloads.

Differences are taken within each repetition and then averaged, so that both sides always rest on the same
repetitions, even where a metric is undefined in some.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.statistics.estimands import (
    AnyEvidence,
    Curves,
    Estimate,
    aubc,
    enrichment,
    holm,
    labels_saved,
    labels_to_reach,
    paired_p_values,
)
from alcore.statistics.frames import AdvantageRow, BudgetRow, CurveRow
from alcore.statistics.resampling import LEVEL, interval, mean_of_defined, repetition_replicates


@dataclass(frozen=True)
class Question:
    """The question put to a run: a metric at the deployment prevalence π₁, compared with a baseline strategy.

    target: the value of the metric at which labels saved are counted; None for each strategy's own final
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
    target (without an interval); saved, labels saved compared with the baseline, see `labels_saved`;
    enrichment. NaN where a value is undefined, or the run lacks the baseline.
    """
    here = evidence.curves(question.metric, question.test_prevalence)
    pool = evidence.curves(question.metric, evidence.pool_prevalence)
    rows = []
    for index, strategy in enumerate(evidence.strategies):
        estimates = _of_strategy(here, pool, index) | _against(here, index, question)
        estimates["enrichment"] = _enrichment(evidence, index)
        row: dict[str, object] = {"strategy": strategy}
        for name, estimate in estimates.items():
            row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        rows.append(row)
    return pd.DataFrame(rows)


def _of_strategy(here: Curves, pool: Curves, index: int) -> dict[str, Estimate]:
    area, areas = (aubc(block[:, index], here.share) for block in (here.values, here.replicates))
    area_pool, areas_pool = (aubc(block[:, index], pool.share) for block in (pool.values, pool.replicates))
    return {
        "aubc": Estimate.of(mean_of_defined(area), areas.clip(0, 1)),
        "aubc_pool": Estimate.of(mean_of_defined(area_pool), areas_pool.clip(0, 1)),
        "shift": Estimate.of(mean_of_defined(area - area_pool), areas - areas_pool),
        "final": Estimate.of(here.mean[index, -1], here.replicates[:, index, -1].clip(0, 1)),
    }


def _against(here: Curves, index: int, question: Question) -> dict[str, Estimate]:
    own, owns = here.mean[index], here.replicates[:, index]
    goal = own[-1] if question.target is None else question.target
    labels = Estimate(float(labels_to_reach(own, here.labelled, goal)))
    if question.baseline not in here.strategies or index == here.row(question.baseline):
        return {"advantage": Estimate(np.nan), "labels": labels, "saved": Estimate(np.nan)}
    base = here.row(question.baseline)
    differences = here.minus(question.baseline)
    saved = labels_saved(own, here.mean[base], here.labelled, target=question.target)
    saveds = labels_saved(owns, here.replicates[:, base], here.labelled, target=question.target)
    return {
        "advantage": Estimate.of(
            mean_of_defined(aubc(differences.values[:, index], here.share)),
            aubc(differences.replicates[:, index], here.share),
        ),
        "labels": labels,
        "saved": Estimate.of(saved, saveds) if not np.isnan(saved) else Estimate(np.nan),
    }


def bound_savings(summary: pd.DataFrame, *, budget: int, baseline: str) -> pd.DataFrame:
    """Replace censored savings by the bounds that are known for them.

    Args:
        summary: as returned by `summarise`; budget: labels bought in all cycles; baseline: a strategy.
    Returns:
        The frame with finite `saved` and `saved_low`, and a column saved_bound: "at least" where the baseline
        never reaches the target, "at most" where the strategy itself does not, else "". `saved_high` may be
        infinite.
    """
    own = summary["labels"].where(np.isfinite(summary["labels"]), budget)
    is_baseline = summary["strategy"] == baseline
    theirs = float(summary["labels"][is_baseline].iloc[0]) if is_baseline.any() else np.nan
    never, lost = summary["saved"] == np.inf, summary["saved"] == -np.inf
    least, most = budget - own, theirs - budget
    saved = summary["saved"].mask(never, least).mask(lost, most)
    low = summary["saved_low"].mask(summary["saved_low"] == np.inf, least)
    bound = np.select([never, lost], ["at least", "at most"], "")
    return summary.assign(saved=saved, saved_low=low, saved_bound=bound)


def _enrichment(evidence: AnyEvidence, index: int) -> Estimate:
    values = enrichment(evidence.query_share[:, index], evidence.pool_prevalence)
    if evidence.repetitions == 1:
        return Estimate(float(values[0]))
    return Estimate.of(values.mean(), repetition_replicates(values).clip(0))


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
    """`BudgetRow`s: `curve_frame` with differences from the baseline and Holm-adjusted p-values.

    p-values are adjusted over all budgets but the first, which all strategies share.
    """
    curves = evidence.curves(question.metric, question.test_prevalence)
    frame = _frame_of(curves, evidence.cycles)
    names = BudgetRow._fields[len(CurveRow._fields) : -1]
    columns = np.full((len(names), *curves.mean.shape), np.nan)
    if question.baseline in curves.strategies:
        differences = curves.minus(question.baseline)
        columns[0] = differences.mean
        columns[1], columns[2] = interval(differences.replicates)
        for index in range(len(curves.strategies)):
            p_values = paired_p_values(differences.values[:, index, 1:], differences.replicates[:, index, 1:])
            columns[3, index, 1:] = holm(p_values)
        columns[:, curves.row(question.baseline)] = np.nan
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
        differences = evidence.curves(metric, prevalence).minus(baseline)
        value = mean_of_defined(aubc(differences.values, differences.share))
        low, high = interval(aubc(differences.replicates, differences.share))
        rows += [
            AdvantageRow(strategy, prevalence, value[index], low[index], high[index])
            for index, strategy in enumerate(evidence.strategies)
            if strategy != baseline
        ]
    return pd.DataFrame(rows, columns=AdvantageRow._fields)
