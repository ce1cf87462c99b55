"""How a source becomes patches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Foreground:
    """Which mask pixels are defective. The first that is given decides; by default the threshold.

    classes: pixel values, as in an indexed mask; color: (R, G, B) with `tolerance` in each channel;
    threshold: grey levels above it.
    """

    threshold: int = 127
    classes: tuple[int, ...] | None = None
    color: tuple[int, int, int] | None = None
    tolerance: int = 10


@dataclass(frozen=True)
class ImportOptions:
    """How a source becomes patches.

    patch: (height, width); tile: cut tiles of that size instead of resizing whole images, after shrinking
    them to `resize_to` where that is given; overlap: pixels that neighbouring tiles share; channels: 1 (grey)
    or 3; foreground: which mask pixels are defective; min_area: a patch with fewer of them is clean;
    drop_black_border: leave out images whose border is black, as the paper does; skip_bad: leave out files
    that cannot be used and list them; missing_mask_is_clean: an image without a mask is clean instead of an
    error.
    """

    patch: tuple[int, int] = (64, 64)
    tile: bool = False
    overlap: int = 0
    resize_to: tuple[int, int] | None = None
    channels: int = 1
    foreground: Foreground = Foreground()
    min_area: int = 1
    drop_black_border: bool = False
    skip_bad: bool = False
    missing_mask_is_clean: bool = False


MaskReader = Callable[[tuple[int, int]], np.ndarray]
"""(height, width) of the image -> (height, width) bool mask; DataError where none can be read."""


@dataclass(frozen=True)
class Sample:
    """One image of a source: its name there, and how to get its mask once its size is known."""

    image: str
    read_mask: MaskReader


def no_defect(shape: tuple[int, int]) -> np.ndarray:
    """The mask of a clean image."""
    return np.zeros(shape, dtype=bool)
