"""One run's evidence -> the tidy frames and sentences that the Compare page shows and hands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.resampling import interval, repetition_replicates
from alcore.statistics import (
    Curves,
    Estimate,
    Evidence,
    aubc,
    enrichment,
    holm,
    labels_saved,
    labels_to_reach,
    paired_p_values,
)


@dataclass(frozen=True)
class Question:
    """What is asked of a run: a metric at the prevalence π₁ of use, against a baseline strategy.

    target: the metric's value that labels saved are counted to; None for each strategy's own final value.
    """

    metric: str
    prevalence: float
    baseline: str
    target: float | None = None


def summarise(evidence: Evidence, question: Question) -> pd.DataFrame:
    """One row a strategy; every estimate has `_low` and `_high` bounds of its 95 % interval.

    Columns: strategy; aubc at π₁; advantage, aubc minus the baseline's; aubc_pool, the same models' at π₀;
    shift, aubc minus aubc_pool; final, the metric after the last cycle; labels, needed to reach the target;
    saved, labels saved against the baseline, inf where the baseline never reaches it; enrichment. NaN where
    something is undefined, or the run lacks the baseline.
    """
    here = evidence.curves(question.metric, question.prevalence)
    pool = evidence.curves(question.metric, evidence.pool_prevalence)
    baseline = here.row(question.baseline) if question.baseline in here.strategies else None
    rows = []
    for index, strategy in enumerate(evidence.strategies):
        estimates = _of_strategy(here, pool, index) | _against(here, index, baseline, question.target)
        estimates["enrichment"] = _enrichment(evidence, index)
        row: dict[str, object] = {"strategy": strategy}
        for name, estimate in estimates.items():
            row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        rows.append(row)
    return pd.DataFrame(rows)


def _of_strategy(here: Curves, pool: Curves, index: int) -> dict[str, Estimate]:
    area, areas = aubc(here.mean[index], here.share), aubc(here.replicates[:, index], here.share)
    area_pool = aubc(pool.mean[index], pool.share)
    areas_pool = aubc(pool.replicates[:, index], pool.share)
    return {
        "aubc": Estimate.of(area, areas.clip(0, 1)),
        "aubc_pool": Estimate.of(area_pool, areas_pool.clip(0, 1)),
        "shift": Estimate.of(area - area_pool, areas - areas_pool),
        "final": Estimate.of(here.mean[index, -1], here.replicates[:, index, -1].clip(0, 1)),
    }


def _against(here: Curves, index: int, baseline: int | None, target: float | None) -> dict[str, Estimate]:
    own, owns = here.mean[index], here.replicates[:, index]
    goal = own[-1] if target is None else target
    labels = Estimate(float(labels_to_reach(own, here.labelled, goal)))
    if baseline is None or index == baseline:
        return {"advantage": Estimate(np.nan), "labels": labels, "saved": Estimate(np.nan)}
    other, others = here.mean[baseline], here.replicates[:, baseline]
    difference, differences = own - other, owns - others
    saved = labels_saved(own, other, here.labelled, target=target)
    saveds = labels_saved(owns, others, here.labelled, target=target)
    return {
        "advantage": Estimate.of(aubc(difference, here.share), aubc(differences, here.share)),
        "labels": labels,
        "saved": Estimate.of(saved, saveds) if not np.isnan(saved) else Estimate(np.nan),
    }


def lower_bounds(summary: pd.DataFrame, budget: int) -> pd.DataFrame:
    """Replace savings that are censored, "never reached", by what is known: at least budget minus own labels.

    Returns:
        The frame with finite `saved`, and a column saved_is_bound that says where it is such a bound.
    """
    is_bound = np.isinf(summary["saved"])
    bound = summary["saved"].where(~is_bound, budget - summary["labels"])
    return summary.assign(saved=bound, saved_is_bound=is_bound)


def _enrichment(evidence: Evidence, index: int) -> Estimate:
    values = enrichment(evidence.query_share[:, index], evidence.pool_prevalence)
    if evidence.repetitions == 1:
        return Estimate(float(values[0]))
    return Estimate.of(values.mean(), repetition_replicates(values))


def curve_frame(evidence: Evidence | None, metric: str, prevalence: float) -> pd.DataFrame:
    """One row a strategy and cycle: strategy, cycle, labelled, share, value, low, high; or no row.

    The value is the mean over repetitions, the bounds those of its 95 % interval, within [0, 1].
    """
    names = ["strategy", "cycle", "labelled", "share", "value", "low", "high"]
    if evidence is None:
        return pd.DataFrame(columns=names)
    curves = evidence.curves(metric, prevalence)
    low, high = interval(curves.replicates)
    size, cycles = len(curves.strategies), len(curves.labelled)
    columns = (
        np.repeat(curves.strategies, cycles),
        *(np.tile(axis, size) for axis in (evidence.cycles, curves.labelled, curves.share)),
        *(block.ravel() for block in (curves.mean, low.clip(0, 1), high.clip(0, 1))),
    )
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def by_budget(evidence: Evidence, question: Question) -> pd.DataFrame:
    """`curve_frame` with, against the baseline, difference, difference_low, difference_high, p_adjusted (Holm
    over the budgets after the shared first) and significant.
    """
    frame = curve_frame(evidence, question.metric, question.prevalence)
    curves = evidence.curves(question.metric, question.prevalence)
    parts = [
        rows.assign(**_differences(curves, strategy, question.baseline))
        for strategy, rows in frame.groupby("strategy", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _differences(curves: Curves, strategy: str, baseline: str) -> dict[str, np.ndarray]:
    count = len(curves.labelled)
    nothing = np.full(count, np.nan)
    names = ("difference", "difference_low", "difference_high", "p_adjusted")
    if strategy == baseline or baseline not in curves.strategies:
        return dict.fromkeys(names, nothing) | {"significant": np.zeros(count, dtype=bool)}
    index, other = curves.row(strategy), curves.row(baseline)
    differences = curves.values[:, index] - curves.values[:, other]
    replicates = curves.replicates[:, index] - curves.replicates[:, other]
    low, high = interval(replicates)
    adjusted = nothing.copy()
    adjusted[1:] = holm(paired_p_values(differences[:, 1:], replicates[:, 1:]))
    values = (curves.mean[index] - curves.mean[other], low, high, adjusted)
    return dict(zip(names, values, strict=True)) | {"significant": adjusted < 0.05}


def advantage_over_prevalence(
    evidence: Evidence, question: Question, prevalences: tuple[float, ...]
) -> pd.DataFrame:
    """The AUBC advantage over the baseline where a share π of images is defective, for each π.

    Returns:
        One row a strategy and prevalence: strategy, prevalence, advantage, low, high. Empty without baseline.
    """
    rows = []
    for prevalence in prevalences:
        curves = evidence.curves(question.metric, prevalence)
        if question.baseline not in curves.strategies:
            break
        values = aubc(curves.mean, curves.share)
        replicates = aubc(curves.replicates, curves.share)
        base = curves.row(question.baseline)
        low, high = interval(replicates - replicates[:, [base]])
        rows += [
            (strategy, prevalence, values[index] - values[base], low[index], high[index])
            for index, strategy in enumerate(curves.strategies)
            if index != base
        ]
    return pd.DataFrame(rows, columns=["strategy", "prevalence", "advantage", "low", "high"])
