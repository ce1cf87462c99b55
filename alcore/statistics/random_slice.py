"""What a random slice of the labels says: how many images are defective, and how good the model is on them.

Labels that a strategy chose are a biased sample: a strategy that looks for defects finds more than there are,
and one that looks for hard images finds those on which the model is bad. So prevalence and IoU are estimated
from images that chance alone chose, which the model was never trained on. The share of defective ones is
unbiased; the IoU is a ratio of two unbiased sums, whose bias vanishes like one over the number of images.

Weights that undo a strategy's choice (Farquhar, Gal & Rainforth 2021, arXiv:2101.11665) are not used: most
strategies choose the highest scores, so that an image has no chance of its own to be weighted with; and an
image that was chosen is one that the model is trained on.

Source: Jeffreys' interval of a share, Brown, Cai & DasGupta 2001, Statistical Science 16; for a ratio, with
the number of images that would give its jackknife variance, Korn & Graubard 1998, Survey Methodology 24.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv, ndtri, stdtrit  # scipy.stats would cost the dashboard 60 MB

from alcore.metrics import ratio_parts
from alcore.statistics.resampling import LEVEL

_FEWEST = 3
"""Images with a defect, true or predicted, below which an IoU may still be anything."""


class Estimated(NamedTuple):
    """An estimate with the bounds of its interval."""

    value: float
    low: float
    high: float


def prevalence_estimate(defective: np.ndarray, level: float = LEVEL) -> Estimated | None:
    """Share of defective images, from (n,) bool drawn at random; None of no image."""
    count, found = defective.size, int(defective.sum())
    if not count:
        return None
    return Estimated(found / count, *_jeffreys(found, count, level))


def iou_estimate(counts: np.ndarray, level: float = LEVEL) -> Estimated | None:
    """The IoU over all pixels, from (n, 4) tp, fp, fn, tn of images drawn at random.

    Returns:
        None where no image has a defect, true or predicted. With fewer than three that have, the interval is
        all of 0..1.
    """
    part, whole = (np.asarray(values, dtype=np.float64) for values in ratio_parts(counts)["iou"])
    visible = int((whole > 0).sum())
    if not visible:
        return None
    value = float(part.sum() / whole.sum())
    if visible < _FEWEST:
        return Estimated(value, 0.0, 1.0)
    without = (part.sum() - part) / (whole.sum() - whole)  # (n,) the ratio without each image
    variance = (whole.size - 1) * without.var()
    effective = value * (1 - value) / variance if 0 < value < 1 and variance > 0 else float(visible)
    tail = (1 + level) / 2
    effective *= (ndtri(tail) / stdtrit(visible - 1, tail)) ** 2  # few images say little about their variance
    return Estimated(value, *_jeffreys(value * effective, effective, level))


def _jeffreys(found: float, count: float, level: float) -> tuple[float, float]:
    """The central interval of Beta(found + 1/2, count - found + 1/2); at 0 and at all it reaches the end."""
    tail = (1 - level) / 2
    shape = found + 0.5, count - found + 0.5
    low = 0.0 if found <= 0 else float(betaincinv(*shape, tail))
    high = 1.0 if found >= count else float(betaincinv(*shape, 1 - tail))
    return low, high
