"""Power entropy: uncertain patches are likelier to be asked for, not certain to be."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.entropy import Entropy
from alcore.acquisition.strategy import (
    PoolView,
    Query,
    check_finite,
    check_query_size,
    highest_first,
    register,
)


def power_draw(scores: np.ndarray, count: int, *, noise: float = 1.0, rng: np.random.Generator) -> np.ndarray:
    """Draw without replacement, each time in proportion to score ** (1 / noise) of what is left.

    The largest of log score + noise · G, with G independent and standard Gumbel, are such a draw.

    Args:
        scores: (U,) not negative; those of 0 come last, in random order.
        count: how many, 1..U.
        noise: 0 or more; with 0 the highest scores are taken. One over the paper's β.
    Returns:
        (count,) int64 rows in the order of drawing.
    Source: Kirsch et al. 2021, arXiv:2106.12059; Gumbel top-k, Vieira 2014; Kool et al. 2019,
        arXiv:1903.06059.
    """
    with np.errstate(divide="ignore"):  # log 0 is minus infinity: never before a positive one
        keys = np.log(scores.astype(np.float64)) + noise * rng.gumbel(size=scores.size)
    return highest_first(keys, count, rng=rng)


@register
class PowerEntropy(Entropy):
    """A draw in proportion to mean entropy."""

    name = "power-entropy"
    help = (
        "Draws patches in proportion to their entropy: near-copies of the least certain one do not fill a "
        "whole query."
    )
    source = (
        "Kirsch et al. 2021, Stochastic batch acquisition, arXiv:2106.12059; with entropy: Lüth et al. 2025, "
        "nnActive, arXiv:2511.19183"
    )
    departure = (
        "The score is the mean pixel entropy of a whole patch; the paper scores classified images, and "
        "nnActive 3D patches at any position."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """`power_draw` of the entropies, which are the scores."""
        check_query_size(query_size, view.size)
        scores = check_finite(view.scores, "entropy scores")
        rows = power_draw(scores, query_size, rng=rng)
        return Query(rows, scores[rows], scores)
