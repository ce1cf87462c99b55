"""The estimands: the definition of every number that is compared, in one place.

Notation: a run has R finished repetitions, S strategies and C budgets (cycles). `Curves` holds one metric at
one prevalence for all of them. Functions of curves take arrays whose last axis is the budget, so the same
function works on single repetitions, on their mean and on bootstrap replicates.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np
from scipy.special import ndtr, stdtr  # scipy.stats would cost the dashboard 60 MB and half a second

from alcore.metrics import metric_at
from alcore.statistics.resampling import LEVEL, interval, mean_of_defined, repetition_replicates


class AnyEvidence(Protocol):
    """What the statistics need from a run's evaluations, whether they come from counts or from logs."""

    @property
    def strategies(self) -> tuple[str, ...]:
        """S names."""
        ...

    @property
    def cycles(self) -> np.ndarray:
        """(C,) numbers of the cycles compared."""
        ...

    @property
    def labelled(self) -> np.ndarray:
        """(C,) labels bought by then."""
        ...

    @property
    def pool_size(self) -> int:
        """Patches in the pool."""
        ...

    @property
    def pool_prevalence(self) -> float:
        """π₀."""
        ...

    @property
    def query_share(self) -> np.ndarray:
        """(R, S) defective share of all queries after the first."""
        ...

    @property
    def repetitions(self) -> int:
        """R."""
        ...

    @property
    def prevalences(self) -> tuple[float, ...]:
        """The only prevalences at which values are known, ascending; empty if all prevalences are."""
        ...

    def only(self, strategies: Container[str]) -> Self:
        """The same evidence, for some strategies only."""
        ...

    def curves(self, metric: str, prevalence: float) -> Curves:
        """One metric at one prevalence."""
        ...


class Evaluation(NamedTuple):
    """One evaluation: whose, and its (2, 5) class means, see `alcore.metrics.class_means`."""

    strategy: str
    repetition: int
    cycle: int
    labelled: int
    means: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """All that the statistics need from a run's evaluations; independent of the prevalence.

    strategies: S names; cycles: (C,) numbers of the cycles compared; labelled: (C,) labels bought by then.
    pool_size, pool_prevalence: of the pool.
    means: (R, S, C, 2, 5), see `alcore.metrics.class_means`.
    resampled: (B, S, C, 2, 5), the same over resampled test patches, where R is 1; else None.
    query_share: (R, S), defective share of all queries after the first; NaN with a single cycle.
    test_sizes: numbers of clean and of defective test patches, where `resampled` is given.
    """

    strategies: tuple[str, ...]
    cycles: np.ndarray
    labelled: np.ndarray
    pool_size: int
    pool_prevalence: float
    means: np.ndarray
    resampled: np.ndarray | None
    query_share: np.ndarray
    prevalences: tuple[float, ...] = ()
    test_sizes: tuple[int, int] | None = None

    @property
    def repetitions(self) -> int:
        """R, repetitions that all strategies have finished."""
        return len(self.means)

    def only(self, strategies: Container[str]) -> Evidence:
        """The same evidence, for some strategies only, in the run's order."""
        rows = [row for row, name in enumerate(self.strategies) if name in strategies]
        return replace(
            self,
            strategies=tuple(self.strategies[row] for row in rows),
            means=self.means[:, rows],
            resampled=None if self.resampled is None else self.resampled[:, rows],
            query_share=self.query_share[:, rows],
        )

    def curves(self, metric: str, prevalence: float) -> Curves:
        """One metric at one prevalence, with replicates; no model is evaluated again."""
        values = metric_at(self.means, metric, prevalence)
        if self.resampled is None:
            replicates = repetition_replicates(values)
        else:
            replicates = metric_at(self.resampled, metric, prevalence)
        return Curves(self.strategies, self.labelled, self.pool_size, values, replicates)


@dataclass(frozen=True)
class Curves:
    """A metric against labels. values: (R, S, C); replicates: (B, S, C) of their mean over repetitions."""

    strategies: tuple[str, ...]
    labelled: np.ndarray
    pool_size: int
    values: np.ndarray
    replicates: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """(S, C) mean over the repetitions in which the metric is defined."""
        return mean_of_defined(self.values)

    @property
    def share(self) -> np.ndarray:
        """(C,) labels bought, as a share of the pool."""
        return self.labelled / self.pool_size

    def only(self, strategies: Sequence[str]) -> Curves:
        """The curves of some strategies, in the order given."""
        rows = [self.row(strategy) for strategy in strategies]
        return replace(
            self,
            strategies=tuple(strategies),
            values=self.values[:, rows],
            replicates=self.replicates[:, rows],
        )

    def minus(self, baseline: str) -> Curves:
        """Every strategy's difference from a baseline, within each repetition and each replicate."""
        base = [self.row(baseline)]
        return replace(
            self,
            values=self.values - self.values[:, base],
            replicates=self.replicates - self.replicates[:, base],
        )

    def row(self, strategy: str) -> int:
        """Index of a strategy on the S axis."""
        return self.strategies.index(strategy)


@dataclass(frozen=True)
class Estimate:
    """A number with the bounds of its 95 % interval; NaN where undefined or unknown, ±inf for "never"."""

    value: float
    low: float = np.nan
    high: float = np.nan

    @classmethod
    def of(cls, value: float | np.ndarray, replicates: np.ndarray) -> Estimate:
        """From the point estimate and its (B,) replicates."""
        low, high = interval(replicates)
        return cls(float(value), float(low), float(high))


