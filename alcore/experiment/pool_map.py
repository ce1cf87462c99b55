"""The pool's features in two dimensions, on axes that stay fixed over the cycles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alcore.acquisition import nearest_center_distance


@dataclass(frozen=True)
class Axes:
    """The two principal axes of a cloud of features.

    mean: (D,) float32; directions: (2, D) float32, orthonormal; variance: (2,) float32, the share of the
    cloud's variance along each.
    """

    mean: np.ndarray
    directions: np.ndarray
    variance: np.ndarray

    def project(self, features: np.ndarray) -> np.ndarray:
        """(n, D) features -> (n, 2) float32 coordinates; projection can only shrink distances."""
        return ((features - self.mean) @ self.directions.T).astype(np.float32)


def principal_axes(features: np.ndarray) -> Axes:
    """Fit the axes on (n, D) features, n >= 1.

    The largest component of each direction is positive, so that equal features give equal pictures. With
    a single feature vector, or a single dimension, the second direction is zero.
    Source: principal component analysis by singular value decomposition, Pearson 1901.
    """
    mean = features.mean(axis=0)
    _, singular, directions = np.linalg.svd(features - mean, full_matrices=False)
    power = np.zeros(2)
    kept = np.zeros((2, features.shape[1]), dtype=np.float32)
    found = min(2, len(singular))
    power[:found] = singular[:found] ** 2
    kept[:found] = directions[:found]
    largest = np.abs(kept).argmax(axis=1)
    kept *= np.where(kept[[0, 1], largest] < 0, -1, 1)[:, None]
    total = (singular**2).sum()
    return Axes(mean, kept, (power / total if total > 0 else power).astype(np.float32))


@dataclass(frozen=True)
class PoolMap:
    """The pool as seen by the model behind one query: n patches, with the query and those labelled before it.

    items: (n,) int64 ids, ascending; xy: (n, 2) float32 on the repetition's axes.
    distance: (n,) float32, in feature space, to the nearest patch labelled before this query; 0 for such
    patches.
    radius: (2,) float32, the covering radius (largest such distance) before and after this query.
    spoke: (2,) int64 ids whose distance is the radius before the query: the patch farthest from all labels,
        and its nearest labelled one.
    """

    items: np.ndarray
    xy: np.ndarray
    distance: np.ndarray
    radius: np.ndarray
    spoke: np.ndarray


def map_pool(
    items: np.ndarray, features: np.ndarray, axes: Axes, *, labelled: np.ndarray, query: np.ndarray
) -> PoolMap:
    """Map (n,) items by their (n, D) features; `labelled` and `query` are ids among the items."""
    order = np.argsort(items)
    items, features = items[order], features[order]
    is_labelled, is_query = np.isin(items, labelled), np.isin(items, query)
    distance = nearest_center_distance(features, features[is_labelled])
    distance[is_labelled] = 0
    to_query = nearest_center_distance(features, features[is_query])
    to_query[is_query] = 0
    radius = np.array([distance.max(), np.minimum(distance, to_query).max()], dtype=np.float32)
    farthest = distance.argmax()
    to_labelled = np.linalg.norm(features[is_labelled] - features[farthest], axis=1)
    spoke = np.array([items[farthest], items[is_labelled][to_labelled.argmin()]])
    return PoolMap(items, axes.project(features), distance, radius, spoke)
