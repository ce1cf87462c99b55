"""Masks that are not pictures: outlines of LabelMe, YOLO and CVAT, label maps of Matlab."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageDraw

from alcore.data.importing.options import MaskReader, Sample
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError

Points = Sequence[tuple[float, float]]


def fill(outlines: Sequence[Points], shape: tuple[int, int]) -> np.ndarray:
    """Outlines of (x, y) in pixels -> (height, width) bool, true inside of any and on its line."""
    canvas = Image.new("1", (shape[1], shape[0]))
    draw = ImageDraw.Draw(canvas)
    for points in outlines:
        draw.polygon(list(points), fill=1)
    return np.asarray(canvas)


def labelme(source: Source, _image: str, file: str) -> MaskReader:
    """A LabelMe file: its polygons, rectangles and circles, of all labels."""

    def read(shape: tuple[int, int]) -> np.ndarray:
        try:
            content = json.loads(source.read(file))
            outlines = [_labelme_shape(part) for part in content["shapes"]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(f"{shown(file)} cannot be read as a LabelMe file ({error})") from None
        return fill(outlines, shape)

    return read


def _labelme_shape(part: dict[str, Any]) -> Points:
    points = _pairs([value for point in part["points"] for value in point])
    kind = part.get("shape_type", "polygon")
    if kind == "polygon" and len(points) >= 3:
        return points
    if len(points) == 2 and kind == "rectangle":
        (left, top), (right, bottom) = points
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    if len(points) == 2 and kind == "circle":
        (x, y), edge = points
        radius = np.hypot(edge[0] - x, edge[1] - y)
        turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        return [(x + radius * np.cos(turn), y + radius * np.sin(turn)) for turn in turns]
    raise ValueError(f"a {kind} of {len(points)} points has no area")


def yolo(source: Source, _image: str, file: str) -> MaskReader:
    """A YOLO segmentation file: a line per object, its class and its outline in shares of the image."""

    def read(shape: tuple[int, int]) -> np.ndarray:
        scale = np.array([shape[1], shape[0]])
        outlines = []
        try:
            for line in source.read(file).decode("utf-8-sig").splitlines():
                values = line.split()[1:]
                if values:
                    if len(values) < 6:
                        raise ValueError("a line holds a box and not an outline")
                    outlines.append([(x, y) for x, y in np.array(_pairs(values)) * scale])
        except ValueError as error:
            raise DataError(f"{shown(file)} cannot be read as outlines of YOLO ({error})") from None
        return fill(outlines, shape)

    return read


def matlab(source: Source, image: str, file: str) -> MaskReader:
    """A Matlab file with a label map `groundTruth.Segmentation`, where 1 is the background."""

    def read(shape: tuple[int, int]) -> np.ndarray:
        from scipy.io import loadmat  # slow to import; only this layout needs it

        try:
            content = loadmat(io.BytesIO(source.read(file)))
            labels = np.asarray(content["groundTruth"]["Segmentation"][0, 0])
        except Exception as error:  # noqa: BLE001 - the reader raises anything on a damaged file
            raise DataError(f"{shown(file)} cannot be read as a Matlab label map ({error})") from None
        if labels.shape != shape:
            raise DataError(
                f"{shown(file)} has another size than its image {shown(image)}; they must be equal"
            )
        return labels > 1

    return read


READERS: dict[str, Callable[[Source, str, str], MaskReader]] = {
    "labelme": labelme,
    "yolo": yolo,
    "matlab": matlab,
}
"""By the name that a layout calls them."""

_CVAT = "annotations.xml"


def is_cvat(source: Source) -> bool:
    """Whether there is an annotations.xml of CVAT for images."""
    return _CVAT in source.names and b"<annotations>" in source.read(_CVAT)[:1000]


def cvat(source: Source, _options: object, refuse: Callable[[str, str], None]) -> list[Sample]:
    """CVAT for images: annotations.xml with polygons, boxes and runs; images beside it or below images/."""
    content = source.read(_CVAT)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError(f"{_CVAT} declares entities, which no export does; export it again")
    try:
        table = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise DataError(f"{_CVAT} cannot be read as XML ({error})") from None
    files = {name.removeprefix("images/"): name for name in source.names}
    samples = []
    for row in table.iter("image"):
        name = row.get("name", "").removeprefix("images/")
        if name not in files:
            refuse(name, f"{_CVAT} names {shown(name)}, which is not there; add it, or remove it")
            continue
        samples.append(Sample(files[name], _cvat_reader(row, name)))
    return sorted(samples, key=lambda sample: sample.image)


def _cvat_reader(row: ElementTree.Element, name: str) -> MaskReader:
    def read(shape: tuple[int, int]) -> np.ndarray:
        try:
            if (int(row.get("height", -1)), int(row.get("width", -1))) != shape:
                raise ValueError("its size is another one in the table")
            found = fill([_cvat_outline(part) for part in row if part.tag in ("polygon", "box")], shape)
            for part in row.iter("mask"):
                found = found | _cvat_runs(part, shape)
        except (ValueError, TypeError) as error:
            raise DataError(f"the annotations of {shown(name)} cannot be used ({error})") from None
        return found

    return read


def _cvat_outline(part: ElementTree.Element) -> Points:
    if part.tag == "box":
        left, top, right, bottom = (float(part.get(key, "nan")) for key in ("xtl", "ytl", "xbr", "ybr"))
        return _pairs([left, top, right, top, right, bottom, left, bottom])
    return _pairs(part.get("points", "").replace(";", ",").split(","))


def _cvat_runs(part: ElementTree.Element, shape: tuple[int, int]) -> np.ndarray:
    """Run lengths along the rows of a box, background first."""
    left, top, width, height = (int(part.get(key, "-1")) for key in ("left", "top", "width", "height"))
    runs = [int(run) for run in part.get("rle", "").split(",")]
    inside = left >= 0 and top >= 0 and top + height <= shape[0] and left + width <= shape[1]
    if not inside or min(runs) < 0 or sum(runs) != width * height:
        raise ValueError("a mask's run lengths do not fit its box")
    found = np.zeros(shape, dtype=bool)
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    found[top : top + height, left : left + width] = values.reshape(height, width)
    return found


def _pairs(values: Sequence[Any]) -> list[tuple[float, float]]:
    """Numbers as x, y pairs; ValueError where they are not finite or one is missing."""
    numbers = [float(value) for value in values]
    if len(numbers) % 2 or len(numbers) < 4 or not np.isfinite(numbers).all() or max(map(abs, numbers)) > 1e6:
        raise ValueError("an outline is not a list of x, y pairs")
    return list(zip(numbers[::2], numbers[1::2], strict=True))
