"""Tools that write a JSON file for each image: V7 Darwin (version 2) and Supervisely."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from alcore.data.images import read_mask
from alcore.data.importing import rle
from alcore.data.importing.annotation_signs import named_by
from alcore.data.importing.canvas import Canvas
from alcore.data.importing.canvas_frame import Points
from alcore.data.importing.chosen_classes import Label
from alcore.data.importing.folder import Refuse
from alcore.data.importing.marked_images import Mark, MarkedImage, one_by_one, parsed, readable, samples_of
from alcore.data.importing.options import Foreground, ImportOptions, Sample
from alcore.data.importing.source_files import Source, shown

_MOST_UNPACKED = 2**28


def is_darwin(source: Source) -> bool:
    """Whether there is an annotation file of V7 Darwin 2."""
    return bool(named_by(source, "darwin"))


def darwin(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All items, one a file: polygons with holes, boxes, ellipses and the masks of a raster layer."""
    images = one_by_one(named_by(source, "darwin"), partial(_darwin_item, source))
    return samples_of(images, "V7 Darwin", source, options, refuse)


def _darwin_item(source: Source, file: str) -> MarkedImage:
    with readable(file, "a file of V7 Darwin"):
        content = parsed(source, file)
        item = content["item"]
        name = str(item["name"])
        image = MarkedImage((f"{item.get('path') or ''}/{name}".lstrip("/"), name), file)
        slot = (item.get("slots") or [{}])[0]
        if slot.get("type", "image") != "image" or len(item.get("slots") or ()) > 1:
            image.refused = f"{shown(file)} is of a video or of several views, which are not read"
        if slot.get("height") and slot.get("width"):
            image.size = int(slot["height"]), int(slot["width"])
        rows = content["annotations"]
        names = {row.get("id"): str(row["name"]) for row in rows}
        for row in rows:
            image.marks += _darwin_marks(row, names)
    return image


def _darwin_marks(row: Mapping[str, Any], names: Mapping[object, str]) -> Iterator[Mark]:
    """An annotation as marks; a raster layer as one for each of the masks that it holds."""
    if layer := row.get("raster_layer"):
        for mask, number in layer["mask_annotation_ids_mapping"].items():
            yield Mark(Label(names[mask]), "mask", partial(_darwin_layer, layer["dense_rle"], int(number)))
        return
    for kind, draw in _DARWIN.items():
        if kind in row:
            yield Mark(Label(str(row["name"])), kind, partial(draw, row[kind]) if draw else None)
            return
    if not row.keys() & {"mask", "tag", "string", "graph"}:  # a mask's pixels lie in the layer
        yield Mark(Label(str(row["name"])), "mark of another kind")


