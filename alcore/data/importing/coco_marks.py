"""What a COCO annotation draws: polygons, run lengths, compressed or not, or its box."""

from __future__ import annotations

import numpy as np

from alcore.data.importing import rle
from alcore.data.importing.canvas import Canvas
from alcore.data.importing.coco_table import Row
from alcore.errors import DataError, needs_extra


def has_outline(annotation: Row) -> bool:
    """Whether there is something to fill; tools leave it empty, or out, where a box was drawn."""
    segmentation = annotation.get("segmentation")
    return any(segmentation) if isinstance(segmentation, list) else bool(segmentation)


def draw(canvas: Canvas, annotation: Row, value: int) -> None:
    """Draw an annotation's outlines, or its box where it has none. Crowds count like others.

    Raises:
        DataError: an outline, run lengths or a box that cannot be used.
    """
    segmentation = annotation.get("segmentation")
    if not has_outline(annotation):
        canvas.box(_box(annotation.get("bbox"), canvas.name), value=value)
    elif isinstance(segmentation, list):
        is_flat = not any(isinstance(part, list) for part in segmentation)
        for polygon in [segmentation] if is_flat else segmentation:
            if polygon:
                canvas.polygon(_points(polygon, canvas.name), value=value)
    elif isinstance(segmentation, dict):
        canvas.pixels(run_length_mask(segmentation, canvas), value=value, kind="run-length mask")
    else:
        raise DataError(f"an annotation of {canvas.name} has an outline that is neither points nor runs")


def _box(box: object, name: str) -> tuple[float, float, float, float]:
    """left, top, width, height -> left, top, right, bottom."""
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(one, int | float) for one in box):
        raise DataError(f"an annotation of {name} has neither an outline nor a box; export it again")
    left, top, width, height = box
    return left, top, left + width, top + height


def _points(polygon: object, name: str) -> np.ndarray:
    is_usable = (
        isinstance(polygon, list)
        and len(polygon) >= 6
        and len(polygon) % 2 == 0
        and all(isinstance(one, int | float) for one in polygon)
    )
    if not is_usable:
        raise DataError(f"an outline of {name} is not a list of x, y pairs of three points or more")
    return np.array(polygon, dtype=np.float64).reshape(-1, 2)


def run_length_mask(segmentation: Row, canvas: Canvas) -> np.ndarray:
    """Size and counts, down the columns, background first, compressed or not -> (height, width) bool.

    Raises:
        DataError: they do not fit each other or the canvas.
    """
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(isinstance(one, int) for one in size):
        raise DataError(f"a mask of {canvas.name} is not of its size; it has none")
    height, width = size
    canvas.refuse_other_mask((height, width))
    if isinstance(counts, list):
        try:
            return rle.from_lengths(counts, (width, height)).T
        except ValueError as error:
            raise DataError(f"a mask of {canvas.name} cannot be used: {error}") from None
    if not isinstance(counts, str) or rle.length_of_compressed(counts) != height * width:
        raise DataError(
            f"the compressed run lengths of {canvas.name} do not add up to {height}x{width} pixels"
        )
    with needs_extra("coco"):
        from pycocotools import mask as coco_mask
    return coco_mask.decode({"size": size, "counts": counts.encode("ascii")}).astype(bool)
