"""What clean test patches cannot show: false alarms too rare for any of them, and what these would cost.

Where defects are rare, nearly all images in use are clean, and the IoU there hangs on false alarms. Of a
kind that fewer than 3 in n clean images raise, n clean test patches show none in one of twenty test sets
(rule of three). A resampled test set has only what is in the test set, so no bootstrap knows of them. How
large such an alarm is, nobody has seen either; it is taken to be as large as a mark on a defective patch.

The IoU that this leaves is a bound for a reader's doubt, not an estimate: with as many clean test patches as
the split has (`test_clean` in a run's settings) it comes near the IoU itself.

Source: Hanley & Lippman-Hand 1983, JAMA 249 (the rule of three).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from alcore.statistics.estimands import Evidence

OF_THREE = 3.0
"""-log of one in twenty: n·p of something that n patches show none of, with a probability of 5 %."""


class UnseenAlarms(NamedTuple):
    """Per strategy, after the last cycle: (S,) each.

    alarmed: clean test patches with a false alarm, the mean over repetitions; iou: as measured; iou_low: with
    unseen alarms at the bound of the rule of three.
    """

    alarmed: np.ndarray
    iou: np.ndarray
    iou_low: np.ndarray


def unseen_alarms(evidence: Evidence, prevalence: float) -> UnseenAlarms | None:
    """What the last models' IoU at a prevalence could be, had the test set shown every kind of alarm.

    Returns:
        None where test patches are not known one by one.
    """
    if evidence.alarmed is None or evidence.test_sizes is None:
        return None
    last = evidence.means[:, :, -1]  # (R, S, 2, 5)
    expected = (1 - prevalence) * last[..., 0, :] + prevalence * last[..., 1, :]
    found, wrong, missed = (expected[..., column] for column in range(3))
    size = last[..., 1, 0] + last[..., 1, 1]  # pixels marked on a defective patch
    unseen = (1 - prevalence) * min(OF_THREE / evidence.test_sizes[0], 1.0) * size
    union = found + wrong + missed
    with np.errstate(divide="ignore", invalid="ignore"):
        values = [np.where(union > 0, found / (union + more), np.nan) for more in (0.0, unseen)]
    return UnseenAlarms(evidence.alarmed[:, :, -1].mean(axis=0), *(one.mean(axis=0) for one in values))