def _darwin_polygon(shape: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    paths = shape["paths"] if "paths" in shape else [shape["path"]]
    for outer, holes in nested([[(float(p["x"]), float(p["y"])) for p in path] for path in paths]):
        canvas.polygon(outer, holes, value=value)


def _darwin_box(shape: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    left, top, width, height = (float(shape[key]) for key in "xywh")
    canvas.box((left, top, left + width, top + height), value=value)


def _darwin_ellipse(shape: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    centre, radius = ((float(shape[key]["x"]), float(shape[key]["y"])) for key in ("center", "radius"))
    canvas.ellipse(centre, radius, rotation=math.degrees(shape.get("angle") or 0), value=value)


def _darwin_layer(runs: Sequence[int], number: int, canvas: Canvas, value: int) -> None:
    """Pairs of a mask's number and a length along the rows."""
    canvas.refuse_other_mask(canvas.frame)
    canvas.pixels(rle.from_values(np.asarray(runs[::2]), runs[1::2], canvas.frame) == number, value=value)


_DARWIN: dict[str, Callable[[Mapping[str, Any], Canvas, int], None] | None] = {
    "polygon": _darwin_polygon,
    "ellipse": _darwin_ellipse,
    "line": None,
    "keypoint": None,
    "skeleton": None,
    "cuboid": None,
    "eye": None,
    "bounding_box": _darwin_box,  # polygons have one too
}
"""How Darwin's annotations are drawn, by the key that tells them; None for those without area."""


def nested(paths: Sequence[Points]) -> list[tuple[Points, list[Points]]]:
    """Outlines as parts with their holes, by the even-odd rule: a hole lies in an odd number of others."""
    around = [
        [i for i, outer in enumerate(paths) if i != j and _lies_in(path, outer)]
        for j, path in enumerate(paths)
    ]
    return [
        (
            path,
            [hole for j, hole in enumerate(paths) if i in around[j] and len(around[j]) == len(around[i]) + 1],
        )
        for i, path in enumerate(paths)
        if len(around[i]) % 2 == 0
    ]


def _lies_in(path: Points, outer: Points) -> bool:
    """Whether an outline lies in another, touching it or not; one that equals it does not."""
    inner, ring = np.asarray(path, dtype=float), np.asarray(outer, dtype=float)
    if len(ring) < 3 or np.ptp(ring, axis=0).prod() <= np.ptp(inner, axis=0).prod():
        return False
    start, step = ring, np.roll(ring, -1, axis=0) - ring
    off = inner[:, None] - start  # (points, edges, 2)
    cross = step[:, 0] * off[..., 1] - step[:, 1] * off[..., 0]
    along = (off * step).sum(axis=2)
    on_line = ((cross == 0) & (along >= 0) & (along <= (step**2).sum(axis=1))).any(axis=1)
    above, below = off[..., 1] >= 0, off[..., 1] < step[:, 1]
    crosses = np.where(step[:, 1] > 0, above & below & (cross > 0), ~above & ~below & (cross < 0))
    return bool((on_line | (crosses.sum(axis=1) % 2 == 1)).all())


def is_supervisely(source: Source) -> bool:
    """Whether there is an annotation file of Supervisely in a folder ann."""
    return any(PurePosixPath(name).parent.name == "ann" for name in named_by(source, "supervisely"))


def supervisely(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All of ann/NAME.json with img/NAME: bitmaps, polygons with holes and rectangles."""
    files = [name for name in named_by(source, "supervisely") if PurePosixPath(name).parent.name == "ann"]
    renderings = [name for name in source.names if PurePosixPath(name).parent.name in _RENDERINGS]
    images = one_by_one(files, partial(_supervised, source))
    return samples_of(images, "Supervisely", source, options, refuse, masks=renderings)


_RENDERINGS = ("masks_machine", "masks_human", "masks_instances")
"""Folders of pictures that Supervisely makes of its annotations."""


def _supervised(source: Source, file: str) -> MarkedImage:
    path = PurePosixPath(file)
    image = MarkedImage((str(path.parent.with_name("img") / path.stem), path.stem), file)
    with readable(file, "a file of Supervisely"):
        content = parsed(source, file)
        image.size = int(content["size"]["height"]), int(content["size"]["width"])
        for row in content["objects"]:
            kind = str(row["geometryType"])
            draw = _SUPERVISELY.get(kind)
            image.marks.append(
                Mark(Label(str(row["classTitle"])), kind, partial(draw, row) if draw else None)
            )
    return image


def _bitmap(row: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    """A packed PNG of the mark's own box; where it has an alpha channel, that is the mask."""
    canvas.refuse_other_mask(canvas.frame)
    packed = row["bitmap"]
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(base64.b64decode(packed["data"], validate=True), _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"a bitmap is damaged: {error}") from None
    pixels = read_mask(content, name="a bitmap", foreground=Foreground(threshold=0)).astype(bool)
    left, top = (int(number) for number in packed["origin"])
    canvas.pixels(rle.placed(pixels, (left, top), canvas.frame), value=value, kind="bitmap")


def _ringed(row: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    canvas.polygon(row["points"]["exterior"], row["points"].get("interior") or [], value=value)


def _rectangle(row: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    (left, top), (right, bottom) = row["points"]["exterior"]
    canvas.box((left, top, right, bottom), value=value, kind="rectangle")


_SUPERVISELY: dict[str, Callable[[Mapping[str, Any], Canvas, int], None]] = {
    "bitmap": _bitmap,
    "alpha_mask": _bitmap,
    "polygon": _ringed,
    "rectangle": _rectangle,
}
"""How Supervisely's geometries are drawn; its others have no area."""
