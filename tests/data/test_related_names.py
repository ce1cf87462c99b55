"""What names tell of images that belong together, and what the split makes of it."""

import numpy as np
import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.data.cautions import data_set_report
from alcore.data.collection import dataset_path, open_dataset
from alcore.data.duplicates import alike_groups, near_duplicates
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.patterns import words_of
from alcore.data.related_names import sequences, shared_stems
from alcore.errors import DataError
from tests.data.helpers import SIZE, encoded, picture, write_folder


def numbered(form, *counts):
    """Names of a form for all combinations of numbers below the counts."""
    return [form.format(*place) for place in np.ndindex(*counts)]


@pytest.mark.parametrize(
    ("names", "pattern", "stems"),
    [
        (numbered("images/img{:02d}_patch{}.png", 8, 4), "**/{stem}_patch*", 8),
        (numbered("images/a{}_r{}_c{}.png", 5, 2, 3), "**/{stem}_r*", 5),
        (numbered("a{}_{}_{}.png", 5, 2, 3), "**/{stem}_*_*", 5),
        (numbered("data/{:05d}_{}.jpg", 10, 4), "**/{stem}_*", 10),
        (numbered("part-{}-tile{}.tif", 4, 9), "**/{stem}-tile*", 4),
    ],
)
def test_names_that_share_a_stem_propose_groups(names, pattern, stems):
    found = shared_stems(names)
    assert found.pattern == pattern
    assert len(set(found.of.values())) == stems
    assert len({tuple(words_of(pattern, name).values()) for name in names}) == stems, (
        "the pattern finds them too"
    )


@pytest.mark.parametrize(
    "names",
    [
        numbered("images/{:03d}.png", 30),
        numbered("imagesTr/case_{:03d}_0000.png", 30),
        [f"JPEGImages/{year}_{i * 7 + year % 7:06d}.jpg" for year in range(2007, 2012) for i in range(40)],
        numbered("test/{}/{:03d}.png", 3, 15),
        [f"train_images/{i * 2654435761 % 2**32:08x}.jpg" for i in range(50)],
    ],
)
def test_names_that_only_count_share_no_stem(names):
    assert shared_stems(names) is None


@pytest.mark.parametrize(
    ("names", "pattern", "moving"),
    [
        (numbered("images/frame_{:04d}.png", 240), "**/frame_{n//12}.*", True),
        (numbered("cam{}_{:04d}.png", 2, 40), "**/{stem}{n//4}.*", True),
        (numbered("line{}/{:04d}.png", 4, 60), "{dir/}{n//12}.*", False),
        ([f"scan_{5 * i}.tif" for i in range(100)], "**/scan_{n//25}.*", True),
    ],
)
def test_names_that_count_up_propose_blocks(names, pattern, moving):
    found = sequences(names)
    assert (found.pattern, found.moving) == (pattern, moving)
    assert sorted(name for run in found.runs for name in run) == sorted(names)
    blocks = {tuple(words_of(pattern, name).values()) for name in names}
    assert 20 <= len(blocks) <= 40


def test_names_without_order_are_no_sequence():
    assert sequences([f"{i * i * 37 % 9973}.png" for i in range(60)]) is None
    assert sequences(numbered("{:03d}.png", 12)) is None


def files_of(names, picture_of=picture):
    files = {}
    for number, name in enumerate(names):
        image, mask = picture_of(number)
        files[f"images/{name}.png"] = encoded(image)
        files[f"masks/{name}.png"] = encoded(mask.astype(np.uint8) * 255)
    return files


def imported(tmp_path, files, **options):
    source = write_folder(tmp_path / "in", files)
    info = import_dataset(source, dataset_path("mine"), options=ImportOptions(SIZE, **options))
    return info, open_dataset("mine")


CUT = [f"img{i:02d}_patch{j}" for i in range(10) for j in range(3)]


def test_patches_of_one_image_on_several_sides_are_said_and_a_group_keeps_them_together(tmp_path):
    _, patches = imported(tmp_path, files_of(CUT))
    (sentence,) = [line for line in data_set_report(patches) if "share a stem" in line]
    assert "--group '**/{stem}_patch*'" in sentence
    assert "of 10 stems, such as" in sentence
    again = ["data", "import", str(tmp_path / "in"), "--name", "again", f"--patch={SIZE[0]}x{SIZE[1]}"]
    result = CliRunner().invoke(app, [*again, "--group", "**/{stem}_patch*"])
    assert "kept together: 30 images in 10 groups" in result.output
    assert "share a stem" not in result.output
    items = open_dataset("again").items
    stem = items["source"].str.extract(r"(img\d+)", expand=False)
    assert (items.groupby(stem)["split"].nunique() == 1).all()
    assert items["split"].nunique() == 3


