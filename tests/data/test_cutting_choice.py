"""Whether whole images are resized or tiles are cut, and what becomes of defects that resizing loses."""

from contextlib import suppress

import numpy as np
import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.data.collection import dataset_path, delete_dataset, open_dataset
from alcore.data.importing.cutting_choice import CLEAN_TILES
from alcore.data.importing.importer import Import, import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.errors import DataError
from tests.data.helpers import encoded, write_folder


def images(tmp_path, shape, defects, name="in"):
    """A folder of images; defects: rows, columns of each one's white rectangle, None for a clean image."""
    files = {}
    for number, defect in enumerate(defects):
        mask = np.zeros(shape, dtype=np.uint8)
        if defect is not None:
            mask[defect] = 255
        noise = np.random.default_rng(number).integers(0, 255, shape).astype(np.uint8)
        files[f"images/{number:02d}.png"] = encoded(noise)
        files[f"masks/{number:02d}.png"] = encoded(mask)
    return write_folder(tmp_path / name, files)


def imported(source, *options):
    """`alcore data import`; its output."""
    done = CliRunner().invoke(app, ["data", "import", str(source), "--name", "mine", *options])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


SQUARE, LINE = np.s_[10:26, 20:40], np.s_[30:31, 5:180]


def test_strips_are_cut_into_patches_that_divide_them_and_squeezed_only_when_asked(tmp_path):
    strips = images(tmp_path, (32, 200), [SQUARE if n % 2 else None for n in range(24)])
    report = imported(strips, "--patch", "32x50", "--dry-run")
    assert "mine: 96 patches" in report
    assert "tiles of 32x50 are cut, as resizing would change the shape of images such as 32x200" in report
    assert "--no-tile resizes whole images" in report
    assert "mine: 24 patches" in imported(strips, "--patch", "32x50", "--no-tile", "--dry-run")
    assert "mine: 24 patches" in imported(strips, "--patch", "16x100", "--dry-run"), "the strips' own shape"


@pytest.mark.parametrize(("patch", "is_tiled"), [("64x80", False), ("64x64", True), ("80x64", True)])
def test_a_shape_that_differs_by_more_than_a_tenth_is_cut(tmp_path, patch, is_tiled):
    """Of images of 90x120: 64x80 is within a tenth of their shape and divides nothing."""
    source = images(tmp_path, (90, 120), [SQUARE if n % 2 else None for n in range(8)])
    assert (" are cut, as resizing would" in imported(source, "--patch", patch)) == is_tiled


def test_images_smaller_than_a_tile_are_resized(tmp_path):
    source = images(tmp_path, (40, 90), [SQUARE if n % 2 else None for n in range(8)])
    assert "as some images are smaller than a tile" in imported(source)
    assert open_dataset("mine").info.cutting == "resized"


def test_where_resizing_loses_thin_defects_tiles_are_cut_and_clean_ones_capped(tmp_path):
    """Lines of one pixel in 192x192: at 64x64 all are gone, so that every image would be clean."""
    source = images(tmp_path, (192, 192), [LINE if n % 4 else SQUARE for n in range(12)])
    report = imported(source, "--patch", "32x32")
    assert (
        "tiles of 32x32 are cut, as resizing to 32x32 loses 75 % of the defects, 9 of 12 examined" in report
    )
    patches = open_dataset("mine")
    clean = patches.items[~patches.items["defective"]].groupby("source").size()
    assert clean.max() == CLEAN_TILES
    assert not patches.info.vanished
    assert patches.info.capped == 12 * 36 - len(patches.items)
    assert f"Clean tiles left out, because enough of their image were kept: {patches.info.capped}" in report
    assert len(set(patches.items["column"])) == 6, "clean tiles are spread over the image"


def test_tiles_that_were_asked_for_are_all_kept_unless_capped(tmp_path):
    source = images(tmp_path, (192, 192), [LINE if n % 4 else SQUARE for n in range(12)])
    assert "mine: 432 patches" in imported(source, "--patch", "32x32", "--tile", "--dry-run")
    assert "mine: 432 patches" in imported(source, "--patch", "32x32", "--clean-tiles", "0", "--dry-run")
    few = imported(source, "--patch", "32x32", "--tile", "--clean-tiles", "2", "--dry-run")
    assert "enough of their image were kept" in few
    first = import_dataset(
        source, dataset_path("a"), options=ImportOptions((32, 32), tile=True, clean_tiles=2)
    )
    again = import_dataset(
        source, dataset_path("b"), options=ImportOptions((32, 32), tile=True, clean_tiles=2)
    )
    assert first.fingerprint == again.fingerprint
    assert first.patches == first.defective + 2 * 12


