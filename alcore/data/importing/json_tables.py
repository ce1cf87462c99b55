"""Tools that write one table for many images: Datumaro, and the VGG Image Annotator (VIA) 2."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from alcore.data.importing.annotation_signs import named_by
from alcore.data.importing.canvas import Canvas
from alcore.data.importing.canvas_frame import pairs
from alcore.data.importing.chosen_classes import Label
from alcore.data.importing.coco_marks import run_length_mask
from alcore.data.importing.folder import Refuse
from alcore.data.importing.marked_images import Mark, MarkedImage, csv_rows, parsed, readable, samples_of
from alcore.data.importing.options import ImportOptions, Sample
from alcore.data.importing.source_files import Source, suffix


def is_datumaro(source: Source) -> bool:
    """Whether there is a table of Datumaro."""
    return bool(named_by(source, "datumaro"))


def datumaro(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All items of annotations/SUBSET.json: masks, polygons, boxes and ellipses."""
    tables = named_by(source, "datumaro")
    images = (image for table in tables for image in _items(source, table))
    return samples_of(images, "Datumaro", source, options, refuse)


def _items(source: Source, table: str) -> Iterator[MarkedImage]:
    with readable(table, "a table of Datumaro"):
        content = parsed(source, table)
        listed = content["categories"].get("label", {}).get("labels", ())
        labels = [Label(str(row["name"]), number) for number, row in enumerate(listed)]
        subset = PurePosixPath(table).stem
        for item in content["items"]:
            about = item.get("image") or {}
            path = str(about.get("path") or item["id"])
            image = MarkedImage((f"{subset}/{path}", path), table, part=subset)
            if about.get("size"):
                image.size = int(about["size"][0]), int(about["size"][1])
            for row in item["annotations"]:
                if row["type"] not in _NO_PLACE:
                    draw = _DATUMARO.get(row["type"])
                    label = row.get("label_id")
                    name = Label() if label is None or label < 0 else labels[label]
                    image.marks.append(Mark(name, row["type"], partial(draw, row) if draw else None))
            yield image


def _runs(row: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    canvas.pixels(run_length_mask(row["rle"], canvas), value=value)


def _polygon(row: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    canvas.polygon(pairs(row["points"]), value=value)


def _box(row: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    left, top, width, height = map(float, row["bbox"])
    canvas.box((left, top, left + width, top + height), value=value)


def _ellipse(row: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    (left, top), (right, bottom) = pairs(row["points"])
    centre, radii = ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) / 2)
    canvas.ellipse(centre, radii, value=value)


_DATUMARO: dict[str, Callable[[Mapping[str, Any], Canvas, int], None]] = {
    "mask": _runs,
    "polygon": _polygon,
    "bbox": _box,
    "ellipse": _ellipse,
}
"""How Datumaro's annotations are drawn; its others have no area."""
_NO_PLACE = ("label", "caption")
"""What Datumaro says of whole images."""


def is_via(source: Source) -> bool:
    """Whether there is a project or an export of VIA 2."""
    return bool(named_by(source, "via"))


def via(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All files of projects, JSON and CSV exports: polygons, rectangles, circles and ellipses."""
    images = (image for table in named_by(source, "via") for image in _via_files(source, table))
    return samples_of(images, "VIA", source, options, refuse)


def _via_files(source: Source, table: str) -> Iterator[MarkedImage]:
    with readable(table, "an export of VIA"):
        rows = (
            _via_rows(csv_rows(source, table))
            if suffix(table) == ".csv"
            else _via_regions(parsed(source, table))
        )
        images: dict[str, MarkedImage] = {}
        for file, region in rows:
            name = PurePosixPath(file.replace("\\", "/")).name  # a path or an address of the annotator's own
            image = images.setdefault(file, MarkedImage((file, name), table))
            if region is not None:
                shape, about = region
                kind = str(shape["name"])
                draw = _VIA.get(kind)
                label = next((str(text) for text in about.values() if isinstance(text, str) and text), "")
                image.marks.append(Mark(Label(label), kind, partial(draw, shape) if draw else None))
        yield from images.values()


_Region = tuple[Mapping[str, Any], Mapping[str, Any]]
"""What a region of VIA is: its shape, and what was said of it."""


def _via_regions(content: Mapping[str, Any]) -> Iterator[tuple[str, _Region | None]]:
    for entry in content.get("_via_img_metadata", content).values():
        regions = entry["regions"]  # a list since VIA 2
        yield entry["filename"], None
        for region in regions.values() if isinstance(regions, dict) else regions:
            yield entry["filename"], (region["shape_attributes"], region["region_attributes"])


def _via_rows(rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, _Region | None]]:
    for row in rows:
        shape = json.loads(row["region_shape_attributes"])
        yield row["filename"], (shape, json.loads(row["region_attributes"])) if shape else None


def _numbers(shape: Mapping[str, Any], keys: Iterable[str]) -> list[float]:
    return [float(shape[key]) for key in keys]


def _via_polygon(shape: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    canvas.polygon(np.stack([shape["all_points_x"], shape["all_points_y"]], axis=1), value=value)


def _via_rectangle(shape: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    left, top, width, height = _numbers(shape, ("x", "y", "width", "height"))
    canvas.box((left, top, left + width, top + height), value=value, kind="rect")


def _via_circle(shape: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    x, y, radius = _numbers(shape, ("cx", "cy", "r"))
    canvas.ellipse((x, y), (radius, radius), value=value, kind="circle")


def _via_ellipse(shape: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    x, y, along, across = _numbers(shape, ("cx", "cy", "rx", "ry"))
    canvas.ellipse((x, y), (along, across), rotation=math.degrees(shape.get("theta") or 0), value=value)


_VIA: dict[str, Callable[[Mapping[str, Any], Canvas, int], None]] = {
    "polygon": _via_polygon,
    "rect": _via_rectangle,
    "circle": _via_circle,
    "ellipse": _via_ellipse,
}
"""How VIA's shapes are drawn; its others have no area."""
