"""Patches -> pictures: outlines of masks, entropy maps, mosaics. numpy and Pillow only."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from alcore.presentation.palette import PREDICTION, TRUE_MASK, rgb

_ENTROPY_STOPS = ("#440154", "#414487", "#2A788E", "#22A884", "#7AD151", "#FDE725")  # viridis


def enlarge(image: np.ndarray, side: int) -> np.ndarray:
    """(H, W, C) uint8 -> (h, w, 3) uint8 whose longer side has `side` pixels."""
    pixels = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    return np.asarray(Image.fromarray(pixels).resize(_fit(image.shape, side), Image.Resampling.BICUBIC))


def outlined(
    image: np.ndarray,
    *,
    side: int,
    truth: np.ndarray | None = None,
    prediction: np.ndarray | None = None,
    ignored: np.ndarray | None = None,
) -> np.ndarray:
    """An enlarged patch with the outlines of its true mask and of a prediction.

    Args:
        image: (H, W, C) uint8.
        side: pixels of the picture's longer side.
        truth, prediction: (H, W) bool, or None to leave out.
        ignored: (H, W) bool, pixels that nobody knows, which are dimmed.
    Returns:
        (h, w, 3) uint8.
    """
    picture = enlarge(image, side).copy()
    if ignored is not None and ignored.any():
        picture[_enlarge_mask(ignored, side)] //= 4
    thickness = max(2, side // 56)
    for mask, color in ((truth, TRUE_MASK), (prediction, PREDICTION)):
        if mask is not None and mask.any():
            picture[_outline(mask, side, thickness)] = rgb(color)
    return picture


def mask_picture(mask: np.ndarray, *, side: int, color: str) -> np.ndarray:
    """(H, W) bool -> (h, w, 3) uint8, the mask in `color` on black."""
    large = _enlarge_mask(mask, side)
    return large[..., None] * np.array(rgb(color), dtype=np.uint8)


def entropy_of(probability: np.ndarray) -> np.ndarray:
    """(..., H, W) uint8 probability, 255 for one -> binary entropy in nats, 0 to ln 2."""
    p = np.clip(probability / 255.0, 1e-6, 1 - 1e-6)
    return -(p * np.log(p) + (1 - p) * np.log(1 - p))


def entropy_picture(probability: np.ndarray, *, side: int) -> np.ndarray:
    """(H, W) uint8 probability -> (h, w, 3) uint8 map of its entropy, viridis from 0 to ln 2."""
    share = entropy_of(probability) / np.log(2)
    stops = np.array([rgb(color) for color in _ENTROPY_STOPS], dtype=float)
    position = np.linspace(0, 1, len(stops))
    colors = np.stack([np.interp(share, position, stops[:, channel]) for channel in range(3)], axis=-1)
    return enlarge(colors.astype(np.uint8), side)


def is_predicted(probability: np.ndarray) -> np.ndarray:
    """uint8 probability -> bool, whether it is at least one half."""
    return probability >= 128


def mosaic(images: np.ndarray, marked: np.ndarray, *, columns: int, side: int) -> np.ndarray:
    """Thumbnails in rows, the marked ones framed.

    Args:
        images: (n, H, W, C) uint8.
        marked: (n,) bool.
        columns: thumbnails in a row.
        side: pixels of a thumbnail's longer side.
    Returns:
        (h, w, 4) uint8 RGBA; what no thumbnail covers is transparent, so that it suits light and dark.
    """
    width, height = _fit(images.shape[1:], side)
    gap = max(2, side // 16)
    rows = -(-len(images) // columns)
    sheet = Image.new("RGBA", (columns * (width + gap) + gap, rows * (height + gap) + gap))
    draw = ImageDraw.Draw(sheet)
    for index, (image, is_marked) in enumerate(zip(images, marked, strict=True)):
        left = gap + index % columns * (width + gap)
        top = gap + index // columns * (height + gap)
        if is_marked:
            box = (left - gap, top - gap, left + width + gap - 1, top + height + gap - 1)
            draw.rectangle(box, fill=rgb(TRUE_MASK))
        sheet.paste(Image.fromarray(enlarge(image, side)), (left, top))
    return np.asarray(sheet)


def faded(picture: bytes, opacity: float) -> bytes:
    """A PNG picture with so much of its opacity."""
    with Image.open(io.BytesIO(picture)) as opened:
        pixels = np.array(opened.convert("RGBA"))
    pixels[..., 3] = np.rint(opacity * pixels[..., 3])
    return png(pixels)


def png(picture: np.ndarray) -> bytes:
    """(h, w, 3 or 4) uint8 -> a PNG file, encoded fast rather than small."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def webp(picture: np.ndarray) -> bytes:
    """(h, w, 3 or 4) uint8 -> a WebP file, small rather than exact."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=60)
    return buffer.getvalue()


def _fit(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """(H, W, ...) -> (width, height) with the longer one equal to `side`."""
    scale = side / max(shape[:2])
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def _enlarge_mask(mask: np.ndarray, side: int) -> np.ndarray:
    large = Image.fromarray(mask.astype(np.uint8) * 255).resize(
        _fit(mask.shape, side), Image.Resampling.NEAREST
    )
    return np.asarray(large) > 0


def _outline(mask: np.ndarray, side: int, thickness: int) -> np.ndarray:
    """(h, w) bool: a band just outside the enlarged mask, so that what it marks stays visible."""
    inside = _enlarge_mask(mask, side)
    grown = inside.copy()
    for _ in range(thickness):
        padded = np.pad(grown, 1)
        grown = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:] | grown
    return grown & ~inside
