"""What is said of a source before it is kept: copies, what other patch sizes would do, some pairs."""

import numpy as np
import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.commands.import_bar import plain_lines
from alcore.data.cautions import contradictions, data_set_report
from alcore.data.collection import dataset_path, open_dataset, read_about
from alcore.data.cutting import IGNORED
from alcore.data.duplicates import copies_across_sides, near_duplicates
from alcore.data.importing.import_events import ImportProgress
from alcore.data.importing.importer import Import, import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.patch_choice import add_up, cuts_of, suggested, ways_for
from alcore.data.overview import some_pairs
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.presentation.data_card import make_card
from tests.data.helpers import encoded, folder_files, write_folder


class Repeated(SyntheticPatches):
    """Surfaces of which number 1 is number 0 once more, a little brighter and with noise of its own."""

    def __init__(self, **settings):
        super().__init__(SurfaceSettings(count=200, **settings))
        self.split = np.zeros(200, dtype=np.uint8)
        self.split[1::2] = 2

    def images(self, items):
        found = super().images(np.where(items == 1, 0, items)).copy()
        noise = np.random.default_rng(0).normal(0, 2, found.shape[1:])
        found[items == 1] = np.clip(found[items == 1] * 0.9 + 12 + noise, 0, 255).astype(np.uint8)
        return found


@pytest.mark.parametrize("family", ["brushed", "cast", "woven", "x-ray", "tuber"])
def test_an_image_saved_twice_is_found_and_nothing_else(family):
    assert near_duplicates(Repeated(family=family)).pairs.tolist() == [[0, 1]]


def test_near_duplicates_are_looked_for_across_sides_only():
    patches = Repeated()
    patches.split[1] = 0
    assert len(near_duplicates(patches).pairs) == 0


