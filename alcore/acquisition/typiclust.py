"""TypiClust: the most typical patch of each cluster that has no label yet."""

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

_NEIGHBOURS = 20
_MOST_CLUSTERS = 500  # beyond them clusters are asked for several patches, as in the paper
_SMALLEST_CLUSTER = 5
_LARGE_POOL = 20_000  # above it k-means sees the pool in batches, or a query would take minutes


def typicality(features: np.ndarray) -> np.ndarray:
    """How densely each point is surrounded by those of its cluster.

    Args:
        features: (n, D) float32 of one cluster.
    Returns:
        (n,) float32, one over the mean distance to the 20 nearest others (fewer in a smaller cluster); 0 for
        a point alone.
    Source: Hacohen, Dekel & Weinshall 2022, arXiv:2202.02794, eq. 4.
    """
    neighbours = min(_NEIGHBOURS, len(features) - 1)
    if neighbours == 0:
        return np.zeros(1, dtype=np.float32)
    from sklearn.neighbors import NearestNeighbors  # heavy, and the page that lists strategies needs none

    distance, _ = NearestNeighbors(n_neighbors=neighbours).fit(features).kneighbors()
    return (1 / (distance.mean(axis=1) + 1e-5)).astype(np.float32)


@register
class TypiClust(Strategy):
    """Clusters the pool into as many groups as there will be labels; asks for the centres without one."""

    name = "typiclust"
    needs = Needs.FEATURES
    score_name = "typicality in its cluster"
    help = (
        "Asks for typical patches of regions without labels: helps when labels are few and the model is "
        "poor. Unlike in the paper, features are the network's own and the first query is random."
    )
    source = "Hacohen, Dekel & Weinshall 2022, Active learning on a budget, arXiv:2202.02794"
    departure = (
        "The paper's features are self-supervised and fixed, and its first query is its own; these are the "
        "network's, which the labels have shaped, and the first query is random, as for every strategy."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """One patch per round from the largest of the clusters with the fewest labels."""
        check_query_size(query_size, view.size)
        features = check_finite(view.features, "pool features")
        labelled = check_finite(view.labelled_features, "labelled features")
        cluster = _clusters(features, labelled, query_size, rng)
        of_candidate, of_labelled = cluster[: view.size], cluster[view.size :]
        score = np.zeros(view.size, dtype=np.float32)
        for label in np.unique(of_candidate):
            members = of_candidate == label
            score[members] = typicality(features[members])
        rows = _one_by_one(of_candidate, of_labelled, score, query_size, rng)
        return Query(rows, score[rows], score)


def _clusters(
    features: np.ndarray, labelled: np.ndarray, query_size: int, rng: np.random.Generator
) -> np.ndarray:
    """(U + L,) cluster of every candidate, then of every labelled patch."""
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    points = np.concatenate([features, labelled])
    count = min(len(labelled) + query_size, _MOST_CLUSTERS, len(np.unique(points, axis=0)))
    with threadpool_limits(1):  # several threads add up in an order of their own, and so to other bytes
        kind = KMeans if len(points) <= _LARGE_POOL else MiniBatchKMeans
        return kind(count, n_init=1, random_state=int(rng.integers(2**31))).fit_predict(points)


def _one_by_one(
    of_candidate: np.ndarray,
    of_labelled: np.ndarray,
    score: np.ndarray,
    query_size: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """(query_size,) rows: each the most typical candidate left in the cluster that is most in need."""
    clusters = 1 + max(of_candidate.max(), of_labelled.max(initial=0))
    labels = np.bincount(of_labelled, minlength=clusters)
    size = np.bincount(of_candidate, minlength=clusters) + labels
    left = np.bincount(of_candidate, minlength=clusters)
    order = np.lexsort((rng.permutation(score.size), -score))  # most typical first, ties at random
    queues = {label: iter(order[of_candidate[order] == label]) for label in range(clusters)}
    rows = np.empty(query_size, dtype=np.int64)
    for pick in range(query_size):
        # Fewest labels first, then those too small to matter last, then the largest.
        choice = np.lexsort((-size, size < _SMALLEST_CLUSTER, labels, left == 0))[0]
        rows[pick] = next(queues[choice])
        labels[choice] += 1
        left[choice] -= 1
    return rows
