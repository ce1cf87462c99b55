"""What every data set offers, wherever its patches come from."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

import numpy as np


class Split(IntEnum):
    """The side of the split that a patch is on; pools come from TRAIN, test sets from TEST.

    What has no label yet is on no side, so that no run takes it for clean: UNLABELLED.
    """

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    UNLABELLED = 3


class Patches(Protocol):
    """A data set of M patches of one size. Item ids are 0..M-1 and mean the same patch everywhere."""

    name: str
    fingerprint: str
    """Changes whenever any pixel, mask or split does."""
    shape: tuple[int, int, int]
    """(height, width, channels) of a patch; channels is 1 or 3."""
    defective: np.ndarray
    """(M,) bool, whether the mask has a foreground pixel; False where there is no label."""
    split: np.ndarray
    """(M,) uint8 of `Split`."""

    def images(self, items: np.ndarray) -> np.ndarray:
        """(n,) int64 ids -> (n, H, W, C) uint8."""
        ...

    def masks(self, items: np.ndarray) -> np.ndarray:
        """(n,) int64 ids -> (n, H, W) bool, true where defective."""
        ...

    def ignored(self, items: np.ndarray) -> np.ndarray | None:
        """(n,) int64 ids -> (n, H, W) bool, pixels that count neither in training nor in any metric, as
        they are unknown; None where the data set has none.
        """
        ...

    def describe(self, item: int) -> str:
        """Where one patch comes from, in words for a caption."""
        ...


def items_of(patches: Patches, split: Split) -> np.ndarray:
    """(n,) int64: the ids on one side of the split, ascending."""
    return np.flatnonzero(patches.split == split)


def labelled_items(patches: Patches) -> np.ndarray:
    """(n,) int64: the ids of all patches whose mask is known, ascending."""
    return np.flatnonzero(patches.split != Split.UNLABELLED)
