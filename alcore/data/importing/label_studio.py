"""Label Studio: its JSON and JSON_MIN exports, and its PNGs of brush strokes."""

from __future__ import annotations

import base64
import cmath
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from alcore.data.images import SUFFIXES, read_mask
from alcore.data.importing.annotation_signs import named_by
from alcore.data.importing.canvas import Canvas
from alcore.data.importing.chosen_classes import Label
from alcore.data.importing.folder import Refuse
from alcore.data.importing.label_studio_brush import decode_brush
from alcore.data.importing.marked_images import (
    Draw,
    Mark,
    MarkedImage,
    csv_rows,
    parsed,
    readable,
    samples_of,
)
from alcore.data.importing.options import Foreground, ImportOptions, Sample
from alcore.data.importing.source_files import Source, base, shown, suffix

_WHAT = "an export of Label Studio"
_PNG = re.compile(
    r"task-(?P<task>\d+)-annotation-\d+-by-[^-]*-(?P<tag>[^-]+)-(?P<label>.+)-\d+\.png", re.IGNORECASE
)
_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an uploaded file."""


def is_label_studio(source: Source) -> bool:
    """Whether there is a JSON export, or a PNG named as Label Studio names brush strokes."""
    return any(_png(name) for name in source.names) or bool(named_by(source, "label-studio"))


def label_studio(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All tasks of the JSON exports; where there is none, the brush strokes of the PNGs.

    Of a task's annotations those that are the ground truth count, and all where none is; skipped ones and
    predictions never do. A task without an annotation is refused: it may not be clean.
    """
    strokes = [name for name in source.names if _png(name)]
    tables = named_by(source, "label-studio")
    if tables:
        images = [image for table in tables for image in _tasks(source, table)]
    else:
        images = list(_of_pngs(source, strokes))
    return samples_of(images, "Label Studio", source, options, refuse, masks=strokes)


def _tasks(source: Source, table: str) -> Iterator[MarkedImage]:
    with readable(table, _WHAT):
        for row in parsed(source, table):
            yield (_task if "annotations" in row else _least)(row, table)


def _task(row: Mapping[str, Any], table: str) -> MarkedImage:
    """A task of the JSON export as a marked image."""
    image = MarkedImage(_files_of(row["data"]), table)
    done = [one for one in row["annotations"] if not (one.get("was_cancelled") or one.get("skipped"))]
    if not done:
        image.refused = _unlabelled(image)
    for one in [one for one in done if one.get("ground_truth")] or done:
        regions: dict[object, dict[str, Any]] = {}
        for number, part in enumerate(one["result"]):
            if isinstance(part.get("value"), dict):  # a shape and its label share an id
                region = regions.setdefault(part.get("id", number), {})
                region.update({key: value for key, value in part.items() if key != "value"} | part["value"])
        _add(image, regions.values())
    return image


def _least(row: Mapping[str, Any], table: str) -> MarkedImage:
    """An annotation of the JSON_MIN export as a marked image."""
    image = MarkedImage(_files_of(row), table)
    if row.get("annotation_id") is None:
        image.refused = _unlabelled(image)
    lists = [value for value in row.values() if isinstance(value, list)]
    _add(image, [part for parts in lists for part in parts if isinstance(part, dict)])
    return image


def _unlabelled(image: MarkedImage) -> str:
    return (
        f"{image.name} has no annotation in {shown(image.table)}, so it may not be clean; label "
        "it, or leave it out"
    )


def _add(image: MarkedImage, regions: Iterable[Mapping[str, Any]]) -> None:
    for region in regions:
        mark = _mark(region)
        if mark is None:
            continue
        if region.get("image_rotation"):
            image.refused = f"{image.name} was turned in Label Studio, which is not read; turn it back"
        if region.get("original_height") and region.get("original_width"):
            image.size = int(region["original_height"]), int(region["original_width"])
        image.marks.append(mark)


def _mark(region: Mapping[str, Any]) -> Mark | None:
    """A region as a mark; None for what says something of the whole image, such as a choice."""
    labels = next((value for key, value in region.items() if key.endswith("labels") and value), [""])
    for kind, sign, draw in _SHAPES:
        if sign <= region.keys():
            return Mark(Label(str(labels[0])), kind, partial(draw, region) if draw else None)
    return None


