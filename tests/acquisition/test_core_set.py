from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alcore.acquisition import k_center_greedy, nearest_center_distance


def brute_force(features, centers, query_size):
    """Greedy k-center as one would write it on a board; no ties among these inputs."""
    chosen, points = [], list(centers)
    for _ in range(query_size):
        distances = [min(np.linalg.norm(f - c) for c in points) for f in features]
        best = int(np.argmax([-1 if i in chosen else d for i, d in enumerate(distances)]))
        chosen.append(best)
        points.append(features[best])
    return chosen


@given(st.integers(0, 10**6), st.integers(3, 25), st.integers(1, 4), st.integers(1, 6))
def test_equals_brute_force(seed, points, centers, dimensions):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(points, dimensions)).astype(np.float32)
    labelled = rng.normal(size=(centers, dimensions)).astype(np.float32)
    size = min(points, 8)
    rows, radii = k_center_greedy(features, labelled, query_size=size, rng=rng)
    assert rows.tolist() == brute_force(features, labelled, size)
    assert (np.diff(radii) <= 1e-6).all()


def plain(features, centers, query_size, rng):
    """Greedy k-center with an exact difference to every point in every pick."""
    distance = np.full(len(features), np.inf, dtype=np.float32)

    def approach(center):
        difference = features.astype(np.float64) - center
        np.minimum(distance, np.sqrt((difference**2).sum(axis=1)).astype(np.float32), out=distance)

    for center in centers:
        approach(center)
    rows, radii = [], []
    for _ in range(query_size):
        row = rng.choice(np.flatnonzero(distance == distance.max()))
        rows.append(row)
        radii.append(distance[row])
        approach(features[row])
        distance[rows] = -1
    return rows, radii


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    points=st.integers(1, 60),
    centers=st.integers(0, 12),
    dimensions=st.sampled_from([1, 2, 7, 64, 300]),
    kind=st.sampled_from(["scattered", "unit length", "grid", "copies", "near copies", "far away"]),
)
def test_picks_are_those_of_the_plain_version_with_ties_and_duplicates(
    seed, points, centers, dimensions, kind
):
    rng = np.random.default_rng(seed)
    every = rng.normal(size=(points + centers, dimensions))
    if kind == "unit length":
        every /= np.linalg.norm(every, axis=1, keepdims=True)
    elif kind == "grid":
        every = every.round()
    elif kind in ("copies", "near copies"):
        every = every[rng.integers(0, max(1, points // 4), size=len(every))]
        every = every + (kind == "near copies") * rng.normal(0, 1e-7, size=every.shape)
    elif kind == "far away":
        every = every + 1e4
    every = every.astype(np.float32)
    features, labelled = every[:points], every[points:]
    size = int(rng.integers(1, points + 1))
    rows, radii = k_center_greedy(features, labelled, query_size=size, rng=np.random.default_rng(seed))
    plain_rows, plain_radii = plain(features, labelled, size, np.random.default_rng(seed))
    assert rows.tolist() == plain_rows
    assert np.allclose(radii, plain_radii, rtol=1e-5, atol=0)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_covers_within_twice_the_best_radius(seed, query_size):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(9, 2)).astype(np.float32)
    labelled = rng.normal(size=(1, 2)).astype(np.float32)

    def radius(rows):
        return nearest_center_distance(features, np.concatenate([labelled, features[list(rows)]])).max()

    best = min(radius(rows) for rows in combinations(range(9), query_size))
    rows, _ = k_center_greedy(features, labelled, query_size=query_size, rng=rng)
    assert radius(rows) <= 2 * best + 1e-5


def test_a_cold_start_draws_its_first_pick():
    features = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    none = np.zeros((0, 3), dtype=np.float32)
    firsts = set()
    for seed in range(40):
        rows, radii = k_center_greedy(features, none, query_size=3, rng=np.random.default_rng(seed))
        firsts.add(int(rows[0]))
        assert np.isinf(radii[0])
        assert np.isfinite(radii[1:]).all()
    assert len(firsts) > 10


def test_identical_points_are_each_picked_once():
    features = np.ones((5, 2), dtype=np.float32)
    rows, radii = k_center_greedy(features, features[:1], query_size=5, rng=np.random.default_rng(0))
    assert sorted(rows) == [0, 1, 2, 3, 4]
    assert np.allclose(radii, 0)


def test_scores_are_distances_at_the_moment_of_picking():
    features = np.array([[10.0], [9.0], [4.0]], dtype=np.float32)
    rows, radii = k_center_greedy(features, np.zeros((1, 1)), query_size=3, rng=np.random.default_rng(0))
    assert rows.tolist() == [0, 2, 1]
    assert radii.tolist() == pytest.approx([10, 4, 1])


def test_distances_survive_many_centers_and_large_offsets():
    rng = np.random.default_rng(0)
    features, centers = rng.normal(100, 1, size=(2100, 3)), rng.normal(100, 1, size=(2300, 3))
    from scipy.spatial.distance import cdist

    exact = cdist(features.astype(np.float32), centers.astype(np.float32)).min(axis=1)
    found = nearest_center_distance(features.astype(np.float32), centers.astype(np.float32))
    assert np.allclose(found, exact, atol=1e-4)
