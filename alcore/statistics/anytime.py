"""Intervals that hold at every moment of an experiment, however often and for whatever reason you look.

A 95 % interval that is computed again after each repetition, until it happens to leave out 0, leaves out the
truth far more often than in 5 % of cases. A confidence sequence holds the true mean after *every* repetition
at once, with a probability of 95 %: you may stop, or continue, for any reason.

What it covers: the mean of paired differences X₁, X₂, ... of repetitions, which are taken to be independent
draws from one normal distribution whose variance is not known. Under the hypothesis that the mean is m, the
ratio of the likelihood of the differences' directions, that is of the maximal invariant under scaling, with
(mean - m) / σ drawn from N(0, g), to that with 0, is a martingale that begins at 1:

    B_n = (1 + n g)^(-1/2) · [(1 + t²/(n - 1)) / (1 + t²/((n - 1)(1 + n g)))]^(n/2)

with t the t statistic of n differences against m. By Ville's inequality it ever reaches 1/α with a
probability of α at most; the sequence holds every m at which it has not. g determines how the interval's
width depends on n, but not its validity. The validity is proven only for independent normal differences. α is
set to two fifths of the promised error; with that margin mildly skewed differences, and those of the recorded
studies (of which five repetitions each show little of the tails), stay below 5 %. The margin does not cover
more: over 100 looks exponential differences have about 8 % false alarms, lognormal ones 17 %, a strategy that
collapses in one of five repetitions 19 %, and repetitions that depend on each other more still (`make
bench-peeking`). So it is accompanied by an interval that assumes no distribution, which decides if
differences fall into two groups (`alcore.statistics.betting`).

The error of test patches that repetitions share (see `alcore.statistics.shared_tests`) stays the same however
many repetitions come, so it is bounded once: a fifth of α goes to it, four fifths to the repetitions.

Source: Wang & Ramdas 2024, arXiv:2310.03722, section 4 (a Gaussian mixture over μ/σ and the right Haar one
over σ); Lai 1976, Annals of Statistics 4; Ville 1939.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from alcore.statistics.betting import FOR_TESTS, free_interval, two_groups
from alcore.statistics.decision_frames import WatchedRow
from alcore.statistics.frames import frame_of
from alcore.statistics.resampling import LEVEL
from alcore.statistics.sample import Sample

SPREAD = 1.0
"""g: true differences of about one of their own standard deviations are looked for."""
MARGIN = 0.4
"""Share of the promised error probability that is used, so that skewed differences keep the promise too."""


def multiplier(repetitions: int, level: float = LEVEL) -> float:
    """Half the width of the interval after n repetitions, in standard errors of the mean; inf where it is
    unbounded: at 95 %, up to the fifth. Student's t quantile stands in the same place of a fixed interval.
    """
    n, gain = repetitions, 1 + repetitions * SPREAD
    root = (np.log(gain) - 2 * np.log(MARGIN * (1 - level))) / n  # of B_n = 1/α, as a logarithm
    if n < 2 or root >= np.log(gain):
        return np.inf
    return float(np.sqrt((n - 1) * np.expm1(root) / (1 - np.exp(root) / gain)))


def anytime_interval(sample: Sample, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper (...) bounds after all R repetitions of a sample, valid at any moment.

    Infinite with fewer than six repetitions; NaN where a quantity is undefined in some repetition.

    Source: Wang & Ramdas 2024, arXiv:2310.03722, section 4.
    """
    values, count = sample.values, len(sample.values)
    mean, miss = values.mean(axis=0), 1 - level
    half = np.zeros(mean.shape)
    if sample.common is not None:
        half += -ndtri(FOR_TESTS * miss / 2) * sample.common.std(axis=0)
        miss *= 1 - FOR_TESTS
    factor = multiplier(count, 1 - miss)
    if np.isinf(factor):
        half = np.where(np.isnan(mean), np.nan, np.inf)
    else:
        half = half + factor * values.std(axis=0, ddof=1) / np.sqrt(count)
    return mean - half, mean + half


def as_repetitions_finish(sample: Sample, names: tuple[str, ...], level: float = LEVEL) -> pd.DataFrame:
    """What would have been seen after each repetition of a sample with (S,) quantities.

    Returns:
        `WatchedRow`s, by name and number of repetitions from 2 on; none with a single one.
    """
    rows = []
    for count in range(2, len(sample.values) + 1):
        part = Sample(sample.values[:count], sample.replicates, sample.common)
        (low, high), (any_low, any_high) = part.interval(level), anytime_interval(part, level)
        free_low, free_high = free_interval(part, level)
        columns = {
            "strategy": list(names),
            "repetitions": count,
            "difference": part.values.mean(axis=0),
            "low": low,
            "high": high,
            "anytime_low": any_low,
            "anytime_high": any_high,
            "free_low": free_low,
            "free_high": free_high,
            "groups": [two_groups(own) for own in part.values.T],
        }
        rows.append(frame_of(WatchedRow, columns))
    if not rows:
        return pd.DataFrame(columns=WatchedRow._fields)
    return pd.concat(rows).sort_values("strategy", key=lambda one: one.map(names.index), kind="stable")
