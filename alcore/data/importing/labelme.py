"""LabelMe: a JSON file beside each image, with the shapes that were drawn on it."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from PIL import ImageDraw

from alcore.data.cutting import CLEAN, IGNORED
from alcore.data.images import read_mask
from alcore.data.importing import rle
from alcore.data.importing.canvas import Canvas, Stroke, canvas_of
from alcore.data.importing.canvas_frame import size_of
from alcore.data.importing.chosen_classes import Label, Labels
from alcore.data.importing.options import Drawn, Foreground, ImportOptions, MaskReader
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError
from alcore.wording import plural

_MEANINGS = {"__ignore__": IGNORED, "_background_": CLEAN}
_LINE, _POINT = 10, 5  # LabelMe's own width of a line and radius of a point, in pixels


def labelme(source: Source, options: ImportOptions, files: Sequence[str]) -> Callable[[str, str], MaskReader]:
    """For an image and its file: the shapes, in their order.

    `__ignore__` marks unknown pixels, and `_background_` takes away what was drawn before it.
    """
    known = _used(source, files) if options.foreground.has_classes else ()
    labels = Labels(options.foreground, known, "LabelMe")

    def reader(image: str, file: str) -> MaskReader:
        def read(shape: tuple[int, int]) -> Drawn:
            canvas = canvas_of(source, image, shape)
            try:
                content = json.loads(source.read(file))
                canvas.drawn_on(size_of(content.get("imageHeight"), content.get("imageWidth")))
                for part in content["shapes"]:
                    name = str(part.get("label"))
                    _draw(canvas, part, _MEANINGS.get(name, labels.value(Label(name))))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                raise DataError(f"{shown(file)} cannot be read as a LabelMe file ({error})") from None
            return canvas.drawn()

        return read

    return reader


def _used(source: Source, files: Sequence[str]) -> Iterator[Label]:
    """The labels of all files that can be read; the others are named when their image is read."""
    for file in files:
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield from (Label(str(part["label"])) for part in json.loads(source.read(file))["shapes"])


def _draw(canvas: Canvas, part: dict[str, Any], value: int | None) -> None:
    points, kind = part["points"], part.get("shape_type") or "polygon"
    if value is None:
        canvas.pass_over()
        return
    if kind not in _POINTS_OF:
        raise ValueError(f"a shape of the kind {kind!r} is not read")
    least, most = _POINTS_OF[kind]
    if not least <= len(points) <= most:
        canvas.leave_out(f"{kind} of {plural(len(points), 'point')}, which has no area")
    elif kind == "rectangle":
        (left, top), (right, bottom) = points
        canvas.box((left, top, right, bottom), value=value, kind=kind)
    elif kind == "mask":
        _mask(canvas, points[0], part["mask"], value)
    elif kind in _STROKES:
        canvas.stroke(kind, points, _STROKES[kind], value=value)
    else:
        canvas.polygon(points, value=value, kind=kind)


def _mask(canvas: Canvas, corner: Sequence[float], packed: str, value: int) -> None:
    """A PNG in base64 at its upper left corner; what lies beyond the image is cut off, as LabelMe does."""
    canvas.refuse_other_mask(canvas.frame)
    content = base64.b64decode(packed, validate=True)
    mask = read_mask(content, name="a mask", foreground=Foreground(threshold=0)).astype(bool)
    left, top = (round(number) for number in corner)
    height, width = canvas.frame
    inside = mask[max(-top, 0) : max(height - top, 0), max(-left, 0) : max(width - left, 0)]
    canvas.pixels(rle.placed(inside, (max(left, 0), max(top, 0)), canvas.frame), value=value)


def _circle(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]]) -> None:
    (x, y), edge = points
    _disc(pen, x, y, math.dist((x, y), edge))


def _line(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]]) -> None:
    pen.line(points, fill=1, width=_LINE)


def _point(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]]) -> None:
    _disc(pen, *points[0], _POINT)


def _disc(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1, outline=1)


_MANY = 1_000_000
_POINTS_OF = {
    "polygon": (3, _MANY),
    "oriented_rectangle": (4, 4),
    "rotation": (4, 4),  # X-AnyLabeling calls it so
    "mask": (2, 2),
    "rectangle": (2, 2),
    "circle": (2, 2),
    "line": (2, 2),
    "linestrip": (2, _MANY),
    "point": (1, 1),
}
_STROKES: dict[str, Stroke] = {"circle": _circle, "line": _line, "linestrip": _line, "point": _point}
"""Drawn by the calls that LabelMe makes itself, so that the pixels are the same."""
