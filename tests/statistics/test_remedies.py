"""Correcting the prior and scaling the temperature, on models that are calibrated by construction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from alcore.metrics import metric_at
from alcore.statistics.operating import best_threshold
from alcore.statistics.remedies import prior_thresholds, temperatures
from alcore.thresholds import BINS, HALF, LOGITS, counts_at_thresholds, threshold_means

AREA = 0.25
"""Share of a defective patch's pixels that is defective."""


def calibrated(trained, *, sharpen=1.0):
    """(33, 2, 5) class means of a model that knows every pixel's odds where `trained` of the patches is
    defective, but says them `sharpen` times.
    """
    share = trained * AREA
    grid = np.linspace(-25, 25, 20_001)
    spread = 3.0
    # Gaussians whose log ratio is linear in x, so that x + logit(share) are the log odds.
    centre = spread**2 / 2
    density = [np.exp(-((grid - mean) ** 2) / (2 * spread**2)) for mean in (-centre, centre)]
    bins = np.searchsorted(LOGITS, sharpen * (grid + logit(share)), side="right")
    clean, defective = (np.bincount(bins, weights=one / one.sum(), minlength=BINS) for one in density)
    histogram = np.zeros((2, 2, BINS))
    histogram[0, 0] = 1e9 * clean
    histogram[1] = 1e9 * np.stack([(1 - AREA) * clean, AREA * defective])
    return threshold_means(histogram.round().astype(np.int64), np.array([False, True]))


@pytest.mark.parametrize("prevalence", [0.02, 0.1, 0.5, 0.9])
def test_a_corrected_prior_puts_the_threshold_where_a_pixel_is_as_likely_defective_as_not(prevalence):
    means = calibrated(0.5)
    chosen = int(prior_thresholds(np.array(0.5), means, prevalence))
    expected = prevalence * means[:, 1, :4] + (1 - prevalence) * means[:, 0, :4]
    wrong = expected[:, 1] + expected[:, 2]
    near = wrong[max(chosen - 1, 0) : chosen + 2]
    assert near.min() == wrong.min(), "no threshold has fewer wrong pixels, up to the distance of two"


def test_without_a_shift_nothing_is_corrected():
    for trained in (0.1, 0.5):
        assert LOGITS[prior_thresholds(np.array(trained), calibrated(trained), trained)] == 0


def test_rarer_defects_raise_the_threshold_by_the_log_odds():
    chosen = LOGITS[prior_thresholds(np.array(0.5), calibrated(0.5), 0.02)]
    assert chosen == pytest.approx(logit(0.5 * AREA) - logit(0.02 * AREA), abs=0.4)


@pytest.mark.parametrize("sharpen", [0.5, 1.0, 3.0])
def test_the_temperature_is_what_the_logits_were_multiplied_by(sharpen):
    found = temperatures(np.array(0.5), calibrated(0.5, sharpen=sharpen))
    assert found == pytest.approx(sharpen, rel=0.15)


def test_with_its_temperature_a_sharpened_model_is_cut_where_the_plain_one_is():
    plain, sharp = calibrated(0.5), calibrated(0.5, sharpen=2.0)
    at, scale = np.array(0.5), temperatures(np.array(0.5), sharp)
    recall = [
        means[int(prior_thresholds(at, means, 0.05, factor)), 1, 0]
        for means, factor in ((plain, 1.0), (sharp, scale))
    ]
    assert recall[1] == pytest.approx(recall[0], rel=0.05)


def test_every_model_has_its_own_and_a_query_without_defects_is_no_fault():
    means = np.array([[calibrated(0.5), calibrated(0.1)]])
    trained = np.array([[0.0, 1.0]])
    scale = temperatures(trained, means)
    chosen = prior_thresholds(trained, means, 0.05, scale)
    assert chosen.shape == scale.shape == (1, 2)
    assert ((chosen >= 0) & (chosen < len(LOGITS))).all()
    alone = prior_thresholds(trained[0, 1], means[0, 1], 0.05, scale[0, 1])
    assert chosen[0, 1] == alone


def beside_defects(trained):
    """(33, 2, 5) class means of a calibrated model on pixels of two looks: plain ones, never defective, and
    ones of which three in five are defective and two are clean. The latter occur on defective patches alone.
    """
    suspect = np.searchsorted(LOGITS, logit(0.6), side="right")
    histogram = np.zeros((2, 2, BINS), dtype=np.int64)
    histogram[0, 0, 0] = 10_000
    histogram[1, 0, 0], histogram[1, 0, suspect], histogram[1, 1, suspect] = 9_000, 400, 600
    return threshold_means(histogram, np.array([False, True]))


@pytest.mark.parametrize("prevalence", [0.01, 0.1])
def test_the_correction_fails_where_clean_pixels_get_rarer_with_the_defects_beside_them(prevalence):
    """A suspect pixel is as likely defective at any π₁, so ½ stays right, and the correction gives it up."""
    means = beside_defects(0.5)
    iou = metric_at(means, "iou", prevalence)  # (33,)
    corrected = int(prior_thresholds(np.array(0.5), means, prevalence))
    assert iou[HALF] == np.nanmax(iou) == pytest.approx(0.6)
    assert np.nan_to_num(iou[corrected]) == 0
    assert int(best_threshold(means, prevalence)) == HALF, "tuning on validation assumes none of this"


def test_the_model_of_these_tests_is_calibrated():
    """Else they would show nothing: in each bin, the share that is defective is the mean probability."""
    means = calibrated(0.5)
    expected = 0.5 * means[:, 1, :4] + 0.5 * means[:, 0, :4]
    right, wrong = -np.diff(expected[:, 0]), -np.diff(expected[:, 1])
    middle = expit((LOGITS[1:] + LOGITS[:-1]) / 2)
    assert np.allclose(right / (right + wrong), middle, atol=0.05)
    assert counts_at_thresholds(np.ones((1, 2, BINS), dtype=int)).shape == (1, 33, 4)