def aubc(values: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Normalised area under the budget curve (AUBC): the metric's average over the budgets bought.

    The trapezoid rule over the labelled share of the pool, divided by the range of that share, so that a
    constant curve has its own value as its area. With a single budget there is no range, so the area is NaN.

    Args:
        values: (..., C) of a metric; labelled: (C,) labels, or shares of the pool, increasing.
    Returns:
        (...) in the metric's own unit; NaN if any budget's value is.
    Source: Zhan et al. 2021, arXiv:2103.03142 (AUBC); numpy's trapezoid is scipy's.
    """
    if len(labelled) < 2:
        return np.full(values.shape[:-1], np.nan)
    return np.trapezoid(values, labelled, axis=-1) / (labelled[-1] - labelled[0])


def labels_to_reach(values: np.ndarray, labelled: np.ndarray, target: np.ndarray | float) -> np.ndarray:
    """Labels at which a curve first reaches a target, interpolated linearly between budgets.

    Args:
        values: (..., C); labelled: (C,), increasing; target: (...) or one number.
    Returns:
        (...) labels; the first budget if the curve starts above the target; inf if it never reaches it; NaN
        if the target is NaN.
    """
    target = np.broadcast_to(np.asarray(target, dtype=float), values.shape[:-1])
    reached = values >= target[..., None]
    first = reached.argmax(axis=-1)
    before = np.maximum(first - 1, 0)
    high = np.take_along_axis(values, first[..., None], axis=-1)[..., 0]
    low = np.take_along_axis(values, before[..., None], axis=-1)[..., 0]
    rise = high - low
    part = np.divide(target - low, rise, out=np.ones(rise.shape), where=(rise > 0) & (first > 0))
    labels = labelled[before] + part * (labelled[first] - labelled[before])
    labels = np.where(reached.any(axis=-1), labels, np.inf)
    return np.where(np.isnan(target), np.nan, labels)


def labels_saved(
    own: np.ndarray, baseline: np.ndarray, labelled: np.ndarray, *, target: float | None = None
) -> np.ndarray:
    """Labels that a strategy saves: the labels the baseline needs to reach the target, minus its own.

    The target is the strategy's own final value unless another is given. If the baseline never reaches it,
    the saving is censored: it is at least the whole budget minus the strategy's own labels, and is returned
    as inf. If only the strategy itself never reaches a given target, the saving is censored the other way and
    returned as -inf: at most the baseline's labels minus the whole budget. If neither reaches it, NaN.

    Args:
        own, baseline: (..., C) curves; labelled: (C,) labels.
        target: a value of the metric, or None.
    Returns:
        (...) labels, negative where the baseline was faster; inf or -inf where censored.
    """
    goal = own[..., -1] if target is None else target
    mine = labels_to_reach(own, labelled, goal)
    theirs = labels_to_reach(baseline, labelled, goal)
    with np.errstate(invalid="ignore"):
        return theirs - mine  # inf - inf, where neither reaches it, is NaN


def enrichment(query_share: np.ndarray, pool_prevalence: float) -> np.ndarray:
    """How many times more defective patches a strategy's queries contain than random queries would.

    The defective share of all its queries after the first (which is random for every strategy), divided by
    π₀.
    Random sampling has 1 on average; the largest possible value is 1/π₀.

    Args:
        query_share: (...) defective shares; pool_prevalence: π₀.
    """
    return query_share / pool_prevalence


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's correction: p-values adjusted for being the smallest of many.

    The k-th smallest of m is multiplied by m - k + 1, never below an earlier one, never above 1. If all
    those below α are called significant, the probability of one or more false positives is at most α.

    Args:
        p_values: (m,).
    Source: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def paired_p_values(differences: np.ndarray, replicates: np.ndarray) -> np.ndarray:
    """Two-sided p-value, for each budget, of "the difference is zero".

    With two or more repetitions, Student's paired t-test over them. With one, a normal test with the standard
    error of the replicates over test patches, conditional on the trained models.

    Args:
        differences: (R, C), one strategy minus another; replicates: (B, C) of their mean.
    Returns:
        (C,); 1 where all differences are zero, NaN where a difference or a replicate is undefined.
    """
    count = len(differences)
    mean = differences.mean(axis=0)
    error = differences.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else replicates.std(axis=0)
    size = np.divide(np.abs(mean), error, out=np.where(mean == 0, 0.0, np.inf), where=error != 0)
    return 2 * (stdtr(count - 1, -size) if count > 1 else ndtr(-size))


def penalty_matrix(curves: Curves, *, level: float = LEVEL) -> np.ndarray:
    """Who beats whom: entry (i, j) is the share of budgets at which strategy i is significantly above j.

    The strategy in the row beats the one in the column: a good strategy has large numbers in its row and
    small ones in its column. Significant means a Holm-adjusted p-value (over the pair's budgets) below 1 -
    level. The first budget is left out, since all strategies share it. Over several runs the matrices add up.

    Returns:
        (S, S), 0 on the diagonal, entry (i, j) + entry (j, i) at most 1; zeros with a single budget.
    Source: Ash et al. 2020, arXiv:1906.03671, section 4 (there with uncorrected tests).
    """
    size, budgets = len(curves.strategies), len(curves.labelled) - 1
    matrix = np.zeros((size, size))
    for j, beaten in enumerate(curves.strategies):
        differences = curves.minus(beaten)
        for i in range(size):
            if i == j or budgets < 1:
                continue
            own = differences.values[:, i, 1:]
            p_values = holm(paired_p_values(own, differences.replicates[:, i, 1:]))
            matrix[i, j] = ((p_values < 1 - level) & (own.mean(axis=0) > 0)).sum() / budgets
    return matrix
