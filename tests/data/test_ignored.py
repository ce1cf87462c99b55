"""Unknown pixels: read from masks, kept compactly, and counted nowhere."""

import numpy as np
import pytest

from alcore.data.collection import dataset_path, open_dataset
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.data.overview import describe
from alcore.errors import DataError
from tests.data.helpers import SIZE, encoded, folder_files, picture, write_folder
from tests.data.trees import TREES

WHOLE = ImportOptions(SIZE)


def with_masks(change, count=30):
    """The folder of the tests, each mask as `change` turns its values (0 and 255) into others."""
    files = folder_files(count)
    for number in range(count):
        files[f"masks/{number:03d}.png"] = encoded(change(number, picture(number)[1].astype(np.uint8) * 255))
    return files


def imported(tmp_path, files, options=WHOLE):
    info = import_dataset(write_folder(tmp_path / "in", files), dataset_path("mine"), options=options)
    return info, open_dataset("mine")


@pytest.mark.parametrize("name", ["LoveDA", "Pascal VOC"])
def test_a_layout_says_which_pixels_nobody_knows(tmp_path, name):
    info, patches = imported(tmp_path, TREES[name][1]())
    expected = np.zeros(SIZE, dtype=bool)
    expected[0] = True
    ignored = patches.ignored(np.arange(info.patches))
    assert (ignored == expected).all()
    assert not (patches.masks(np.arange(info.patches)) & ignored).any()
    assert "unknown, neither clean nor defective: the value" in info.notes[-1]


def test_only_patches_with_such_pixels_take_room_for_them(tmp_path):
    def mark(number, mask):
        mask[-3:] = 99 if number in (4, 9) else mask[-3:]
        return mask

    options = ImportOptions(SIZE, foreground=Foreground(ignored=(99,)))
    _, patches = imported(tmp_path, with_masks(mark), options)
    assert np.load(dataset_path("mine") / "ignored.npy").shape == (2, SIZE[0] * SIZE[1] // 8)
    order = np.array([9, 0, 4, 9])
    assert patches.ignored(order).sum(axis=(1, 2)).tolist() == [3 * SIZE[1], 0, 3 * SIZE[1], 3 * SIZE[1]]
    assert patches.ignored(order)[0, -3:].all()
    assert patches.items["ignored"].sum() == 6 * SIZE[1]
    assert (
        "With unknown pixels, which count neither in training nor in any metric: 2 patches."
        in describe(patches).warnings
    )


def test_a_set_without_such_pixels_is_kept_as_ever(tmp_path):
    _, patches = imported(tmp_path, folder_files())
    assert patches.ignored(np.arange(3)) is None
    names = {path.name for path in dataset_path("mine").iterdir()}
    assert names == {"images.npy", "masks.npy", "items.parquet", "dataset.json", "checksums.json"}
    assert "ignored" not in patches.items


def test_a_defect_all_in_unknown_pixels_is_none_and_a_patch_all_unknown_is_left_out(tmp_path):
    """The second mask of an image knows nothing of the defect of image 0, nor of the left of image 1."""
    files = {}
    for number in range(30):
        image, mask = picture(number)
        second = np.zeros(SIZE, dtype=np.uint8)
        if number == 0:
            second[mask] = 9
        if number == 1:
            second[:, :16] = 9
        files[f"i/{number}.png"] = encoded(image)
        files[f"a/{number}.png"] = encoded(mask.astype(np.uint8))
        files[f"b/{number}.png"] = encoded(second)
    options = ImportOptions(
        (40, 16),
        tile=True,
        images="i/{id}.png",
        masks=("a/{id}.png", "b/{id}.png"),
        foreground=Foreground(threshold=0, ignored=(9,)),
    )
    info, patches = imported(tmp_path, files, options)
    assert (info.patches, info.unknown) == (30 * 3 - 1, 1)
    mine = patches.items["source"] == "i/0.png"
    assert not patches.defective[mine].any()
    assert patches.items.loc[patches.items["source"] == "i/1.png", "column"].tolist() == [16, 32]
    assert "Left out because none of their pixels is known: 1 patch." in describe(patches).warnings


def test_indices_with_white_are_asked_about_and_the_answer_is_taken(tmp_path):
    def void(_, mask):
        mask = (mask > 0).astype(np.uint8) * 2
        mask[:2] = 255
        return mask

    source = write_folder(tmp_path / "in", with_masks(void))
    with pytest.raises(DataError, match="masks hold indices and 255") as said:
        import_dataset(source, dataset_path("asked"), options=WHOLE)
    assert "--ignore 255" in str(said.value)
    options = ImportOptions(SIZE, foreground=Foreground(ignored=(255,)))
    info = import_dataset(source, dataset_path("mine"), options=options)
    patches = open_dataset("mine")
    assert info.defective == 10
    assert all(np.array_equal(patches.masks(np.array([i]))[0], picture(i)[1]) for i in range(30))
    assert patches.ignored(np.array([3]))[0, :2].all()


def test_resizing_keeps_what_is_half_unknown_unknown(tmp_path):
    def void(_, mask):
        mask[:, :3] = 99
        return mask

    options = ImportOptions((20, 24), foreground=Foreground(ignored=(99,)))
    _, patches = imported(tmp_path, with_masks(void), options)
    assert patches.ignored(np.array([0]))[0].any(axis=0).nonzero()[0].tolist() == [0, 1]


def test_a_colour_and_ignored_values_are_refused_together(tmp_path):
    options = ImportOptions(SIZE, foreground=Foreground(colors=((255, 0, 0),), ignored=(3,)))
    with pytest.raises(DataError, match="values can be ignored in grey and indexed masks"):
        imported(tmp_path, folder_files(), options)


def test_a_damaged_table_of_unknown_pixels_is_a_sentence(tmp_path):
    imported(tmp_path, TREES["LoveDA"][1]())
    np.save(dataset_path("mine") / "ignored.npy", np.zeros((2, 240), dtype=np.uint8))
    with pytest.raises(DataError, match=r"ignored\.npy is damaged"):
        open_dataset("mine")
    (dataset_path("mine") / "checksums.json").unlink()  # as in a set from before them
    with pytest.raises(DataError, match="has other rows"):
        open_dataset("mine")


def test_a_few_stray_pixels_beside_white_ones_are_nothing_to_ask_about(tmp_path):
    def stray(number, mask):
        if mask.any():
            mask[0, :2] = 3
        return mask

    info, patches = imported(tmp_path, with_masks(stray))
    assert info.defective == 10
    assert np.array_equal(patches.masks(np.array([3]))[0], picture(3)[1])