def test_an_image_whose_defect_vanishes_is_left_out_and_not_clean(tmp_path):
    defects = [LINE, *[SQUARE, None] * 12]
    source = images(tmp_path, (192, 192), defects)
    report = imported(source, "--no-tile")
    patches = open_dataset("mine")
    assert "images/00.png" not in set(patches.items["source"])
    assert (patches.info.patches, list(patches.info.lost)) == (24, ["images/00.png"])
    assert (
        "neither clean nor defective, since resizing loses their defects: 1 image (images/00.png)" in report
    )
    as_before = import_dataset(source, dataset_path("old"), options=ImportOptions(vanished_are_clean=True))
    assert (as_before.patches, as_before.vanished, as_before.lost) == (25, ("images/00.png",), ())


def test_vanished_images_that_would_be_more_than_a_tenth_of_the_clean_class_are_refused(tmp_path):
    source = images(tmp_path, (192, 192), [LINE, LINE, *[SQUARE, None] * 12])
    with pytest.raises(
        DataError, match=r"loses the defects of 2 images.*14.3 % of the clean class"
    ) as caught:
        imported(source, "--no-tile")
    assert "suggested: --no-tile --patch 96x96" in str(caught.value)
    assert "mine: 26 patches" in imported(source, "--no-tile", "--vanished-are-clean", "--dry-run")


def test_where_all_images_are_defective_tiles_are_offered_with_their_prevalence(tmp_path):
    source = images(tmp_path, (128, 128), [SQUARE] * 8)
    with pytest.raises(DataError, match="every patch is defective") as caught:
        imported(source)
    assert "--tile --patch 64x64 (tiles of 64x64: 32 patches, prevalence 25 %" in str(caught.value)
    assert "mine: 32 patches, 8 defective" in imported(source, "--tile", "--patch", "64x64")


def test_only_what_would_come_in_is_suggested(tmp_path):
    """At some sizes all are defective, at others defects are lost or too few images are clean."""
    rng = np.random.default_rng(3)
    sets = {
        "all": [SQUARE] * 9,
        "thin": [LINE if n % 3 else None for n in range(12)],
        "two clean": [SQUARE if n > 1 else None for n in range(12)],
        "mixed": [np.s_[r : r + s, r : r + s] for r, s in rng.integers(1, 60, (12, 2))],
    }
    seen = set()
    for name, defects in sets.items():
        source = images(tmp_path, (96, 192), defects, name)
        work = Import(source, options=ImportOptions((96, 192), vanished_are_clean=True))
        with suppress(DataError):  # its own size may be one of those that do not come in
            work.write(dataset_path(name))
        sizes, best = work.patch_sizes()
        for size in sizes:
            options = ImportOptions((size.height, size.width), tile=size.tile)
            try:
                info = import_dataset(source, dataset_path("x"), options=options)
            except DataError:
                assert not size.comes_in, size.in_words()
            else:
                assert size.comes_in, size.in_words()
                assert (info.patches, info.defective) == (size.patches, size.defective)
                delete_dataset("x")
            seen.add(size.comes_in)
        assert best is None or (best.comes_in and best.kept > 0)
    assert seen == {True, False}


def test_sets_that_are_resized_whole_as_a_rule_stay_so(tmp_path):
    """Magnetic tiles have all shapes, and the patch folders of the paper's code hold patches already."""
    files = {}
    for n in range(12):
        mask = np.zeros((80, 130), dtype=np.uint8)
        mask[SQUARE] = 255 * (n % 2)
        noise = np.random.default_rng(n).integers(0, 255, mask.shape).astype(np.uint8)
        files[f"MT_{n % 2}/Imgs/{n}.jpg"] = encoded(noise, "JPEG")
        files[f"MT_{n % 2}/Imgs/{n}.png"] = encoded(mask)
    report = imported(write_folder(tmp_path / "in", files))
    assert (
        "whole images are resized to 64x64, as is usual for Magnetic Tile Defect set; --tile cuts" in report
    )
    assert "mine: 12 patches" in report


def test_what_is_about_tiles_alone_is_refused_where_they_are_not_cut(tmp_path):
    source = images(tmp_path, (90, 120), [SQUARE if n % 2 else None for n in range(8)])
    for option in (("--overlap", "8"), ("--resize", "80x80"), ("--clean-tiles", "4")):
        with pytest.raises(DataError, match="need tiles; add --tile"):
            imported(source, "--no-tile", *option)
    assert "cut as tiles" in imported(source, "--overlap", "8")
