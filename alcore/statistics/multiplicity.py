"""Tests and the corrections for making many of them, and the penalty matrix."""

from __future__ import annotations

import numpy as np
from scipy.special import nctdtrinc, ndtri, stdtrit  # scipy.stats would cost 60 MB

from alcore.statistics.estimands import Curves
from alcore.statistics.resampling import LEVEL

ENOUGH_TO_SIGN = 6
"""Repetitions from which an exact two-sided sign-flip test can have a p-value below 5 %: 2 / 2^6 is. With
fewer, a clear difference is one by Student's t test alone, whose normality so few numbers cannot show.
"""
POWER = 0.8
"""Of the differences that are called detectable, the share of studies that would find one."""


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


def false_discovery(p_values: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's correction: p-values adjusted for the share of false discoveries.

    The k-th smallest of m is multiplied by m / k, never above a later one. If all those below α are marked,
    at most a share α of the marks is false on average. Maps and tables mark their cells by it. That
    is proven for independent tests and for one-sided ones with positive dependence; here tests are two-sided
    and share a baseline and its test patches, for which it is not proven. Simulations of such families stay
    below α; for a proven bound, use Benjamini and Yekutieli's, which is the adjusted value times
    1 + 1/2 + ... + 1/m. NaN stays NaN and does not count.

    Args:
        p_values: (m,).
    Source: Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57; Benjamini & Yekutieli
        2001, Annals of Statistics 29.
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known])]
    steps = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum.accumulate(steps[::-1])[::-1].clip(max=1)
    return adjusted


def detectable(errors: np.ndarray, repetitions: int, *, level: float = LEVEL) -> np.ndarray:
    """The smallest true difference that a two-sided test would find in 80 % of such experiments.

    The difference at which the t statistic, which then has a noncentral t distribution, is beyond its
    critical value with that probability. With one repetition the normal distribution stands for it.

    Args:
        errors: (...) standard errors of the differences; repetitions: R.
    Returns:
        (...) in the unit of the errors.
    Source: noncentral t, Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2.
    """
    tail = (1 + level) / 2
    if repetitions < 2:
        return errors * (ndtri(tail) + ndtri(POWER))
    freedom = repetitions - 1
    return errors * nctdtrinc(freedom, 1 - POWER, stdtrit(freedom, tail))


def penalty_matrix(*runs: Curves, level: float = LEVEL) -> np.ndarray:
    """Who beats whom: entry (i, j) is the share of budgets at which strategy i is significantly above j.

    The strategy in the row beats the one in the column: a good strategy has large numbers in its row and
    small ones in its column. Significant means a Holm-adjusted p-value below 1 - level, adjusted over all
    pairs, budgets and runs together: where no strategy differs from another, the matrix shows any win at all
    with probability 1 - level at most. The first budget is left out, since all strategies share it. Over
    several runs the shares add up.

    Args:
        runs: of the same strategies in the same order.
    Returns:
        (S, S), 0 on the diagonal, entry (i, j) + entry (j, i) at most the number of runs; zeros with a single
        budget.
    Source: Ash et al. 2020, arXiv:1906.03671, section 4 (there with uncorrected tests).
    """
    size = len(runs[0].strategies)
    pairs = [(i, j) for i in range(size) for j in range(i)]
    tests = [_pair_test(curves, i, j) for curves in runs if len(curves.labelled) > 1 for i, j in pairs]
    matrix = np.zeros((size, size))
    if not tests:
        return matrix
    sizes = [len(p_values) for p_values, _ in tests]
    p_values = np.concatenate([one for one, _ in tests])
    adjusted = np.full(len(p_values), np.nan)
    adjusted[~np.isnan(p_values)] = holm(p_values[~np.isnan(p_values)])
    for number, own in enumerate(np.split(adjusted, np.cumsum(sizes)[:-1])):
        (i, j), means = pairs[number % len(pairs)], tests[number][1]
        matrix[i, j] += ((own < 1 - level) & (means > 0)).sum() / len(own)
        matrix[j, i] += ((own < 1 - level) & (means < 0)).sum() / len(own)
    return matrix


def _pair_test(curves: Curves, i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
    """p-values and mean differences of two strategies at each budget but the first."""
    names = curves.strategies[j], curves.strategies[i]
    sample = curves.only(names).minus(names[0]).at_budgets()
    return sample.p_values()[1, 1:], sample.values.mean(axis=0)[1, 1:]
