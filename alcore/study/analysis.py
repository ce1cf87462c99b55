"""Results of many cells -> the frames behind the study's figures.

Every difference is paired within its cell: by repetition, or over the same test patches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alcore.statistics.comparison import Question, advantage_over_prevalence, bound_savings, summarise
from alcore.statistics.estimands import AnyEvidence, aubc, penalty_matrix
from alcore.statistics.frames import GridRow, LossRow
from alcore.statistics.resampling import interval, mean_of_defined

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
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=GridRow._fields)
    return frame.assign(is_clear=(frame["low"] > 0) | (frame["high"] < 0))[list(GridRow._fields)]


def gain_without_shift(cells: EvidenceByPool, metric: str, baseline: str) -> pd.DataFrame:
    """The advantage without label shift, π₁ = π₀; columns as in `advantage_grid`."""
    frames = [
        advantage_grid({pool: evidence}, metric, baseline, (evidence.pool_prevalence,))
        for pool, evidence in cells.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else advantage_grid({}, metric, baseline, ())


def loss_under_shift(cells: EvidenceByPool, metric: str, baseline: str, prevalence: float) -> pd.DataFrame:
    """How the advantage over the baseline changes when the models are deployed at π₁ instead of at π₀.

    Advantage at π₁ minus advantage at π₀, for the same models on the same patches, paired within each
    repetition and each replicate. A negative value is the part of the gain lost to the shift.

    Returns:
        `LossRow`s, one per π₀ and strategy.
    """
    rows = []
    for pool, evidence in cells.items():
        if baseline not in evidence.strategies:
            continue
        deployed, pooled = (
            evidence.curves(metric, at).minus(baseline) for at in (prevalence, evidence.pool_prevalence)
        )
        values = aubc(deployed.values, deployed.share) - aubc(pooled.values, pooled.share)
        low, high = interval(
            aubc(deployed.replicates, deployed.share) - aubc(pooled.replicates, pooled.share)
        )
        change = mean_of_defined(values)
        rows += [
            LossRow(pool, strategy, change[index], low[index], high[index])
            for index, strategy in enumerate(evidence.strategies)
            if strategy != baseline
        ]
    return pd.DataFrame(rows, columns=LossRow._fields)


def summaries(cells: EvidenceByPool, metric: str, baseline: str, prevalence: float) -> pd.DataFrame:
    """`comparison.summarise` and `bound_savings` for every cell, with pool_prevalence as the first column."""
    question = Question(metric, prevalence, baseline)
    frames = []
    for pool, evidence in cells.items():
        rows = bound_savings(
            summarise(evidence, question), budget=int(evidence.labelled[-1]), baseline=baseline
        )
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
    """`estimands.penalty_matrix` summed over the cells: (S, S), and the strategies that all cells share."""
    shared = [
        name
        for name in next(iter(cells.values())).strategies
        if all(name in evidence.strategies for evidence in cells.values())
    ]
    matrices = [
        penalty_matrix(evidence.curves(metric, prevalence).only(shared)) for evidence in cells.values()
    ]
    return np.sum(matrices, axis=0), shared
