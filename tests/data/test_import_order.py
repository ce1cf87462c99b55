"""Import options as a file between the dashboard and its child, and as people write them."""

from dataclasses import fields
from pathlib import Path

import pytest

from alcore.data.importing.import_order import ImportOrder, parse_order
from alcore.data.importing.option_texts import classes_in, color_in, size_in
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.errors import DataError

OTHER = ImportOptions(
    patch=(40, 48),
    tile=None,
    overlap=3,
    clean_tiles=0,
    resize_to=(128, 256),
    channels=3,
    foreground=Foreground(127, (1, 3), ((200, 0, 0),), 4, (255,), ((0, 0, 0),), ("crack",), ("dirt",)),
    min_area=9,
    vanished_are_clean=True,
    drop_black_border=True,
    skip_bad=True,
    missing_mask_is_clean=True,
    images="{id}.png",
    masks=("{id}_a.png", "{id}_b.png"),
    roi="roi/{id}.png",
    levels=4095,
    group="{stem}_*",
    keep_alike=True,
    boxes_are_masks=True,
)


def test_every_option_crosses_to_the_child_as_it_is():
    plain = ImportOptions()
    same = [
        field.name
        for field in fields(ImportOptions)
        if getattr(OTHER, field.name) == getattr(plain, field.name)
    ]
    assert not same, "each option is tried at a value of its own"
    for options in (plain, OTHER):
        order = ImportOrder(Path("/a/b.zip"), "mine", options, "coco", check=True)
        assert parse_order(order.to_json()) == order


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"source": "a", "name": "b", "options": {"patch": [1]}}'])
def test_an_order_that_is_none_is_one_sentence(text):
    with pytest.raises(DataError, match="an order to import cannot be used") as caught:
        parse_order(text)
    assert "\n" not in str(caught.value)


def test_options_as_people_write_them():
    assert size_in(" 64x96 ", "patch size") == (64, 96)
    assert classes_in("1, crack,3") == ((1, 3), ("crack",))
    assert color_in("200, 0,7") == (200, 0, 7)
    for text in ("64", "8x64", "64x64x3"):
        with pytest.raises(DataError, match="the patch size must be HEIGHTxWIDTH"):
            size_in(text, "patch size")
    for text in ("red", "1,2", "256,0,0", "1,2,3,4"):
        with pytest.raises(DataError, match="the colour must be"):
            color_in(text)
