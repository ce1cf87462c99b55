"""Images and masks from the content of their files."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from alcore.data.cutting import IGNORED
from alcore.data.decoding import Decoded, decoded
from alcore.data.importing.options import Color, Foreground
from alcore.data.importing.source_files import shown
from alcore.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif"})
_MOST_TINT = 32
"""Channels that differ by no more are grey, with the noise of a lossy compression."""
MOST_INDICES = 31
"""Masks that hold no greater value hold indices of classes, not grey levels."""
_MOST_INSTANCES = 4095  # in a mask of 16 bits, whose white is 65535; of a 12-bit camera as well


class Levels(NamedTuple):
    """Brightest levels of images of more than 8 bits: whole numbers, and floating-point ones; 0 for none."""

    whole: int = 65535
    real: float = 255.0

    def joined(self, other: Levels) -> Levels:
        """The brighter of both levels, of each kind."""
        return Levels(max(self.whole, other.whole), max(self.real, other.real))


class Picture(NamedTuple):
    """An image as a network sees it, (H, W, C) uint8, and its brightest level if it has more than 8 bits."""

    pixels: np.ndarray
    levels: Levels | None


class MaskValues(NamedTuple):
    """A mask file's values before any rule.

    values: (H, W) uint8; kind: palette (indices), grey, colour (the largest channel) or alpha (opacity);
    lossy: whether its compression may have changed values; colours: (H, W, 3) uint8 where it has any;
    table: (n, 3) uint8, the colours of a palette's indices; plain: whether the values are the file's own.
    """

    values: np.ndarray
    kind: str
    lossy: bool
    colours: np.ndarray | None = None
    table: np.ndarray | None = None
    plain: bool = False


def read_pixels(content: bytes, *, name: str, channels: int, levels: Levels | None = None) -> np.ndarray:
    """Read an image file's content as (H, W, channels) uint8, upright as its EXIF tag says.

    Args:
        levels: of the set, by which images of more than 8 bits are scaled, all alike; of this image if None.
    Raises:
        DataError: not an image, cut short, or larger than 100 megapixels; the message has the name.
    """
    return read_picture(content, name=name, channels=channels, levels=levels).pixels


def read_picture(content: bytes, *, name: str, channels: int, levels: Levels | None = None) -> Picture:
    """As `read_pixels`, with the image's own brightest level. Levels of 0 are none: the image's own count."""
    with decoded(content, name) as found:
        image, own = found.image, None
        if found.deep is not None:
            own = _levels_of(found.deep)
            is_known = levels is not None and (levels.real if own.real else levels.whole) > 0
            scaled = _to_uint8(found.deep, levels if levels is not None and is_known else own)
            image = Image.fromarray(scaled if scaled.ndim == 2 else scaled[..., :3])
        pixels = _as_array(image, "L" if channels == 1 else "RGB")
        return Picture(pixels.reshape(*pixels.shape[:2], channels), own)


def read_levels(content: bytes, *, name: str) -> Levels | None:
    """The brightest level of an image of more than 8 bits; None for any other. Raises as `read_pixels`."""
    with decoded(content, name) as found:
        return None if found.deep is None else _levels_of(found.deep)


def may_be_deep(head: bytes) -> bool:
    """Whether an image may have more than 8 bits a channel: a PNG that says so in its first bytes, a TIFF."""
    return head[:2] in (b"II", b"MM") or (head[1:4] == b"PNG" and head[24:25] == b"\x10")


def read_mask(content: bytes, *, name: str, foreground: Foreground) -> np.ndarray:
    """Read a mask file's content as (H, W) bool; raises as `read_pixels` does.

    Where the user did not choose what is defective: an index other than 0 in a palette; above 0 in a mask of
    nothing but 0 and 1; above 127 in any other. Where some values mean unknown, it is (H, W) uint8 of CLEAN,
    DEFECTIVE and IGNORED.
    """
    with decoded(content, name) as found:
        if foreground.colors:
            return _by_colour(found, foreground)
        if foreground.classes is not None:
            return marked_values(_indices(found, name), lossy=found.lossy, foreground=foreground)
        if found.image.mode == "P":
            values = np.asarray(found.image)
            marked = _in_palette(found.image, values, foreground.threshold, name)
            return _with_ignored(marked, values, foreground.ignored)
        return marked_values(_mask_values(found).values, lossy=found.lossy, foreground=foreground)


def marked_values(values: np.ndarray, *, lossy: bool, foreground: Foreground) -> np.ndarray:
    """All values of a mask that is no palette, in any shape -> whether they mark a defect, as `read_mask`."""
    if foreground.classes is not None:
        return _with_ignored(np.isin(values, foreground.classes), values, foreground.ignored)
    threshold = foreground.threshold
    if threshold is None:
        known = values[~np.isin(values, foreground.ignored)] if foreground.ignored else values
        threshold = 0 if not lossy and known.max(initial=0) == 1 else 127
    return _with_ignored(values > threshold, values, foreground.ignored)


def read_mask_values(content: bytes, *, name: str) -> MaskValues:
    """Read a mask file's values; raises as `read_pixels` does."""
    with decoded(content, name) as found:
        return _mask_values(found)


def is_like(pixels: np.ndarray, color: Color, tolerance: int) -> np.ndarray:
    """(..., 3) uint8 -> (...) bool, whether no channel is further than the tolerance from a colour's."""
    return (np.abs(pixels.astype(np.int16) - np.array(color)) <= tolerance).all(axis=-1)


def _as_array(image: Image.Image, mode: str) -> np.ndarray:
    """The pixels in a mode; without a copy where that is the image's own."""
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _with_ignored(found: np.ndarray, values: np.ndarray, ignored: tuple[int, ...]) -> np.ndarray:
    if not ignored:
        return found
    return np.where(np.isin(values, ignored), IGNORED, found).astype(np.uint8)


