"""Whatever stands in whatever place of an annotation file, an import says so in one sentence."""

import base64
import copy
import json
import zlib

import numpy as np
import pytest

from alcore.data.importing.formats import choose
from alcore.data.importing.options import ImportOptions, drawn_by
from alcore.errors import DataError
from tests.data.helpers import encoded

SIZE = (8, 12)
IMAGE = encoded(np.full(SIZE, 90, np.uint8))
PNG = encoded(np.ones((3, 3), np.uint8))
RING = [[1, 1], [6, 1], [6, 6]]
BASE64 = base64.b64encode(PNG).decode()
WHOLE = base64.b64encode(IMAGE).decode()
PACKED = base64.b64encode(zlib.compress(PNG)).decode()


def studio(kind, value):
    return {"type": kind, "value": value, "original_width": 12, "original_height": 8, "image_rotation": 0}


_HEAD = f"{8 * 12 * 4:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
BRUSH = list(int(f"{_HEAD}111{8 * 12 * 4 - 1:016b}{255:08b}", 2).to_bytes(10))
"""Label Studio's run lengths of an image that is painted all over."""
LABEL_STUDIO = [
    studio("polygonlabels", {"points": RING, "polygonlabels": ["dent"]}),
    studio("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 10, "rotation": 3}),
    studio("rectanglelabels", {"x": 20, "y": 20, "width": 9, "height": 9, "rotation": 30}),
    studio("brushlabels", {"format": "rle", "rle": BRUSH}),
    studio("bitmasklabels", {"imageDataURL": f"data:image/png;base64,{WHOLE}"}),
]
DARWIN = [
    {
        "polygon": {"paths": [[{"x": x, "y": y} for x, y in RING]]},
        "bounding_box": {"x": 1, "y": 1, "w": 5, "h": 5},
    },
    {"bounding_box": {"x": 1, "y": 1, "w": 5, "h": 5}},
    {"ellipse": {"center": {"x": 6, "y": 4}, "radius": {"x": 3, "y": 2}, "angle": 1}},
    {
        "raster_layer": {
            "mask_annotation_ids_mapping": {"0": 1},
            "total_pixels": 96,
            "dense_rle": [0, 40, 1, 56],
        }
    },
]
DATUMARO = [
    {"type": "mask", "label_id": 0, "rle": {"counts": [40, 56], "size": list(SIZE)}},
    {"type": "polygon", "label_id": 0, "points": [1, 1, 6, 1, 6, 6]},
    {"type": "bbox", "label_id": 0, "bbox": [1, 1, 5, 5]},
    {"type": "ellipse", "label_id": 0, "points": [1, 1, 9, 6]},
]
VIA = [
    {"name": "polygon", "all_points_x": [1, 6, 6], "all_points_y": [1, 1, 6]},
    {"name": "rect", "x": 1, "y": 1, "width": 3, "height": 4},
    {"name": "circle", "cx": 5, "cy": 4, "r": 2},
    {"name": "ellipse", "cx": 5, "cy": 4, "rx": 3, "ry": 2, "theta": 1},
]
SUPERVISELY = [
    {"geometryType": "bitmap", "bitmap": {"origin": [1, 1], "data": PACKED}},
    {"geometryType": "polygon", "points": {"exterior": RING, "interior": [[[2, 2], [3, 3], [2, 3]]]}},
    {"geometryType": "rectangle", "points": {"exterior": [[1, 1], [6, 6]], "interior": []}},
]
LABELME = [
    {"label": "dent", "shape_type": "mask", "points": [[1, 1], [3, 3]], "mask": BASE64},
    {"label": "dent", "shape_type": "polygon", "points": RING},
]
FILES = {
    "Label Studio": (
        "p.json",
        [{"id": 1, "data": {"image": "a.png"}, "annotations": [{"result": LABEL_STUDIO}]}],
    ),
    "Darwin": (
        "a.json",
        {
            "schema_ref": "darwin",
            "item": {"name": "a.png", "path": "/", "slots": [{"type": "image", "width": 12, "height": 8}]},
            "annotations": [{"id": str(i), "name": "dent"} | one for i, one in enumerate(DARWIN)],
        },
    ),
    "Datumaro": (
        "t.json",
        {
            "dm_format_version": "1.0",
            "categories": {"label": {"labels": [{"name": "dent"}]}},
            "items": [{"id": "a", "annotations": DATUMARO, "image": {"path": "a.png", "size": list(SIZE)}}],
        },
    ),
    "VIA": (
        "v.json",
        {
            "a": {
                "filename": "a.png",
                "regions": [{"shape_attributes": one, "region_attributes": {"k": "dent"}} for one in VIA],
            }
        },
    ),
    "Supervisely": (
        "ann/a.png.json",
        {
            "size": {"height": 8, "width": 12},
            "tags": [],
            "objects": [{"classTitle": "dent"} | one for one in SUPERVISELY],
        },
    ),
    "LabelMe": ("a.json", {"imageHeight": 8, "imageWidth": 12, "imagePath": "a.png", "shapes": LABELME}),
}
OTHERS = (None, float("inf"), -1e308, 10**30, "x", [], {}, [[1]])
GONE = object()


class Memory:
    """A source that is never on disk."""

    label, is_on_disk = "memory", False

    def __init__(self, files):
        self._files, self.names = files, sorted(files)

    def reopen(self):
        pass

    def read(self, name):
        return self._files[name]

    def head(self, name):
        return self._files[name][:64]


def places(content, path=()):
    """Every place in nested lists and dicts, as the keys that lead to it."""
    if path:
        yield path
    for key in (
        content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    ):
        yield from places(content[key], (*path, key))


def changed(content, path, other):
    found = copy.deepcopy(content)
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    if other is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = other
    return found


def draw(kind, content):
    file, _ = FILES[kind]
    image = "img/a.png" if kind == "Supervisely" else "a.png"
    source = Memory({file: json.dumps(content).encode(), image: IMAGE})
    options = ImportOptions(SIZE)

    def refuse(_name, reason):
        raise DataError(reason)

    for sample in choose(source, "auto", options).form.pair(source, options, refuse):
        drawn_by(sample.read_mask, SIZE)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", FILES)
def test_any_place_of_an_annotation_file_may_hold_anything(kind):
    _, content = FILES[kind]
    draw(kind, content)
    refused = 0
    for path in places(content):
        for other in (*OTHERS, GONE):
            try:
                draw(kind, changed(content, path, other))
            except DataError as error:
                refused += 1
                assert "\n" not in str(error), (path, other)
    assert refused > 100
