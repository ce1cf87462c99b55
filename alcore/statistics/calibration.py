"""The quality of a model's probabilities: precision and recall at every threshold, and reliability.

All of it at any prevalence, from means over clean and over defective test patches.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.statistics.detection import Peaks
from alcore.statistics.frames import frame_of
from alcore.statistics.operating import Operating
from alcore.statistics.resampling import interval, repetition_replicates
from alcore.statistics.sample import Sample
from alcore.statistics.threshold_frames import AreaRow, CalibrationRow, PrecisionRecallRow, ReliabilityRow
from alcore.thresholds import PROBABILITIES

PIXELS, IMAGES = "pixels", "images"
_IMAGE_BINS = 10


def precision_recall(means: np.ndarray, prevalence: float) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall of pixels at every threshold, and where everything is called defective.

    Args:
        means: (..., 33, 2, 5) of `alcore.statistics.operating.threshold_means`; prevalence: π.
    Returns:
        (..., 34) precision, NaN where nothing is called defective, and (..., 34) recall; thresholds ascend.
    """
    expected = prevalence * means[..., 1, :4] + (1 - prevalence) * means[..., 0, :4]  # (..., 33, 4)
    right, wrong, missed, clean = np.moveaxis(expected, -1, 0)
    every_right, every_wrong = right[..., :1] + missed[..., :1], wrong[..., :1] + clean[..., :1]
    right, wrong = (np.concatenate(pair, axis=-1) for pair in ((every_right, right), (every_wrong, wrong)))
    flagged = right + wrong
    precision = np.divide(right, flagged, out=np.full(flagged.shape, np.nan), where=flagged > 0)
    return precision, right / every_right


