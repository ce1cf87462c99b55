"""Precision, recall and reliability, against scikit-learn and against models whose calibration is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from alcore.statistics.calibration import (
    average_precision,
    calibration_error,
    image_parts,
    precision_recall,
    reliability,
)
from alcore.statistics.detection import Peaks, at_false_alarms
from alcore.thresholds import BINS, LOGITS, threshold_means

DEFECTIVE = np.arange(30) >= 20


@pytest.fixture(scope="module")
def pixels():
    """Bins (30, 200) of pixels of 30 patches, their classes, and (30, 2, 34) histograms."""
    rng = np.random.default_rng(0)
    truth = (rng.random((30, 200)) < 0.2) & DEFECTIVE[:, None]
    bins = np.searchsorted(LOGITS, rng.normal(3.0 * truth - 2, 2), side="right")
    histogram = np.zeros((30, 2, BINS), dtype=int)
    for row, kind in np.ndindex(30, 2):
        histogram[row, kind] = np.bincount(bins[row][truth[row] == kind], minlength=BINS)
    return bins, truth, histogram


@pytest.mark.parametrize("prevalence", [0.01, 1 / 3, 1.0])
def test_the_area_is_scikit_learns_with_patches_weighted_to_the_prevalence(pixels, prevalence):
    bins, truth, histogram = pixels
    weights = np.where(DEFECTIVE, prevalence / 10, (1 - prevalence) / 20)
    expected = average_precision_score(truth.ravel(), bins.ravel(), sample_weight=np.repeat(weights, 200))
    area = average_precision(*precision_recall(threshold_means(histogram, DEFECTIVE), prevalence))
    assert area == pytest.approx(expected, abs=1e-12)


def test_everything_called_defective_has_recall_one_and_the_precision_of_chance(pixels):
    _, truth, histogram = pixels
    precision, recall = precision_recall(threshold_means(histogram, DEFECTIVE), 0.1)
    assert recall[0] == 1
    assert precision[0] == pytest.approx(0.1 * truth[DEFECTIVE].mean())
    assert (np.diff(recall) <= 0).all()


def images(rng, probability):
    """Peaks of one model on images of which each is defective with that probability."""
    defective = rng.random(probability.shape) < probability
    return Peaks(("random",), probability[None, None].astype(np.float32), defective[None])


def test_a_calibrated_model_has_no_error_where_it_was_drawn_and_one_under_shift():
    rng = np.random.default_rng(0)
    peaks = images(rng, rng.beta(0.6, 0.6, 200_000))
    parts = image_parts(peaks)
    drawn = peaks.defective.mean()
    assert calibration_error(*reliability(parts, drawn)).item() < 0.005
    assert calibration_error(*reliability(parts, 0.02)).item() > 0.1, (
        "where defects are rare it promises too much"
    )


def test_an_overconfident_model_has_the_error_by_which_it_is_so():
    rng = np.random.default_rng(0)
    peaks = images(rng, np.full(100_000, 0.62))
    sure = Peaks(peaks.strategies, np.full_like(peaks.max_probability, 0.92), peaks.defective)
    error = calibration_error(*reliability(image_parts(sure), peaks.defective.mean()))
    assert error.item() == pytest.approx(0.92 - peaks.defective.mean(), abs=1e-6)


def test_shares_add_up_and_bins_hold_what_lies_in_them():
    rng = np.random.default_rng(0)
    share, probability, _ = reliability(image_parts(images(rng, rng.random(5000))), 0.3)
    assert share.sum() == pytest.approx(1)
    edges = np.arange(11) / 10
    assert (probability[0, 0] >= edges[:-1]).all()
    assert (probability[0, 0] <= edges[1:]).all()


def test_a_false_alarm_rate_chosen_on_validation_holds_there_and_is_judged_elsewhere():
    rng = np.random.default_rng(0)
    known = np.arange(400) >= 200

    def drawn():
        peaks = np.clip(rng.normal(0.3 + 0.3 * known, 0.15, (2, 1, 400)), 0, 1).astype(np.float32)
        return Peaks(("random",), peaks, np.array([known, known]))

    tuned_on, judged_on = drawn(), drawn()
    there = at_false_alarms(tuned_on, tuned_on, 0.1, 0.05)
    assert there["false_alarms"].item() == pytest.approx(0.05)
    elsewhere = at_false_alarms(tuned_on, judged_on, 0.1, 0.05)
    assert elsewhere["false_alarms"].item() == pytest.approx(0.05, abs=0.03)
    assert 0.5 < elsewhere["detection"].item() < 0.9
    assert (elsewhere["detection_low"] < elsewhere["detection"]).all()
    none = at_false_alarms(tuned_on, tuned_on, 0.1, 0.0)
    assert none["false_alarms"].item() == 0
    assert at_false_alarms(tuned_on, tuned_on, 0.1, 1.0)["detection"].item() == 1