class Counting:
    """A set of very many patches, each like its neighbour on the other side, that counts what is read."""

    shape, defective = (16, 16, 1), np.zeros(300_000, dtype=bool)
    split = np.where(np.arange(300_000) % 2, 2, 0).astype(np.uint8)
    read = 0

    def images(self, items):
        self.read += items.size
        tiles = np.random.default_rng(0).integers(0, 255, (64, 16, 16, 1), dtype=np.uint8)
        return tiles[items // 2 % 64]


def test_a_very_large_set_is_compared_in_part_and_neighbours_are_still_found():
    patches = Counting()
    found = near_duplicates(patches, most_patches=1024, most_values=10**6)
    assert 768 < found.compared <= 1024, "the last block is a short one"
    assert patches.read <= 1024 + 10**6 // (16 * 16)
    assert (np.abs(np.diff(found.pairs, axis=1)) == 1).any()
    assert found.pairs.max() > 250_000 or len(found.pairs) == 10**6 // (2 * 16 * 16)
    assert near_duplicates(patches, most_patches=10**6, most_values=10**5).compared <= 256


def test_copies_in_two_of_the_sources_own_splits_are_counted(tmp_path):
    files = folder_files()
    source = {}
    for name, content in files.items():
        kind, file = name.split("/")
        side = ("train", "valid")[int(file[:3]) % 2]
        source[f"{side}/{kind}/{file}"] = content
    for kind in ("images", "masks"):  # once more on the other side, and once more on its own
        source[f"valid/{kind}/900.png"] = source[f"train/{kind}/000.png"]
        source[f"train/{kind}/901.png"] = source[f"train/{kind}/002.png"]
    import_dataset(write_folder(tmp_path / "in", source), dataset_path("mine"))
    patches = open_dataset("mine")
    assert copies_across_sides(patches) == 2
    assert any("two of the source's own splits" in sentence for sentence in data_set_report(patches))


def test_equal_images_with_different_masks_are_said_with_their_disagreement(tmp_path):
    files = folder_files()
    wide = np.zeros((40, 48), dtype=np.uint8)
    wide[10:26, 12:44] = 255  # twice as wide as the mask of picture 0
    for number, mask in ((900, wide), (901, np.zeros_like(wide)), (902, None)):
        files[f"images/{number}.png"] = files["images/000.png" if number < 902 else "images/003.png"]
        files[f"masks/{number}.png"] = files["masks/003.png"] if mask is None else encoded(mask)
    import_dataset(
        write_folder(tmp_path / "in", files), dataset_path("mine"), options=ImportOptions((40, 48))
    )
    (sentence,) = contradictions(open_dataset("mine"))
    assert "3 patches in 1 group, such as images/000.png and images/900.png" in sentence
    assert "100 % of the pixels that a group's masks mark are not marked in all of them" in sentence
    assert "in 1 of the groups one is clean and another defective" in sentence
    assert sentence in data_set_report(open_dataset("mine"))


def test_equal_images_with_equal_masks_are_no_contradiction(tmp_path):
    files = folder_files()
    files |= {"images/900.png": files["images/000.png"], "masks/900.png": files["masks/000.png"]}
    import_dataset(write_folder(tmp_path / "in", files), dataset_path("mine"))
    assert contradictions(open_dataset("mine")) == []


def steel_like(tmp_path):
    """Images of 96x240 with defects of several sizes, some in a corner, and an odd one of another size."""
    rng = np.random.default_rng(5)
    files = {}
    for number in range(24):
        shape = (96, 240) if number else (120, 250)
        mask = np.zeros(shape, dtype=np.uint8)
        if number % 2 == 0:
            side = 2 + number
            row, column = rng.integers(0, shape[0] - side), rng.integers(0, shape[1] - side)
            mask[row : row + side, column : column + side] = 255
        files[f"images/{number}.png"] = encoded(rng.integers(0, 255, shape).astype(np.uint8))
        files[f"masks/{number}.png"] = encoded(mask)
    return write_folder(tmp_path / "in", files)


def test_what_another_size_would_do_is_what_an_import_of_that_size_does(tmp_path):
    source = steel_like(tmp_path)
    work = Import(source, options=ImportOptions((96, 240), min_area=3))
    work.write(dataset_path("first"))
    sizes, _ = work.patch_sizes()
    assert {(s.height, s.width, s.tile) for s in sizes} >= {(32, 80, False), (96, 240, False), (64, 64, True)}
    for number, size in enumerate(size for size in sizes if size.comes_in):
        options = ImportOptions((size.height, size.width), tile=size.tile, min_area=3)
        info = import_dataset(source, dataset_path(f"as-{number}"), options=options)
        assert (info.patches, info.defective) == (size.patches, size.defective), size.in_words()


def squares(side, count=10, shape=(256, 256)):
    masks = [np.zeros(shape, dtype=bool) for _ in range(count)]
    for mask in masks:
        mask[40 : 40 + side, 30 : 30 + side] = True
    return masks


@pytest.mark.parametrize(
    ("side", "expected"), [(100, (32, 32, False)), (16, (48, 48, False)), (2, (64, 64, True))]
)
def test_the_smallest_patch_that_shows_the_defects_is_suggested(side, expected):
    """Of a square of 16 in 256 pixels, resizing to 48 leaves 9 pixels; one of 2 is never 8 pixels."""
    ways = ways_for((256, 256))
    clean = [np.zeros((256, 256), dtype=bool)] * 10
    cuts = [cuts_of(mask, ways, min_area=1) for mask in squares(side) + clean]
    best = suggested(add_up(cuts, ways, images=20), cuts)
    assert (best.height, best.width, best.tile) == expected


def test_a_sample_is_scaled_to_the_whole_and_ignored_pixels_are_no_defect():
    truth = squares(20, count=1)[0].astype(np.uint8) * IGNORED
    ways = ways_for((256, 256))
    (cut,) = [cuts_of(truth, ways, min_area=1)]
    assert not cut.has_defect
    (size, *_) = add_up([cut, cuts_of(squares(20)[0], ways, min_area=1)], ways, images=200)
    assert (size.patches, size.defective) == (200, 100)


def test_twelve_pairs_are_spread_over_both_kinds(tmp_path):
    import_dataset(write_folder(tmp_path / "in", folder_files()), dataset_path("mine"))
    patches = open_dataset("mine")
    items = some_pairs(patches)
    assert len(set(items.tolist())) == 12
    assert patches.defective[items].sum() == 8


def test_where_no_defect_is_left_a_better_size_is_named(tmp_path):
    files = {}
    for number in range(12):
        mask = np.zeros((128, 128), dtype=np.uint8)
        if number % 2:
            mask[60:63, 60:63] = 255
        files[f"images/{number}.png"] = encoded(
            np.random.default_rng(number).integers(0, 255, mask.shape).astype(np.uint8)
        )
        files[f"masks/{number}.png"] = encoded(mask)
    source = write_folder(tmp_path / "in", files)
    arguments = ["data", "import", str(source), "--name", "x", "--patch", "16x16", "--no-tile"]
    refused = CliRunner().invoke(app, arguments)
    assert "loses the defects of 6 images" in str(refused.exception)
    assert "suggested: --no-tile --patch 128x128 (whole images resized to 128x128: 12" in str(
        refused.exception
    )


def test_import_dry_run_show_and_card_say_the_same_of_neighbouring_frames(tmp_path):
    """Frames that hardly move: each has its neighbour on another side of the split."""
    scene = np.random.default_rng(1).integers(0, 255, (16, 16)).repeat(4, axis=0).repeat(4, axis=1)
    files = {}
    for number in range(24):
        noise = np.random.default_rng(number).normal(0, 3, scene.shape)
        mask = np.zeros((64, 64), dtype=np.uint8)
        mask[: 20 * (number % 2), :20] = 255
        files[f"images/{number}.png"] = encoded(np.clip(scene + noise, 0, 255).astype(np.uint8))
        files[f"masks/{number}.png"] = encoded(mask)
    source = write_folder(tmp_path / "in", files)
    run = CliRunner().invoke
    tried = run(app, ["data", "import", str(source), "--name", "video", "--dry-run"])
    done = run(app, ["data", "import", str(source), "--name", "video"])
    shown = run(app, ["data", "show", "video"])
    card = make_card(open_dataset("video"), read_about("video"))
    (alike,) = [line for line in done.output.splitlines() if line.startswith("Nearly identical images")]
    assert "such as images/" in alike
    assert set(done.output.splitlines()) <= set(tried.output.splitlines())
    assert set(done.output.splitlines()) == set(shown.output.splitlines())
    assert alike in card.warnings


def test_a_long_import_writes_a_line_now_and_then_where_no_bar_can_be_drawn():
    time, lines = 0.0, []
    report = plain_lines(lines.append, now=lambda: time)
    for second in range(60):
        time = float(second)
        report(ImportProgress(second, 60, "reading", second / 60, 60.0 - second))
    assert lines[0] == "reading images, 10 of 60, about 0:50 left"
    assert len(lines) == 5
