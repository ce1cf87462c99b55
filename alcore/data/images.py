"""Reading image and mask files, and cutting them into patches of one size."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from alcore.data.store import Patch
from alcore.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
_MOST_PIXELS = 100_000_000


def read_pixels(path: Path, *, channels: int) -> np.ndarray:
    """Read an image file as (H, W, channels) uint8; 16-bit levels are scaled to 8.

    Raises:
        DataError: not an image, cut short, or larger than 100 megapixels; the message names the file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise DataError(f"{path.name} has more than 100 megapixels; cut it up first")
                image.load()
                return _to_uint8(image, channels)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(f"{path.name} has more than 100 megapixels; cut it up first") from None
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError) as error:
        raise DataError(f"{path.name} cannot be read as an image ({error}); replace it or skip it") from None


def _to_uint8(image: Image.Image, channels: int) -> np.ndarray:
    if image.mode.startswith("I"):
        levels = np.asarray(image).astype(np.int64)
        grey = (levels >> 8 if levels.max(initial=0) > 255 else levels).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], channels, axis=2)
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels)


def cut(
    image: np.ndarray, mask: np.ndarray, *, source: str, size: tuple[int, int], tile: bool
) -> Iterator[Patch]:
    """Cut one image and its mask into patches.

    Args:
        image: (H, W, C) uint8.
        mask: (H, W) bool.
        source: the image's name, kept with every patch.
        size: (height, width) of a patch.
        tile: cut a grid of patches at the image's own resolution, which must be at least that large; the
            last row and column are moved inwards so that every pixel is covered. Else resize the whole.
    """
    if not tile:
        yield Patch(_resize_image(image, size), _resize_mask(mask, size), source)
        return
    height, width = size
    if image.shape[0] < height or image.shape[1] < width:
        raise DataError(
            f"{source} is {image.shape[0]}x{image.shape[1]}, smaller than a {height}x{width} tile; "
            "take smaller tiles, or resize instead"
        )
    for row in _starts(image.shape[0], height):
        for column in _starts(image.shape[1], width):
            window = slice(row, row + height), slice(column, column + width)
            yield Patch(image[window], mask[window], source, row, column)


def _starts(length: int, step: int) -> list[int]:
    """Starts of the windows of `step` that cover `length`; the last may overlap the one before."""
    starts = list(range(0, length - step + 1, step))
    if starts[-1] + step < length:
        starts.append(length - step)
    return starts


def _resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if image.shape[:2] == size:
        return image
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    resized = np.asarray(picture.resize(size[::-1], Image.Resampling.BILINEAR))  # averages when it shrinks
    return resized.reshape(*size, image.shape[2])


def _resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A pixel of the small mask is foreground if at least half of what it covers is."""
    if mask.shape == size:
        return mask
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(grey.resize(size[::-1], Image.Resampling.BOX)) >= 128
