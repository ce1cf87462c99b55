"""Every format, from a folder and from a zip, against the pictures that the tests drew."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from pycocotools import mask as coco_mask

from alcore.data.collection import dataset_path, open_dataset
from alcore.data.images import read_mask
from alcore.data.importing import rle
from alcore.data.importing.formats import recognise
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.data.importing.rle import length_of_compressed
from alcore.errors import DataError
from tests.data import tool_files
from tests.data.helpers import (
    SIZE,
    encoded,
    folder_files,
    picture,
    reference_files,
    roboflow_coco_files,
    roboflow_mask_files,
    severstal_files,
    write_folder,
    write_zip,
)

masks = npst.arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20)))

WHOLE = ImportOptions(SIZE)
SOURCES = {
    "folder": (folder_files, WHOLE),
    "severstal": (lambda: severstal_files(30, size=SIZE), WHOLE),
    "severstal, older": (lambda: severstal_files(30, older=True, size=SIZE), WHOLE),
    "roboflow masks": (roboflow_mask_files, WHOLE),
    "roboflow polygons": (roboflow_coco_files, WHOLE),
    "roboflow runs": (lambda: roboflow_coco_files(kind="runs"), WHOLE),
    "roboflow compressed": (lambda: roboflow_coco_files(kind="compressed"), WHOLE),
    "reference": (reference_files, WHOLE),
    "label-studio": (tool_files.label_studio_files, WHOLE),
    "darwin": (tool_files.darwin_files, WHOLE),
    "supervisely": (tool_files.supervisely_files, WHOLE),
    "datumaro": (tool_files.datumaro_files, WHOLE),
    "via": (tool_files.via_files, WHOLE),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_format_is_recognised_and_gives_the_masks_that_were_drawn(tmp_path, kind):
    make, options = SOURCES[kind]
    source = write_folder(tmp_path / "in", make())
    assert recognise(open_source(source)).name == kind.split()[0].rstrip(",")
    info = import_dataset(source, dataset_path("mine"), options=options)
    assert (info.patches, info.defective) == (30, 10)
    patches = open_dataset("mine")
    for item, file in enumerate(patches.items["source"]):
        number = int("".join(sign for sign in file.split("/")[-1] if sign.isdigit()))
        assert np.array_equal(patches.masks(np.array([item]))[0], picture(number)[1]), file


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("within", ["", "export v1/"])
def test_a_zip_gives_the_same_bytes_as_its_folder(tmp_path, kind, within):
    make, options = SOURCES[kind]
    import_dataset(write_folder(tmp_path / "in", make()), dataset_path("a"), options=options)
    import_dataset(write_zip(tmp_path / "in.zip", make(), within=within), dataset_path("b"), options=options)
    for name in ("images.npy", "masks.npy", "items.parquet"):
        assert (dataset_path("a") / name).read_bytes() == (dataset_path("b") / name).read_bytes()


@given(masks)
def test_severstal_runs_round_trip(mask):
    assert np.array_equal(rle.decode(rle.encode(mask), mask.shape, name="x"), mask)


def test_severstal_runs_count_down_the_columns_from_one():
    assert rle.decode("1 2 5 1", (3, 2), name="x").tolist() == [[1, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ("1 2 3", "are not pairs"),
        ("1 x", "not whole numbers"),
        ("1 99999999999999999999", "not whole numbers"),
        ("0 2", "leave the image"),
        ("1 0", "leave the image"),
        ("5 3", "leave the image"),
        ("1 3 2 1", "overlap"),
        ("4 1 1 1", "overlap"),
    ],
)
def test_broken_runs_are_one_sentence(runs, words):
    with pytest.raises(DataError, match=words):
        rle.decode(runs, (3, 2), name="x")


@given(masks)
def test_the_length_of_compressed_coco_runs_is_known_without_decoding(mask):
    runs = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert length_of_compressed(runs) == mask.size


@given(st.text(max_size=30))
def test_any_text_has_a_length_or_none(text):
    assert length_of_compressed(text) >= -1


def test_severstal_classes_can_be_chosen(tmp_path):
    source = write_folder(tmp_path / "in", severstal_files(30, size=SIZE))
    options = ImportOptions(SIZE, foreground=Foreground(classes=(3,)))
    info = import_dataset(source, dataset_path("three"), options=options)
    assert info.defective == 5


def test_the_papers_preparation_of_severstal(tmp_path):
    files = severstal_files(12, size=(64, 128))
    image, _ = picture(1, (64, 128))
    image[:, :6] = 0
    files["train_images/0001.jpg"] = encoded(np.stack([image] * 3, axis=2), "JPEG")
    source = write_folder(tmp_path / "in", files)
    options = ImportOptions((64, 32), tile=True, drop_black_border=True)
    info = import_dataset(source, dataset_path("steel"), options=options)
    assert info.patches == 11 * 4
    assert list(info.skipped) == ["train_images/0001.jpg"]
    items = open_dataset("steel").items
    assert sorted(items["column"].unique()) == [0, 32, 64, 96]
    assert (items.groupby("source")["split"].nunique() == 1).all()


@pytest.mark.parametrize(
    ("mask", "foreground", "share"),
    [
        (np.uint8([[0, 1], [2, 0]]), Foreground(threshold=0), 0.5),
        (np.uint8([[0, 1], [2, 0]]), Foreground(classes=(2,)), 0.25),
        (
            np.uint8([[[200, 0, 0], [0, 0, 0]], [[195, 6, 0], [0, 200, 0]]]),
            Foreground(colors=((200, 0, 0),)),
            0.5,
        ),
        (
            np.uint8([[[200, 0, 0], [0, 0, 0]], [[195, 6, 0], [0, 200, 0]]]),
            Foreground(colors=((200, 0, 0),), tolerance=0),
            0.25,
        ),
    ],
)
def test_what_counts_as_foreground_can_be_chosen(mask, foreground, share):
    assert read_mask(encoded(mask), name="m.png", foreground=foreground).mean() == share


def test_an_indexed_mask_counts_by_its_index_not_its_colour():
    image = Image.fromarray(np.uint8([[0, 1], [0, 0]]), mode="P")
    image.putpalette([0, 0, 0, 40, 0, 0] + [0] * 762)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    assert read_mask(buffer.getvalue(), name="m.png", foreground=Foreground()).tolist() == [[0, 1], [0, 0]]


def test_small_defects_can_count_as_clean(tmp_path):
    source = write_folder(tmp_path / "in", folder_files())
    _, mask = picture(1)
    mask[3, 3:6] = True
    (source / "masks" / "001.png").write_bytes(encoded(mask.astype(np.uint8) * 255))
    assert import_dataset(source, dataset_path("all"), options=WHOLE).defective == 11
    info = import_dataset(source, dataset_path("large"), options=ImportOptions(SIZE, min_area=4))
    assert info.defective == 10
    assert list(info.vanished) == ["images/001.png"]
    patches = open_dataset("large")
    assert not patches.masks(np.array([1])).any(), "a clean patch has an empty mask"


def test_tiles_can_overlap_and_images_be_shrunk_first(tmp_path):
    source = write_folder(tmp_path / "in", folder_files())
    options = ImportOptions((16, 16), tile=True, overlap=8, resize_to=(24, 32))
    info = import_dataset(source, dataset_path("tiles"), options=options)
    items = open_dataset("tiles").items
    assert info.patches == 30 * 2 * 3
    assert sorted(items["row"].unique()) == [0, 8]
    assert sorted(items["column"].unique()) == [0, 8, 16]
    with pytest.raises(DataError, match="cannot overlap by 16"):
        import_dataset(source, dataset_path("no"), options=ImportOptions((16, 16), tile=True, overlap=16))
