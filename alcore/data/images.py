"""Reading image and mask files."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from alcore.data.cutting import IGNORED
from alcore.data.importing.options import Foreground
from alcore.data.importing.source_files import shown
from alcore.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_MOST_PIXELS = 100_000_000
_OPENING = threading.Lock()
_LOSSY = "alcore-lossy"
_MOST_TINT = 32
"""Channels that differ by no more are grey, with the noise of a lossy compression."""


class Levels(NamedTuple):
    """Brightest levels of images of more than 8 bits: whole numbers, and floating-point ones; 0 for none."""

    whole: int = 65535
    real: float = 255.0


class MaskValues(NamedTuple):
    """A mask file's values before any rule.

    values: (H, W) uint8; kind: palette (indices), grey, colour (the largest channel) or alpha (opacity);
    lossy: whether its compression may have changed values.
    """

    values: np.ndarray
    kind: str
    lossy: bool


_MOST_INSTANCES = 4095  # in a mask of 16 bits, whose white is 65535; of a 12-bit camera as well


def read_pixels(content: bytes, *, name: str, channels: int, levels: Levels | None = None) -> np.ndarray:
    """Read an image file's content as (H, W, channels) uint8, upright as its EXIF tag says.

    Args:
        levels: of the set, by which images of more than 8 bits are scaled, all alike; of this image if None.
    Raises:
        DataError: not an image, cut short, or larger than 100 megapixels; the message has the name.
    """
    with _opened(content, name) as image:
        return _to_uint8(image, channels, levels or _levels_of(image))


def read_levels(content: bytes, *, name: str) -> Levels | None:
    """The brightest level of an image of more than 8 bits; None for any other. Raises as `read_pixels`."""
    with _opened(content, name) as image:
        return _levels_of(image) if image.mode.startswith(("I", "F")) else None


def read_mask(content: bytes, *, name: str, foreground: Foreground) -> np.ndarray:
    """Read a mask file's content as (H, W) bool; raises as `read_pixels` does.

    Where nobody chose what is defective: an index other than 0 in a palette; above 0 in a mask of nothing but
    0 and 1; above 127 in any other. Where some values mean that nobody knows, it is (H, W) uint8 of CLEAN,
    DEFECTIVE and IGNORED.
    """
    with _opened(content, name) as image:
        if foreground.color is not None:
            pixels = np.asarray(image.convert("RGB")).astype(np.int16)
            return (np.abs(pixels - np.array(foreground.color)) <= foreground.tolerance).all(axis=2)
        if foreground.classes is not None or image.mode == "P":
            values = _indices(image, name)
            found = values > 0 if foreground.classes is None else np.isin(values, foreground.classes)
            return _with_ignored(found, values, foreground.ignored)
        values, _, lossy = _mask_values(image)
        known = values[~np.isin(values, foreground.ignored)] if foreground.ignored else values
        threshold = foreground.threshold
        if threshold is None:
            threshold = 0 if not lossy and known.max(initial=0) == 1 else 127
        return _with_ignored(values > threshold, values, foreground.ignored)


def read_mask_values(content: bytes, *, name: str) -> MaskValues:
    """Read a mask file's values; raises as `read_pixels` does."""
    with _opened(content, name) as image:
        return _mask_values(image)


def _with_ignored(found: np.ndarray, values: np.ndarray, ignored: tuple[int, ...]) -> np.ndarray:
    if not ignored:
        return found
    return np.where(np.isin(values, ignored), IGNORED, found).astype(np.uint8)


def _indices(image: Image.Image, name: str) -> np.ndarray:
    """The values of an indexed or grey mask."""
    values = np.asarray(image)
    if values.ndim != 2:
        raise DataError(f"{shown(name)} has colours, so it cannot have classes; choose a colour instead")
    return values


