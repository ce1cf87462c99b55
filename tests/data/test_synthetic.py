import hashlib
from dataclasses import replace

import numpy as np
import pytest

from alcore.data.collection import dataset_names, delete_dataset, make_surfaces, open_dataset
from alcore.data.decoys import twin_stain
from alcore.data.grounds import FAMILIES
from alcore.data.marks import DEFECTS, Canvas
from alcore.data.splits import SHARES
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.errors import DataError


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
    kinds = surfaces.settings.kinds
    assert len(kinds) >= 5
    assert len(set(kinds.values())) == len(kinds)
    seen = " ".join(surfaces.describe(int(item)) for item in np.flatnonzero(surfaces.defective)[:400])
    assert all(seen.count(kind) > 10 for kind in kinds)


def test_the_split_is_stratified(surfaces):
    shares = [surfaces.defective[surfaces.split == side].mean() for side in SHARES]
    assert np.allclose(shares, 0.5)
    assert np.bincount(surfaces.split).tolist() == [9600, 1200, 1200]


def test_the_built_in_surfaces_are_the_ones_that_runs_were_made_with(surfaces):
    """Their fingerprint stands in every run's environment.json, and their pixels behind its numbers."""
    assert surfaces.settings.identity == (
        "synthetic-1-SurfaceSettings(size=64, count=12000, seed=2601, contrast=1.0)"
    )
    pixels = surfaces.images(np.array([0, 7, 4000]))
    assert hashlib.sha256(pixels.tobytes()).hexdigest()[:16] == "44dbdada693256a5"


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_material(family, color):
    settings = SurfaceSettings(family=family, count=120, color=color)
    patches = SyntheticPatches(settings)
    items = np.arange(120)
    images, masks = patches.images(items), patches.masks(items)
    assert images.shape == (120, 64, 64, 3 if color else 1)
    assert np.array_equal(masks.any(axis=(1, 2)), patches.defective)
    assert 40 < images.mean() < 200
    assert images.std(axis=(1, 2)).min() > 2, "no patch is flat"
    assert ((images == 0) | (images == 255)).mean() < 0.02, "nor burnt out"
    assert sum(settings.kinds.values()) == pytest.approx(1)


def test_materials_look_different():
    spectra = []
    for name in FAMILIES:
        images = SyntheticPatches(SurfaceSettings(family=name, count=60)).images(np.arange(60))[..., 0]
        spectra.append(np.log1p(np.abs(np.fft.fft2(images))).mean(axis=0).ravel())
    alike = np.corrcoef(spectra) - np.eye(len(spectra))
    assert alike.max() < 0.99


@pytest.mark.parametrize("family", ["glazed", "paper"])
def test_decoys_are_on_a_share_of_clean_patches_alone_and_no_mask_has_them(family, monkeypatch):
    """The same set without decoys: what differs is them."""
    share = FAMILIES[family].decoy_share
    items, settings = np.arange(400), SurfaceSettings(family=family, count=400)
    fooling = SyntheticPatches(settings)
    fooling.images(items)  # drawn now, since patches are drawn when they are first asked for
    monkeypatch.setitem(FAMILIES, family, replace(FAMILIES[family], decoy=lambda canvas, rng: 0 * canvas.x))
    plain = SyntheticPatches(settings)
    assert np.array_equal(fooling.masks(items), plain.masks(items))
    change = np.abs(fooling.images(items).astype(int) - plain.images(items)).mean(axis=(1, 2, 3))
    is_decoy = change > 0
    assert np.array_equal(is_decoy, fooling.decoys(items))
    assert fooling.describe(int(np.flatnonzero(is_decoy)[0])).endswith("no defect, a decoy")
    assert not is_decoy[fooling.defective].any()
    assert is_decoy[~fooling.defective].mean() == pytest.approx(share, abs=3 * np.sqrt(share / 200))


def test_a_stain_that_is_none_looks_as_a_stain_does():
    """Else a model could learn to tell them, and entropy would leave them alone."""
    rng, canvas = np.random.default_rng(0), Canvas(64)
    stains = [DEFECTS["stain"](canvas, rng)[0] for _ in range(60)]
    twins = [twin_stain(canvas, rng) for _ in range(60)]
    for part in (np.mean, np.min, np.std):
        one, other = (np.array([part(change) for change in changes]) for changes in (stains, twins))
        assert abs(one.mean() - other.mean()) < 4 * np.hypot(one.std(), other.std()) / np.sqrt(60)


@pytest.mark.parametrize(("low", "high"), [(0.4, 1.0), (1.0, 2.0)])
def test_defects_can_be_smaller_and_larger(low, high):
    areas = []
    for scale in (low, high):
        patches = SyntheticPatches(SurfaceSettings(count=300, defect_size=scale))
        masks = patches.masks(np.flatnonzero(patches.defective))
        assert masks.any(axis=(1, 2)).all(), "never empty"
        areas.append(masks.mean())
    assert areas[1] > 1.5 * areas[0]


def test_contrast_and_harmless_marks_can_be_chosen():
    def distance(**changes):
        one, other = (SyntheticPatches(SurfaceSettings(count=60, **c)) for c in ({}, changes))
        items = np.arange(60)
        return np.abs(one.images(items).astype(int) - other.images(items)).mean(axis=(1, 2, 3))

    faint, plain = distance(contrast=0.2), SyntheticPatches(SurfaceSettings(count=60))
    assert (faint[plain.defective] > 0).all()
    assert (faint[~plain.defective] == 0).all(), "only defects change"
    assert distance(look_alikes=3.0).mean() > 0.5


def test_rarity_makes_rare_kinds_rarer():
    shares = {r: SurfaceSettings(rarity=r).kinds for r in (0.0, 1.0, 3.0)}
    assert len(set(shares[0.0].values())) == 1
    assert shares[3.0]["inclusion"] < shares[1.0]["inclusion"] / 2
    assert all(sum(kinds.values()) == pytest.approx(1) for kinds in shares.values())


@pytest.mark.parametrize(
    ("values", "words"),
    [({"family": "bruhsed"}, "did you mean 'brushed'"), ({"size": 32}, "size must be from 64 to 512")],
)
def test_settings_that_cannot_be_are_refused(values, words):
    with pytest.raises(DataError, match=words):
        SurfaceSettings(**values)


def test_made_surfaces_are_a_data_set_like_any_other():
    settings = SurfaceSettings(family="leather", count=100, color=True)
    make_surfaces("hide", settings)
    assert dataset_names() == ["synthetic", "hide"]
    patches = open_dataset("hide")
    assert patches.fingerprint == SyntheticPatches(settings).fingerprint
    assert patches.name == "hide"
    with pytest.raises(DataError, match="exists"):
        make_surfaces("hide", settings)
    delete_dataset("hide")
    assert dataset_names() == ["synthetic"]
