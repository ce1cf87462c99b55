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

from alcore.metrics import metric_at
from alcore.statistics.resampling import interval, mean_of_defined, repetition_replicates
from alcore.statistics.sample import Sample
from alcore.statistics.shared_tests import SharedTests


class AnyEvidence(Protocol):
    """What the statistics need from a run's evaluations, whether they come from counts or from logs."""

    @property
    def strategies(self) -> tuple[str, ...]:
        """The names of the S strategies."""
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
        """π₀, the share of defective patches in the pool."""
        ...

    @property
    def query_share(self) -> np.ndarray:
        """(R, S) defective share of all queries after the first."""
        ...

    @property
    def repetitions(self) -> int:
        """R, the number of repetitions that all strategies have finished."""
        ...

    @property
    def prevalences(self) -> tuple[float, ...]:
        """The only prevalences at which values are known, ascending; empty if all prevalences are."""
        ...

    def only(self, strategies: Container[str]) -> Self:
        """The same evidence, for some strategies only."""
        ...

    @property
    def found(self) -> np.ndarray | None:
        """(R, S, C) defective patches labelled by each cycle; None where that is not known."""
        ...

    def curves(self, metric: str, prevalence: float) -> Curves:
        """One metric at one prevalence; its replicates are over repetitions, or test patches, alone."""
        ...

    def curves_with_shared_error(self, metric: str, prevalence: float) -> Curves:
        """The same with the error that repetitions have in common in the replicates: what is compared."""
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
    found: (R, S, C) defective patches labelled by each cycle; None where that is not known.
    test_sizes: numbers of clean and of defective test patches.
    shared: test patches that repetitions have in common; None with one repetition, or where none are.
    pool_overlap: mean share of a repetition's pool that another one has too; None where that is not known.
    pool_overlap_by_class: the same of its clean and of its defective patches, see `overlap_by_class`.
    alarmed: (R, S, C) clean test patches with a false alarm, a pixel at ½ or above; None where not known.
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
    found: np.ndarray | None = None
    test_sizes: tuple[int, int] | None = None
    shared: SharedTests | None = None
    pool_overlap: float | None = None
    pool_overlap_by_class: tuple[float, float] | None = None
    alarmed: np.ndarray | None = None

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
            found=None if self.found is None else self.found[:, rows],
            alarmed=None if self.alarmed is None else self.alarmed[:, rows],
            shared=None if self.shared is None else self.shared.only(rows),
        )

    def curves_with_shared_error(self, metric: str, prevalence: float) -> Curves:
        """`curves` whose replicates also have the error of the test patches that repetitions share."""
        curves = self.curves(metric, prevalence)
        if self.shared is None:
            return curves
        common = self.shared.replicates(metric, prevalence)
        return replace(curves, replicates=curves.replicates + common, common=common)

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
    """A metric against labels. values: (R, S, C); replicates: (B, S, C) of their mean over repetitions.

    common: (B, S, C) the part of the replicates that all repetitions have in common, of mean 0; None if none.
    """

    strategies: tuple[str, ...]
    labelled: np.ndarray
    pool_size: int
    values: np.ndarray
    replicates: np.ndarray
    common: np.ndarray | None = None

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
            common=None if self.common is None else self.common[:, rows],
        )

    def first(self, count: int) -> Curves:
        """The curves of the first `count` repetitions; with fewer than all, replicates are made again."""
        if count == len(self.values):
            return self
        values = self.values[:count]
        replicates = repetition_replicates(values) if count > 1 else np.full_like(self.replicates, np.nan)
        if self.common is not None and count > 1:
            replicates = replicates + self.common
        return replace(self, values=values, replicates=replicates)

    def minus(self, baseline: str) -> Curves:
        """Every strategy's difference from a baseline, within each repetition and each replicate."""
        base = [self.row(baseline)]
        return replace(
            self,
            values=self.values - self.values[:, base],
            replicates=self.replicates - self.replicates[:, base],
            common=None if self.common is None else self.common - self.common[:, base],
        )

    def at_budgets(self) -> Sample:
        """Every strategy at every budget, (S, C)."""
        return Sample(self.values, self.replicates, self.common)

    def areas(self) -> Sample:
        """Every strategy's AUBC, (S,)."""
        return Sample(
            aubc(self.values, self.share),
            aubc(self.replicates, self.share),
            None if self.common is None else aubc(self.common, self.share),
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

    @classmethod
    def at(cls, sample: Sample, index: int) -> Estimate:
        """Of one of the (K,) quantities of a sample."""
        low, high = sample.interval()
        return cls(float(sample.mean[index]), float(low[index]), float(high[index]))


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
