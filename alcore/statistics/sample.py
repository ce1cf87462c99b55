"""A quantity that is linear in learning curves: its mean over repetitions, interval, error and test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit  # scipy.stats would cost the dashboard 60 MB and half a second

from alcore.statistics.resampling import LEVEL, interval, mean_of_defined


@dataclass(frozen=True)
class Sample:
    """Values of the same quantities in R repetitions, and replicates of their mean.

    values: (R, ...); replicates: (B, ...); common: (B, ...) the part of the replicates that all repetitions
    have in common (see `alcore.statistics.shared_tests`), None if none.
    """

    values: np.ndarray
    replicates: np.ndarray
    common: np.ndarray | None = None

    def __sub__(self, other: Sample) -> Sample:
        """The paired difference: within each repetition and each replicate."""
        common = self.common
        if other.common is not None:
            common = -other.common if common is None else common - other.common
        return Sample(self.values - other.values, self.replicates - other.replicates, common)

    @property
    def mean(self) -> np.ndarray:
        """(...) over the repetitions in which a quantity is defined."""
        return mean_of_defined(self.values)

    @property
    def error(self) -> np.ndarray:
        """(...) standard error of the mean: of the repetitions, and of what they have in common."""
        if len(self.values) == 1:
            return self.replicates.std(axis=0)
        return np.sqrt(self._own_variance + self._common_variance)

    @property
    def freedom(self) -> np.ndarray:
        """(...) degrees of freedom of the error; R - 1 where repetitions have nothing in common.

        Source: Satterthwaite 1946, Biometrics Bulletin 2; the common part counts as known.
        """
        own, whole = self._own_variance, self._own_variance + self._common_variance
        part = np.divide(own, whole, out=np.ones(np.shape(own)), where=whole > 0)
        least = np.divide(1, part**2, out=np.full(np.shape(own), 1e9), where=part > 1e-4)
        return (len(self.values) - 1) * least

    def interval(self, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper (...) bounds: Student's t interval; with one repetition, of the replicates.

        What repetitions have in common makes it wider, and never narrower, which more degrees of freedom
        could do where repetitions happen to agree. NaN where a quantity is undefined in some repetition.
        """
        if len(self.values) == 1:
            return interval(self.replicates, level)
        mean, tail = self.values.mean(axis=0), (1 + level) / 2
        alone = stdtrit(len(self.values) - 1, tail) * np.sqrt(self._own_variance)
        half = np.maximum(stdtrit(self.freedom, tail) * self.error, alone)
        return mean - half, mean + half

    def p_values(self) -> np.ndarray:
        """(...) two-sided p-values of "the mean is zero".

        With two or more repetitions, Student's paired t-test over them, whose error includes what repetitions
        have in common. With one, a normal test with the standard error of the replicates over test patches,
        conditional on the trained models. 1 where all values are zero, NaN where one or a replicate is
        undefined.
        """
        mean = self.values.mean(axis=0)
        if len(self.values) == 1:
            return 2 * ndtr(-_ratio(mean, self.error))
        alone = stdtr(len(self.values) - 1, -_ratio(mean, np.sqrt(self._own_variance)))
        return 2 * np.maximum(stdtr(self.freedom, -_ratio(mean, self.error)), alone)

    @property
    def _own_variance(self) -> np.ndarray:
        return self.values.var(axis=0, ddof=1) / len(self.values)

    @property
    def _common_variance(self) -> np.ndarray:
        return np.zeros(self.values.shape[1:]) if self.common is None else self.common.var(axis=0)


def _ratio(mean: np.ndarray, error: np.ndarray) -> np.ndarray:
    """(...) how many errors a mean is away from 0: 0 where both are 0, NaN where one is undefined."""
    size = np.divide(np.abs(mean), error, out=np.where(mean == 0, 0.0, np.inf), where=error != 0)
    return np.where(np.isnan(mean) | np.isnan(error), np.nan, size)
