"""Where a network's inputs come from, with the flips of training and of test-time augmentation."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from alcore.data.feature_store import Follow
from alcore.data.patches import Patches
from alcore.learning.tensors import Normaliser, to_images

FLIP_AXES = (("vertical", 1), ("horizontal", 2))
"""How a patch may be flipped, and the axis of (n, H, W, ...) arrays that is; columns of `flips` below."""


class InputSource(Protocol):
    """Gives what one kind of network takes. Patches are named by their ids in a data set."""

    def inputs(self, items: np.ndarray, flips: np.ndarray | None = None) -> Any:  # noqa: ANN401  the network's own
        """(n,) ids -> what the network takes of these patches.

        Args:
            flips: (n, 2) bool, which of them are turned vertically and horizontally; None for none.
        """
        ...

    def inputs_of(self, images: np.ndarray) -> Any:  # noqa: ANN401  the network's own
        """(n, H, W, C) uint8 patches of no data set -> what the network takes of them."""
        ...

    def prepare(self, items: np.ndarray, flips: tuple[str, ...], follow: Follow) -> None:
        """Compute once what is kept of (n,) ids in all combinations of these flips, where anything is.

        `follow` hears (done, total) before each block, and may block, or raise to leave.
        """
        ...

    def unkept(self, items: np.ndarray) -> tuple[int, int]:
        """How many of (n,) ids `prepare` would have to compute, and their bytes on disk."""
        ...


class PatchSource:
    """For networks that see images: (n, C, H, W) normalised tensors on a device."""

    def __init__(self, patches: Patches, normalise: Normaliser, device: torch.device) -> None:
        """`normalise`: takes grey levels."""
        self._patches, self._normalise, self._device = patches, normalise, device

    def inputs(self, items: np.ndarray, flips: np.ndarray | None = None) -> Tensor:
        """(n,) ids -> (n, C, H, W) float32."""
        images = self._patches.images(items)
        if flips is not None:
            flip(images, flips)
        return self.inputs_of(images)

    def inputs_of(self, images: np.ndarray) -> Tensor:
        """(n, H, W, C) uint8 -> (n, C, H, W) float32."""
        return self._normalise(to_images(images, self._device))

    def prepare(self, items: np.ndarray, flips: tuple[str, ...], follow: Follow) -> None:
        """Do nothing, since nothing of a patch is kept."""

    def unkept(self, items: np.ndarray) -> tuple[int, int]:
        """No patches and no bytes, since nothing is kept."""
        del items
        return 0, 0


def flip(values: np.ndarray, flips: np.ndarray) -> None:
    """Flip (n, H, W, ...) values in place, each as its row of the (n, 2) `flips` says."""
    for (_, axis), is_flipped in zip(FLIP_AXES, flips.T, strict=True):
        values[is_flipped] = np.flip(values[is_flipped], axis)


def draw_flips(count: int, names: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    """(count, 2) bool: which patches are flipped along which axis, by the flips that a config names."""
    flips = np.zeros((count, len(FLIP_AXES)), dtype=bool)
    for column, (name, _) in enumerate(FLIP_AXES):
        if name in names:
            flips[:, column] = rng.random(count) < 0.5
    return flips


def ways(names: tuple[str, ...]) -> list[tuple[bool, bool]]:
    """All combinations of the flips that are named, as rows of `flips`; none first."""
    found = [(False, False)]
    if "horizontal" in names:
        found += [(vertical, True) for vertical, _ in found]
    if "vertical" in names:
        found += [(True, horizontal) for _, horizontal in found]
    return found
