"""The frame of outlines: their coordinates, and how these become pixels of the image.

A frame has the image's shape, to the rounding of one side, or has its sides swapped where the image's EXIF
tag turns it. Anything else was drawn on another image, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from alcore.errors import DataError

Size = tuple[int, int]
"""(height, width) in pixels."""
Points = Sequence[Sequence[float]] | np.ndarray
"""x, y pairs in pixels of the frame: (n, 2)."""

LARGEST = 1e6
TURNS: dict[int, tuple[Callable[[np.ndarray, Size], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    5: (lambda xy, _: xy[:, ::-1], lambda mask: mask.T),
    6: (lambda xy, size: np.stack([size[0] - 1 - xy[:, 1], xy[:, 0]], 1), lambda mask: np.rot90(mask, -1)),
    7: (lambda xy, size: np.array(size) - 1 - xy[:, ::-1], lambda mask: np.rot90(mask, 2).T),
    8: (lambda xy, size: np.stack([xy[:, 1], size[1] - 1 - xy[:, 0]], 1), np.rot90),
}
"""EXIF orientations that swap the sides: how (n, 2) points and (height, width) pixels are turned upright."""


class Frame(NamedTuple):
    """What outlines are drawn on: its size, the EXIF turn that it still needs (1: none), and x, y factors."""

    size: Size
    turn: int = 1
    scale: tuple[float, float] = (1.0, 1.0)

    def placed(self, points: Points, image: Size, name: str, *, is_rounded: bool = True) -> np.ndarray:
        """(n, 2) points of the frame in pixels of the image, rounded to whole ones; `name` is the image's.

        Raises:
            DataError: no x, y pairs.
        """
        found = _checked(points, name)
        if self.turn != 1:
            found = TURNS[self.turn][0](found, self.size)
        found = found * self.scale
        if not is_rounded:
            return found
        whole = np.floor(found + 0.5).astype(int)
        last = np.array(image[::-1])
        return np.where(whole == last, last - 1, whole)


def frame_of(size: Size, image: Size, name: str, orientation: Callable[[], int]) -> Frame:
    """The frame of that size over an image; `orientation` reads the EXIF tag, where sides are swapped.

    Raises:
        DataError: it cannot be one of this image; the sentence has the likely cause.
    """
    if not 1 <= min(size) <= max(size) <= LARGEST:
        raise DataError(f"the size on which {name} was outlined cannot be used; export it again")
    scale = _scale(size, image)
    if scale is not None:
        return Frame(size, scale=scale)
    scale = _scale(size[::-1], image)
    turn = orientation() if scale is not None else 1
    if scale is None or turn not in TURNS:
        cause = (
            "the image was cropped or padded after it was outlined"
            if scale is None
            else "the image was turned after it was outlined"
        )
        raise DataError(
            f"{name} is {image[0]}x{image[1]}, but its outlines were drawn on "
            f"{size[0]}x{size[1]}: probably {cause}; export both again"
        )
    return Frame(size, turn, scale)


def size_of(height: object, width: object) -> Size | None:
    """A frame's (height, width) as files have it, in numbers or text; None where they do not say it."""
    try:
        found = float(str(height)), float(str(width))
    except ValueError:
        return None
    is_usable = min(found) > 0 and all(side.is_integer() for side in found)
    return (int(found[0]), int(found[1])) if is_usable else None


def pairs(values: Sequence[Any]) -> np.ndarray:
    """x, y, x, y, ... as numbers or text -> (n, 2); ValueError where they are not pairs of finite numbers."""
    numbers = np.array([float(value) for value in values])
    if numbers.size % 2 or numbers.size == 0:
        raise ValueError("an outline is not a list of x, y pairs")
    return numbers.reshape(-1, 2)


def _checked(points: Points, name: str) -> np.ndarray:
    try:
        found = np.asarray(points, dtype=np.float64)
    except (ValueError, TypeError):
        found = np.empty(0)
    if found.ndim != 2 or found.shape[1] != 2 or not len(found) or not (np.abs(found) <= LARGEST).all():
        raise DataError(f"an outline of {name} is not a list of x, y pairs")
    return found


def _scale(frame: Size, image: Size) -> tuple[float, float] | None:
    """Factors of x and y from a frame to an image of the same shape; None where their shapes differ."""
    if frame == image:
        return 1.0, 1.0
    factors = image[1] / frame[1], image[0] / frame[0]
    if 1.0 in factors:
        return None  # one side alone differs: cropped
    is_exact = image[0] * frame[1] == image[1] * frame[0]
    return factors if is_exact or _is_resized(frame, image) or _is_resized(image, frame) else None


def _is_resized(one: Size, other: Size) -> bool:
    """Whether a tool that keeps the shape, and rounds one side, makes the other size of the one."""
    return any(round(one[i] * other[1 - i] / one[1 - i]) == other[i] for i in (0, 1))
