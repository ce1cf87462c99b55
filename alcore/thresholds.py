"""The thresholds at which predictions are kept, and pixel counts at each of them.

A patch's pixels are counted between neighbouring thresholds, those that are defective apart from those that
are clean. So confusion counts at every threshold follow by adding up, and nothing is evaluated again.
"""

from __future__ import annotations

import numpy as np

from alcore.metrics import class_means

_STEPS = np.arange(-16, 17)

LOGITS: np.ndarray = np.sinh(_STEPS / 5.5).astype(np.float32)
"""(33,) thresholds on the logit, ascending: 0.2 apart about 0, where young models keep most defects, and 1 to
1.5 apart from 4 to 9, where grown ones have to be cut when defects are rare."""

PROBABILITIES: np.ndarray = np.round(1 / (1 + np.exp(-LOGITS.astype(np.float64))), 6)
"""(33,) the same as probabilities; ½ is exact."""

HALF = 16
"""Which of them is probability ½."""

COUNT = len(LOGITS)
BINS = COUNT + 1
"""Pixels below the first threshold, between each two, and from the last one on."""


def counts_at_thresholds(histogram: np.ndarray) -> np.ndarray:
    """Confusion counts at every threshold; a pixel is called defective from the threshold on.

    Args:
        histogram: (..., 2, 34) pixels in each bin: clean ones, then defective ones.
    Returns:
        (..., 33, 4) int64 tp, fp, fn, tn.
    """
    at_least = histogram[..., ::-1].cumsum(axis=-1, dtype=np.int64)[..., ::-1]
    flagged, every = at_least[..., 1:], at_least[..., :1]
    wrong, right = flagged[..., 0, :], flagged[..., 1, :]
    cells = (right, wrong, every[..., 1, :] - right, every[..., 0, :] - wrong)
    return np.stack(cells, axis=-1)


def threshold_means(histogram: np.ndarray, defective: np.ndarray) -> np.ndarray:
    """(T, 2, 34) bins of patches, (T,) bool -> (33, 2, 5) class means at every threshold."""
    return class_means(counts_at_thresholds(histogram).swapaxes(0, 1), defective)


def counts_at(histogram: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Confusion counts of patches, each at a threshold of its own.

    Args:
        histogram: (..., T, 2, 34); threshold: (...) which of the 33, for all T patches.
    Returns:
        (..., T, 4) int64 tp, fp, fn, tn.
    """
    is_flagged = np.arange(BINS) > np.asarray(threshold)[..., None]  # (..., 34)
    flagged = (histogram * is_flagged[..., None, None, :]).sum(axis=-1, dtype=np.int64)  # (..., T, 2)
    every = histogram.sum(axis=-1, dtype=np.int64)
    wrong, right = flagged[..., 0], flagged[..., 1]
    return np.stack((right, wrong, every[..., 1] - right, every[..., 0] - wrong), axis=-1)


def narrowest(pixels: int) -> type[np.uint16] | type[np.uint32]:
    """The type that holds every count of a patch of so many pixels."""
    return np.uint16 if pixels < 2**16 else np.uint32
