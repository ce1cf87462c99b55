import json

import numpy as np
import pytest
import torch

from alcore.config import make_config
from alcore.data.feature_shelf import kept_stores
from alcore.data.features import FLIPS, MapLayout
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.learning import frozen_encoder
from alcore.learning.devices import resolve_runtime
from alcore.learning.frozen_encoder import FrozenFeatures
from alcore.learning.networks import build_network
from alcore.learning.pretrained import digest_of
from tests.conftest import SMALL

MODEL = SMALL["model"] | {"freeze_encoder": True}
CONFIG = make_config(SMALL | {"model": MODEL})
AS_THEY_ARE = MapLayout(levels=(2, 4))
JOINED = MapLayout(levels=(1, 2, 3, 4), stride=4, channels=6)


@pytest.fixture(scope="module")
def patches():
    return SyntheticPatches(SurfaceSettings(count=60))


@pytest.fixture(scope="module")
def network():
    return build_network(CONFIG.model, channels=1, seed=0).eval()


@pytest.fixture
def features(patches, network):
    def make(layout):
        runtime = resolve_runtime("cpu", "auto")
        encoder = network.model.encoder
        return FrozenFeatures(
            CONFIG, patches, layout, runtime, weights=digest_of(encoder), encode=network.encode
        )

    return make


def same(one, other):
    return np.array_equal(one.pooled, other.pooled) and all(
        np.array_equal(left, right) for left, right in zip(one.maps, other.maps, strict=True)
    )


@pytest.mark.parametrize("layout", [AS_THEY_ARE, JOINED], ids=["as-they-are", "joined"])
def test_numbers_depend_neither_on_who_asked_nor_on_what_was_kept(layout, features, home, monkeypatch):
    items = np.array([3, 50, 17, 4, 3, 21, 30, 31, 32, 33, 34])
    one = features(layout)
    one.read(np.array([31]))
    first = one.read(items)
    assert same(first, features(layout).read(items)), "another time, from disk"
    monkeypatch.setenv("ALCORE_HOME", str(home / "other"))
    other = features(layout)
    for item in items[::-1]:
        other.read(np.array([item]))
    assert same(first, other.read(items)), "one by one"
    (home / "unkept").mkdir()
    (home / "unkept" / "limits.json").write_text(json.dumps({"feature_bytes": 0}))
    monkeypatch.setenv("ALCORE_HOME", str(home / "unkept"))
    assert same(first, features(layout).read(items)), "without room to keep them"
    assert [store.views for store in kept_stores()] == [0]


def test_maps_are_those_of_the_encoder(features, patches, network):
    found = features(AS_THEY_ARE)
    items = np.array([7, 9])
    images = torch.from_numpy(patches.images(items)).permute(0, 3, 1, 2).float()
    normal = (images - images.mean(dim=(1, 2, 3), keepdim=True)) / (
        images.std(dim=(1, 2, 3), keepdim=True, correction=0) + 8
    )
    with torch.inference_mode():
        levels = network.encode(normal)
        pooled = network.outputs(normal).features
    read = found.read(items)
    for level, kept, shape in zip((2, 4), read.maps, found.shapes, strict=True):
        assert kept.shape == (2, *shape)
        assert kept.dtype == np.float16
        assert np.allclose(kept, levels[level], atol=2e-2, rtol=2e-3)
    assert np.allclose(read.pooled, pooled, atol=1e-5)
    assert found.pooled_size == read.pooled.shape[1]


@pytest.mark.parametrize("flip", FLIPS)
def test_flips_are_those_of_the_image(flip, features, patches):
    found = features(JOINED)
    axes = {"": [], "horizontal": [2], "vertical": [1], "both": [1, 2]}[flip]
    items = np.array([5, 6, 40])
    expected = found.of_images(np.ascontiguousarray(np.flip(patches.images(items), axes)))
    assert same(found.read(items, flip=flip), expected)
    assert found.missing(items, flip=flip) == 0
    assert found.missing(items, flip="both" if flip == "" else "") == 3


def test_joined_maps_are_standardised_and_fitted_once(features, monkeypatch):
    found = features(JOINED)
    assert found.shapes == ((6, 16, 16),)
    (maps,) = found.read(np.arange(60)).maps
    spread = maps.astype(np.float64).std(axis=(0, 2, 3))
    assert abs(maps.astype(np.float64).mean(axis=(0, 2, 3))).max() < 0.2
    assert spread.mean() == pytest.approx(1, abs=0.1)
    assert (np.diff(spread) < 0.05).all(), "the most telling first"
    monkeypatch.setattr(frozen_encoder._Joining, "fitted", None)  # would be called, and fail
    assert same(features(JOINED).read(np.arange(8)), found.read(np.arange(8)))
    all_channels = MapLayout(levels=(3, 4), stride=2)
    monkeypatch.undo()
    assert features(all_channels).shapes[0][1:] == (32, 32)


def test_what_may_differ_has_a_store_of_its_own(features, patches, network):
    features(AS_THEY_ARE)
    other = build_network(CONFIG.model, channels=1, seed=1).eval()
    runtime = resolve_runtime("cpu", "auto")
    FrozenFeatures(
        CONFIG, patches, AS_THEY_ARE, runtime, weights=digest_of(other.model.encoder), encode=other.encode
    )
    features(JOINED)
    assert len({store.name for store in kept_stores()}) == 3
