"""A simple score of how unusual an image is: what a camera without any learning could compute on a line."""

from __future__ import annotations

import numpy as np

_BLOCKS = 8
_CHUNK = 128
_IQR = 1.349
"""Quartiles of a normal distribution are so many standard deviations apart."""


def appearance(images: np.ndarray) -> np.ndarray:
    """(n, H, W, C) uint8 -> (n, 6) float32 numbers that describe each image.

    Its deviation, how far its darkest and its brightest pixel are from the mean, how much neighbouring rows
    and columns differ, and how far the most different of 8x8 blocks is from the mean.
    """
    found = [_describe(images[start : start + _CHUNK]) for start in range(0, len(images), _CHUNK)]
    return np.concatenate(found) if found else np.zeros((0, 6), dtype=np.float32)


def anomaly_scores(appearances: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """How unusual images are against usual ones, as sums of squared standard scores.

    Args:
        appearances: (n, F); usual: (m, F), mostly clean ones, whose medians and quartiles are the measure.
    Returns:
        (n,) float64, 0 for an image that is the median in everything.
    """
    low, middle, high = np.percentile(usual, (25, 50, 75), axis=0)
    deviation = np.maximum((high - low) / _IQR, 1e-6 + 1e-3 * np.abs(middle))
    return (((appearances - middle) / deviation) ** 2).sum(axis=1)


def _describe(images: np.ndarray) -> np.ndarray:
    grey = images.mean(axis=3, dtype=np.float32)  # (n, H, W)
    mean = grey.mean(axis=(1, 2), keepdims=True)
    rows, columns = (np.linspace(0, side, _BLOCKS + 1).astype(int) for side in grey.shape[1:])
    sums = np.add.reduceat(np.add.reduceat(grey, rows[:-1], axis=1), columns[:-1], axis=2)
    blocks = sums / np.outer(np.diff(rows), np.diff(columns))
    return np.stack(
        [
            grey.std(axis=(1, 2)),
            (mean[:, 0, 0] - grey.min(axis=(1, 2))),
            (grey.max(axis=(1, 2)) - mean[:, 0, 0]),
            np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2)),
            np.abs(np.diff(grey, axis=2)).mean(axis=(1, 2)),
            np.abs(blocks - mean).max(axis=(1, 2)),
        ],
        axis=1,
    )
