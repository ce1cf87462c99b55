"""An import counts what it leaves aside or takes for clean, and refuses what would have no effect."""

from dataclasses import replace

import pytest

from alcore.data.collection import dataset_path
from alcore.data.importing.importer import Import, import_dataset
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.option_texts import classes_in
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.errors import DataError
from tests.data.helpers import SIZE, folder_files, reference_files, write_folder
from tests.data.test_formats import SOURCES
from tests.data.tool_files import via_files
from tests.data.trees import paired

WHOLE = ImportOptions(SIZE)
DAGM = paired("Class1/Train/{n}.PNG", "Class1/Train/Label/{n}_label.PNG", only_bad=True)
COCO = b"""{"images": [{"id": 1, "file_name": "images/000.png"}], "categories": [{"id": 1, "name": "dent"}],
"annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]]}]}"""


def notes_of(tmp_path, files, options=WHOLE):
    source = open_source(write_folder(tmp_path / "in", files))
    return Import(source, options=options).notes


@pytest.mark.parametrize("make", [DAGM, reference_files])
def test_images_that_are_clean_for_want_of_a_mask_are_counted(tmp_path, make):
    assert any(
        "20 images have no mask and count as clean, such as" in note for note in notes_of(tmp_path, make())
    )


def test_one_image_that_is_said_to_be_clean_without_a_mask_is_named(tmp_path):
    files = folder_files()
    del files["masks/001.png"]
    notes = notes_of(tmp_path, files, replace(WHOLE, missing_mask_is_clean=True))
    assert "1 image has no mask and counts as clean, such as images/001.png" in notes


def test_images_that_no_annotation_names_are_counted(tmp_path):
    table = folder_files(5) | {"annotations.json": COCO}
    notes = notes_of(tmp_path, table)
    assert "9 images have no entry in the annotations and are left out, such as images/001.png" in notes


@pytest.mark.parametrize("kind", SOURCES)
def test_a_whole_source_leaves_nothing_aside(tmp_path, kind):
    make, options = SOURCES[kind]
    notes = notes_of(tmp_path, make(), options)
    assert not [note for note in notes if "no entry in the annotations" in note]


@pytest.mark.parametrize(
    "chosen",
    [
        Foreground(threshold=3, classes=(1,)),
        Foreground(classes=(1,), colors=((1, 1, 1),)),
        Foreground(threshold=3, names=("dent",)),
        Foreground(threshold=3, colors=((1, 1, 1),)),
    ],
)
def test_two_ways_to_say_what_is_defective_are_one_too_many(tmp_path, chosen):
    with pytest.raises(DataError, match="each say what is defective; choose one"):
        notes_of(tmp_path, folder_files(), replace(WHOLE, foreground=chosen))


@pytest.mark.parametrize("make", [folder_files, via_files])
def test_boxes_are_not_filled_where_a_format_has_none(tmp_path, make):
    with pytest.raises(DataError, match="--boxes-are-masks has no effect here"):
        notes_of(tmp_path, make(), replace(WHOLE, boxes_are_masks=True))


def test_a_refusal_for_want_of_defects_names_what_was_left_out(tmp_path):
    files = folder_files(6) | {"masks/000.png": b"", "masks/003.png": b""}
    source = write_folder(tmp_path / "in", files)
    with pytest.raises(
        DataError, match=r"no patch is defective.*; 2 files left out, since masks/000.png cannot"
    ):
        import_dataset(source, dataset_path("mine"), options=replace(WHOLE, skip_bad=True))


def test_a_class_name_with_a_comma_stands_in_quotes():
    assert classes_in('1, "Dirt, old",crack') == ((1,), ("Dirt, old", "crack"))


def test_values_that_no_mask_holds_are_said(tmp_path):
    notes = notes_of(
        tmp_path, folder_files(), replace(WHOLE, foreground=Foreground(classes=(255, 7), ignored=(9,)))
    )
    assert "in no mask, so they have no effect: the values 7, 9" in notes
    assert not any("in no mask" in note for note in notes_of(tmp_path, folder_files()))


def test_levels_of_images_of_8_bits_are_refused(tmp_path):
    with pytest.raises(DataError, match="no image has more than 8 bits"):
        notes_of(tmp_path, folder_files(), replace(WHOLE, levels=4095))
