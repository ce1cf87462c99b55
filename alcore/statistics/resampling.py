"""Bootstrap replicates: the uncertainty of an estimate, as draws of the values it might have taken.

There are two sources of uncertainty, and every interval says which one it covers:

- *Repetitions*, where a run has two or more: another pool, first query and initial weights, and another
  test set where these differ between repetitions; `alcore.statistics.shared_tests` adds the error of the
  test patches that they share. A replicate is the mean plus randomly weighted deviations of the repetitions
  from it, with weights scaled so that the interval of a mean is Student's t interval. Means, areas and their
  differences, which are linear, have that interval itself (`alcore.statistics.sample`). With 2 to 10
  repetitions, resampling whole repetitions instead would give intervals that are far too narrow (see
  tests/benchmarks/coverage.py).
- *Test patches*, where there is one repetition: another draw of as many clean and as many defective test
  patches for the same trained models. It does not cover another pool or another training run, so such an
  interval is too narrow for a claim about a strategy.

Replicates of all strategies and cycles come from the same draws, so differences are paired, and areas,
budgets and crossings are computed within each replicate.

Source: multiplier (wild) bootstrap, Wu 1986, Annals of Statistics 14; stratified bootstrap, Davison & Hinkley
1997, Bootstrap Methods and their Application, section 3.2.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from alcore.metrics import patch_iou
from alcore.streams import Purpose, stream

LEVEL = 0.95
"""The confidence level of all intervals."""

OF_REPETITIONS, _OF_PATCHES = 4000, 1000
_MOST_KEPT = 1000  # test patches of a class whose draws are kept in memory: 8 MB, for eight such sizes


def repetition_replicates(values: np.ndarray) -> np.ndarray:
    """Replicates of the mean over repetitions.

    Args:
        values: (R, ...), R >= 2.
    Returns:
        (4000, ...); NaN where any repetition is: a value that is defined in only some of them has no
        interval.
    Source: multiplier (wild) bootstrap, Wu 1986, Annals of Statistics 14.
    """
    count, shape = len(values), values.shape[1:]
    values = values.reshape(count, -1)
    mean = values.mean(axis=0)
    replicates = mean + student_weights(count) @ (values - mean)
    return replicates.reshape(-1, *shape)


def patch_replicates(counts: np.ndarray, defective: np.ndarray) -> np.ndarray:
    """Replicates of class means over test patches that several evaluations share.

    Args:
        counts: (E, T, 4) from E evaluations of the same test patches.
        defective: (T,) bool.
    Returns:
        (1000, E, 2, 5), as `alcore.metrics.class_means` of each resampled test set.
    Source: stratified bootstrap, Davison & Hinkley 1997, section 3.2.
    """
    ious = np.array([patch_iou(one) for one in counts])
    rows = np.concatenate([counts, ious[..., None]], axis=2).swapaxes(0, 1)  # (T, E, 5)
    flat = rows.reshape(len(rows), 5 * len(counts))
    means = [resampled_means(flat[members]) for members in (~defective, defective)]
    return np.stack(means, axis=1).reshape(_OF_PATCHES, 2, len(counts), 5).swapaxes(1, 2)


def resampled_means(rows: np.ndarray) -> np.ndarray:
    """(n, k) rows -> (1000, k) means of n rows drawn with replacement, NaN of none; equal n, equal draws."""
    if not len(rows):
        return np.full((_OF_PATCHES, rows.shape[1]), np.nan)
    return np.concatenate([shares @ rows for shares in _shares(len(rows))])


def interval(replicates: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """(B, ...) replicates -> lower and upper (...) bounds of the central `level`.

    NaN replicates are left out; bounds are NaN where all replicates are. Infinite replicates, which stand
    for "never", count as beyond every number.
    """
    tails = ((1 - level) / 2, (1 + level) / 2)
    if np.isfinite(replicates).all():
        low, high = np.quantile(replicates, tails, axis=0)
        return low, high
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all-NaN columns are meant to give NaN
        low, high = np.nanquantile(replicates, tails, axis=0, method="closest_observation")
    return low, high


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """(R, ...) -> (...) mean over the defined values; NaN where there is none."""
    defined = (~np.isnan(values)).sum(axis=0)
    total = np.nansum(values, axis=0)
    return np.divide(total, defined, out=np.full(total.shape, np.nan), where=defined > 0)


@lru_cache(maxsize=32)
def student_weights(repetitions: int) -> np.ndarray:
    """(4000, R) weights: the weighted deviations of R numbers from their mean add up to draws of Student's t,
    with R - 1 degrees of freedom and the mean's standard error as its scale.
    """
    rng = stream(0, Purpose.BOOTSTRAP, repetitions)
    freedom = repetitions - 1
    half = rng.standard_normal((OF_REPETITIONS // 2, repetitions))
    normal = np.concatenate([half, -half])  # in pairs of opposite sign, so that the mean stays where it is
    spread = np.tile(rng.chisquare(freedom, OF_REPETITIONS // 2), 2)
    return normal * np.sqrt(freedom / spread / (repetitions * freedom))[:, None]


def _shares(size: int) -> Iterable[np.ndarray]:
    """(100, n) shares of each of n rows in resampled means, ten times."""
    return _kept_shares(size) if size <= _MOST_KEPT else _drawn_shares(size)


def _drawn_shares(size: int) -> Iterator[np.ndarray]:
    rng = stream(0, Purpose.BOOTSTRAP, 0, size)
    for _ in range(10):  # in parts, since a test set of a million patches would fill gigabytes
        yield rng.multinomial(size, np.full(size, 1 / size), size=_OF_PATCHES // 10) / size


@lru_cache(maxsize=8)
def _kept_shares(size: int) -> list[np.ndarray]:
    return list(_drawn_shares(size))
