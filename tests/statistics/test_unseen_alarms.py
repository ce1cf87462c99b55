"""What too few clean test patches do not show of the IoU where defects are rare."""

from __future__ import annotations

import numpy as np
import pytest

from alcore.config import make_config
from alcore.metrics import class_means, metric_at
from alcore.presentation.sentences import alarms_unseen
from alcore.statistics.estimands import Evidence
from alcore.statistics.unseen_alarms import unseen_alarms
from alcore.storage.evidence import make_evidence

CONFIG = make_config({"dataset": "synthetic", "cycles": 1, "strategies": ["random"]})
RATE, SIZE, AREA = 0.008, 96, 60.0
"""Of clean patches with a false alarm, as large as a defect; clean test patches; pixels of a defect."""


def evidence_of(rng: np.random.Generator, clean: int, rate: float = RATE) -> Evidence:
    """One model that finds four fifths of each defect, on as many defective as clean patches."""
    defective = np.arange(2 * clean) % 2 == 0
    counts = np.zeros((2 * clean, 4))
    counts[defective, 0], counts[defective, 2] = 0.8 * AREA, 0.2 * AREA
    counts[~defective, 1] = np.where(rng.random(clean) < rate, 0.8 * AREA, 0)
    return make_evidence(
        CONFIG,
        means=class_means(counts, defective)[None, None, None],
        resampled=None,
        query_share=np.zeros((1, 1)),
        tests=(counts[None, None, None], np.arange(2 * clean)[None], defective[None]),
    )


@pytest.mark.parametrize("rate", [0.002, RATE, 0.02])
def test_the_bound_is_below_the_true_iou_where_the_measured_one_is_above_it(rate):
    rng, prevalence = np.random.default_rng(0), 0.01
    truth = prevalence * 0.8 * AREA / (prevalence * AREA + (1 - prevalence) * rate * 0.8 * AREA)
    low, above = 0, 0
    for _ in range(200):
        doubt = unseen_alarms(evidence_of(rng, SIZE, rate), prevalence)
        low += doubt.iou_low[0] <= truth
        above += doubt.iou[0] > truth
    assert low >= 190
    assert above > 80, "as often as not what is measured is too good"


def test_more_clean_patches_leave_less_to_doubt():
    few, many = (unseen_alarms(evidence_of(np.random.default_rng(1), size, 0), 0.01) for size in (96, 2000))
    assert few.iou[0] == many.iou[0] == pytest.approx(0.8)
    assert few.iou_low[0] < 0.3
    assert many.iou_low[0] > 0.65


def test_the_measured_iou_is_the_metric_and_alarms_are_counted():
    evidence = evidence_of(np.random.default_rng(2), 300, 0.05)
    doubt = unseen_alarms(evidence, 0.02)
    assert doubt.iou[0] == pytest.approx(metric_at(evidence.means, "iou", 0.02)[0, 0, 0])
    assert 0 < doubt.alarmed[0] < 40


def test_it_is_said_where_defects_are_rare_and_only_there():
    evidence = evidence_of(np.random.default_rng(0), SIZE, 0)
    said = alarms_unseen(evidence, 0.01)
    assert "random 0 of 96, IoU 0.800 or down to 0.2" in said
    assert "fewer than 3.1 % of clean patches" in said
    assert alarms_unseen(evidence, 0.05) == ""
