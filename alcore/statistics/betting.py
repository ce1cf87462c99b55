"""Intervals that hold at every moment and assume no distribution, and a test of whether one is needed.

The interval of `alcore.statistics.anytime` assumes normal differences. Where a strategy collapses in some
repetitions, differences are a mixture of two groups, and its false alarms are 19 to 24 % instead of 5 %
(`make bench-peeking`). A difference of two metrics lies between -1 and 1 whatever its distribution, and a
gambler who bets against a mean m of such numbers cannot expect to gain if it is the true one:

    K_t(m) = Π (1 + λ_i (x_i - m)),  x in 0..1, λ_i chosen before x_i is seen

By Ville's inequality the capital ever reaches 1/α with a probability of α at most; the interval holds every m
against which it has not. It is wide: with few repetitions it often says nothing, because little is known
without an assumption. Both assume repetitions that are drawn independently of one another.

Source: Waudby-Smith & Ramdas 2023, Journal of the Royal Statistical Society B 86 (hedged capital,
predictable plug-in bets); Ville 1939. The test: Engelman & Hartigan 1969, Journal of the American Statistical
Association 64.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from alcore.statistics.resampling import LEVEL
from alcore.statistics.sample import Sample
from alcore.streams import Purpose, stream

FOR_TESTS = 0.2
"""Share of the error probability that goes to test patches which repetitions share."""

TWO_GROUPS = 0.01
"""p-value below which repetitions are said to fall into two groups."""

_GRID = 801
_MOST_STAKED = 0.5  # of the capital, so that no single number can end the bets
_DRAWS = 4000


def betting_interval(values: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper (...) bounds of the mean after all R repetitions, valid at any moment.

    Args:
        values: (R, ...) differences between -1 and 1.
    Returns:
        Within -1..1, rounded outwards to a grid of steps of 1/400; NaN where a value is undefined or
        outside.
    Source: Waudby-Smith & Ramdas 2023, Journal of the Royal Statistical Society B 86.
    """
    scaled = (np.asarray(values, dtype=np.float64) + 1) / 2
    scaled = np.where((scaled < 0) | (scaled > 1), np.nan, scaled)
    miss, shape = 1 - level, scaled.shape[1:]
    means = np.linspace(0, 1, _GRID)
    with np.errstate(divide="ignore"):
        most = _MOST_STAKED / means, _MOST_STAKED / (1 - means)
    above, below = np.zeros((*shape, _GRID)), np.zeros((*shape, _GRID))
    highest = np.full((*shape, _GRID), -np.inf)
    total, squares = np.full(shape, 0.5), np.full(shape, 0.25)
    for count, one in enumerate(scaled, start=1):
        stake = np.sqrt(2 * np.log(2 / miss) / (squares * np.log(count + 1)))[..., None]
        above += np.log1p(np.minimum(stake, most[0]) * (one[..., None] - means))
        below += np.log1p(-np.minimum(stake, most[1]) * (one[..., None] - means))
        highest = np.maximum(highest, np.maximum(above, below) + np.log(0.5))
        total = total + one
        squares = squares + (one - total / (count + 1)) ** 2
    held = highest < np.log(1 / miss)
    step = means[1]
    low = np.where(held.any(axis=-1), means[held.argmax(axis=-1)] - step, np.nan)
    high = np.where(held.any(axis=-1), means[_GRID - 1 - held[..., ::-1].argmax(axis=-1)] + step, np.nan)
    undefined = np.isnan(scaled).any(axis=0)
    low, high = (np.where(undefined, np.nan, np.clip(2 * bound - 1, -1, 1)) for bound in (low, high))
    return low, high


def free_interval(sample: Sample, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """The same of a sample's differences, with the error of test patches that repetitions share added."""
    if sample.common is None:
        return betting_interval(sample.values, level)
    miss = 1 - level
    half = -ndtri(FOR_TESTS * miss / 2) * sample.common.std(axis=0)
    low, high = betting_interval(sample.values, 1 - (1 - FOR_TESTS) * miss)
    return (low - half).clip(-1, 1), (high + half).clip(-1, 1)


def two_groups(values: np.ndarray) -> float:
    """How often as many normal numbers would fall as clearly into two groups: a p-value.

    The statistic is the share of the variance that lies between two groups, at the best split.

    Args:
        values: (R,) numbers.
    Returns:
        (1 + draws at least as clear) / 4001; 1 with fewer than four numbers, and where all are the same.
    Source: Engelman & Hartigan 1969, Journal of the American Statistical Association 64.
    """
    count = len(values)
    if count < 4 or np.isnan(values).any() or np.ptp(values) == 0:
        return 1.0
    return float((1 + np.sum(_null(count) >= _between(values[None])[0])) / (1 + _DRAWS))


@lru_cache(maxsize=64)
def _null(count: int) -> np.ndarray:
    return _between(stream(0, Purpose.BOOTSTRAP, 7, count).standard_normal((_DRAWS, count)))


def _between(values: np.ndarray) -> np.ndarray:
    """(B, R) numbers -> (B,) the largest share of their variance between two groups of neighbours."""
    ordered = np.sort(values - values.mean(axis=1, keepdims=True), axis=1)
    sums, sizes = ordered.cumsum(axis=1)[:, :-1], np.arange(1, values.shape[1])
    between = sums**2 / sizes + sums**2 / (values.shape[1] - sizes)  # the rest sums to the opposite
    return between.max(axis=1) / (ordered**2).sum(axis=1)
