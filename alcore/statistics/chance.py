"""How many defective patches a random query would contain.

A random query of q patches from a pool of N with K defective ones contains D ~ H(N, K, q) of these
(hypergeometric). This holds for every cycle of random sampling, not only the first: each of its queries,
taken by itself, is a uniformly random q-subset of the pool.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln  # scipy.stats would cost the dashboard 60 MB and half a second


def hypergeometric(pool: int, defective: int, query: int) -> np.ndarray:
    """(query + 1,) probabilities of 0..query defective patches in a random query.

    Args:
        pool, defective: N and K, patches in the pool and defective ones among them.
        query: q, patches drawn without replacement, at most N.
    """
    drawn = np.arange(query + 1)
    possible = (drawn <= defective) & (query - drawn <= pool - defective)
    probability = np.zeros(query + 1)
    d = drawn[possible]
    probability[possible] = np.exp(
        _log_choose(defective, d) + _log_choose(pool - defective, query - d) - _log_choose(pool, query)
    )
    return probability / probability.sum()


def chance_of_none(pool: int, defective: int, query: int) -> float:
    """Probability that a random query contains no defective patch."""
    return float(hypergeometric(pool, defective, query)[0])


def chance_band(
    pool: int, defective: int, query: int, *, repetitions: int = 1, level: float = 0.95
) -> tuple[int, int]:
    """Smallest and largest number of defective patches in the central `level` of random queries.

    With several repetitions, each with its own pool, the number is their total over one query of each.
    """
    one = total = hypergeometric(pool, defective, query)
    for _ in range(repetitions - 1):
        total = np.convolve(total, one)
    below = np.cumsum(total)
    tail = (1 - level) / 2
    return int(np.searchsorted(below, tail)), int(np.searchsorted(below, 1 - tail))


def _log_choose(n: int, k: np.ndarray | int) -> np.ndarray:
    return gammaln(n + 1) - gammaln(np.asarray(k) + 1) - gammaln(n - np.asarray(k) + 1)
