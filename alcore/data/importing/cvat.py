"""CVAT for images: an XML file that lists images and the shapes that were drawn on them."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np

from alcore.data.importing.canvas import Canvas, canvas_of, pairs
from alcore.data.importing.options import Drawn, MaskReader, Sample
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError

_CVAT = "annotations.xml"


def is_cvat(source: Source) -> bool:
    """Whether there is an annotations.xml of CVAT for images."""
    return _CVAT in source.names and b"<annotations>" in source.read(_CVAT)[:1000]


def cvat(source: Source, _options: object, refuse: Callable[[str, str], None]) -> list[Sample]:
    """CVAT for images: annotations.xml, with the images beside it or below images/."""
    table = _parsed(source, _CVAT)
    files = {name.removeprefix("images/"): name for name in source.names}
    samples = []
    for row in table.iter("image"):
        name = row.get("name", "").removeprefix("images/")
        if name not in files:
            refuse(name, f"{_CVAT} names {shown(name)}, which is not there; add it, or remove it")
            continue
        samples.append(Sample(files[name], _reader(source, files[name], row)))
    return sorted(samples, key=lambda sample: sample.image)


def _parsed(source: Source, file: str) -> ElementTree.Element:
    content = source.read(file)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError(f"{file} declares entities, which no export does; export it again")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise DataError(f"{file} cannot be read as XML ({error})") from None


def _reader(source: Source, image: str, row: ElementTree.Element) -> MaskReader:
    def read(shape: tuple[int, int]) -> Drawn:
        canvas = canvas_of(source, image, shape)
        try:
            canvas.drawn_on(_size(row))
            for part in row:
                if part.tag in _DRAWN:
                    _DRAWN[part.tag](canvas, part)
        except (ValueError, TypeError) as error:
            raise DataError(f"the annotations of {shown(image)} cannot be used ({error})") from None
        return canvas.drawn()

    return read


def _size(row: ElementTree.Element) -> tuple[int, int] | None:
    height, width = row.get("height"), row.get("width")
    return (int(height), int(width)) if height and width else None


def _polygon(canvas: Canvas, part: ElementTree.Element) -> None:
    canvas.polygon(pairs(part.get("points", "").replace(";", ",").split(",")))


def _box(canvas: Canvas, part: ElementTree.Element) -> None:
    left, top, right, bottom = (_number(part, key) for key in ("xtl", "ytl", "xbr", "ybr"))
    canvas.box((left, top, right, bottom), rotation=_number(part, "rotation", "0"))


def _ellipse(canvas: Canvas, part: ElementTree.Element) -> None:
    x, y, along, across = (_number(part, key) for key in ("cx", "cy", "rx", "ry"))
    canvas.ellipse((x, y), (along, across), rotation=_number(part, "rotation", "0"))


def _runs(canvas: Canvas, part: ElementTree.Element) -> None:
    """Run lengths along the rows of a box, background first."""
    left, top, width, height = (int(part.get(key, "-1")) for key in ("left", "top", "width", "height"))
    runs = np.array([int(run) for run in part.get("rle", "").split(",")])
    frame = canvas.frame
    inside = left >= 0 and top >= 0 and top + height <= frame[0] and left + width <= frame[1]
    if not inside or runs.min() < 0 or runs.sum() != width * height:
        raise ValueError("a mask's run lengths do not fit its box")
    found = np.zeros(frame, dtype=bool)
    values = np.repeat(np.arange(runs.size) % 2 == 1, runs)
    found[top : top + height, left : left + width] = values.reshape(height, width)
    canvas.pixels(found)


def _number(part: ElementTree.Element, key: str, missing: str = "nan") -> float:
    return float(part.get(key, missing))


_DRAWN: dict[str, Callable[[Canvas, ElementTree.Element], None]] = {
    "polygon": _polygon,
    "box": _box,
    "ellipse": _ellipse,
    "mask": _runs,
}
