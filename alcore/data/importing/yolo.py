"""YOLO segmentation: a text file beside each image, with a line per object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import numpy as np
import yaml

from alcore.data.importing.canvas import Canvas, canvas_of
from alcore.data.importing.canvas_frame import pairs
from alcore.data.importing.chosen_classes import Label, Labels
from alcore.data.importing.coco_marks import run_length_mask
from alcore.data.importing.options import Drawn, ImportOptions, MaskReader
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError

_MOST = 2.0
"""Shares of the image beyond that are no rounding of an outline that leaves it a little."""


def yolo(source: Source, options: ImportOptions, files: Sequence[str]) -> Callable[[str, str], MaskReader]:
    """For an image and its file: a line per object, its class, and its outline in shares of the image."""
    names = _names(source)
    known = [Label(name, number) for number, name in names.items()]
    if options.foreground.has_classes:
        known += [Label(names.get(number, ""), number) for number in _used(source, files)]
    labels = Labels(options.foreground, known, "YOLO")

    def reader(image: str, file: str) -> MaskReader:
        def read(shape: tuple[int, int]) -> Drawn:
            canvas = canvas_of(source, image, shape)
            try:
                for line in source.read(file).decode("utf-8-sig").splitlines():
                    first, *values = line.split() or [""]
                    if values:
                        number = _class(first)
                        value = labels.value(Label(names.get(number, ""), number))
                        _draw(canvas, values, value, boxes=options.boxes_are_masks)
            except ValueError as error:
                raise DataError(f"{shown(file)} cannot be read as outlines of YOLO ({error})") from None
            return canvas.drawn()

        return read

    return reader


def _draw(canvas: Canvas, values: list[str], value: int | None, *, boxes: bool) -> None:
    if value is None:
        canvas.pass_over()
        return
    if values[0] == "rle":
        _runs(canvas, values[1:], value)
        return
    if len(values) < 6 and not (boxes and len(values) == 4):
        raise ValueError("a line holds a box and not an outline; to fill boxes, say --boxes-are-masks")
    points = pairs(values)
    if not (np.abs(points) <= _MOST).all():
        raise ValueError(
            f"it holds {points.max():g}, so its outlines are probably in pixels; YOLO has them in shares of "
            "the image, from 0 to 1"
        )
    points = points * canvas.frame[::-1]
    if len(values) == 4:
        corner, opposite = points[0] - points[1] / 2, points[0] + points[1] / 2
        canvas.box((*corner, *opposite), value=value)
    else:
        canvas.polygon(points, value=value)


def _runs(canvas: Canvas, values: list[str], value: int) -> None:
    """Height, width and COCO's compressed run lengths: what has holes or parts is no outline."""
    if len(values) != 3:
        raise ValueError("a row of run lengths needs a height, a width and the lengths")
    size = [int(values[0]), int(values[1])]
    canvas.pixels(run_length_mask({"size": size, "counts": values[2]}, canvas), value=value)


def _class(text: str) -> int:
    number = float(text)
    if not number.is_integer():
        raise ValueError(f"its class {text!r} is no whole number")
    return int(number)


def _used(source: Source, files: Sequence[str]) -> Iterator[int]:
    """The classes of all lines that can be read; the others are named when their image is read."""
    for file in files:
        for line in source.read(file).decode("utf-8-sig", errors="replace").splitlines():
            with suppress(ValueError, OverflowError):
                yield _class((line.split() or [""])[0])


def _names(source: Source) -> dict[int, str]:
    """Class number -> name, of the file that tools write beside images and labels; {} where there is none."""
    for name in sorted(source.names, key=lambda name: name.count("/")):
        if suffix(name) in (".yaml", ".yml"):
            with suppress(yaml.YAMLError, UnicodeDecodeError, RecursionError):
                content = yaml.safe_load(source.read(name).decode("utf-8-sig"))
                found = content.get("names") if isinstance(content, dict) else None
                if isinstance(found, list):
                    found = dict(enumerate(found))
                if isinstance(found, dict):
                    return {number: str(text) for number, text in found.items() if isinstance(number, int)}
        elif name.endswith("classes.txt"):
            lines = source.read(name).decode("utf-8-sig", errors="replace").splitlines()
            return {number: line.strip() for number, line in enumerate(lines) if line.strip()}
    return {}
