"""Kept features as tensors on a device. A GPU keeps those that it has read, while they fit."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from alcore.data.features import Features
from alcore.machine import usable_cores

_SHARE_OF_FREE = 0.5
"""Of a GPU's free memory, for the features of all workers that may share it; the rest is for training."""


class ReadsFeatures(Protocol):
    """The part of `FrozenFeatures` that is needed here."""

    @property
    def bytes_per_patch(self) -> int:
        """Bytes of one patch's features."""
        ...

    def read(self, items: np.ndarray, *, flip: str = "") -> Features:
        """(n,) ids -> their features, as the encoder sees them turned like this."""
        ...


class Kept(NamedTuple):
    """Features of n patches on a device: maps as they are kept, in half precision, and pooled in float32."""

    maps: tuple[Tensor, ...]
    pooled: Tensor

    def at(self, rows: Tensor) -> Kept:
        """The features of some patches, in the given order."""
        return Kept(tuple(level[rows] for level in self.maps), self.pooled[rows])

    @classmethod
    def joined(cls, parts: list[Kept]) -> Kept:
        """Several groups of features as one, in their order."""
        maps = tuple(torch.cat(level) for level in zip(*(part.maps for part in parts), strict=True))
        return cls(maps, torch.cat([part.pooled for part in parts]))

    def tensors(self) -> tuple[Tensor, ...]:
        """Every tensor: the maps, then the pooled features."""
        return (*self.maps, self.pooled)


class DeviceFeatures:
    """Features on a device: brought there for each batch, and held by a GPU once they have been."""

    def __init__(
        self, features: ReadsFeatures, device: torch.device, *, patches: int, room: int | None = None
    ) -> None:
        """Nothing is read yet.

        Args:
            patches: how many the data set has.
            room: bytes that the device may hold; by default none on a CPU, which reads them from the file's
                own memory, and a share of a GPU's free memory.
        """
        self._features, self._device, self._patches = features, device, patches
        room = _room_on(device) if room is None else room
        self._rows_left = room // max(features.bytes_per_patch, 1)
        self._held: dict[str, _Held] = {}

    def read(self, items: np.ndarray, *, flip: str = "") -> Kept:
        """(n,) ids, turned like this -> their features on the device."""
        held = self._held.get(flip)
        new = items if held is None else items[held.places[items] < 0]
        if held is not None and not new.size:
            return held.rows.at(held.rows_of(items))
        if (held is None and self._rows_left < new.size) or (held is not None and held.free < new.size):
            return self._bring(items, flip)
        new = np.unique(new)
        found = self._bring(new, flip)
        if held is None:
            capacity = min(self._rows_left, self._patches)
            self._rows_left -= capacity
            held = self._held[flip] = _Held(found, capacity, self._patches)
        held.add(new, found)
        return held.rows.at(held.rows_of(items))

    def _bring(self, items: np.ndarray, flip: str) -> Kept:
        features = self._features.read(items, flip=flip)
        maps = tuple(torch.from_numpy(level).to(self._device, non_blocking=True) for level in features.maps)
        return Kept(maps, torch.from_numpy(features.pooled).to(self._device, non_blocking=True))


class _Held:
    """What a device holds of patches turned in one way. places: (patches,) row by id, -1 for none."""

    def __init__(self, like: Kept, capacity: int, patches: int) -> None:
        """Take the room for so many patches, whose features look like these."""
        maps = tuple(level.new_empty((capacity, *level.shape[1:])) for level in like.maps)
        self.rows = Kept(maps, like.pooled.new_empty((capacity, *like.pooled.shape[1:])))
        self.places = np.full(patches, -1, dtype=np.int64)
        self._used, self._capacity = 0, capacity

    @property
    def free(self) -> int:
        """For how many patches there is room."""
        return self._capacity - self._used

    def add(self, items: np.ndarray, kept: Kept) -> None:
        """Hold (n,) ids, none of them held yet."""
        end = self._used + items.size
        for level, new in zip(self.rows.tensors(), kept.tensors(), strict=True):
            level[self._used : end] = new
        self.places[items] = np.arange(self._used, end)
        self._used = end

    def rows_of(self, items: np.ndarray) -> Tensor:
        """Where (n,) ids are, all of which are held."""
        return torch.from_numpy(self.places[items]).to(self.rows.pooled.device)


def _room_on(device: torch.device) -> int:
    if device.type != "cuda":
        return 0
    free, _ = torch.cuda.mem_get_info(device)
    return int(_SHARE_OF_FREE * free / usable_cores())
