"""The input of a light head: a patch's kept features, and the image itself."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from alcore.data.feature_store import Follow
from alcore.data.features import FLIPS, Features
from alcore.data.patches import Patches
from alcore.learning.device_features import DeviceFeatures, Kept
from alcore.learning.hypercolumn_head import KeptInputs
from alcore.learning.sources import flip, ways
from alcore.learning.tensors import per_image_at_once, to_floats, to_images

_WAY = (2, 1)
"""(vertical, horizontal) times this is a place in `FLIPS`."""


class FeatureReader(Protocol):
    """Gives what a frozen encoder says of patches; see `alcore.learning.frozen_encoder.FrozenFeatures`."""

    @property
    def bytes_per_patch(self) -> int:
        """Bytes of one patch's features on disk."""
        ...

    def missing(self, items: np.ndarray, *, flip: str = "") -> int:
        """How many of (n,) ids have not been kept yet."""
        ...

    def fill(self, items: np.ndarray, *, flip: str = "", follow: Follow = ...) -> None:
        """Keep what is missing of (n,) ids."""
        ...

    def read(self, items: np.ndarray, *, flip: str = "") -> Features:
        """(n,) ids -> their features, as the encoder sees them turned like this."""
        ...

    def of_images(self, images: np.ndarray) -> Features:
        """(n, H, W, C) uint8 patches of no data set -> their features."""
        ...


class KeptSource:
    """For a hypercolumn head: columns from the feature store, images from the data set."""

    def __init__(self, features: FeatureReader, patches: Patches, device: torch.device) -> None:
        """`features`: of the same data set, one map each."""
        self._features, self._patches, self._device = features, patches, device
        self._kept = DeviceFeatures(features, device, patches=len(patches.defective))

    def inputs(self, items: np.ndarray, flips: np.ndarray | None = None) -> KeptInputs:
        """(n,) ids, flipped as (n, 2) says -> what the head takes of them."""
        images = self._patches.images(items)
        if flips is None or not flips.any():
            return self._join(images, self._kept.read(items))
        flip(images, flips)
        return self._join(images, self._turned(items, flips))

    def inputs_of(self, images: np.ndarray) -> KeptInputs:
        """(n, H, W, C) uint8 patches of no data set -> what the head takes of them."""
        features = self._features.of_images(images)
        maps = tuple(torch.from_numpy(level).to(self._device) for level in features.maps)
        return self._join(images, Kept(maps, torch.from_numpy(features.pooled).to(self._device)))

    def prepare(self, items: np.ndarray, flips: tuple[str, ...], follow: Follow) -> None:
        """Fill the store with these patches, in all combinations of the flips."""
        for way in ways(flips):
            self._features.fill(items, flip=FLIPS[int(np.dot(way, _WAY))], follow=follow)

    def unkept(self, items: np.ndarray) -> tuple[int, int]:
        """How many of (n,) ids are not in the store, and the bytes that they would take."""
        missing = self._features.missing(items)
        return missing, missing * self._features.bytes_per_patch

    def _turned(self, items: np.ndarray, flips: np.ndarray) -> Kept:
        """Features of patches of which each is turned in its own way."""
        way = flips @ _WAY
        order = np.argsort(way, kind="stable")
        kinds = [number for number in range(len(FLIPS)) if (way == number).any()]
        parts = [self._kept.read(items[way == number], flip=FLIPS[number]) for number in kinds]
        return Kept.joined(parts).at(torch.from_numpy(np.argsort(order)).to(self._device))

    def _join(self, images: np.ndarray, kept: Kept) -> KeptInputs:
        return KeptInputs(
            to_floats(kept.maps[0]),
            per_image_at_once(to_images(images, self._device)),
            kept.pooled,
        )
