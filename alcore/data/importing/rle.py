"""Run-length encoded masks: pairs of start and length, and lengths that alternate.

Kaggle's Severstal competition wrote pairs, counted from 1 down the columns. COCO and CVAT write lengths,
background first. COCO's compressed lengths are read by pycocotools, once `length_of_compressed` fits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alcore.errors import DataError


def decode(text: str, shape: tuple[int, int], *, name: str) -> np.ndarray:
    """Runs -> mask.

    Args:
        text: "start length start length ...", starts from 1, column by column.
        shape: (height, width).
        name: of the image, for messages.
    Returns:
        (height, width) bool.
    Raises:
        DataError: not whole numbers, an odd count of them, runs that overlap or leave the image.
    """
    try:
        numbers = np.array(text.split(), dtype=np.int64)
    except (ValueError, OverflowError):
        raise DataError(f"the run lengths of {name} are not whole numbers") from None
    if numbers.size % 2:
        raise DataError(f"the run lengths of {name} are not pairs: there are {numbers.size} numbers")
    starts, lengths = numbers[::2] - 1, numbers[1::2]
    ends = starts + lengths
    pixels = shape[0] * shape[1]
    if (lengths < 1).any() or (starts < 0).any() or (ends > pixels).any():
        raise DataError(f"the run lengths of {name} leave the image of {shape[0]}x{shape[1]} pixels")
    if (starts[1:] < ends[:-1]).any():
        raise DataError(f"the run lengths of {name} overlap or run backwards")
    steps = np.zeros(pixels + 1, dtype=np.int8)
    np.add.at(steps, starts, 1)
    np.add.at(steps, ends, -1)
    flat = np.cumsum(steps[:-1]).astype(bool)
    return flat.reshape(shape[1], shape[0]).T


def encode(mask: np.ndarray) -> str:
    """(H, W) bool -> runs that `decode` reads; '' for an empty mask."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    starts, ends = edges[::2], edges[1::2]
    return " ".join(f"{start + 1} {end - start}" for start, end in zip(starts, ends, strict=True))


def from_lengths(lengths: Sequence[int], shape: tuple[int, int]) -> np.ndarray:
    """Lengths of runs that alternate, background first, along the last axis of `shape` -> `shape` bool.

    Raises:
        ValueError: lengths that are no whole numbers from 0 on, or do not add up.
    """
    return from_values(np.arange(len(lengths)) % 2 == 1, lengths, shape)


def to_lengths(mask: np.ndarray) -> list[int]:
    """(H, W) bool -> lengths along the rows, as `from_lengths` reads them."""
    flat = np.concatenate([[False], mask.ravel()])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    bounds = np.concatenate([[0], edges, [mask.size]])
    return np.diff(bounds).tolist()


def from_values(values: np.ndarray, lengths: Sequence[int], shape: tuple[int, int]) -> np.ndarray:
    """Runs of values along the rows -> (height, width) of the values' type; raises as `from_lengths`."""
    is_whole = all(isinstance(one, int) and one >= 0 for one in lengths)
    if not is_whole or len(lengths) != len(values) or sum(lengths) != shape[0] * shape[1]:
        raise ValueError(f"its run lengths do not add up to {shape[0] * shape[1]} pixels")
    return np.repeat(values, lengths).reshape(shape)


def placed(mask: np.ndarray, corner: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """A mask, (h, w) bool, with its left, top corner there on an empty one of (height, width).

    Raises:
        ValueError: it is empty, or reaches beyond.
    """
    left, top = corner
    whole = np.zeros(size, dtype=bool)
    part = whole[max(top, 0) : top + mask.shape[0], max(left, 0) : left + mask.shape[1]]
    if part.shape != mask.shape or not mask.size:
        raise ValueError("a mask does not fit into its image")
    part |= mask
    return whole


def length_of_compressed(text: str) -> int:
    """Pixels that compressed runs stand for, or -1; pycocotools would read past the end of a broken text.

    Six bits per character from '0' on: five of value, the sixth says that more follow; from the third run on
    the difference to the run before the last.
    """
    runs: list[int] = []
    value = shift = 0
    is_open = False
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64 or shift > 30:
            return -1
        value |= (bits & 0x1F) << shift
        shift += 5
        is_open = bool(bits & 0x20)
        if not is_open:
            if bits & 0x10:
                value |= -1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    if is_open or any(run < 0 for run in runs):
        return -1
    return sum(runs)
