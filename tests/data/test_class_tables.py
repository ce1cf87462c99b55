"""What comes with masks and says what they mean: nnU-Net's dataset.json, a labelmap beside VOC."""

import json

import numpy as np
import pytest

from alcore.data.collection import dataset_path, open_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.errors import DataError
from tests.data.helpers import SIZE, encoded, write_folder
from tests.data.trees import halves, levels, parts

WHOLE = ImportOptions(SIZE)


def nnu_net(labels, **more):
    """Masks of 1 and 3 for two halves of a defect, and 2 in the first row of every second image."""
    files = {"dataset.json": json.dumps({"labels": labels, "file_ending": ".png"} | more).encode()}
    for part in parts():
        left, right = halves(part.mask)
        mask = levels(left, 1) + levels(right, 3)
        mask[0] = 2 * (part.number % 2)
        files[f"imagesTr/c_{part.number:03d}_0000.png"] = encoded(part.image)
        files[f"labelsTr/c_{part.number:03d}.png"] = encoded(mask)
    return files


def imported(tmp_path, files, options=WHOLE):
    info = import_dataset(write_folder(tmp_path / "in", files), dataset_path("mine"), options=options)
    return info, open_dataset("mine")


TABLES = {
    "values": {"background": 0, "spot": 1, "crack": 3, "ignore": 2},
    "regions": {"background": 0, "whole": [1, 3], "core": [3], "ignore": 2},
    "the first version": {"0": "background", "1": "spot", "3": "crack", "2": "ignore"},
}


@pytest.mark.parametrize("kind", TABLES)
def test_what_nnu_net_ignores_is_left_out_of_loss_and_counts(tmp_path, kind):
    files = nnu_net(TABLES[kind], regions_class_order=[1, 3])
    info, patches = imported(tmp_path, files)
    items = np.arange(30)
    expected = {part.mask.tobytes() for part in parts()}
    assert info.defective == 10
    assert {mask.tobytes() for mask in patches.masks(items)} == expected
    assert patches.ignored(items)[:, 0].all(axis=1).tolist() == [n % 2 == 1 for n in range(30)]
    assert "defective: the values 1, 3, as dataset.json says" in info.notes
    assert "unknown, neither clean nor defective: the value 2" in info.notes


def test_classes_that_are_chosen_come_before_those_of_the_table(tmp_path):
    options = ImportOptions(SIZE, foreground=Foreground(classes=(3,)))
    _, patches = imported(tmp_path, nnu_net(TABLES["values"]), options)
    assert np.array_equal(patches.masks(np.array([0]))[0], halves(next(iter(parts())).mask)[1])
    assert patches.ignored(np.array([1]))[0, 0].all()


@pytest.mark.parametrize("labels", [None, {"a": "b"}, {"a": [1, -2]}, {"a": 1.5}, [1]])
def test_a_table_of_labels_that_cannot_be_read_is_named(tmp_path, labels):
    with pytest.raises(DataError, match=r"dataset\.json cannot be read as a table of labels of nnU-Net"):
        imported(tmp_path, nnu_net(labels))


LABELMAP = b"""# label:color_rgb:parts:actions
background:0,0,0::
crack:170,0,0::
spot:0,170,0::
"""


def segmentation_mask(labelmap, *, kind="png"):
    """As CVAT exports a 'Segmentation mask': colours, no palette, and images of any kind."""
    files = {"labelmap.txt": labelmap, "ImageSets/Segmentation/default.txt": b""}
    for part in parts():
        pixels = np.zeros((*SIZE, 3), dtype=np.uint8)
        left, right = halves(part.mask)
        pixels[left], pixels[right], pixels[0] = (170, 0, 0), (0, 170, 0), (224, 224, 192)
        name = f"line/{part.number:03d}"
        files[f"JPEGImages/{name}.{kind}"] = encoded(part.image, {"png": "PNG", "jpg": "JPEG"}[kind])
        files[f"SegmentationClass/{name}.png"] = encoded(pixels)
        files[f"SegmentationObject/{name}.png"] = encoded(pixels)
    return files


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_labelmap_says_which_colours_are_defective(tmp_path, kind):
    info, patches = imported(tmp_path, segmentation_mask(LABELMAP, kind=kind))
    items = np.arange(30)
    assert (info.format, info.patches, info.defective) == ("pascal-voc", 30, 10)
    assert {m.tobytes() for m in patches.masks(items)} == {part.mask.tobytes() for part in parts()}
    assert patches.ignored(items)[:, 0].all()
    assert "defective: the colours 170,0,0 or 0,170,0, as labelmap.txt says" in info.notes
    assert "unknown, neither clean nor defective: the colour 224,224,192" in info.notes


def test_a_colour_that_the_labelmap_does_not_name_is_said_to_be_clean(tmp_path):
    info, patches = imported(tmp_path, segmentation_mask(LABELMAP.replace(b"spot:0,170,0::\n", b"")))
    assert any(note.startswith("read as clean: the colour") and "0,170,0" in note for note in info.notes)
    assert np.array_equal(patches.masks(np.array([0]))[0], halves(next(iter(parts())).mask)[0])


@pytest.mark.parametrize(
    "text", [b"crack\n", b"crack:1,2::\n", b"crack:1,2,300::\n", b"background:0,0,0::\n", b"\xff"]
)
def test_a_labelmap_that_cannot_be_read_is_named(tmp_path, text):
    with pytest.raises(DataError, match=r"labelmap\.txt"):
        imported(tmp_path, segmentation_mask(text))


def test_pascal_voc_with_png_images_and_palettes_is_read_without_a_labelmap(tmp_path):
    from tests.data.trees import voc

    files = {}
    for name, content in voc().items():
        is_image = "JPEGImages" in name
        number = int(name[-10:-4])
        picture = next(part.image for part in parts(36) if part.number == number)
        files[name.replace(".jpg", ".png")] = encoded(picture) if is_image else content
    info, _ = imported(tmp_path, files)
    assert (info.format, info.patches, info.defective) == ("pascal-voc", 30, 10)


@pytest.mark.parametrize("kind", TABLES)
def test_classes_of_nnu_net_can_be_chosen_by_name(tmp_path, kind):
    name = "core" if kind == "regions" else "crack"
    options = ImportOptions(SIZE, foreground=Foreground(names=(name,)))
    info, patches = imported(tmp_path, nnu_net(TABLES[kind]), options)
    assert np.array_equal(patches.masks(np.array([0]))[0], halves(next(iter(parts())).mask)[1])
    assert patches.ignored(np.array([1]))[0, 0].all()
    assert "defective: the value 3, as chosen" in info.notes


def test_classes_of_a_labelmap_can_be_chosen_and_ignored_by_name(tmp_path):
    options = ImportOptions(SIZE, foreground=Foreground(names=("Crack",), ignored_names=("spot",)))
    _, patches = imported(tmp_path, segmentation_mask(LABELMAP), options)
    left, right = halves(next(iter(parts())).mask)
    assert np.array_equal(patches.masks(np.array([0]))[0], left)
    assert patches.ignored(np.array([0]))[0][right].all()
    wrong = ImportOptions(SIZE, foreground=Foreground(names=("dent",)))
    with pytest.raises(DataError, match=r"no class 'dent' here \(it has background, crack, spot\)"):
        import_dataset(tmp_path / "in", dataset_path("wrong"), options=wrong)
