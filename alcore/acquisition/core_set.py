"""Core-set: cover the pool's features, so that nothing lies far from a labelled patch."""

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

_BLOCK = 2048  # rows at once: bounds the block of float64 distances held in memory to 32 MB


def nearest_center_distance(features: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Distance of every point to its nearest centre.

    Args:
        features: (N, D) float32.
        centers: (M, D) float32.
    Returns:
        (N,) float32 Euclidean distances, infinite with M = 0.
    """
    nearest = np.full(features.shape[0], np.inf)
    for first_center in range(0, centers.shape[0], _BLOCK):
        center = centers[first_center : first_center + _BLOCK].astype(np.float64)
        center_norm = np.einsum("md,md->m", center, center)
        for first in range(0, features.shape[0], _BLOCK):
            # In float64, because the expanded square cancels where a point lies close to a centre.
            point = features[first : first + _BLOCK].astype(np.float64)
            squared = center_norm - 2 * point @ center.T + np.einsum("nd,nd->n", point, point)[:, None]
            part = nearest[first : first + _BLOCK]
            np.minimum(part, squared.min(axis=1), out=part)
    return np.sqrt(np.maximum(nearest, 0)).astype(np.float32)


def k_center_greedy(
    features: np.ndarray, centers: np.ndarray, *, query_size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Pick, one after the other, the point that lies farthest from all centres and earlier picks.

    Args:
        features: (N, D) float32, pool embeddings.
        centers: (M, D) float32, labelled embeddings; with M = 0 the first pick is random.
        query_size: how many to pick, 1..N.
        rng: draws the cold start and breaks ties.
    Returns:
        rows: (query_size,) int64 into `features`, in pick order, none twice.
        radii: (query_size,) float32, distance to the nearest centre when picked; non-increasing, infinite
            for a cold start's first pick.
    Raises:
        AcquisitionError: query_size outside 1..N, or features that are not finite.
    Source: Sener & Savarese 2018, arXiv:1708.00489, algorithm 1.
    """
    features = np.ascontiguousarray(features, dtype=np.float32)
    centers = np.asarray(centers, dtype=np.float32).reshape(-1, features.shape[1])
    check_query_size(query_size, features.shape[0])
    check_finite(features, "pool features")
    check_finite(centers, "labelled features")
    distance = nearest_center_distance(features, centers)
    rows = np.empty(query_size, dtype=np.int64)
    radii = np.empty(query_size, dtype=np.float32)
    for pick in range(query_size):
        row = rng.choice(np.flatnonzero(distance == distance.max()))
        rows[pick], radii[pick] = row, distance[row]
        to_new_center = np.linalg.norm(features - features[row], axis=1)
        np.minimum(distance, to_new_center, out=distance)
        distance[rows[: pick + 1]] = -1  # a pick is never picked again, even among identical points
    return rows, radii


@register
class CoreSet(Strategy):
    """Greedy k-center on the encoder's pooled features."""

    name = "core-set"
    needs = Needs.FEATURES
    score_name = "distance to the nearest labelled patch"
    help = "Asks for patches unlike any labelled one: covers the pool, whatever the model believes of it."
    source = "Sener & Savarese 2018, Active Learning for Convolutional Neural Networks, arXiv:1708.00489"

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """`k_center_greedy` from the labelled patches; scores are the radii when picked."""
        features = check_finite(view.features, "pool features")
        labelled = check_finite(view.labelled_features, "labelled features")
        before = nearest_center_distance(features, labelled)
        rows, radii = k_center_greedy(features, labelled, query_size=query_size, rng=rng)
        return Query(rows, radii, before)
