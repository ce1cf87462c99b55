"""The record of a cycle. The types are apart from the code that makes them, which imports torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.pool_map import Axes, PoolMap

if TYPE_CHECKING:
    from torch import Tensor

    Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Selection:
    """One query and what was known when it was made.

    items: (q,) int64 ids in the order of choice; defective: (q,) bool, from the oracle.
    scores: (q,) float32 at the moment of picking, NaN without a score.
    candidates: (U,) int64 ids that could have been chosen; candidate_scores: (U,) float32 of each, before
        the first pick. Both empty in cycle 1.
    probability: (q, H, W) uint8, the defect probability that the model gave before it saw the labels; no
        rows in cycle 1, when there was no model.
    pool_map: the pool as that model saw it; None in cycle 1, and in a continued run that predates maps.
    """

    items: np.ndarray
    defective: np.ndarray
    scores: np.ndarray
    candidates: np.ndarray
    candidate_scores: np.ndarray
    probability: np.ndarray
    pool_map: PoolMap | None


@dataclass(frozen=True)
class ThresholdHistogram:
    """The evaluation at every threshold, as bins of `alcore.thresholds`.

    histogram: (T, 2, 34) uint16 or uint32, clean and defective pixels of each test patch in each bin.
    confidence: (2, 34) float64, summed probability of these pixels, of clean and of defective patches.
    """

    histogram: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True)
class Validation:
    """The same model on validation patches, on which thresholds are tuned; it is never trained on them.

    items (V,) int64, defective (V,) bool, max_probability (V,) float32, histogram (V, 2, 34) as in
    `ThresholdHistogram`.
    """

    items: np.ndarray
    defective: np.ndarray
    max_probability: np.ndarray
    histogram: np.ndarray


@dataclass(frozen=True)
class CycleRecord:
    """All that one cycle of one strategy leaves behind.

    labelled: labels bought so far, this query included.
    test_items (T,) int64, test_defective (T,) bool, counts (T, 4) int32 tp fp fn tn, max_probability (T,)
    float32: the evaluation after training.
    threshold_histogram: the same at other thresholds than ½; None in a run that predates it.
    validation: None there too, and where the validation split lacks defective or clean patches.
    gallery_items (G,) int64, gallery_probability (G, H, W) uint8: a fixed few test patches' predictions.
    axes: of the repetition's pool maps, fitted to the features after cycle 1; in cycle 2 only, else None.
    weights: the model after training, from which a resumed run continues.
    """

    key: CycleKey
    labelled: int
    selection: Selection
    test_items: np.ndarray
    test_defective: np.ndarray
    counts: np.ndarray
    max_probability: np.ndarray
    gallery_items: np.ndarray
    gallery_probability: np.ndarray
    axes: Axes | None
    threshold_histogram: ThresholdHistogram | None
    validation: Validation | None
    weights: Weights = field(repr=False)


@dataclass(frozen=True)
class Ceiling:
    """The evaluation of one repetition's full-pool model, on the test set that its strategies had.

    labelled: the pool's size. test_items (T,) int64, test_defective (T,) bool, counts (T, 4) int32 tp fp fn
    tn, max_probability (T,) float32.
    """

    labelled: int
    test_items: np.ndarray
    test_defective: np.ndarray
    counts: np.ndarray
    max_probability: np.ndarray
