"""A frozen encoder's features for the patches of a data set: read if they were kept, else computed and kept.

Numbers do not depend on who asks or on what was kept: an encoder always sees eight patches at
a time, in float32, and its maps are rounded to half precision.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from alcore.config import RunConfig
from alcore.data.feature_shelf import has_room, kept_type_of, open_store
from alcore.data.feature_store import TOGETHER, Follow, views_of
from alcore.data.features import (
    FLIPS,
    FeatureKey,
    Features,
    MapLayout,
    from_rows,
    row_type,
    shapes_of,
    to_rows,
)
from alcore.data.patches import Patches, Split, items_of
from alcore.errors import DamagedFileError
from alcore.home_files import read_npz
from alcore.learning.devices import Runtime
from alcore.learning.network_base import pooled_features
from alcore.learning.tensors import Normaliser, make_normaliser, normalisation_of, to_images

_SAMPLE = 128
"""Patches on whose joined maps channels are standardised and principal components are fitted."""
_MAP = 3  # axes of a patch's map; prefix tokens have two
_JOINING = "joining.npz"
_MOST = float(np.finfo(np.float16).max)
_AXES = {"": (), "horizontal": (2,), "vertical": (1,), "both": (1, 2)}

Encode = Callable[[Tensor], list[Tensor]]
"""(B, C, H, W) normalised images -> all maps of an encoder, the images first."""


def feature_key(
    config: RunConfig, patches: Patches, layout: MapLayout, runtime: Runtime, *, weights: str
) -> FeatureKey:
    """What names the store of a config's features; `weights` names the encoder's."""
    return FeatureKey(
        data=patches.fingerprint,
        encoder=config.model.encoder,
        weights=weights,
        normalisation=normalisation_of(config.model, config.training),
        layout=layout,
        device=runtime.device.type,
    )


class FrozenFeatures:
    """A frozen encoder's maps and pooled features of a data set's patches, by id."""

    def __init__(
        self,
        config: RunConfig,
        patches: Patches,
        layout: MapLayout,
        runtime: Runtime,
        *,
        weights: str,
        encode: Encode,
    ) -> None:
        """Open what was kept, or begin to keep.

        Args:
            layout: which maps, and how.
            weights: names the encoder's weights; it is a part of the store's name.
            encode: takes images to the encoder, in eval mode on the runtime's device. Where everything was
                kept that is asked for, it is not called.
        Raises:
            StoreError: the home cannot be written. What `encode` raises, where nothing was kept before.
        """
        self._patches, self._layout, self._device = patches, layout, runtime.device
        self._config, self._encode = config, encode
        key = feature_key(config, patches, layout, runtime, weights=weights)
        self._kind = kept_type_of(key) or self._type_by_encoder()
        shapes, self.pooled_size = shapes_of(self._kind)
        self.shapes = tuple(shapes)
        self._count = len(patches.defective)
        self.store = open_store(key, self._kind, patches=self._count, name=patches.name)

    @property
    def bytes_per_patch(self) -> int:
        """Bytes of one patch's features on disk."""
        return self._kind.itemsize

    def missing(self, items: np.ndarray, *, flip: str = "") -> int:
        """How many of (n,) ids have not been kept yet, seen like this."""
        return int(self.store.missing(views_of(items, flip, self._count)).size)

    def fill(self, items: np.ndarray, *, flip: str = "", follow: Follow = lambda *_: None) -> None:
        """Compute and keep the missing ones of (n,) ids, with other processes, while there is room."""
        views = views_of(items, flip, self._count)
        self.store.fill(views, self._compute, follow=follow, has_room=has_room)

    def read(self, items: np.ndarray, *, flip: str = "") -> Features:
        """(n,) ids, flipped like this before the encoder sees them -> their features.

        Args:
            flip: one of `alcore.data.features.FLIPS`.
        """
        views = views_of(items, flip, self._count)
        if self.store.missing(views).size:
            self.fill(items, flip=flip)
            if (absent := self.store.missing(views)).size:
                return from_rows(self._unkept(views, absent))
        return from_rows(self.store.read(views))

    def of_images(self, images: np.ndarray) -> Features:
        """(n, H, W, C) uint8 patches of no data set -> their features, which are not kept."""
        parts = [self._of_batch(images[at : at + TOGETHER]) for at in range(0, len(images), TOGETHER)]
        maps = tuple(np.concatenate(level) for level in zip(*(part.maps for part in parts), strict=True))
        return Features(maps, np.concatenate([part.pooled for part in parts]))

    def _unkept(self, views: np.ndarray, absent: np.ndarray) -> np.ndarray:
        """(n,) rows, where there is no room to keep the `absent` ones among them: computed for this once."""
        found, places = np.unique(views, return_inverse=True)
        is_absent = np.isin(found, absent)
        rows = np.empty(found.size, dtype=self._kind)
        rows[is_absent] = self._compute(found[is_absent])
        if not is_absent.all():
            rows[~is_absent] = self.store.read(found[~is_absent])
        return rows[places]

    def _compute(self, views: np.ndarray) -> np.ndarray:
        """(n,) views -> (n,) rows."""
        rows = np.empty(views.size, dtype=self._kind)
        for at in range(0, views.size, TOGETHER):
            batch = views[at : at + TOGETHER]
            images = self._patches.images(batch % self._count)
            for number, flip in enumerate(FLIPS):
                turned = batch // self._count == number
                if _AXES[flip] and turned.any():
                    images[turned] = np.flip(images[turned], _AXES[flip])
            rows[at : at + TOGETHER] = to_rows(self._of_batch(images), self._kind)
        return rows

    def _of_batch(self, images: np.ndarray) -> Features:
        """Up to eight images -> their features."""
        levels = self._levels(images)
        pooled = pooled_features(levels)
        if self._layout.stride is not None:
            maps = [self._joining.reduced(_joined(levels, self._layout))]
        else:
            maps = [levels[number] for number in self._layout.levels]
        count = len(images)
        halves = [level.float().clamp(-_MOST, _MOST).half()[:count].cpu().numpy() for level in maps]
        return Features(tuple(halves), pooled[:count].cpu().numpy())

    def _levels(self, images: np.ndarray) -> list[Tensor]:
        """All maps of eight images, of which the last repeats where there are fewer."""
        whole = np.concatenate([images, np.repeat(images[-1:], TOGETHER - len(images), axis=0)])
        with torch.inference_mode():
            return self._encode(self._normalise(to_images(whole, self._device)))

    @functools.cached_property
    def _normalise(self) -> Normaliser:
        return make_normaliser(self._config.model, self._config.training, channels=self._patches.shape[2])

    def _type_by_encoder(self) -> np.dtype:
        levels = [level[0] for level in self._levels(np.zeros((1, *self._patches.shape), dtype=np.uint8))]
        pooled = sum(len(level) for level in levels[1:] if level.ndim == _MAP)
        return row_type(list(_kept_shapes(levels, self._layout)), pooled)

    @functools.cached_property
    def _joining(self) -> _Joining:
        """Standardisation and principal components, from the store, or fitted and put there."""
        file = self.store.directory / _JOINING
        with suppress(DamagedFileError):  # or not there yet: what is fitted again is the same
            arrays = read_npz(file, ("mean", "directions"))
            return _Joining(*(torch.from_numpy(arrays[name]) for name in ("mean", "directions"))).on(
                self._device
            )
        train = items_of(self._patches, Split.TRAIN)
        sample = train[np.linspace(0, train.size - 1, min(_SAMPLE, train.size)).astype(np.int64)]
        parts = []
        for at in range(0, sample.size, TOGETHER):
            batch = self._patches.images(sample[at : at + TOGETHER])
            parts.append(_joined(self._levels(batch), self._layout)[: len(batch)].cpu())
        fitted = _Joining.fitted(torch.cat(parts), self._layout.channels)
        self.store.put(_JOINING, fitted.npz())
        return fitted.on(self._device)