def test_a_group_pattern_that_fits_no_image_or_names_nothing_is_refused(tmp_path):
    with pytest.raises(DataError, match="no image has the group pattern"):
        imported(tmp_path, files_of(CUT), group="{stem}.bmp")
    with pytest.raises(DataError, match="names nothing"):
        imported(tmp_path, {}, group="**/*")
    info, _ = imported(tmp_path, files_of(["odd"]), group="**/{stem}_patch*")
    assert "and 1 image by themselves, such as images/odd.png" in info.notes[-1]


def test_patches_of_the_published_code_stay_with_their_image(tmp_path):
    files = {}
    for number in range(30):
        image, mask = picture(number)
        name = f"{number // 3:05d}_{number % 3}.png"
        files[f"data/{name}"] = encoded(image)
        if mask.any():
            files[f"labels/{name}"] = encoded(mask.astype(np.uint8))
    info, patches = imported(tmp_path, files)
    assert info.format == "reference"
    image = patches.items["source"].str.extract(r"(\d+)_", expand=False)
    assert (patches.items.groupby(image)["split"].nunique() == 1).all()
    assert not [line for line in data_set_report(patches) if "stem" in line]


def film(number):
    """A frame that is mostly like the one before it: waves that move, with noise of its own."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    image = 120 + 40 * np.sin(x / 7 + number / 9) + 40 * np.cos(y / 6 - number / 11)
    mask = np.zeros(SIZE, dtype=bool)
    mask[4:12, 4:12] = number % 4 == 0
    return (image + 25 * mask + rng.normal(0, 3, SIZE)).clip(0, 255).astype(np.uint8), mask


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (numbered("frame_{:04d}", 60), r"--group '**/frame_{n//3}.*'"),
        (numbered("{:04d}", 60), r"--group '**/{n//3}.*'"),
        ([f"shot {hour:02d}h{minute:02d}b" for hour, minute in np.ndindex(10, 6)], "Images resemble"),
    ],
)
def test_frames_whose_neighbours_are_on_another_side_give_a_word(tmp_path, names, words):
    _, patches = imported(tmp_path, files_of(names, film))
    (sentence,) = [line for line in data_set_report(patches) if "neighbouring one" in line]
    assert words in sentence
    assert "6 test images have the neighbouring one on the training side" in sentence


def test_a_set_in_blocks_gets_no_advice_to_make_them_smaller(tmp_path):
    _, patches = imported(tmp_path, files_of(numbered("frame_{:04d}", 60), film), group="**/frame_{n//6}.*")
    (sentence,) = [line for line in data_set_report(patches) if "neighbouring one" in line]
    assert "where two groups meet" in sentence
    assert "{n//" not in sentence


def test_names_that_count_without_a_film_give_no_word(tmp_path):
    _, patches = imported(tmp_path, files_of(numbered("{:04d}", 60)))
    assert not [line for line in data_set_report(patches) if "neighbouring one" in line]


def test_near_duplicates_stay_on_one_side_if_that_is_asked_for(tmp_path):
    def twice(number):
        image, mask = picture(number // 2)
        return (image + (number % 2) * (np.indices(SIZE).sum(axis=0) % 3 == 0)).astype(np.uint8), mask

    files = files_of(numbered("{:04d}", 60), twice)
    _, patches = imported(tmp_path, files)
    assert len(near_duplicates(patches).pairs)
    options = ImportOptions(SIZE, keep_alike=True)
    import_dataset(write_folder(tmp_path / "in", files), dataset_path("kept"), options=options)
    kept = open_dataset("kept")
    assert not len(near_duplicates(kept).pairs)
    assert kept.items["group"].nunique() == 30


class Some:
    """Images of 16 numbers, repeated, that count what is read."""

    shape, read = (16, 16, 1), 0

    def images(self, items):
        self.read += items.size
        tiles = np.random.default_rng(0).integers(0, 255, (16, 16, 16, 1), dtype=np.uint8)
        return tiles[items % 16]


def test_groups_of_what_looks_the_same_are_bounded_in_what_they_read():
    assert alike_groups(Some(), 160).tolist() == [item % 16 for item in range(160)]
    few = Some()
    groups = alike_groups(few, 160, most_values=2 * 16 * 16 * 10)
    assert few.read <= 160 + 20
    assert np.unique(groups).size >= 150
