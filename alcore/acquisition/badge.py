"""BADGE: patches that would move the output layer most, and in different directions."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    check_finite,
    check_query_size,
    register,
)


def k_means_plus_plus(
    points: np.ndarray, *, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points far from each other: each with probability as its squared distance to those drawn.

    Args:
        points: (N, D) float32.
        count: how many to draw, 1..N.
        rng: draws.
    Returns:
        rows: (count,) int64 in the order of drawing, none twice.
        distances: (count,) float32 to the nearest one drawn before; for the first, to the origin.
    Source: Arthur & Vassilvitskii 2007, k-means++; the first is drawn by its squared length.
    """
    points, exponent = _near_one(points)
    distance = np.linalg.norm(points, axis=1).astype(np.float64)  # whose squares must add up to 1 as weights
    nearest = np.full(len(points), np.inf)
    rows = np.empty(count, dtype=np.int64)
    distances = np.empty(count, dtype=np.float32)
    remaining = np.ones(len(points), dtype=bool)
    for pick in range(count):
        weight = np.where(remaining, distance**2, 0)
        if not weight.any():  # only copies of what was drawn are left
            weight = remaining.astype(float)
        row = rng.choice(len(points), p=weight / weight.sum())
        rows[pick], distances[pick] = row, distance[row]
        remaining[row] = False
        nearest = np.minimum(nearest, np.linalg.norm(points - points[row], axis=1))
        distance = nearest
    return rows, _scaled_back(distances, exponent)


def _near_one(points: np.ndarray) -> tuple[np.ndarray, int]:
    """The points times a power of two, so that no square leaves the range of float32, and its exponent.

    That is exact: picks and distances are the same, to the bit, as where squares stay in range anyway.
    """
    exponent = int(np.frexp(np.abs(points).max(initial=0.0))[1])
    return np.ldexp(points, -exponent), exponent


def _scaled_back(lengths: np.ndarray, exponent: int) -> np.ndarray:
    """(n,) float32 lengths of what `_near_one` gave -> those of its points; the largest float32 at most."""
    with np.errstate(over="ignore"):
        return np.minimum(np.ldexp(lengths, exponent), np.finfo(np.float32).max)


@register
class Badge(Strategy):
    """k-means++ over gradient embeddings: doubtful patches have long ones, unlike patches point elsewhere."""

    name = "badge"
    needs = Needs.GRADIENTS
    score_name = "distance to the nearest pick in gradient space"
    help = (
        "Asks for patches that would change the model much and differently: uncertainty and diversity in one."
    )
    source = "Ash et al. 2020, Deep batch active learning by diverse, uncertain gradients, arXiv:1906.03671"
    departure = (
        "The paper's gradient is that of a class label; here it is averaged over the pixels of the predicted "
        "mask, with respect to the output layer's central weights and bias."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """`k_means_plus_plus` on the gradients; a candidate's own score is its gradient's length."""
        check_query_size(query_size, view.size)
        gradients = check_finite(view.gradients, "gradient embeddings")
        rows, distances = k_means_plus_plus(gradients, count=query_size, rng=rng)
        near_one, exponent = _near_one(gradients)
        lengths = np.linalg.norm(near_one, axis=1).astype(np.float32)
        return Query(rows, distances, _scaled_back(lengths, exponent))
