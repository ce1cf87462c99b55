"""Reading image and mask files, and cutting them into patches of one size."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, UnidentifiedImageError

from alcore.data.importing.options import Foreground
from alcore.data.importing.source_files import shown
from alcore.data.stored import Patch
from alcore.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_MOST_PIXELS = 100_000_000


def read_pixels(content: bytes, *, name: str, channels: int) -> np.ndarray:
    """Read an image file's content as (H, W, channels) uint8; 16-bit levels are scaled to 8.

    Raises:
        DataError: not an image, cut short, or larger than 100 megapixels; the message has the name.
    """
    with _opened(content, name) as image:
        return _to_uint8(image, channels)


def read_mask(content: bytes, *, name: str, foreground: Foreground) -> np.ndarray:
    """Read a mask file's content as (H, W) bool; raises as `read_pixels` does."""
    with _opened(content, name) as image:
        if foreground.color is not None:
            pixels = np.asarray(image.convert("RGB")).astype(np.int16)
            return (np.abs(pixels - np.array(foreground.color)) <= foreground.tolerance).all(axis=2)
        if foreground.classes is not None or image.mode == "P":
            return _of_classes(image, foreground.classes, name)
        return _to_uint8(image, 1)[..., 0] > foreground.threshold


def _of_classes(image: Image.Image, classes: tuple[int, ...] | None, name: str) -> np.ndarray:
    """Where an indexed or grey mask has one of the values; without a choice, where its index is not 0."""
    values = np.asarray(image)
    if values.ndim != 2:
        raise DataError(f"{shown(name)} has colours, so it cannot have classes; choose a colour instead")
    return values > 0 if classes is None else np.isin(values, classes)


@contextmanager
def _opened(content: bytes, name: str) -> Iterator[Image.Image]:
    """A decoded image of a format that importers know, or one sentence why not."""
    too_large = f"{shown(name)} has more than 100 megapixels; cut it up first"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise DataError(too_large)
                image.load()
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(too_large) from None
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError, struct.error) as error:
        reason = str(error).replace("<_io.BytesIO object at ", "content at ").split(" at 0x")[0]
        raise DataError(
            f"{shown(name)} cannot be read as an image ({reason}); replace it or skip it"
        ) from None


def _to_uint8(image: Image.Image, channels: int) -> np.ndarray:
    if image.mode.startswith("I"):
        levels = np.asarray(image).astype(np.int64)
        grey = (levels >> 8 if levels.max(initial=0) > 255 else levels).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], channels, axis=2)
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels)


def cut(
    image: np.ndarray, mask: np.ndarray, *, source: str, size: tuple[int, int], tile: bool, overlap: int = 0
) -> Iterator[Patch]:
    """Cut one image and its mask into patches.

    Args:
        image: (H, W, C) uint8.
        mask: (H, W) bool.
        source: the image's name, kept with every patch.
        size: (height, width) of a patch.
        tile: cut a grid of patches at the image's own resolution, which must be at least that large; the
            last row and column are moved inwards so that every pixel is covered. Else resize the whole.
        overlap: pixels that neighbouring tiles share, less than the shorter side of a tile.
    """
    if not tile:
        yield Patch(resize_image(image, size), resize_mask(mask, size), source)
        return
    height, width = size
    if image.shape[0] < height or image.shape[1] < width:
        raise DataError(
            f"{source} is {image.shape[0]}x{image.shape[1]}, smaller than a {height}x{width} tile; "
            "take smaller tiles, or resize instead"
        )
    for row in _starts(image.shape[0], height, overlap):
        for column in _starts(image.shape[1], width, overlap):
            window = slice(row, row + height), slice(column, column + width)
            yield Patch(image[window], mask[window], source, row, column)


def _starts(length: int, size: int, overlap: int) -> list[int]:
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
