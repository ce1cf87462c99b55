"""Results of many cells -> the frames behind the study's figures.

Every difference is paired inside its cell: repetition by repetition, or over the same test patches.
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
"""Evidence by π₀: the cells of a study that differ in nothing else."""


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
    """The advantage where the model is deployed as it was trained, π₁ = π₀; columns as `advantage_grid`."""
    frames = [
        advantage_grid({pool: evidence}, metric, baseline, (evidence.pool_prevalence,))
        for pool, evidence in cells.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else advantage_grid({}, metric, baseline, ())


def loss_under_shift(cells: EvidenceByPool, metric: str, baseline: str, prevalence: float) -> pd.DataFrame:
    """How the advantage over the baseline changes when the models are deployed at π₁ instead of at π₀.

    Advantage at π₁ minus advantage at π₀, of the same models on the same patches: repetition by repetition,
    replicate by replicate. Negative: shift costs so much of the gain.

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
    """`comparison.summarise` with `bound_savings` of every cell, and pool_prevalence before them."""
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
    """Who comes first: strategies by AUBC within each π₀, 1 the best, ties sharing the mean of their places.

    Args:
        summary: of `summaries`.
    Returns:
        One row per strategy, one column per π₀, and a column mean; sorted by it. NaN where AUBC is undefined.
    """
    table = summary.pivot(index="strategy", columns="pool_prevalence", values="aubc")
    places = table.rank(ascending=False)
    return places.assign(mean=places.mean(axis=1)).sort_values("mean")


def penalties(cells: EvidenceByPool, metric: str, prevalence: float) -> tuple[np.ndarray, list[str]]:
    """`estimands.penalty_matrix` added up over the cells: (S, S), and the names that all share."""
    shared = [
        name
        for name in next(iter(cells.values())).strategies
        if all(name in evidence.strategies for evidence in cells.values())
    ]
    matrices = [
        penalty_matrix(evidence.curves(metric, prevalence).only(shared)) for evidence in cells.values()
    ]
    return np.sum(matrices, axis=0), shared
