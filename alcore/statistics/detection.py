"""Image-level inspection: which parts are flagged, and how often a flag is right.

A patch is flagged when its largest pixel probability is at least a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alcore.statistics.frames import ThresholdRow, frame_of
from alcore.statistics.resampling import interval, repetition_replicates
from alcore.streams import Purpose, stream

_DRAWS = 4000


@dataclass(frozen=True)
class Peaks:
    """Largest probability of each test patch after one cycle: R repetitions, S strategies, T patches.

    max_probability: (R, S, T) float32; defective: (R, T) bool.
    overlap: share of test patches that two repetitions have in common.
    """

    strategies: tuple[str, ...]
    max_probability: np.ndarray
    defective: np.ndarray
    overlap: float = 1.0

    def only(self, strategies: Sequence[str]) -> Peaks:
        """The same of some strategies, in the order given."""
        rows = [self.strategies.index(name) for name in strategies]
        return replace(self, strategies=tuple(strategies), max_probability=self.max_probability[:, rows])


def image_precision(detection: np.ndarray, false_alarms: np.ndarray, prevalence: float) -> np.ndarray:
    """Share of flagged images that are defective, when a share `prevalence` of all images is defective.

    Bayes' rule: π·d / (π·d + (1 − π)·f) for detection rate d and false-alarm rate f; NaN when nothing is
    flagged.
    """
    right, wrong = prevalence * detection, (1 - prevalence) * false_alarms
    return np.divide(right, right + wrong, out=np.full(np.shape(right), np.nan), where=right + wrong > 0)


THRESHOLDS = tuple(1 / (1 + np.exp(-np.linspace(-9, 9, 181))))
"""Where `along_threshold` looks: evenly on the logit scale, since networks are often nearly sure."""


def rates_along(peaks: Peaks, thresholds: Sequence[float] = THRESHOLDS) -> tuple[np.ndarray, np.ndarray]:
    """Detection and false-alarm rates at some thresholds.

    The detection rate is the share of defective patches that are flagged, the false-alarm rate the share of
    clean patches that are; neither depends on π.

    Args:
        thresholds: K of them, 0..1.
    Returns:
        (R, S, K) detection rates and (R, S, K) false-alarm rates.
    """
    rates = np.empty((2, *peaks.max_probability.shape[:2], len(thresholds)))
    for repetition, strategy in np.ndindex(peaks.max_probability.shape[:2]):
        peak, defective = peaks.max_probability[repetition, strategy], peaks.defective[repetition]
        for kind, members in enumerate((defective, ~defective)):
            ranked = np.sort(peak[members])
            below = np.searchsorted(ranked, np.asarray(thresholds, dtype=peak.dtype), side="left")
            rates[kind, repetition, strategy] = 1 - below / ranked.size
    return rates[0], rates[1]


def along_threshold(
    strategies: Sequence[str],
    rates: tuple[np.ndarray, np.ndarray],
    prevalence: float,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """`ThresholdRow`s, one per strategy and threshold, with the precision at π₁.

    Args:
        rates: as returned by `rates_along`. Their means over repetitions are shown, and precision follows
            from these means.
    """
    detection, false_alarms = (block.mean(axis=0) for block in rates)  # (S, K)
    return frame_of(
        ThresholdRow,
        {
            "strategy": np.repeat(strategies, len(thresholds)),
            "threshold": np.tile(thresholds, len(strategies)),
            "detection": detection.ravel(),
            "false_alarms": false_alarms.ravel(),
            "precision": image_precision(detection, false_alarms, prevalence).ravel(),
        },
    )


def at_threshold(peaks: Peaks, prevalence: float, threshold: float) -> pd.DataFrame:
    """One row per strategy: detection, false_alarms and precision, each with `_low` and `_high` bounds.

    A rate that is 0 of n in the test set need not be 0 in deployment, so the interval is that of the rates'
    posterior under Jeffreys' prior, Beta(k + ½, n − k + ½). With several repetitions it is that, or the one
    over repetitions as in `alcore.statistics.resampling`, whichever reaches farther on a side. The spread
    between repetitions has the binomial noise of their own patches in it already, so only that of the patches
    that they share is added. An interval always contains the rate itself.
    Source: Brown, Cai & DasGupta 2001, Interval estimation for a binomial proportion, Statistical Science 16.
    """
    rates = rates_along(peaks, [threshold])
    row = along_threshold(peaks.strategies, rates, prevalence, [threshold])
    rng, count = stream(0, Purpose.BOOTSTRAP, 1), len(peaks.defective)
    sizes = [members.sum(axis=1).mean() for members in (peaks.defective, ~peaks.defective)]
    spread = count / (1 + (count - 1) * peaks.overlap)  # how many test sets' worth of different patches
    pairs = [(rate[..., 0], size * spread) for rate, size in zip(rates, sizes, strict=True)]
    kinds = [[_posterior(*pair, rng) for pair in pairs]]
    if count > 1:
        kinds.append(
            [
                _over_both(rate[..., 0], size, peaks.overlap, rng)
                for rate, size in zip(rates, sizes, strict=True)
            ]
        )
    for name, column in (("detection", 0), ("false_alarms", 1), ("precision", None)):
        row[f"{name}_low"] = row[f"{name}_high"] = row[name]
        for detection, false_alarms in kinds:
            known = (detection, false_alarms)
            values = image_precision(*known, prevalence) if column is None else known[column]
            low, high = interval(values)
            row[f"{name}_low"] = np.fmin(low, row[f"{name}_low"])
            row[f"{name}_high"] = np.fmax(high, row[f"{name}_high"])
    return row


def at_false_alarms(tuned_on: Peaks, peaks: Peaks, prevalence: float, rate: float) -> pd.DataFrame:
    """As `at_threshold`, where each model's threshold is chosen for a false-alarm rate on validation patches.

    Args:
        tuned_on: the same models on validation patches; rate: of clean patches, 0..1, that may be flagged.
    Returns:
        The rows of `at_threshold` with, as threshold, the median over repetitions.
    """
    limits = np.array(
        [
            [_limit(own[~known], rate) for own in block]
            for block, known in zip(tuned_on.max_probability, tuned_on.defective, strict=True)
        ]
    )
    flags = (peaks.max_probability >= limits[..., None]).astype(np.float32)
    frame = at_threshold(replace(peaks, max_probability=flags), prevalence, 1.0)
    return frame.assign(threshold=np.median(limits, axis=0))


def _limit(clean: np.ndarray, rate: float) -> np.float32:
    """The lowest threshold at which at most that share of clean peaks is flagged."""
    allowed = int(rate * clean.size + 1e-9)
    ranked = np.sort(clean)[::-1]
    return np.float32(0) if allowed == clean.size else np.nextafter(ranked[allowed], np.float32(2))


def _posterior(rates: np.ndarray, different: float, rng: np.random.Generator) -> np.ndarray:
    """(R, S) rates, on so many different patches in all -> (B, S) draws of the posterior of their mean."""
    hits = rates.mean(axis=0) * different
    return rng.beta(hits + 0.5, different - hits + 0.5, size=(_DRAWS, rates.shape[1]))


def _over_both(rates: np.ndarray, size: float, overlap: float, rng: np.random.Generator) -> np.ndarray:
    """(R, S) rates, on `size` patches each -> (B, S) replicates over repetitions and shared patches."""
    common = _posterior(rates, size, rng)
    common = np.sqrt(overlap) * (common - common.mean(axis=0))
    return (repetition_replicates(rates) + common).clip(0, 1)
