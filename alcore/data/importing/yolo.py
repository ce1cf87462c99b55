"""YOLO segmentation: a text file beside each image, with a line per object."""

from __future__ import annotations

import numpy as np

from alcore.data.importing.canvas import canvas_of, pairs
from alcore.data.importing.options import Drawn, MaskReader
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError

_MOST = 2.0
"""Shares of the image beyond that are no rounding of an outline that leaves it a little."""


def yolo(source: Source, image: str, file: str) -> MaskReader:
    """A line per object: its class, and its outline in shares of the image."""

    def read(shape: tuple[int, int]) -> Drawn:
        canvas = canvas_of(source, image, shape)
        try:
            for line in source.read(file).decode("utf-8-sig").splitlines():
                values = line.split()[1:]
                if values:
                    canvas.polygon(_outline(values) * shape[::-1])
        except ValueError as error:
            raise DataError(f"{shown(file)} cannot be read as outlines of YOLO ({error})") from None
        return canvas.drawn()

    return read


def _outline(values: list[str]) -> np.ndarray:
    if len(values) < 6:
        raise ValueError("a line holds a box and not an outline")
    points = pairs(values)
    if not (np.abs(points) <= _MOST).all():
        raise ValueError(
            f"it holds {points.max():g}, so its outlines are probably in pixels; YOLO has them in shares of "
            "the image, from 0 to 1"
        )
    return points