def _brush(region: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    canvas.refuse_other_mask(canvas.frame)
    canvas.pixels(decode_brush(region["rle"], canvas.frame), value=value, kind="brush stroke")


def _bitmask(region: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    content = base64.b64decode(region["imageDataURL"].partition("base64,")[2], validate=True)
    mask = read_mask(content, name="a bitmask", foreground=Foreground(threshold=0))
    canvas.pixels(mask.astype(bool), value=value, kind="bitmask")


def _polygon(region: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    canvas.polygon(_pixels(region["points"], canvas), value=value)


def _ellipse(region: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    (x, y), (along, across) = _pixels(
        [(region["x"], region["y"]), (region["radiusX"], region["radiusY"])], canvas
    )
    canvas.ellipse((x, y), (along, across), rotation=float(region.get("rotation") or 0), value=value)


def _rectangle(region: Mapping[str, Any], canvas: Canvas, value: int) -> None:
    """Its turn is about the corner that was its upper left, not about its centre."""
    corner, size = _pixels([(region["x"], region["y"]), (region["width"], region["height"])], canvas)
    rotation = float(region.get("rotation") or 0)
    turn = cmath.rect(1, math.radians(rotation)) * complex(*size / 2)  # clockwise, where y grows downwards
    (left, top), (right, bottom) = (corner + (turn.real, turn.imag) + side * size / 2 for side in (-1, 1))
    canvas.box((left, top, right, bottom), rotation=rotation, value=value)


def _pixels(shares: Sequence[Sequence[float]], canvas: Canvas) -> np.ndarray:
    """Per cent of width and height -> (n, 2) pixels."""
    found = np.asarray(shares, dtype=float) / 100 * canvas.frame[::-1]
    if not np.isfinite(found).all():
        raise ValueError("a region contains infinite numbers")
    return found


_SHAPES: tuple[tuple[str, set[str], Callable[[Mapping[str, Any], Canvas, int], None] | None], ...] = (
    ("brush stroke", {"rle"}, _brush),
    ("bitmask", {"imageDataURL"}, _bitmask),
    ("polygon", {"points"}, _polygon),
    ("ellipse", {"radiusX", "radiusY"}, _ellipse),
    ("rectangle", {"x", "y", "width", "height"}, _rectangle),
    ("vector", {"vertices"}, None),
    ("key point", {"x", "y", "width"}, None),
)
"""Kinds of regions, by the keys that only they have, the special before the general."""


def _files_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The names by which a task's image may lie in a source: as given, and without the mark of an upload."""
    fields = sorted(data.items(), key=lambda field: field[0] != "image")  # `image` before a thumbnail
    places = [_path(value) for _, value in fields if isinstance(value, str)]
    given = [PurePosixPath(place) for place in places if suffix(place) in SUFFIXES]
    if not given:
        raise ValueError("a task shows no single image")
    plain = [place.with_name(_UPLOAD.sub("", place.name, count=1)) for place in given]
    return tuple(str(place) for both in zip(given, plain, strict=True) for place in both)


def _path(place: str) -> str:
    """The path in an address: of an upload, a local file, a bucket or a server."""
    try:
        parts = urlsplit(place)
    except ValueError:  # any text may stand in a task
        return ""
    query = parse_qs(parts.query)
    if "fileuri" in query:
        return _path(base64.b64decode(query["fileuri"][0] + "==").decode())
    return query["d"][0] if "d" in query else unquote(parts.path)


def _png(name: str) -> re.Match[str] | None:
    return _PNG.fullmatch(base(name))


def _of_pngs(source: Source, strokes: list[str]) -> Iterator[MarkedImage]:
    """The images of brush strokes, whose names say only their task's number: a CSV export names its image."""
    files = _files_by_task(source)
    for name in strokes:
        found = _png(name)
        assert found is not None, "only names of strokes are given"
        task = found["task"]
        by_number = tuple(f"{stem}{end}" for stem in (task, f"task-{task}") for end in sorted(SUFFIXES))
        image = MarkedImage(files.get(task, by_number), name)
        if task not in files:
            image.missing = (
                f"{shown(name)} holds brush strokes of task {task}, but no file says which image that is; "
                "add the JSON, JSON_MIN or CSV export of the same project"
            )
        image.marks.append(Mark(Label(found["label"]), "brush stroke", _stroke(source, name)))
        yield image


def _stroke(source: Source, name: str) -> Draw:
    def draw(canvas: Canvas, value: int) -> None:
        mask = read_mask(source.read(name), name=name, foreground=Foreground(threshold=0))
        canvas.pixels(mask.astype(bool), value=value, kind="brush stroke")

    return draw


def _files_by_task(source: Source) -> dict[str, tuple[str, ...]]:
    found = {}
    for table in (name for name in source.names if suffix(name) == ".csv"):
        with readable(table, _WHAT):
            for row in csv_rows(source, table):
                if "id" in row and "annotation_id" in row:
                    found[row["id"]] = _files_of(row)
    return found
