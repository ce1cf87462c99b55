"""Per-patch confusion counts -> metrics of the defect class, at any prevalence.

Under label shift the images of each class stay as they are and only the class shares change. So the expected
counts of one patch drawn at prevalence π are π·mean(counts | defective) + (1 − π)·mean(counts | clean),
and every pixel metric follows from them without another forward pass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from alcore.errors import MetricsError

COUNTS = ("tp", "fp", "fn", "tn")
"""The last axis of all arrays of counts."""


class Ratio(NamedTuple):
    """A metric's formula: how often each of tp, fp, fn and tn is added to its numerator and denominator.

    A table and not a function, because the browser computes the same formula from the same table.
    """

    part: tuple[float, float, float, float]
    whole: tuple[float, float, float, float]


RATIOS = {
    "iou": Ratio((1, 0, 0, 0), (1, 1, 1, 0)),
    "dice": Ratio((2, 0, 0, 0), (2, 1, 1, 0)),
    "precision": Ratio((1, 0, 0, 0), (1, 1, 0, 0)),
    "recall": Ratio((1, 0, 0, 0), (1, 0, 1, 0)),
}
"""Pixel metrics of the defect class, in the order in which they are written and shown."""

METRICS = tuple(RATIOS)

PATCH_IOU = "patch_iou"
"""Mean IoU over defective patches, each with equal weight whatever its defect's size; independent of π."""

ALL_METRICS = (*METRICS, PATCH_IOU)


def counts_at_prevalence(counts: np.ndarray, defective: np.ndarray, prevalence: float) -> np.ndarray:
    """Expected confusion counts of one patch drawn at a prevalence.

    Args:
        counts: (N, 4) tp, fp, fn, tn of each test patch.
        defective: (N,) bool.
        prevalence: share of defective patches, 0..1.
    Returns:
        (4,) float64 tp, fp, fn, tn, in pixels per patch; linear in the prevalence.
    Raises:
        MetricsError: a prevalence outside 0..1, or no test patch of a class that has weight at it.
    """
    if not 0 <= prevalence <= 1:
        raise MetricsError(f"prevalence must be between 0 and 1, got {prevalence}")
    counts, defective = np.asarray(counts, dtype=np.float64), np.asarray(defective, dtype=bool)
    expected = np.zeros(4)
    for weight, members, word in (
        (prevalence, defective, "defective"),
        (1 - prevalence, ~defective, "clean"),
    ):
        if weight == 0:
            continue
        if not members.any():
            raise MetricsError(f"no {word} test patch, so nothing is known at prevalence {prevalence:g}")
        expected += weight * counts[members].mean(axis=0)
    return expected


def metrics_from_counts(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics of the defect class, pooled over pixels: a large defect weighs more than a small one.

    A ratio 0/0 is undefined: it is returned as NaN, reported as undefined, and never drawn as 0.

    Args:
        counts: (..., 4) tp, fp, fn, tn; sums or means, any scale.
    Returns:
        For each name in `METRICS` an array (...) float64 in [0, 1], NaN where the ratio is 0/0: precision
        when nothing is predicted, recall when there is no defect, IoU and Dice when both hold.
    """
    ratios = ratio_parts(np.asarray(counts, dtype=np.float64))
    return {name: _ratio(*parts) for name, parts in ratios.items()}


def ratio_parts(counts: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(..., 4) counts -> (...) numerator and denominator of each metric, both linear in counts."""
    return {
        name: (_weighted(counts, part), _weighted(counts, whole)) for name, (part, whole) in RATIOS.items()
    }


def _weighted(counts: np.ndarray, weights: tuple[float, ...]) -> np.ndarray:
    """Added from left to right, like `tp + fp + fn`: a matrix product may round otherwise."""
    terms = [weight * counts[..., column] for column, weight in enumerate(weights) if weight]
    return sum(terms[1:], start=terms[0])


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    undefined = np.full(np.shape(whole), np.nan)
    return np.divide(part, whole, out=undefined, where=np.asarray(whole) > 0)


def class_means(counts: np.ndarray, defective: np.ndarray) -> np.ndarray:
    """The sufficient statistic of an evaluation: all metrics at all prevalences follow from it.

    Args:
        counts: (..., T, 4) tp, fp, fn, tn of each test patch.
        defective: (T,) bool.
    Returns:
        (..., 2, 5) float64: means over clean, then over defective patches, of tp, fp, fn, tn and the patch's
        IoU (0 for clean patches, and never used); NaN of a class that has no patch.
    """
    rows = np.concatenate([counts, patch_iou(counts)[..., None]], axis=-1)
    return np.stack([_means(rows[..., members, :]) for members in (~defective, defective)], axis=-2)


def _means(rows: np.ndarray) -> np.ndarray:
    """(..., n, k) -> (..., k); NaN of no row."""
    return rows.mean(axis=-2) if rows.shape[-2] else np.full((*rows.shape[:-2], rows.shape[-1]), np.nan)


def patch_iou(counts: np.ndarray) -> np.ndarray:
    """IoU of each patch by itself; pages show its mean over defective patches.

    In that mean every defective patch has equal weight, whatever its defect's size. Clean patches are left
    out, so it does not depend on π: it measures how well defects are outlined, not how often clean material
    is marked.

    Args:
        counts: (..., 4) tp, fp, fn, tn.
    Returns:
        (...) float64; 0 where there is no defect and none is predicted, which happens only on clean patches.
    """
    return np.nan_to_num(metrics_from_counts(counts)["iou"])


def metric_at(means: np.ndarray, metric: str, prevalence: float) -> np.ndarray:
    """A metric at a prevalence, from class means.

    Args:
        means: (..., 2, 5) of `class_means`.
        metric: one of `ALL_METRICS`.
        prevalence: above 0, at most 1.
    Returns:
        (...) float64 in [0, 1]; NaN where it is undefined.
    """
    if metric == PATCH_IOU:
        return means[..., 1, 4]
    expected = prevalence * means[..., 1, :4] + (1 - prevalence) * means[..., 0, :4]
    return metrics_from_counts(expected)[metric]
