"""The layouts of public data sets, and any other by patterns, against the pictures that the tests drew."""

import os
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from alcore.__main__ import app
from alcore.data.collection import dataset_names, dataset_path, open_dataset
from alcore.data.importing.formats import recognise
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.layout_table import LAYOUTS
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.patterns import words_of
from alcore.errors import DataError
from tests.data.helpers import SIZE, encoded, folder_files, picture, write_folder, write_zip
from tests.data.trees import TREES, halves, levels, parts

WHOLE = ImportOptions(SIZE)


def numbers_of(sources):
    """The picture's number in each file name of a tree: the last run of digits that is one."""
    return [int(re.findall(r"\d+", re.sub(r"_(0000|000_05|002_00|000019.*)\.", ".", s))[-1]) for s in sources]


@pytest.mark.parametrize("name", TREES)
def test_a_public_layout_is_recognised_and_gives_the_masks_that_were_drawn(tmp_path, name):
    layout, make = TREES[name]
    source = write_folder(tmp_path / "in", make())
    found = recognise(open_source(source))
    assert (found.name, found.unexplained) == (layout, [])
    info = import_dataset(source, dataset_path("mine"), options=WHOLE)
    patches = open_dataset("mine")
    assert info.defective == 10
    drawn = {picture(number)[1].tobytes() for number in range(0, 30, 3)}
    masks = patches.masks(np.flatnonzero(patches.defective))
    if name == "steel patches":  # lossy masks: above 0, as the published code has it, edges bleed
        assert all((mask & picture(0)[1]).sum() >= 250 and mask[:8].sum() == 0 for mask in masks)
    else:
        assert {mask.tobytes() for mask in masks} == drawn


def dagm(folders):
    """A tree of DAGM whose parts lie in these folders; there is no file for a clean image."""
    files = {f"{folder}Label/Labels.txt": b"1\n" for folder in folders}
    for part in parts():
        folder = folders[part.number % len(folders)]
        files[f"{folder}{part.number:04d}.PNG"] = encoded(part.image)
        if part.bad:
            files[f"{folder}Label/{part.number:04d}_label.PNG"] = encoded(levels(part.mask))
    return files


@pytest.mark.parametrize(
    "folders",
    [["Class1/Train/"], ["Class1/"], ["Class1_def/", "Class2_def/"], ["a/Class1/Test/", "a/Class2/Train/"]],
)
def test_a_missing_mask_of_dagm_means_clean_wherever_its_folders_lie(tmp_path, folders):
    info = import_dataset(write_folder(tmp_path / "in", dagm(folders)), dataset_path("dagm"), options=WHOLE)
    assert (info.format, info.patches, info.defective) == ("dagm", 30, 10)


def test_every_row_of_the_table_has_a_tree():
    assert set(LAYOUTS) <= {layout for layout, _ in TREES.values()}


def test_the_layout_and_how_many_files_it_explains_are_said(tmp_path):
    _, make = TREES["BTAD"]
    info = import_dataset(write_folder(tmp_path / "in", make()), dataset_path("btad"), options=WHOLE)
    assert info.notes[0] == "layout: BTAD, which explains all 40 files"
    assert info.format == "btad"


def test_where_no_layout_explains_all_the_nearest_says_what_it_cannot(tmp_path):
    files = TREES["BTAD"][1]() | {"elsewhere/odd.png": encoded(picture(1)[0])}
    found = recognise(open_source(write_folder(tmp_path / "in", files)))
    assert found.name == "btad"
    assert found.sentence() == "the nearest layout, BTAD, explains 40 of 41 files, but not elsewhere/odd.png"


@pytest.mark.parametrize(("name", "key"), [("KolektorSDD", r"kos\d+"), ("CHASE_DB1", r"Image_\d+")])
def test_what_belongs_together_stays_on_one_side(tmp_path, name, key):
    import_dataset(write_folder(tmp_path / "in", TREES[name][1]()), dataset_path("grouped"), options=WHOLE)
    items = open_dataset("grouped").items
    assert (items["split"].groupby(items["source"].str.extract(f"({key})")[0]).nunique() == 1).all()


def test_images_without_truth_are_left_out_of_crackforest(tmp_path):
    info = import_dataset(
        write_folder(tmp_path / "in", TREES["CrackForest"][1]()), dataset_path("cracks"), options=WHOLE
    )
    assert info.patches == 30


