import numpy as np
import pytest

from alcore.data.patches import Split
from alcore.data.synthetic import KINDS, SurfaceSettings, SyntheticPatches


def test_one_seed_is_one_data_set_in_any_order_of_asking():
    settings = SurfaceSettings(count=60)
    forwards, backwards = SyntheticPatches(settings), SyntheticPatches(settings)
    items = np.arange(60)
    backwards.images(items[::-1])
    assert np.array_equal(forwards.images(items), backwards.images(items))
    assert np.array_equal(forwards.masks(items), backwards.masks(items))
    assert forwards.fingerprint == backwards.fingerprint


def test_another_seed_is_another_data_set():
    one, other = (SyntheticPatches(SurfaceSettings(count=20, seed=seed)) for seed in (1, 2))
    assert one.fingerprint != other.fingerprint
    assert not np.array_equal(one.images(np.arange(20)), other.images(np.arange(20)))


@pytest.mark.parametrize("size", [64, 128])
def test_a_patch_is_defective_exactly_if_its_mask_has_a_pixel(size):
    patches = SyntheticPatches(SurfaceSettings(count=200, size=size))
    masks = patches.masks(np.arange(200))
    assert np.array_equal(masks.any(axis=(1, 2)), patches.defective)
    assert masks[patches.defective].mean() < 0.15, "defects are small"


def test_defects_change_the_pixels_under_their_mask(surfaces):
    items = np.flatnonzero(surfaces.defective)[:100]
    images, masks = surfaces.images(items)[..., 0].astype(float), surfaces.masks(items)
    contrast = [abs(i[m].mean() - i[~m].mean()) / i[~m].std() for i, m in zip(images, masks, strict=True)]
    assert np.median(contrast) > 1


def test_there_are_five_kinds_of_unequal_frequency(surfaces):
    assert len(KINDS) >= 5
    assert len(set(KINDS.values())) == len(KINDS)
    seen = " ".join(surfaces.describe(int(item)) for item in np.flatnonzero(surfaces.defective)[:400])
    assert all(seen.count(kind) > 10 for kind in KINDS)


def test_the_split_is_stratified(surfaces):
    shares = [surfaces.defective[surfaces.split == side].mean() for side in Split]
    assert np.allclose(shares, 0.5)
    assert np.bincount(surfaces.split).tolist() == [9600, 1200, 1200]
