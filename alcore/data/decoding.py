"""Image files as pixels, upright and in full depth; what cannot be read so is refused, never narrowed."""

from __future__ import annotations

import io
import re
import struct
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError

from alcore.data.importing.source_files import shown
from alcore.errors import DataError

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
_MOST_PIXELS = 100_000_000
_BITS, _PHOTOMETRIC, _PLANES, _SIGNS = 258, 262, 284, 339  # tags of TIFF
_WHITE_IS_ZERO, _SEPARATE = 0, 2  # values of theirs
_LOW_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
"""Pillow keeps the high byte of a channel of 16 bits; read in the other byte order, that is the low byte."""
_FULL = ("RGB", "RGBA", "RGBX")
_ON_ITS_SIDE = range(5, 9)  # EXIF orientations that swap height and width
_BARE, _TAGS = ("PNG", "BMP"), re.compile("exif|xmp", re.IGNORECASE)
"""Formats whose tags, if there are any, are among what Pillow notes of the file."""

warnings.simplefilter("ignore", Image.DecompressionBombWarning)
"""Pillow warns before `decoded` compares an image's size. Ignored once, as a filter per image costs time."""


class Decoded(NamedTuple):
    """An image as its EXIF tag wants it shown, which is how people draw masks on it.

    image: of 8 bits a channel where it has colours. deep: (H, W) or (H, W, C), whole or floating-point
    numbers, 0 for black, where the file has more than 8 bits a channel; None for any other. lossy: whether
    its compression may have changed values.
    """

    image: Image.Image
    deep: np.ndarray | None
    lossy: bool


@contextmanager
def decoded(content: bytes, name: str) -> Iterator[Decoded]:
    """An image file's content.

    Raises:
        DataError: not an image, cut short, larger than 100 megapixels, or of more than 8 bits in a way that
            cannot be read in full; the message has the name. Also for errors of Pillow within the block.
    """
    try:
        with _open(content) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise Image.DecompressionBombError
            yield _decode(image, content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # if an error is made of it
        raise DataError(f"{shown(name)} has more than 100 megapixels; cut it up first") from None
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError, struct.error) as error:
        reason = str(error).replace("<_io.BytesIO object at ", "content at ").split(" at 0x")[0]
        raise DataError(
            f"{shown(name)} cannot be read as an image ({reason}); replace it or skip it"
        ) from None


def size_of(content: bytes, name: str) -> tuple[int, int]:
    """(height, width) of an image file as `decoded` has it, from its header and its EXIF tag alone.

    Raises:
        DataError: what has no header of an image.
    """
    try:
        with _open(content) as image:
            height, width = image.height, image.width
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as error:
        raise DataError(
            f"{shown(name)} cannot be read as an image ({error}); replace it or skip it"
        ) from None
    return (width, height) if orientation(content) in _ON_ITS_SIDE else (height, width)


def orientation(content: bytes) -> int:
    """How an image file's EXIF tag wants it turned, 1 to 8; 1, as it lies, where nothing says."""
    with suppress(Exception), _open(content) as image:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1  # damaged tags raise anything; the image itself is refused when it is read


def _open(content: bytes) -> ImageFile.ImageFile:
    return Image.open(io.BytesIO(content), formats=_FORMATS)


def _decode(image: ImageFile.ImageFile, content: bytes) -> Decoded:
    layout, lossy = _raw_mode(image), image.format in ("JPEG", "WEBP")
    tags = getattr(image, "tag_v2", {})  # of a TIFF
    bits = tags.get(_BITS, (1,))
    if len(bits) > 1 and max(bits) > 8 and tags.get(_PLANES) == _SEPARATE:
        raise ValueError("its 16-bit planes are stored separately; save it with its channels interleaved")
    image.load()
    upright = _upright(_still(image) if image.format == "GIF" else image)
    if ";16" in layout and not image.mode.startswith("I"):
        return Decoded(upright, _deep_colour(upright, content, layout), lossy)
    deep = _deep_grey(upright, white_is_zero=tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)
    if deep is not None and bits == (32,) and tags.get(_SIGNS, (1,)) == (1,) and upright.mode == "I":
        deep = deep.view(np.uint32)  # Pillow takes them for signed ones
    return Decoded(upright, deep, lossy)


def _still(image: ImageFile.ImageFile) -> Image.Image:
    """A GIF's only picture by its colours: every writer reorders its palette, so indices mean nothing."""
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise ValueError(f"it is an animation of {frames} frames; save each as a file")
    colours = np.asarray(image.convert("RGB"))
    is_grey = bool((colours == colours[..., :1]).all())
    return Image.fromarray(colours[..., 0] if is_grey else colours)


def _raw_mode(image: ImageFile.ImageFile) -> str:
    """How Pillow names the order of bits in the file: 'RGB;16B' for three channels of 16 bits."""
    if not image.tile:
        return ""
    arguments = image.tile[0].args
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def _upright(image: Image.Image) -> Image.Image:
    if image.format in _BARE and not _TAGS.search(" ".join(map(str, image.info))):
        return image  # as most are; asking for the tags and copying the image take as long as decoding it
    try:
        return ImageOps.exif_transpose(image)
    except (TypeError, KeyError, OverflowError) as error:  # what damaged tags make of it
        raise ValueError(f"damaged EXIF tags: {error}") from None


def _deep_grey(image: Image.Image, *, white_is_zero: bool) -> np.ndarray | None:
    """(H, W) levels of an image whose mode has room for more than 8 bits; Pillow turns only 8 bits round."""
    if not image.mode.startswith(("I", "F")):
        return None
    pixels = np.asarray(image)
    if image.mode == "F":
        if not np.isfinite(pixels).all():
            raise ValueError("it has levels that are not numbers")
        if white_is_zero and pixels.max(initial=0) > 1:
            raise ValueError("its 0 is white and its white is not 1, so black is unknown; save 0 as black")
        return 1 - pixels if white_is_zero else pixels
    return 65535 - pixels if white_is_zero else pixels


def _deep_colour(high: Image.Image, content: bytes, layout: str) -> np.ndarray:
    """(H, W, C) uint16 of colours of 16 bits a channel: Pillow's decoder reads high bytes and low ones."""
    kind, _, order = layout.partition(";16")
    if layout == "LA;16B":  # its four bytes are as many as those of four channels
        low = _upright(_decoded_as(content, "RGBA"))
        grey, grey_low, opacity, opacity_low = np.moveaxis(np.asarray(low).astype(np.uint16), 2, 0)
        grey = grey << 8 | grey_low
        return np.stack([grey, grey, grey, opacity << 8 | opacity_low], axis=2)
    if kind not in _FULL or order not in _LOW_BYTE:
        raise ValueError(f"its 16 bits a channel ({layout}) cannot be read in full; save it as RGB")
    low = _upright(_decoded_as(content, f"{kind};16{_LOW_BYTE[order]}"))
    return np.asarray(high).astype(np.uint16) << 8 | np.asarray(low)


def _decoded_as(content: bytes, layout: str) -> Image.Image:
    """The same file decoded with another order of bits."""
    image = _open(content)
    image.tile = [
        tile._replace(args=(layout, *tile.args[1:]) if isinstance(tile.args, tuple) else layout)
        for tile in image.tile
    ]
    image.load()
    return image