def test_a_zip_of_a_layout_gives_the_same_bytes(tmp_path):
    files = TREES["MVTec AD"][1]()
    import_dataset(write_folder(tmp_path / "in", files), dataset_path("a"), options=WHOLE)
    import_dataset(
        write_zip(tmp_path / "in.zip", files, within="hazelnut/"), dataset_path("b"), options=WHOLE
    )
    for name in ("images.npy", "masks.npy", "items.parquet"):
        assert (dataset_path("a") / name).read_bytes() == (dataset_path("b") / name).read_bytes()


def own_files():
    files = {}
    for part in parts():
        files[f"line 3/day{part.number % 4}/shot-{part.number}.jpg"] = encoded(part.image, "JPEG")
        for kind, mask in zip(("scratch", "dent"), halves(part.mask), strict=True):
            files[f"marked/{kind}/day{part.number % 4}_{part.number}.png"] = encoded(levels(mask))
    return files


def test_any_other_layout_by_patterns(tmp_path):
    source = write_folder(tmp_path / "in", own_files())
    options = ImportOptions(
        SIZE,
        images="line 3/day{day}/shot-{id}.jpg",
        masks=("marked/scratch/day{day}_{id}.png", "marked/dent/day{day}_{id}.png"),
    )
    info = import_dataset(source, dataset_path("mine"), options=options)
    assert (info.patches, info.defective, info.format) == (30, 10, "patterns")
    patches = open_dataset("mine")
    assert all(np.array_equal(m, picture(0)[1]) for m in patches.masks(np.flatnonzero(patches.defective)))


@pytest.mark.parametrize(
    ("images", "masks", "words"),
    [
        ("*.png", ("{id}.png",), "names nothing to pair by"),
        ("{id}.png", ("{other}.png",), "shares no word"),
        ("{id}.png", (), "needs a mask pattern"),
        ("{id.png", ("{id}.png",), "unmatched brace"),
        ("images/{id}.png", ("truth/{id}.png",), "has no mask"),
        ("nowhere/{id}.png", ("nowhere/{id}_mask.png",), "no image to import"),
    ],
)
def test_patterns_that_cannot_be_used_are_one_sentence(tmp_path, images, masks, words):
    source = write_folder(tmp_path / "in", folder_files(9))
    with pytest.raises(DataError, match=words) as caught:
        import_dataset(source, dataset_path("no"), options=ImportOptions(SIZE, images=images, masks=masks))
    assert "\n" not in str(caught.value)


def test_the_words_of_a_pattern():
    assert words_of("{dir/}{side:train|test}/{id}.*", "A/b/TEST/x.y.png") == {
        "dir": "a/b/",
        "side": "test",
        "id": "x.y",
    }
    assert words_of("{id}/{id}_RAW.jpg", "7/8_RAW.jpg") is None
    assert words_of("**/{id}.png", "a.png") == {"id": "a"}
    assert words_of("{id}.png", "a/b.png") is None


def test_a_dry_run_says_what_an_import_would_and_keeps_nothing(tmp_path):
    source = write_folder(tmp_path / "in", TREES["BTAD"][1]())
    arguments = ["data", "import", str(source), "--name", "tried", "--patch", "40x48"]
    tried = CliRunner().invoke(app, [*arguments, "--dry-run"])
    assert (tried.exit_code, dataset_names()) == (0, ["synthetic"])
    done = CliRunner().invoke(app, arguments)
    kept = len(done.output.splitlines())
    assert tried.output.splitlines()[:kept] == done.output.splitlines()
    assert "patches of 40x48, whole images resized: 10 of 30 defective" in tried.output
    assert "suggested: whole images resized to" in tried.output
    assert "layout: BTAD, which explains all 40 files" in done.output
    assert dataset_names() == ["synthetic", "tried"]


def test_a_tree_of_odd_files_ends_with_a_sentence(tmp_path):
    """Links, loops, pipes and names with line ends among what no layout explains."""
    folder = write_folder(tmp_path / "in", {"a/line\nend.png": b"", "a/b/\x1b[31m.png": b"x"})
    (folder / "loop").symlink_to(folder)
    (folder / "a" / "zero.png").symlink_to("/dev/zero")
    os.mkfifo(folder / "a" / "pipe.png")
    with pytest.raises(DataError, match=r"has no mask.*nearest layout") as caught:
        import_dataset(folder, dataset_path("odd"))
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_very_many_empty_files_end_with_a_sentence(tmp_path):
    for number in range(20_000):
        (tmp_path / f"{number}.png").touch()
    with pytest.raises(DataError, match="explains 0 of 20000 files"):
        import_dataset(tmp_path, dataset_path("many"))
