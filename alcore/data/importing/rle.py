"""Run-length encoded masks as Kaggle's Severstal competition wrote them.

Pairs of start and length, counted from 1 down the columns. COCO's encodings are read by pycocotools.
"""

from __future__ import annotations

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
