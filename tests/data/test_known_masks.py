"""A mask of two values is read once, and what is kept of it says the same as its file."""

from collections import Counter

import numpy as np
import pytest

from alcore.data.collection import dataset_path, open_dataset
from alcore.data.images import read_mask, read_mask_values
from alcore.data.importing.importer import import_dataset
from alcore.data.importing.known_masks import KnownMask, SeenSource
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.data.importing.source_files import FolderSource
from tests.data.helpers import SIZE, encoded, folder_files, picture, write_folder

RULES = [
    Foreground(),
    Foreground(threshold=0),
    Foreground(threshold=100),
    Foreground(classes=(1, 200)),
    Foreground(ignored=(255,)),
    Foreground(ignored=(0,)),
    Foreground(classes=(255,), ignored=(1,)),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("values", [(0, 255), (0, 1), (1, 255), (0, 0), (255, 255), (1, 200), (3, 3)])
def test_what_is_kept_of_a_mask_says_the_same_as_its_file(rule, values):
    pixels = np.where(picture(0)[1], values[1], values[0]).astype(np.uint8)[:, :45]
    content = encoded(pixels)
    known = KnownMask.of(read_mask_values(content, name="m.png"), np.bincount(pixels.ravel(), minlength=256))
    expected = read_mask(content, name="m.png", foreground=rule)
    found = known.truth(rule)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_a_mask_of_more_values_or_in_colours_is_not_kept():
    soft = np.array([[0, 100, 255]], dtype=np.uint8)
    for content in (encoded(soft), encoded(np.stack([soft] * 3, axis=2)), encoded(soft > 99)):
        found = read_mask_values(content, name="m.png")
        assert KnownMask.of(found, np.bincount(found.values.ravel(), minlength=256)) is None
    binary = read_mask_values(encoded(soft[:, ::2]), name="m.png")
    known = KnownMask.of(binary, np.bincount(binary.values.ravel(), minlength=256))
    assert known.truth(Foreground(colors=((255, 255, 255),))) is None


class Counting(FolderSource):
    """A folder that counts how often each file is read."""

    def read(self, name):
        self.reads = getattr(self, "reads", Counter())
        self.reads[name] += 1
        return super().read(name)


def test_an_import_reads_each_mask_once(tmp_path):
    source = Counting(write_folder(tmp_path / "in", folder_files()))
    import_dataset(source, dataset_path("mine"), options=ImportOptions(SIZE), workers=1)
    assert set(source.reads.values()) == {1}
    assert len(source.reads) == 60
    masks = open_dataset("mine").masks(np.arange(30))
    assert all(np.array_equal(mask, picture(number)[1]) for number, mask in enumerate(masks))


def test_what_is_kept_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("alcore.data.importing.known_masks._MOST_BYTES", 1000)
    source = SeenSource(FolderSource(write_folder(tmp_path / "in", {"a": b"1", "b": b"2"})))
    kept = KnownMask((80, 80), (0, 255), lossy=False, bits=bytes(800))
    source.keep("a", kept)
    source.keep("b", kept)
    assert source.known("a") is kept
    assert source.known("b") is None