def average_precision(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """Area under the precision-recall curve: precision, averaged over the recall that each threshold adds.

    Args:
        precision, recall: (..., K), thresholds ascending, as of `precision_recall`.
    Returns:
        (...) in 0..1; π's share of defective pixels for a model that knows nothing.
    Source: as scikit-learn's average_precision_score: a step function, which does not interpolate.
    """
    added = recall - np.concatenate([recall[..., 1:], np.zeros_like(recall[..., :1])], axis=-1)
    return (added * np.nan_to_num(precision)).sum(axis=-1)


def reliability(parts: np.ndarray, prevalence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted probability against observed frequency, bin by bin.

    Args:
        parts: (..., 2, 3, K) means over clean, then over defective patches, of each bin's pixels (or
            images), of those that are defective, and of their summed probability.
    Returns:
        (..., K) share of all, mean probability, and share that is defective; NaN where a bin is empty.
    """
    expected = prevalence * parts[..., 1, :, :] + (1 - prevalence) * parts[..., 0, :, :]  # (..., 3, K)
    size, defective, probability = np.moveaxis(expected, -2, 0)
    ratios = [
        np.divide(part, size, out=np.full(size.shape, np.nan), where=size > 0)
        for part in (probability, defective)
    ]
    return size / size.sum(axis=-1, keepdims=True), ratios[0], ratios[1]


def calibration_error(share: np.ndarray, probability: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Expected calibration error: the mean gap between probability and frequency, weighted by share.

    Args:
        share, probability, frequency: (..., K) of `reliability`.
    Source: Naeini, Cooper & Hauskrecht 2015, AAAI; here with the bins of the kept thresholds.
    """
    return (share * np.nan_to_num(np.abs(probability - frequency))).sum(axis=-1)


def pixel_parts(operating: Operating, cycle: int) -> np.ndarray:
    """(R, S, 2, 3, 34) of `reliability`: pixels between thresholds after a cycle."""
    means = operating.test[:, :, cycle - 1]  # (R, S, 33, 2, 5)
    defective = _between(means[..., 0], means[..., 0, :, 0] + means[..., 0, :, 2])
    clean = _between(means[..., 1], means[..., 0, :, 1] + means[..., 0, :, 3])
    sizes = np.array([[(~members).sum(), members.sum()] for members in operating.defective])
    probability = operating.confidence[:, :, cycle - 1] / sizes[:, None, :, None]
    return np.stack([clean + defective, defective, probability], axis=-2)


def _between(flagged: np.ndarray, every: np.ndarray) -> np.ndarray:
    """(R, S, 33, 2) pixels at or above each threshold, (R, S, 2) all -> (R, S, 2, 34) between thresholds."""
    at_least = np.concatenate([every[:, :, None], flagged, np.zeros_like(flagged[:, :, :1])], axis=2)
    return np.moveaxis(-np.diff(at_least, axis=2), 2, -1)


def image_parts(peaks: Peaks) -> np.ndarray:
    """(R, S, 2, 3, 10) of `reliability`: images by their largest probability, in equal bins."""
    rows = [
        [_image_rows(own, members) for own in block]
        for block, members in zip(peaks.max_probability, peaks.defective, strict=True)
    ]
    return np.array(
        [
            [np.stack([one[members].mean(axis=0) for members in (~known, known)]) for one in block]
            for block, known in zip(rows, peaks.defective, strict=True)
        ]
    )


def _image_rows(peaks: np.ndarray, defective: np.ndarray) -> np.ndarray:
    """(T,) largest probabilities -> (T, 3, 10): in which bin an image is, if defective, with what value."""
    bins = np.minimum((peaks * _IMAGE_BINS).astype(int), _IMAGE_BINS - 1)
    inside = (bins[:, None] == np.arange(_IMAGE_BINS)).astype(float)
    return np.stack([inside, inside * defective[:, None], inside * peaks[:, None].astype(float)], axis=1)


def precision_recall_frame(operating: Operating, cycle: int, prevalence: float) -> pd.DataFrame:
    """`PrecisionRecallRow`s after a cycle, of counts averaged over repetitions."""
    means = operating.test[:, :, cycle - 1].mean(axis=0)  # (S, 33, 2, 5)
    precision, recall = precision_recall(means, prevalence)
    names, columns = operating.evidence.strategies, precision.shape[1]
    return frame_of(
        PrecisionRecallRow,
        {
            "strategy": np.repeat(names, columns),
            "threshold": np.tile([0.0, *PROBABILITIES], len(names)),
            "precision": precision.ravel(),
            "recall": recall.ravel(),
        },
    )


def areas(operating: Operating, cycle: int, prevalence: float) -> pd.DataFrame:
    """`AreaRow`s: the area under each strategy's precision-recall curve after a cycle.

    The interval is over repetitions; with one, over resampled test patches.
    """

    def area(means: np.ndarray) -> np.ndarray:
        return average_precision(*precision_recall(means, prevalence))

    replicates = None
    if operating.evidence.repetitions == 1:
        replicates = area(operating.resampled_means(cycle))
    low, high, value = _bounds(area(operating.test[:, :, cycle - 1]), replicates)
    return frame_of(
        AreaRow, {"strategy": list(operating.evidence.strategies), "area": value, "low": low, "high": high}
    )


def reliability_frame(
    strategies: tuple[str, ...], level: str, parts: np.ndarray, prevalence: float
) -> pd.DataFrame:
    """`ReliabilityRow`s of counts averaged over repetitions; empty bins are left out."""
    share, probability, frequency = reliability(parts.mean(axis=0), prevalence)
    frame = frame_of(
        ReliabilityRow,
        {
            "strategy": np.repeat(strategies, share.shape[1]),
            "level": level,
            "probability": probability.ravel(),
            "frequency": frequency.ravel(),
            "share": share.ravel(),
        },
    )
    return frame.dropna(subset=["probability"]).reset_index(drop=True)


def calibration(
    strategies: tuple[str, ...], level: str, parts: np.ndarray, prevalence: float
) -> pd.DataFrame:
    """`CalibrationRow`s: the expected calibration error, with its interval over repetitions, if any."""
    values = calibration_error(*reliability(parts, prevalence))
    low, high, value = _bounds(values, None)
    return frame_of(
        CalibrationRow,
        {"strategy": list(strategies), "level": level, "error": value, "low": low, "high": high},
    )


def _bounds(values: np.ndarray, replicates: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(R, S) numbers in 0..1 -> bounds and mean; of replicates where there is one repetition, or unknown."""
    if replicates is not None:
        low, high = interval(replicates)
    elif len(values) > 1:
        low, high = Sample(values, repetition_replicates(values)).interval()
    else:
        low = high = np.full(values.shape[1:], np.nan)
    return low.clip(0, 1), high.clip(0, 1), values.mean(axis=0)