def _by_colour(found: Decoded, foreground: Foreground) -> np.ndarray:
    """Pixels of any of the colours; what is transparent has none."""
    image = _in_8_bits(found)
    pixels = np.asarray(image.convert("RGBA"))
    colours, opaque = pixels[..., :3], pixels[..., 3] > 127

    def has(colors: tuple[Color, ...]) -> np.ndarray:
        return opaque & np.logical_or.reduce([is_like(colours, one, foreground.tolerance) for one in colors])

    marked = has(foreground.colors)
    if not foreground.ignored_colors:
        return marked
    return np.where(has(foreground.ignored_colors), IGNORED, marked).astype(np.uint8)


def _indices(found: Decoded, name: str) -> np.ndarray:
    """The values of an indexed or grey mask."""
    values = np.asarray(found.image) if found.deep is None else found.deep
    if values.ndim != 2:
        raise DataError(f"{shown(name)} has colours, so it cannot have classes; choose a colour instead")
    return values


def _in_palette(image: Image.Image, indices: np.ndarray, threshold: int | None, name: str) -> np.ndarray:
    """Indices above 0; above a threshold the grey levels that they stand for, or small indices of colours."""
    if not threshold:
        return indices > 0
    table = _table(image)
    colours = table[np.unique(indices)]
    if (colours == colours[:, :1]).all():
        return table[indices, 0] > threshold
    if threshold > MOST_INDICES:
        raise DataError(
            f"{shown(name)} has a palette of colours, to which a threshold of {threshold} does not apply; "
            "name "
            "its indices with --classes, or its colours with --color"
        )
    return indices > threshold


def _table(palette: Image.Image) -> np.ndarray:
    """(256, 3) uint8, the colours of all indices; those without any are black."""
    named = np.asarray(palette.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)
    return np.concatenate([named, np.zeros((256 - len(named), 3), dtype=np.uint8)])


def _mask_values(found: Decoded) -> MaskValues:
    image = found.image
    if image.mode == "P":
        return MaskValues(np.asarray(image), "palette", found.lossy, table=_table(image))
    if image.mode in ("LA", "RGBA", "PA"):
        return _of_transparent(_in_8_bits(found), lossy=found.lossy)
    if image.mode in ("RGB", "YCbCr", "CMYK"):
        return _of_colours(_in_8_bits(found), lossy=found.lossy)
    if found.deep is None:
        return MaskValues(_as_array(image, "L"), "grey", found.lossy, plain=image.mode == "L")
    top = found.deep.max(initial=0)
    if (
        found.deep.dtype.kind != "f" and 255 < top <= _MOST_INSTANCES
    ):  # ids of instances: their size says nothing
        return MaskValues((found.deep > 0).astype(np.uint8), "grey", found.lossy)
    return MaskValues(_mask_in_8_bits(found.deep), "grey", found.lossy)


def _of_transparent(image: Image.Image, *, lossy: bool) -> MaskValues:
    """What is transparent is not marked; where all visible pixels are alike, opacity is the mask."""
    pixels = np.asarray(image.convert("RGBA"))
    opacity = pixels[..., 3]
    visible = pixels[..., :3][opacity > 127]
    if opacity.min() <= 127 and visible.size and (visible == visible[0]).all():
        return MaskValues(opacity, "alpha", lossy)
    shown_only = np.where(opacity[..., None] > 127, pixels[..., :3], 0).astype(np.uint8)
    return _of_colours(Image.fromarray(shown_only), lossy=lossy)


def _of_colours(image: Image.Image, *, lossy: bool) -> MaskValues:
    """Grey levels, or the largest channel where there are colours: pure red is as marked as white."""
    pixels = np.asarray(image.convert("RGB"))
    spread = pixels.max(axis=2).astype(int) - pixels.min(axis=2)
    if spread.max(initial=0) <= _MOST_TINT:
        return MaskValues(np.asarray(image.convert("L")), "grey", lossy)
    return MaskValues(pixels.max(axis=2), "colour", lossy, pixels)


def _in_8_bits(found: Decoded) -> Image.Image:
    """A mask as an image of 8 bits a channel; where it has colours of 16 bits, by what these hold."""
    if found.deep is None:
        return found.image
    opacity = found.deep[..., 3:] >> 8  # its white is 65535, whatever the colours are
    colours = _mask_in_8_bits(found.deep[..., :3])
    return Image.fromarray(np.concatenate([colours, opacity.astype(np.uint8)], axis=2))


def _mask_in_8_bits(deep: np.ndarray) -> np.ndarray:
    """Small values as they are; else white is 65535, whatever the mask's own maximum."""
    if deep.dtype.kind == "f":
        return _to_uint8(deep, _levels_of(deep))
    whole = 65535 if deep.max(initial=0) > 255 else 255
    return _to_uint8(deep, Levels(whole, 0.0))


def _levels_of(deep: np.ndarray) -> Levels:
    colours = deep[..., :3] if deep.ndim == 3 else deep  # opacity says nothing of brightness
    top = colours.max(initial=0)
    return Levels(0, float(top)) if deep.dtype.kind == "f" else Levels(int(top), 0.0)


def _to_uint8(deep: np.ndarray, levels: Levels) -> np.ndarray:
    if deep.dtype.kind == "f":
        scale = 255 if levels.real <= 1 else 255 / max(levels.real, 255)
        return (deep * scale).clip(0, 255).astype(np.uint8)
    # Whole bits are dropped, so that a set of full 16-bit images is read as it always was.
    shift = max(levels.whole.bit_length() - 8, 0)
    return (deep >> shift).clip(0, 255).astype(np.uint8)
