"""Beyond pixels, what an inspector asks: is the part flagged, and how often is the flag right?

A patch is flagged where its largest pixel probability is at least a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.resampling import interval, repetition_replicates, resampled_means


@dataclass(frozen=True)
class Peaks:
    """Largest probability of each test patch after one cycle: R repetitions, S strategies, T patches.

    max_probability: (R, S, T) float32; defective: (R, T) bool.
    """

    strategies: tuple[str, ...]
    max_probability: np.ndarray
    defective: np.ndarray


def image_rates(
    max_probability: np.ndarray, defective: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Detection and false-alarm rate when a patch is called defective above a threshold.

    The detection rate is the flagged share of defective patches, the false-alarm rate that of clean ones;
    neither depends on π.

    Args:
        max_probability: (..., T); defective: (T,) bool; threshold: 0..1.
    Returns:
        detection (...), false alarms (...).
    """
    flagged = max_probability >= threshold
    return flagged[..., defective].mean(axis=-1), flagged[..., ~defective].mean(axis=-1)


def image_precision(detection: np.ndarray, false_alarms: np.ndarray, prevalence: float) -> np.ndarray:
    """Share of the flagged images that are defective where a share `prevalence` of all images is.

    Bayes' rule: π·d / (π·d + (1 − π)·f) for detection rate d and false-alarm rate f; NaN where nothing is
    flagged.
    """
    right, wrong = prevalence * detection, (1 - prevalence) * false_alarms
    return np.divide(right, right + wrong, out=np.full(np.shape(right), np.nan), where=right + wrong > 0)


THRESHOLDS = tuple(1 / (1 + np.exp(-np.linspace(-9, 9, 181))))
"""Where `along_threshold` looks: evenly on the logit scale, since networks are often nearly sure."""


def along_threshold(
    peaks: Peaks, prevalence: float, thresholds: Sequence[float] = THRESHOLDS
) -> pd.DataFrame:
    """One row a strategy and threshold: strategy, threshold, detection, false_alarms, precision at π₁.

    Rates are means over repetitions; precision follows from these.
    """
    frames = []
    for threshold in thresholds:
        detection, false_alarms = (rates.mean(axis=0) for rates in _rates(peaks, threshold))
        frames.append(
            pd.DataFrame(
                {
                    "strategy": peaks.strategies,
                    "threshold": threshold,
                    "detection": detection,
                    "false_alarms": false_alarms,
                    "precision": image_precision(detection, false_alarms, prevalence),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def at_threshold(peaks: Peaks, prevalence: float, threshold: float) -> pd.DataFrame:
    """One row a strategy: detection, false_alarms and precision, each with `_low` and `_high` bounds."""
    row = along_threshold(peaks, prevalence, [threshold])
    detection, false_alarms = _replicates(peaks, threshold)
    replicates = {
        "detection": detection,
        "false_alarms": false_alarms,
        "precision": image_precision(detection, false_alarms, prevalence),
    }
    for name, values in replicates.items():
        row[f"{name}_low"], row[f"{name}_high"] = interval(values)
    return row


def _rates(peaks: Peaks, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """(R, S) detection and false-alarm rates of each repetition."""
    pairs = [
        image_rates(one, defective, threshold)
        for one, defective in zip(peaks.max_probability, peaks.defective, strict=True)
    ]
    detection, false_alarms = zip(*pairs, strict=True)
    return np.array(detection), np.array(false_alarms)


def _replicates(peaks: Peaks, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """(B, S) replicates of both rates, over repetitions or, with one, over test patches."""
    if len(peaks.max_probability) > 1:
        return tuple(repetition_replicates(rates).clip(0, 1) for rates in _rates(peaks, threshold))
    flagged = (peaks.max_probability[0] >= threshold).T.astype(float)  # (T, S)
    defective = peaks.defective[0]
    return resampled_means(flagged[defective]), resampled_means(flagged[~defective])
