"""Distances to the nearest of many centres: found by matrix products, decided by exact differences.

A product of float32 matrices gives all squared distances at once, as |x|² - 2x·c + |c|², but cancels where
two points are close. So it only says which distances may be the least; those few are computed exactly, as the
length of the difference in float64, rounded to float32. Results do not depend on how points are grouped, and
equal points have equal distances.
"""

from __future__ import annotations

import numpy as np

_BYTES_PER_BLOCK = 4 * 2**20  # of products: they are read again at once, and stay in the cache
_PAIRS_AT_ONCE = 2048
_UNIT = 2.0**-24  # relative rounding error of float32


class Points:
    """(N, D) float32 points, with what fast distances to them need.

    slack: how far a squared distance from a product may lie from the true one, by the standard error bound
    of an inner product.
    Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1.
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = np.ascontiguousarray(values, dtype=np.float32)
        exact = np.einsum("nd,nd->n", self.values, self.values, dtype=np.float64)
        self.squares = exact.astype(np.float32)
        self._longest = float(exact.max(initial=0.0))

    def slack(self, other: Points) -> float:
        """See above, for distances from these points to those."""
        longest = max(self._longest, other._longest)
        return (2 * self.values.shape[1] + 8) * _UNIT * longest

    def exact_distances(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(n,) float32 distances of (n,) rows to (n, D) other points, each to its own."""
        found = np.empty(rows.size, dtype=np.float32)
        for first in range(0, rows.size, _PAIRS_AT_ONCE):
            part = slice(first, first + _PAIRS_AT_ONCE)
            difference = self.values[rows[part]].astype(np.float64) - others[part]
            found[part] = np.sqrt(np.einsum("nd,nd->n", difference, difference))
        return found

    def nearer(self, rows: np.ndarray, others: np.ndarray, known: np.ndarray) -> np.ndarray:
        """(n,) exact distances of (n,) rows: those known, or to a nearer one of (m,) other rows."""
        found = known.copy()
        at_once = max(1, _BYTES_PER_BLOCK // (4 * others.size))
        for first in range(0, rows.size, at_once):
            part = slice(first, first + at_once)
            squared = self.values[rows[part]] @ self.values[others].T  # (part, m)
            squared *= -2
            squared += self.squares[others]
            squared += self.squares[rows[part]][:, None]
            limit = known[part].astype(np.float64) ** 2 + 2 * self.slack(self)
            pair_rows, pair_others = (squared <= limit[:, None]).nonzero()
            exact = self.exact_distances(rows[part][pair_rows], self.values[others[pair_others]])
            np.minimum.at(found[part], pair_rows, exact)
        return found


def nearest_center_distance(features: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Distance of every point to its nearest centre.

    Args:
        features: (N, D) float32.
        centers: (M, D) float32.
    Returns:
        (N,) float32 Euclidean distances, infinite with M = 0.
    """
    nearest = np.full(features.shape[0], np.inf, dtype=np.float32)
    if centers.shape[0] == 0:
        return nearest
    points, distinct = Points(features), Points(_without_copies(centers))
    slack = points.slack(distinct)
    rows_at_once = max(1, _BYTES_PER_BLOCK // (4 * len(distinct.values)))
    for first in range(0, features.shape[0], rows_at_once):
        rows = np.arange(first, min(first + rows_at_once, features.shape[0]))
        squared = points.values[rows] @ distinct.values.T  # (rows, M); |x|² is left out, being equal in a row
        squared *= -2
        squared += distinct.squares
        may_be_least = squared <= squared.min(axis=1, keepdims=True) + np.float32(2 * slack)
        pair_rows, pair_centers = may_be_least.nonzero()  # by row, at least one in each
        exact = points.exact_distances(rows[pair_rows], distinct.values[pair_centers])
        begins = np.flatnonzero(np.diff(pair_rows, prepend=-1))
        nearest[rows] = np.minimum.reduceat(exact, begins)
    return nearest


def _without_copies(centers: np.ndarray) -> np.ndarray:
    """Each distinct centre once: a model that sees no difference would make every pair a near tie."""
    first_of = {row.tobytes(): index for index, row in reversed(list(enumerate(centers)))}
    return centers[sorted(first_of.values())]
