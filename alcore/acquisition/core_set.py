"""Core-set: cover the pool's features, so that nothing lies far from a labelled patch."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.nearest_center import Points, nearest_center_distance
from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    check_finite,
    check_query_size,
    register,
)

_LEADERS = 32  # points whose exact distances say which others may still be the farthest


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
    centers = np.asarray(centers, dtype=np.float32).reshape(-1, features.shape[1])
    check_query_size(query_size, features.shape[0])
    check_finite(features, "pool features")
    check_finite(centers, "labelled features")
    return _pick(features, nearest_center_distance(features, centers), query_size=query_size, rng=rng)


def _pick(
    features: np.ndarray, distance: np.ndarray, *, query_size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """`k_center_greedy` from (N,) exact distances to the centres.

    A distance to the nearest centre can only shrink as picks become centres, so one that leaves out the
    latest picks is an upper bound. Before each pick only those points are brought up to date whose bound
    reaches the largest distance; the others wait until they come to the top.
    """
    bounds = _Bounds(features, distance, query_size)
    radii = np.empty(query_size, dtype=np.float32)
    for pick in range(query_size):
        farthest = bounds.farthest()
        row = rng.choice(farthest)
        radii[pick] = bounds.distance[row]
        bounds.add(row)
    return bounds.picks, radii


class _Bounds:
    """(N,) distances to the nearest centre or pick, each exact up to as many picks as are `known` for it."""

    def __init__(self, features: np.ndarray, distance: np.ndarray, most: int) -> None:
        self.distance = distance.copy()
        self.picks = np.empty(most, dtype=np.int64)
        self._points, self._count = Points(features), 0
        self._known = np.zeros(len(distance), dtype=np.int64)

    def farthest(self) -> np.ndarray:
        """Rows of the largest distance, ascending: more than one where there are ties."""
        leaders = np.argpartition(self.distance, -min(_LEADERS, len(self.distance)))[-_LEADERS:]
        self._bring_up_to_date(leaders)
        may_be = np.flatnonzero(self.distance >= self.distance[leaders].max())
        self._bring_up_to_date(may_be)
        return may_be[self.distance[may_be] == self.distance[may_be].max()]

    def _bring_up_to_date(self, rows: np.ndarray) -> None:
        behind = rows[(self._known[rows] < self._count) & (self.distance[rows] > 0)]
        if behind.size:
            picks = self.picks[self._known[behind].min() : self._count]
            self.distance[behind] = self._points.nearer(behind, picks, self.distance[behind])
            self._known[behind] = self._count

    def add(self, row: int) -> None:
        """Make a row a pick, which is never picked again, even among identical points."""
        self.picks[self._count] = row
        self._count += 1
        self.distance[row] = -1


@register
class CoreSet(Strategy):
    """Greedy k-center on the encoder's pooled features."""

    name = "core-set"
    needs = Needs.FEATURES
    score_name = "distance to the nearest labelled patch"
    help = (
        "Asks for patches unlike any labelled one: covers the pool, independently of the model's predictions."
    )
    source = "Sener & Savarese 2018, Active Learning for Convolutional Neural Networks, arXiv:1708.00489"
    departure = (
        "The greedy algorithm alone, without the paper's mixed-integer refinement, on features of all "
        "encoder levels scaled to unit length, as in arXiv:2601.06209."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """`k_center_greedy` from the labelled patches; scores are the radii when picked."""
        features = check_finite(view.features, "pool features")
        labelled = check_finite(view.labelled_features, "labelled features")
        check_query_size(query_size, view.size)
        before = nearest_center_distance(features, labelled)
        rows, radii = _pick(features, before, query_size=query_size, rng=rng)
        return Query(rows, radii, before)
