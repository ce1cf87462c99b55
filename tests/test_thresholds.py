"""Counts at many thresholds, from histograms, against pixels compared one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from alcore.learning.inference import logit_histogram
from alcore.metrics import class_means, metric_at
from alcore.statistics.operating import best_threshold
from alcore.thresholds import (
    BINS,
    COUNT,
    HALF,
    LOGITS,
    PROBABILITIES,
    counts_at,
    counts_at_thresholds,
    narrowest,
    threshold_means,
)


@pytest.fixture(scope="module")
def pixels():
    """Logits on and between the thresholds, some of them extreme or not numbers, and masks."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 4, (6, 1, 12, 10)).astype(np.float32)
    logits[0, 0, :3] = rng.choice(LOGITS, (3, 10))
    logits[1, 0, 0, :6] = [np.nan, np.inf, -np.inf, 0.0, -0.0, -1e-30]
    return logits, rng.random((6, 1, 12, 10)) < 0.3


def histogram_of(logits, masks):
    """(T, 2, 34) and (T, 34) as arrays."""
    found = logit_histogram(torch.from_numpy(logits), torch.from_numpy(masks))
    return [part.numpy() for part in found]


def test_numbers_beside_a_threshold_are_on_their_side_of_it():
    beside = np.concatenate([np.nextafter(LOGITS, side, dtype=np.float32) for side in (-np.inf, np.inf)])
    drawn = np.random.default_rng(1).normal(0, 5, 4000).astype(np.float32)
    tiny = np.float32([0.0, -0.0, 1e-45, -1e-45, 1e-38, -1e-38, np.inf, -np.inf, 3e38, -3e38])
    logits = np.concatenate([LOGITS, beside, drawn, tiny])
    found = [histogram_of(value.reshape(1, 1, 1, 1), np.zeros((1, 1, 1, 1), bool))[0] for value in logits]
    assert np.array_equal(
        np.argmax(np.squeeze(found)[:, 0], axis=1), np.searchsorted(LOGITS, logits, "right")
    )


def test_there_are_33_thresholds_and_half_is_one_of_them():
    assert len(LOGITS) == len(PROBABILITIES) == COUNT == 33
    assert (LOGITS[HALF], PROBABILITIES[HALF]) == (0, 0.5)
    assert (np.diff(LOGITS) > 0).all()
    assert (np.diff(PROBABILITIES) > 0).all()


def test_counts_at_every_threshold_are_those_of_the_pixels(pixels):
    logits, masks = pixels
    histogram, _ = histogram_of(logits, masks)
    assert histogram.shape == (6, 2, BINS)
    everywhere = counts_at_thresholds(histogram)
    for index, threshold in enumerate(LOGITS):
        predicted = logits >= threshold  # never true of what is no number
        cells = (predicted & masks, predicted & ~masks, ~predicted & masks, ~predicted & ~masks)
        expected = np.stack([cell.sum(axis=(1, 2, 3)) for cell in cells], axis=1)
        assert np.array_equal(everywhere[:, index], expected)
        assert np.array_equal(counts_at(histogram, np.array(index)), expected)


def test_pixels_that_nobody_knows_are_in_no_bin(pixels):
    logits, masks = (torch.from_numpy(part) for part in pixels)
    known = torch.rand(logits.shape, generator=torch.Generator().manual_seed(0)) < 0.7
    histogram, units = (part.numpy() for part in logit_histogram(logits, masks, known=known))
    flagged, patches = (logits >= 0) & known, (1, 2, 3)
    found, missed = (flagged & masks).sum(dim=patches), (~flagged & known & masks).sum(dim=patches)
    counts = counts_at_thresholds(histogram)[:, HALF]
    assert np.array_equal(counts[:, 0], found)
    assert np.array_equal(counts[:, 2], missed)
    assert np.array_equal(counts.sum(axis=1), known.sum(dim=patches))
    assert (histogram.sum(axis=(1, 2)) == known.sum(dim=(1, 2, 3)).numpy()).all()
    assert (units[histogram.sum(axis=1) == 0] == 0).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_decided_as_it_stands(dtype):
    logits = torch.randn(4, 1, 16, 16, generator=torch.Generator().manual_seed(0)).to(dtype)
    logits[0, 0, 0] = 0
    masks = torch.zeros(4, 1, 16, 16, dtype=torch.bool)
    masks[:2, :, 4:9] = True
    counts = counts_at_thresholds(logit_histogram(logits, masks)[0].numpy())
    assert np.array_equal(counts[:, HALF, 0], ((logits >= 0) & masks).sum(dim=(1, 2, 3)))
    assert np.array_equal(counts[:, HALF, 1], ((logits >= 0) & ~masks).sum(dim=(1, 2, 3)))


def test_confidence_is_the_sum_of_probabilities_in_a_bin(pixels):
    logits, masks = pixels
    logits = np.nan_to_num(logits, nan=-50.0)
    _, units = histogram_of(logits, masks)
    probability = 1 / (1 + np.exp(-logits.astype(np.float64).clip(-50, 50).reshape(6, -1)))
    bins = np.searchsorted(LOGITS, logits.reshape(6, -1), side="right")
    expected = [[probability[row][bins[row] == k].sum() for k in range(BINS)] for row in range(6)]
    assert np.allclose(units / 2**16, expected, atol=120 * 2**-17)


def test_each_block_may_have_a_threshold_of_its_own(pixels):
    histogram = np.stack([histogram_of(*pixels)[0]] * 3).astype(np.uint16)
    chosen = counts_at(histogram, np.array([0, HALF, 32]))
    everywhere = counts_at_thresholds(histogram)
    for row, threshold in enumerate((0, HALF, 32)):
        assert np.array_equal(chosen[row], everywhere[row, :, threshold])


def test_no_count_of_a_patch_overflows():
    assert narrowest(255 * 257) is np.uint16
    assert narrowest(256 * 256) is np.uint32
    full = np.zeros((1, 2, BINS), dtype=narrowest(255 * 257))
    full[0, 0] = 255 * 257 // BINS
    full[0, 0, 0] += 255 * 257 - full.sum()
    assert counts_at_thresholds(full)[0].sum(axis=1).tolist() == [255 * 257] * COUNT


def test_means_at_thresholds_are_class_means_at_each(pixels):
    histogram, _ = histogram_of(*pixels)
    defective = np.arange(6) % 2 == 0
    means = threshold_means(histogram, defective)
    everywhere = counts_at_thresholds(histogram)
    for index in range(COUNT):
        assert np.array_equal(means[index], class_means(everywhere[:, index], defective))


def test_the_best_threshold_is_the_best_and_of_equals_the_nearest_to_half(pixels):
    histogram, _ = histogram_of(*pixels)
    means = threshold_means(histogram, np.arange(6) % 2 == 0)
    for prevalence in (0.01, 0.3, 1.0):
        ious = metric_at(means, "iou", prevalence)
        assert ious[best_threshold(means, prevalence)] == ious.max()
    assert best_threshold(np.zeros((4, COUNT, 2, 5)), 0.1).tolist() == [HALF] * 4, "nothing is ever found"
