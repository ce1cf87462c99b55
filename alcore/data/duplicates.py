"""Patches that show the same thing twice on two sides of a split."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

import numpy as np

from alcore.data.patches import Patches, Split
from alcore.data.stored import StoredPatches

_COARSE = 8  # side of the thumbnails by which pairs are found
_ALIKE_COARSE, _ALIKE_FINE = 0.97, 0.6
_FLAT = 1e-3
_ROWS = 1024
_MOST_PAIRS = 5000
_MOST_PATCHES, _MOST_VALUES = 50_000, 2 * 10**9
_BLOCK = 256
_SIDES = re.compile(r"(?:^|/)(train|training|valid|validation|val|test|testing)(?:/|_|$)", re.IGNORECASE)


class Pictures(Protocol):
    """Images by number, all of one shape (height, width, channels)."""

    shape: tuple[int, int, int]

    def images(self, items: np.ndarray) -> np.ndarray:
        """(n,) int64 -> (n, H, W, C) uint8."""
        ...


class Alike(NamedTuple):
    """pairs: (n, 2) int64 ids, one of the training side, one of another; at most 5,000.

    compared: of how many patches they were looked for.
    """

    pairs: np.ndarray
    compared: int


def near_duplicates(
    patches: Patches, *, most_patches: int = _MOST_PATCHES, most_values: int = _MOST_VALUES
) -> Alike:
    """Pairs of patches that look the same although some of their pixels differ, and sit on two sides.

    Such are frames of a video, or one image saved twice: thumbnails of 8x8 correlate, and so does what is
    left of the patches when the thumbnails are taken off. Turned, mirrored and shifted copies are not found.
    Identical patches are never on two sides.

    Args:
        most_patches, most_values: patches that are compared, and values of pixels that are read for it, at
            most: what takes longer is bounded by looking at blocks of neighbours, spread over the set, since
            images that look alike mostly lie close to one another.
    """
    items = _compared(patches, patches.defective.size, most_patches, most_values)
    thumbs, is_train = thumbnails(patches, items), patches.split[items] == Split.TRAIN
    train, others = np.flatnonzero(is_train), np.flatnonzero(~is_train)
    pairs: list[np.ndarray] = []
    for start in range(0, train.size, _ROWS):
        rows = train[start : start + _ROWS]
        found = np.argwhere(thumbs[rows] @ thumbs[others].T >= _ALIKE_COARSE)
        pairs.append(np.stack([items[rows[found[:, 0]]], items[others[found[:, 1]]]], axis=1))
        if sum(len(part) for part in pairs) > _MOST_PAIRS:
            break
    most_pairs = max(1, min(_MOST_PAIRS, most_values // (2 * _values(patches))))
    candidates = np.concatenate(pairs)[:most_pairs] if pairs else np.zeros((0, 2), dtype=np.int64)
    alike = [bool(_fine(patches, pair) >= _ALIKE_FINE) for pair in candidates]
    return Alike(candidates[np.array(alike, dtype=bool)], items.size)


def alike_groups(
    pictures: Pictures, count: int, *, most_patches: int = _MOST_PATCHES, most_values: int = _MOST_VALUES
) -> np.ndarray:
    """Groups of patches that look the same, by the rule of `near_duplicates`; a chain of pairs is one group.

    Args:
        count: how many patches there are; they are compared, or a part of them, as `near_duplicates` does.
    Returns:
        (count,) int64, the smallest id of each patch's group.
    """
    items = _compared(pictures, count, most_patches, most_values)
    thumbs, found, left = (
        thumbnails(pictures, items),
        np.arange(count),
        most_values // (2 * _values(pictures)),
    )
    for start in range(0, items.size, _ROWS):
        alike = thumbs[start : start + _ROWS] @ thumbs[start:].T >= _ALIKE_COARSE
        near = np.argwhere(np.triu(alike, k=1))
        for one, other in near[np.argsort(near[:, 1] - near[:, 0], kind="stable")] + start:
            first, second = _root(found, items[one]), _root(found, items[other])
            if first == second:
                continue
            if left == 0:
                break
            left -= 1
            if _fine(pictures, items[[one, other]]) >= _ALIKE_FINE:
                found[max(first, second)] = min(first, second)
    return np.array([_root(found, item) for item in range(count)], dtype=np.int64)


def _root(group: np.ndarray, item: int) -> int:
    """The smallest id of an item's group; shortens the way there for the next time."""
    while group[item] != item:
        group[item] = group[group[item]]
        item = group[item]
    return int(item)


def _compared(pictures: Pictures, count: int, most_patches: int, most_values: int) -> np.ndarray:
    """All ids, ascending, or as many blocks of neighbours as the bounds let."""
    most = min(most_patches, most_values // _values(pictures))
    if count <= most:
        return np.arange(count)
    starts = np.arange(0, count, _BLOCK)
    chosen = starts[np.linspace(0, starts.size - 1, max(1, most // _BLOCK)).astype(int)]
    items = (chosen[:, None] + np.arange(_BLOCK)).ravel()
    return items[items < count]


def _values(pictures: Pictures) -> int:
    return int(np.prod(pictures.shape))


def copies_across_sides(patches: StoredPatches) -> int:
    """Patches whose very pixels are in two of the source's own splits, as its folders name them."""
    sides = patches.items["source"].str.extract(_SIDES, expand=False).str.lower().fillna("")
    sides = sides.str.slice(0, 2)  # val, valid and validation are one
    sides_of_content = sides.groupby(patches.items["content"]).transform("nunique")
    return int((sides_of_content > 1).sum())


def thumbnails(pictures: Pictures, items: np.ndarray) -> np.ndarray:
    """(n, 64) float32 of unit length; zeros for a patch without any structure of that size."""
    found = np.empty((items.size, _COARSE * _COARSE), dtype=np.float32)
    for start in range(0, items.size, _ROWS):
        part = items[start : start + _ROWS]
        found[start : start + part.size] = _block_means(pictures.images(part)).reshape(part.size, -1)
    found -= found.mean(axis=1, keepdims=True)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.divide(found, length, out=np.zeros_like(found), where=length > _FLAT * _COARSE)


def _block_means(images: np.ndarray) -> np.ndarray:
    """(n, H, W, C) uint8 -> (n, 8, 8) float32."""
    grey = images.mean(axis=3, dtype=np.float32)
    for axis in (1, 2):
        edges = np.linspace(0, grey.shape[axis], _COARSE + 1).astype(int)
        sums = np.add.reduceat(grey, edges[:-1], axis=axis)
        widths = np.diff(edges).reshape([-1 if place == axis else 1 for place in range(3)])
        grey = sums / widths
    return grey


def _fine(patches: Pictures, pair: np.ndarray) -> float:
    """Correlation of what two patches show besides their thumbnails."""
    images = patches.images(pair)
    details = images.mean(axis=3, dtype=np.float32)
    means = _block_means(images)
    for axis in (1, 2):
        edges = np.linspace(0, details.shape[axis], _COARSE + 1).astype(int)
        means = np.repeat(means, np.diff(edges), axis=axis)
    one, other = (details - means).reshape(2, -1)
    length = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / length) if length > _FLAT else 1.0
