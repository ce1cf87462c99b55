"""Columns of the frames about thresholds, probabilities and protocols, as in `alcore.statistics.frames`."""

from __future__ import annotations

from typing import NamedTuple


class RuleRow(NamedTuple):
    """One row per strategy and operating rule: AUBC and the last budget's value at π₁, with bounds.

    threshold: median over repetitions of the last model's, as a probability. validation_labels: labelled
    patches, besides the budget, that the rule needs.
    """

    strategy: str
    rule: str
    validation_labels: int
    aubc: float
    aubc_low: float
    aubc_high: float
    final: float
    final_low: float
    final_high: float
    threshold: float


class RecoveryRow(NamedTuple):
    """One row per strategy and operating rule: what shift costs at ½, and how much of it is a threshold.

    gain: what the rule gives over ½ at π₁. tuned_loss: what shift costs where the rule chooses at both ends.
    share: of the loss, what it is smaller by; NaN where the loss is not clear of zero. All with bounds.
    """

    strategy: str
    rule: str
    loss: float
    loss_low: float
    loss_high: float
    gain: float
    gain_low: float
    gain_high: float
    tuned_loss: float
    tuned_loss_low: float
    tuned_loss_high: float
    share: float
    share_low: float
    share_high: float


class PrecisionRecallRow(NamedTuple):
    """One row per strategy and threshold: pixels' precision and recall at π; threshold 0 is everything."""

    strategy: str
    threshold: float
    precision: float
    recall: float


class AreaRow(NamedTuple):
    """One row per strategy: the area under its precision-recall curve, with bounds."""

    strategy: str
    area: float
    low: float
    high: float


class ReliabilityRow(NamedTuple):
    """One row per strategy and bin: predicted probability, observed frequency, share of pixels or images."""

    strategy: str
    level: str
    probability: float
    frequency: float
    share: float


class CalibrationRow(NamedTuple):
    """One row per strategy: the expected calibration error of pixels or images; bounds
    are NaN where unknown.
    """

    strategy: str
    level: str
    error: float
    low: float
    high: float


class ProtocolRow(NamedTuple):
    """One row per strategy: the metric of all test patches, reweighted, beside that of drawn test sets.

    drawn: mean over draws; low, high: the central 95 % of what one draw would have said. undefined: share of
    drawn sets on which the metric is undefined. defects: defective patches in a drawn set.
    """

    strategy: str
    reweighted: float
    drawn: float
    low: float
    high: float
    undefined: float
    defects: int
