"""The paper's protocol: evaluation on a fixed number of test patches, drawn at the prevalence itself.

Everywhere else all test patches are used and reweighted to π, which has the same expected counts. A drawn set
has a whole number of defective patches, five of 500 at π = 1 %, so it is noisier: its result depends on which
five were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.metrics import PATCH_IOU, class_means, metric_at, metrics_from_counts, patch_iou
from alcore.statistics.frames import frame_of
from alcore.statistics.resampling import interval, mean_of_defined
from alcore.statistics.threshold_frames import ProtocolRow
from alcore.streams import Purpose, stream

PAPER_SIZE = 500
"""Patches of the paper's test sets."""

_DRAWS = 400


@dataclass(frozen=True)
class LastModels:
    """Counts of R repetitions after a cycle: counts R arrays (S, T, 4), defective R arrays (T,)."""

    strategies: tuple[str, ...]
    counts: Sequence[np.ndarray]
    defective: Sequence[np.ndarray]


def by_protocol(
    models: LastModels, metric: str, prevalence: float, *, size: int = PAPER_SIZE
) -> pd.DataFrame:
    """The reweighted metric beside what drawn test sets would have said.

    Patches of a class are drawn without replacement while they last, else with it; each repetition draws its
    own set, which its strategies share.

    Args:
        size: of a drawn set, of which round(size * π) are defective.
    Returns:
        `ProtocolRow`s, one per strategy: means over repetitions.
    """
    reweighted = np.array(
        [
            metric_at(class_means(counts, defective), metric, prevalence)
            for counts, defective in zip(models.counts, models.defective, strict=True)
        ]
    )  # (R, S)
    rng = stream(0, Purpose.BOOTSTRAP, 3)
    drawn = np.array(
        [
            _drawn(counts, defective, metric, prevalence, size, rng)
            for counts, defective in zip(models.counts, models.defective, strict=True)
        ]
    )  # (R, B, S)
    means = mean_of_defined(drawn)  # (B, S)
    low, high = interval(means)
    return frame_of(
        ProtocolRow,
        {
            "strategy": list(models.strategies),
            "reweighted": mean_of_defined(reweighted),
            "drawn": mean_of_defined(means),
            "low": low,
            "high": high,
            "undefined": np.isnan(drawn).mean(axis=(0, 1)),
            "defects": round(size * prevalence),
        },
    )


def _drawn(
    counts: np.ndarray,
    defective: np.ndarray,
    metric: str,
    prevalence: float,
    size: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """(S, T, 4) -> (B, S) of the metric on drawn sets."""
    wanted = round(size * prevalence)
    values = []
    for _ in range(_DRAWS):
        parts = [
            rng.choice(members, count, replace=count > members.size)
            for members, count in (
                (np.flatnonzero(defective), wanted),
                (np.flatnonzero(~defective), size - wanted),
            )
        ]
        if metric == PATCH_IOU:
            of_defects = patch_iou(counts[:, parts[0]])
            values.append(of_defects.mean(axis=1) if wanted else np.full(len(counts), np.nan))
        else:
            values.append(metrics_from_counts(counts[:, np.concatenate(parts)].sum(axis=1))[metric])
    return np.array(values)
