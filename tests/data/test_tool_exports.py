"""What annotation tools wrote of one mask, as their own code wrote it: how much of it an import reads.

The scripts beside the exports say which version of which tool wrote them, and how.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from alcore.data.importing.formats import choose
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import ImportOptions, drawn_by
from alcore.errors import DataError
from tests.fixtures.exports import drawn_part

EXPORTS = Path(__file__).parents[1] / "fixtures" / "exports"
SIZE = (drawn_part.HEIGHT, drawn_part.WIDTH)


HOLE, THIN = 25, 35
"""Pixels of the hole, and of the line and the single pixel together."""


class Export(NamedTuple):
    """format: that is detected; missing, added: wrong pixels, all of them the tool's own; why: in words."""

    format: str
    missing: int = 0
    added: int = 0
    why: str = ""


NO_HOLE_NOTHING_THIN = (THIN, HOLE, "its polygons have neither holes nor fewer than three points")
NOTHING_THIN = (THIN, 0, "its polygons have three points or more")
TOOLS = {
    "label_studio/json": Export("label-studio"),
    "label_studio/json_min": Export("label-studio"),
    "label_studio/png": Export("label-studio"),
    "label_studio/coco": Export("coco", *NO_HOLE_NOTHING_THIN),
    "label_studio/yolo": Export("yolo-seg", drawn_part.mask().sum(), 0, "it writes no row for brush strokes"),
    "darwin/raster": Export("darwin"),
    "darwin/polygon": Export("darwin"),
    "darwin/coco": Export("coco"),
    "darwin/yolo": Export(
        "yolo-seg", drawn_part.mask().sum(), 0, "it writes no row for a polygon of two parts"
    ),
    "supervisely/bitmap": Export("supervisely"),
    "supervisely/polygon": Export("supervisely", *NOTHING_THIN),
    "datumaro/mask": Export("datumaro"),
    "datumaro/polygon": Export("datumaro", *NO_HOLE_NOTHING_THIN),
    "datumaro/coco": Export("coco"),
    "datumaro/cvat": Export("cvat"),
    "datumaro/voc": Export("pascal-voc"),
    "via/project": Export("via", *NO_HOLE_NOTHING_THIN),
    "via/json": Export("via", *NO_HOLE_NOTHING_THIN),
    "via/csv": Export("via", *NO_HOLE_NOTHING_THIN),
    "via/coco": Export("coco", *NO_HOLE_NOTHING_THIN),
    "cvat/images": Export("cvat"),
    "cvat/video": Export("cvat-video"),
    "labelme/mask": Export("labelme"),
    "labelme/polygon": Export("labelme", *NO_HOLE_NOTHING_THIN),
    "supervision/coco-whole": Export("coco"),
    "supervision/coco-parts": Export("coco"),
    "supervision/yolo-parts": Export("yolo-seg"),
    "supervision/yolo-whole": Export("yolo-seg", *NOTHING_THIN),
    "ultralytics": Export("yolo-seg", *NO_HOLE_NOTHING_THIN),
}


BOXES = ("supervision/coco-parts", "supervision/yolo-parts")
"""Where a part of one pixel's width became a box without an outline."""


@pytest.mark.parametrize("tool", TOOLS)
def test_an_export_is_recognised_and_gives_the_mask_that_was_drawn(tool):
    expected, source = TOOLS[tool], open_source(EXPORTS / tool)
    options = ImportOptions(SIZE, boxes_are_masks=tool in BOXES)
    chosen = choose(source, "auto", options)
    sample = chosen.form.pair(source, options, refuse)[0]
    found = drawn_by(sample.read_mask, SIZE).truth.astype(bool)
    missing, added = drawn_part.mask() & ~found, found & ~drawn_part.mask()
    assert (chosen.name, missing.sum(), added.sum()) == expected[:3], expected.why


@pytest.mark.parametrize("tool", BOXES)
def test_boxes_among_outlines_are_not_passed_over(tool):
    source = open_source(EXPORTS / tool)
    chosen = choose(source, "auto", ImportOptions(SIZE))
    with pytest.raises(DataError, match="--boxes-are-masks"):
        chosen.form.pair(source, ImportOptions(SIZE), refuse)[0].read_mask(SIZE)


def refuse(_name: str, reason: str) -> None:
    raise DataError(reason)