def _mask_values(image: Image.Image) -> MaskValues:
    lossy = image.info.get(_LOSSY, False)
    if image.mode == "P":
        return MaskValues(np.asarray(image), "palette", lossy)
    if image.mode in ("LA", "RGBA", "PA"):
        return MaskValues(*_of_transparent(image), lossy)
    if image.mode in ("RGB", "YCbCr", "CMYK"):
        return MaskValues(*_of_colours(image), lossy)
    levels = _levels_of(image)
    if 255 < levels.whole <= _MOST_INSTANCES:  # ids of instances: their size says nothing
        return MaskValues((np.asarray(image) > 0).astype(np.uint8), "grey", lossy)
    if levels.whole > 255:
        levels = Levels(real=levels.real)  # a mask of 16 bits, whatever its own maximum
    return MaskValues(_to_uint8(image, 1, levels)[..., 0], "grey", lossy)


def _of_transparent(image: Image.Image) -> tuple[np.ndarray, str]:
    """What is transparent is not marked; where all visible pixels are alike, opacity is the mask."""
    pixels = np.asarray(image.convert("RGBA"))
    opacity = pixels[..., 3]
    visible = pixels[..., :3][opacity > 127]
    if opacity.min() <= 127 and visible.size and (visible == visible[0]).all():
        return opacity, "alpha"
    values, kind = _of_colours(image)
    return np.where(opacity > 127, values, 0).astype(np.uint8), kind


def _of_colours(image: Image.Image) -> tuple[np.ndarray, str]:
    """Grey levels, or the largest channel where there are colours: pure red is as marked as white."""
    pixels = np.asarray(image.convert("RGB"))
    spread = pixels.max(axis=2).astype(int) - pixels.min(axis=2)
    if spread.max(initial=0) <= _MOST_TINT:
        return np.asarray(image.convert("L")), "grey"
    return pixels.max(axis=2), "colour"


@contextmanager
def _opened(content: bytes, name: str) -> Iterator[Image.Image]:
    """A decoded image of a format that importers know, or one sentence why not."""
    too_large = f"{shown(name)} has more than 100 megapixels; cut it up first"
    try:
        with _OPENING, warnings.catch_warnings():  # the list of filters belongs to all threads
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(content), formats=_FORMATS)
        with opened as image:
            if image.width * image.height > _MOST_PIXELS:
                raise DataError(too_large)
            image.load()
            yield _upright(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(too_large) from None
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError, struct.error) as error:
        reason = str(error).replace("<_io.BytesIO object at ", "content at ").split(" at 0x")[0]
        raise DataError(
            f"{shown(name)} cannot be read as an image ({reason}); replace it or skip it"
        ) from None


def _upright(image: Image.Image) -> Image.Image:
    """The image as its EXIF tag wants it shown, which is how people draw masks on it."""
    lossy = image.format in ("JPEG", "WEBP")
    try:
        upright = ImageOps.exif_transpose(image)
    except (TypeError, KeyError, OverflowError) as error:  # what damaged tags make of it
        raise ValueError(f"damaged EXIF tags: {error}") from None
    upright.info[_LOSSY] = lossy
    return upright


def _levels_of(image: Image.Image) -> Levels:
    if image.mode == "F":
        pixels = np.asarray(image)
        if not np.isfinite(pixels).all():
            raise ValueError("it has levels that are not numbers")
        return Levels(0, float(pixels.max(initial=0)))
    if image.mode.startswith("I"):
        return Levels(int(np.asarray(image).max(initial=0)), 0)
    return Levels(0, 0)


def _to_uint8(image: Image.Image, channels: int, levels: Levels) -> np.ndarray:
    if image.mode.startswith("I"):
        # Whole bits are dropped, so that a set of full 16-bit images is read as it always was.
        shift = max(levels.whole.bit_length() - 8, 0)
        found = np.asarray(image).astype(np.int64)
        return np.repeat((found >> shift).clip(0, 255).astype(np.uint8)[..., None], channels, axis=2)
    if image.mode == "F":
        scale = 255 if levels.real <= 1 else 255 / max(levels.real, 255)
        grey = np.nan_to_num(np.asarray(image)) * scale
        return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], channels, axis=2)
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels)
