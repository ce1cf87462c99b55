import numpy as np
import pytest
from sklearn.decomposition import PCA

from alcore.experiment.pool_map import map_pool, principal_axes


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(60, 8)) * [5, 3, 1, 1, 1, 1, 1, 1]).astype(np.float32)


def test_axes_are_scikit_learns(features):
    axes = principal_axes(features)
    reference = PCA(2).fit(features)
    assert np.allclose(np.abs(axes.directions), np.abs(reference.components_), atol=1e-4)
    assert np.allclose(axes.variance, reference.explained_variance_ratio_, atol=1e-4)
    found, expected = axes.project(features), reference.transform(features)
    assert np.allclose(np.abs(found), np.abs(expected), atol=1e-3)


def test_distances_only_shrink(features):
    xy = principal_axes(features).project(features)
    flat = np.linalg.norm(xy[:, None] - xy, axis=2)
    full = np.linalg.norm(features[:, None] - features, axis=2)
    assert (flat <= full + 1e-3).all()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_or_equal_features_are_no_trouble(count):
    axes = principal_axes(np.ones((count, 4), dtype=np.float32))
    assert np.isfinite(axes.variance).all()
    assert np.allclose(axes.project(np.ones((count, 4), dtype=np.float32)), 0)


def test_covering_radius_and_its_spoke(features):
    items = np.arange(100, 160)
    labelled, query = items[:6], items[10:14]
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(60)
    found = map_pool(
        items[shuffled], features[shuffled], principal_axes(features), labelled=labelled, query=query
    )
    assert np.array_equal(found.items, items)
    full = np.linalg.norm(features[:, None] - features, axis=2)
    distance = full[:, :6].min(axis=1)
    assert np.allclose(found.distance, distance, atol=1e-3)
    assert found.radius[0] == pytest.approx(distance.max(), rel=1e-4)
    after = np.minimum(distance, full[:, 10:14].min(axis=1))
    assert found.radius[1] == pytest.approx(after.max(), rel=1e-4)
    far, near = found.spoke
    assert full[far - 100, near - 100] == pytest.approx(found.radius[0], rel=1e-4)
    assert near in labelled