def _kept_shapes(levels: list[Tensor], layout: MapLayout) -> tuple[tuple[int, ...], ...]:
    """Of the maps that a layout keeps of one patch's."""
    if layout.stride is None:
        return tuple(tuple(levels[number].shape) for number in layout.levels)
    channels = sum(len(levels[number]) for number in layout.levels)
    height, width = (side // layout.stride for side in levels[0].shape[-2:])
    return ((min(channels, layout.channels or channels), height, width),)


class _Joining:
    """Which way the channels of joined maps are turned and scaled, so that few of them say most."""

    def __init__(self, mean: Tensor, directions: Tensor) -> None:
        """mean: (C,) of the channels; directions: (C, kept) float32."""
        self._mean, self._directions = mean, directions

    def npz(self) -> bytes:
        """The content of a file that keeps it."""
        content = io.BytesIO()
        np.savez(content, mean=self._mean.numpy(), directions=self._directions.numpy())
        return content.getvalue()

    @classmethod
    def fitted(cls, maps: Tensor, channels: int | None) -> _Joining:
        """Fit on (n, C, h, w) maps; all channels, standardised, where `channels` is None.

        The largest part of each direction is positive, so that equal maps give equal directions. What is kept
        has a standard deviation of one on average.
        """
        rows = maps.permute(0, 2, 3, 1).flatten(0, 2).double()
        mean, deviation = rows.mean(dim=0), rows.std(dim=0, correction=0).clamp(min=1e-6)
        if channels is None:
            return cls(mean.float(), torch.diag(1 / deviation).float())
        scaled = (rows - mean) / deviation
        power, axes = torch.linalg.eigh(scaled.T @ scaled / len(scaled))
        axes, power = axes.flip(1)[:, :channels], power.flip(0)[:channels].clamp(min=0)
        axes = axes * axes[axes.abs().argmax(dim=0), torch.arange(axes.shape[1])].sign()
        scale = power.sqrt().mean().clamp(min=1e-6)
        return cls(mean.float(), (axes / deviation[:, None] / scale).float())

    def on(self, device: torch.device) -> _Joining:
        """The same joining with its tensors on a device."""
        return _Joining(self._mean.to(device), self._directions.to(device))

    def reduced(self, maps: Tensor) -> Tensor:
        """(B, C, h, w) joined maps -> (B, kept, h, w)."""
        return ((maps.permute(0, 2, 3, 1) - self._mean) @ self._directions).permute(0, 3, 1, 2)


def _joined(levels: list[Tensor], layout: MapLayout) -> Tensor:
    """The layout's levels at one resolution, joined: larger ones averaged, smaller ones interpolated."""
    stride = layout.stride or 1
    height, width = (side // stride for side in levels[0].shape[-2:])
    found = []
    for number in layout.levels:
        level = levels[number].float()
        if level.shape[-1] > width:
            level = functional.avg_pool2d(level, level.shape[-1] // width)
        elif level.shape[-1] < width:
            size = (height, width)
            level = functional.interpolate(level, size=size, mode="bilinear", align_corners=False)
        found.append(level)
    return torch.cat(found, dim=1)
