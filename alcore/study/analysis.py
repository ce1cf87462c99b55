"""Results of many cells -> the frames behind the study's figures.

Every difference is paired within its cell: by repetition, or over the same test patches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alcore.statistics.comparison import Question, advantage_over_prevalence, learned, summarise
from alcore.statistics.estimands import AnyEvidence, Curves
from alcore.statistics.frames import CounterfactualRow, GridRow, LossRow
from alcore.statistics.multiplicity import false_discovery, penalty_matrix
from alcore.statistics.resampling import LEVEL, interval
from alcore.statistics.savings import labels_to_reach

EvidenceByPool = Mapping[float, AnyEvidence]
"""Evidence by π₀: cells of a study that differ only in π₀."""


def advantage_grid(
    cells: EvidenceByPool, metric: str, baseline: str, prevalences: Sequence[float]
) -> pd.DataFrame:
    """The AUBC advantage over the baseline at every π₀ and π₁.

    Returns:
        `GridRow`s, one per π₀, strategy and π₁.
    """
    frames = [
        advantage_over_prevalence(evidence, metric, baseline, tuple(prevalences)).assign(pool_prevalence=pool)
        for pool, evidence in cells.items()
    ]
    return _marked(frames, GridRow)


def gain_without_shift(cells: EvidenceByPool, metric: str, baseline: str) -> pd.DataFrame:
    """The advantage without label shift, π₁ = π₀; columns as in `advantage_grid`."""
    frames = [
        advantage_over_prevalence(evidence, metric, baseline, (evidence.pool_prevalence,)).assign(
            pool_prevalence=pool
        )
        for pool, evidence in cells.items()
    ]
    return _marked(frames, GridRow)


def _marked(frames: Sequence[pd.DataFrame], row: type[GridRow | LossRow | CounterfactualRow]) -> pd.DataFrame:
    """One frame, whose rows are one family of tests; a difference is clear after the correction."""
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=row._fields)
    adjusted = false_discovery(frame["p_value"].to_numpy(dtype=float))
    alone = frame["p_value"].astype(float) < 1 - LEVEL
    frame = frame.assign(p_adjusted=adjusted, is_clear=adjusted < 1 - LEVEL, is_clear_alone=alone)
    return frame[list(row._fields)]


def loss_under_shift(cells: EvidenceByPool, metric: str, baseline: str, prevalence: float) -> pd.DataFrame:
    """How the advantage over the baseline changes when the models are deployed at π₁ instead of at π₀.

    Advantage at π₁ minus advantage at π₀, for the same models on the same patches, paired within each
    repetition and each replicate. A negative value is the part of the gain lost to the shift. Where π₁ is
    below π₀ every IoU falls, and a difference of two IoUs with them; so the factor, which is free of that,
    stands beside it: what becomes of the ratio of the two areas. There is none unless all four areas are
    clear of zero: where one repetition of five learned anything, every replicate is the same ratio, and its
    interval held the truth in 63 % of simulations.

    Returns:
        `LossRow`s, one per π₀ and strategy.
    """
    frames = []
    for pool, evidence in cells.items():
        if baseline not in evidence.strategies:
            continue
        deployed, pooled = (
            evidence.curves_with_shared_error(metric, at) for at in (prevalence, evidence.pool_prevalence)
        )
        change = deployed.minus(baseline).areas() - pooled.minus(baseline).areas()
        low, high = change.interval()
        factor, factor_low, factor_high, dropped = _factor(deployed, pooled, baseline)
        columns = {
            "pool_prevalence": pool,
            "strategy": list(evidence.strategies),
            "loss": change.mean,
            "low": low,
            "high": high,
            "p_value": change.p_values(),
            "factor": factor,
            "factor_low": factor_low,
            "factor_high": factor_high,
            "factor_dropped": dropped,
            "repetitions": evidence.repetitions,
        }
        frame = pd.DataFrame(columns)
        frames.append(frame[frame["strategy"] != baseline])
    return _marked(frames, LossRow)


def _factor(
    deployed: Curves, pooled: Curves, baseline: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(S,) ratio to the baseline's area at π₁ over that at π₀, its bounds from logarithms, and the share of
    replicates that have no ratio and were dropped, 0 over 0; all NaN unless all areas are clear of zero.
    """
    base = deployed.row(baseline)

    def log_ratio(areas: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(np.maximum(areas, 0))  # a replicate below 0 stands for an area of 0
            return logs - logs[..., [base]]

    here, there = deployed.areas(), pooled.areas()
    with np.errstate(invalid="ignore"):
        value = log_ratio(here.mean) - log_ratio(there.mean)
        drawn = log_ratio(here.replicates) - log_ratio(there.replicates)
        low, high = interval(drawn)
        clear = (here.interval()[0] > 0) & (there.interval()[0] > 0)
        known = np.isfinite(value) & clear & clear[base]
        low, value, high = (
            np.where(known, np.exp(bound), np.nan)
            for bound in (np.fmin(low, value), value, np.fmax(high, value))
        )
    return value, low, high, np.where(known, np.isnan(drawn).mean(axis=0), np.nan)


def counterfactual(
    cells: EvidenceByPool, metric: str, prevalence: float, *, target: float | None = None
) -> pd.DataFrame:
    """What a pool's prevalence costs at π₁: models from pools at π₀ against models from a pool at π₁.

    Shift compares a model with itself elsewhere. A user with a deployment prevalence π₁ and a choice of pools
    asks another question: with the same number of labels, is a model from a richer pool better *there* than
    one from a pool that looks like deployment? Repetitions of two cells are paired by their number, because
    they are judged on the same test patches; with unequal numbers, the first ones are taken.

    Args:
        target: value at which labels are counted; None for half of the best final value of all cells.
    Returns:
        `CounterfactualRow`s, one per π₀ and strategy.
    """
    curves = {pool: evidence.curves_with_shared_error(metric, prevalence) for pool, evidence in cells.items()}
    if target is None:
        finals = [one.mean[:, -1] for one in curves.values()]
        target = float(np.nanmax(np.concatenate(finals))) / 2 if finals else np.nan
    frames = []
    for pool, one in curves.items():
        areas, frame = one.areas(), pd.DataFrame({"strategy": list(one.strategies)})
        frame["aubc"], (low, high) = areas.mean, areas.interval()
        frame = frame.assign(pool_prevalence=pool, low=low.clip(0, 1), high=high.clip(0, 1), target=target)
        frame = frame.assign(learned=learned(one), repetitions=len(one.values))
        frame = frame.assign(**_against_matched(one, curves.get(prevalence)))
        frames.append(frame.assign(**_labels_needed(one, target)))
    return _marked(frames, CounterfactualRow)


def _against_matched(curves: Curves, matched: Curves | None) -> dict[str, np.ndarray]:
    """Differences in area to the same strategies from a pool at π₁; NaN without one, and for itself."""
    names = ("difference", "difference_low", "difference_high", "p_value")
    columns = {name: np.full(len(curves.strategies), np.nan) for name in names}
    if matched is None or matched is curves:
        return columns
    shared = [name for name in curves.strategies if name in matched.strategies]
    pairs = min(len(curves.values), len(matched.values))
    if not shared or len(curves.replicates) != len(matched.replicates):
        return columns
    ours, theirs = (one.first(pairs).only(shared).areas() for one in (curves, matched))
    difference = ours - theirs
    rows = [curves.row(name) for name in shared]
    found = (difference.mean, *difference.interval(), difference.p_values())
    for name, values in zip(names, found, strict=True):
        columns[name][rows] = values
    return columns


def _labels_needed(curves: Curves, target: float) -> dict[str, np.ndarray]:
    """Labels to reach the target, and their bounds; the whole budget stands for "not within it"."""
    budget = curves.labelled[-1]
    value = labels_to_reach(curves.mean, curves.labelled, target)
    low, high = interval(np.minimum(labels_to_reach(curves.replicates, curves.labelled, target), budget))
    capped = np.minimum(value, budget)
    return {
        "labels": capped,
        "labels_low": np.fmin(low, capped),
        "labels_high": np.fmax(high, capped),
        "is_reached": np.isfinite(value),
    }


def summaries(cells: EvidenceByPool, metric: str, baseline: str, prevalence: float) -> pd.DataFrame:
    """`comparison.summarise` for every cell, with pool_prevalence as the first column."""
    question = Question(metric, prevalence, baseline)
    frames = []
    for pool, evidence in cells.items():
        rows = summarise(evidence, question)
        rows.insert(0, "pool_prevalence", pool)
        frames.append(rows)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def ranks(summary: pd.DataFrame) -> pd.DataFrame:
    """Ranks of strategies by AUBC at each π₀: 1 is the best, and ties share the mean of their ranks.

    Args:
        summary: as returned by `summaries`.
    Returns:
        One row per strategy, one column per π₀, and a column mean that sorts the rows; NaN where AUBC is
        undefined.
    """
    table = summary.pivot(index="strategy", columns="pool_prevalence", values="aubc")
    places = table.rank(ascending=False)
    return places.assign(mean=places.mean(axis=1)).sort_values("mean")


def penalties(cells: EvidenceByPool, metric: str, prevalence: float) -> tuple[np.ndarray, list[str]]:
    """`multiplicity.penalty_matrix` of all cells: (S, S), and the strategies that all cells share."""
    shared = [
        name
        for name in next(iter(cells.values())).strategies
        if all(name in evidence.strategies for evidence in cells.values())
    ]
    return penalty_matrix(
        *(evidence.curves_with_shared_error(metric, prevalence).only(shared) for evidence in cells.values())
    ), shared
