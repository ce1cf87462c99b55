"""Kept features: a frozen encoder's output for a patch, and the key of its store.

A frozen encoder gives the same maps for a patch in every cycle, repetition, strategy and run, so they are
computed once and kept: patches -> feature store -> decoder.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

FLIPS = ("", "horizontal", "vertical", "both")
"""How a patch was turned before the encoder saw it."""

_MAP = 3  # axes of one patch's map; prefix tokens have two
_VERSION = 2  # raise it when equal keys would give other numbers, or others in other places


@dataclass(frozen=True)
class MapLayout:
    """Which of an encoder's maps are kept, and how.

    levels: numbers of the maps that the encoder gives, as SMP counts them; 0 is the image.
    stride: None keeps each map as it is; else all are resampled to 1/stride of the patch's side, joined to
        one, and each channel is standardised over a sample of the training side.
    channels: how many principal components of the joined map's channels are kept; None for all channels.
    """

    levels: tuple[int, ...]
    stride: int | None = None
    channels: int | None = None


class Features(NamedTuple):
    """A frozen encoder's output for n patches.

    maps: (n, C, h, w) float16, an array for each kept map; (n, T, C) of a vision transformer's prefix tokens.
    pooled: (n, D) float32 of unit length: the maps of all levels, globally average-pooled and joined.
    """

    maps: tuple[np.ndarray, ...]
    pooled: np.ndarray


@dataclass(frozen=True)
class FeatureKey:
    """What kept features depend on; equal keys mean equal numbers.

    data: the data set's fingerprint; encoder: its name in SMP; weights: SHA-256 of its weights and buffers;
    normalisation: of the patches; device: the kind that computed, as others round otherwise.
    """

    data: str
    encoder: str
    weights: str
    normalisation: str
    layout: MapLayout
    device: str = "cpu"

    @property
    def digest(self) -> str:
        """A hash of the key, which names the store."""
        text = json.dumps([_VERSION, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def row_type(maps: list[tuple[int, ...]], pooled: int) -> np.dtype:
    """How one patch's features lie in a file: the pooled ones first, then map after map, channels last.

    Args:
        maps: shape (C, h, w) or (T, C) of each kept map; pooled: how many numbers D.
    """
    fields = [("pooled", "<f4", (pooled,))]
    lying = ((*shape[1:], shape[0]) if len(shape) == _MAP else shape for shape in maps)
    return np.dtype([*fields, *((f"map{number}", "<f2", shape) for number, shape in enumerate(lying))])


def shapes_of(kind: np.dtype) -> tuple[list[tuple[int, ...]], int]:
    """What a `row_type` was made of: the shape of each map, and how many pooled numbers."""
    pooled, *lying = (kind[name].shape for name in kind.names or ())
    return [(shape[-1], *shape[:-1]) if len(shape) == _MAP else shape for shape in lying], pooled[0]


def to_rows(features: Features, kind: np.dtype) -> np.ndarray:
    """Features as (n,) rows of a `row_type`."""
    rows = np.empty(len(features.pooled), dtype=kind)
    rows["pooled"] = features.pooled
    for number, values in enumerate(features.maps):
        rows[f"map{number}"] = np.moveaxis(values, 1, -1) if values.ndim == _MAP + 1 else values
    return rows


def from_rows(rows: np.ndarray) -> Features:
    """(n,) rows of a `row_type` as features, which share their memory and lie channels last."""
    lying = [rows[name] for name in (rows.dtype.names or ())[1:]]
    maps = (np.moveaxis(values, -1, 1) if values.ndim == _MAP + 1 else values for values in lying)
    return Features(tuple(maps), rows["pooled"])
