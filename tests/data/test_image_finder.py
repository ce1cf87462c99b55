"""Images that tables name from other folders."""

import pytest

from alcore.data.importing.image_finder import ImageFinder
from alcore.errors import DataError


class Names:
    def __init__(self, *names):
        self.names = sorted(names)


@pytest.mark.parametrize(
    ("file", "part", "found"),
    [
        ("1.png", "", "images/1.png"),
        ("train/2.png", "", "images/train/2.png"),
        ("2.png", "val", "images/val/2.png"),
        ("/data/of/somebody/images/train/2.png", "", "images/train/2.png"),
        ("C:\\set\\images\\1.png", "", "images/1.png"),
        ("1", "", "images/1.png"),
        ("train/2", "", "images/train/2.png"),
        ("11.png", "", None),
        ("ages/1.png", "", None),
        ("1.json", "", None),
    ],
)
def test_an_image_is_found_by_the_end_of_its_path(file, part, found):
    finder = ImageFinder(Names("images/1.png", "images/train/2.png", "images/val/2.png", "1.json"))
    assert finder.find(file, table="t.json", part=part) == found


def test_the_nearest_of_two_is_meant_and_of_equals_none():
    finder = ImageFinder(Names("a/1.png", "b/1.png", "2.png", "images/2.png"))
    assert finder.find("images/2.png", table="t.json") == "images/2.png"
    assert finder.find("2.png", table="t.json", part="train") == "2.png"
    with pytest.raises(DataError, match=r"t\.json names 1\.png, which exists 2 times; rename them"):
        finder.find("1.png", table="t.json")
