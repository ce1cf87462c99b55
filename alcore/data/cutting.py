"""Cutting an image and what is known of its pixels into patches of one size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from alcore.data.dataset_writer import Patch
from alcore.errors import DataError

CLEAN, DEFECTIVE, IGNORED = 0, 1, 2
"""What a mask says of a pixel. The larger one holds where several masks of one image disagree: a defect that
one sees is there, and of what one does not know nothing is known."""


def cut(
    image: np.ndarray,
    truth: np.ndarray,
    *,
    source: str,
    size: tuple[int, int],
    tile: bool,
    overlap: int = 0,
    series: str = "",
) -> Iterator[Patch]:
    """Cut one image and its mask into patches.

    Args:
        image: (H, W, C) uint8.
        truth: (H, W) bool, or uint8 of CLEAN, DEFECTIVE and IGNORED.
        source: the image's name, kept with every patch.
        size: (height, width) of a patch.
        tile: cut a grid of patches at the image's own resolution, which must be at least that large; the
            last row and column are moved inwards so that every pixel is covered. Else resize the whole.
        overlap: pixels that neighbouring tiles share, less than the shorter side of a tile.
        series: kept with every patch, too; see `Patch`.
    """
    if not tile:
        yield _patch(resize_image(image, size), resize_truth(truth, size), source, 0, 0, series)
        return
    height, width = size
    if image.shape[0] < height or image.shape[1] < width:
        raise DataError(
            f"{source} is {image.shape[0]}x{image.shape[1]}, smaller than a {height}x{width} tile; "
            "take smaller tiles, or resize instead"
        )
    for row in starts(image.shape[0], height, overlap):
        for column in starts(image.shape[1], width, overlap):
            window = slice(row, row + height), slice(column, column + width)
            yield _patch(image[window], truth[window], source, row, column, series)


def _patch(image: np.ndarray, truth: np.ndarray, source: str, row: int, column: int, series: str) -> Patch:
    ignored = None if truth.dtype == bool else truth == IGNORED
    return Patch(image, defective_in(truth), source, row, column, series, ignored)


def defective_in(truth: np.ndarray) -> np.ndarray:
    """(H, W) bool, which pixels are defective; a truth without ignored pixels is that already."""
    return truth if truth.dtype == bool else truth == DEFECTIVE


def starts(length: int, size: int, overlap: int) -> list[int]:
    """Starts of the windows of `size` that cover `length`; the last may overlap the one before by more."""
    starts = list(range(0, length - size + 1, size - overlap))
    if starts[-1] + size < length:
        starts.append(length - size)
    return starts


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, C) uint8 -> (h, w, C); averages where it shrinks."""
    if image.shape[:2] == size:
        return image
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    resized = np.asarray(picture.resize(size[::-1], Image.Resampling.BILINEAR))
    return resized.reshape(*size, image.shape[2])


def resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A pixel of the small mask is foreground if at least half of what it covers is."""
    if mask.shape == size:
        return mask
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(grey.resize(size[::-1], Image.Resampling.BOX)) >= 128


def resize_truth(truth: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """As `resize_mask`; a pixel is ignored if at least half of what it covers is."""
    found = resize_mask(defective_in(truth), size)
    if truth.dtype == bool:
        return found
    return np.where(resize_mask(truth == IGNORED, size), IGNORED, found).astype(np.uint8)
