"""Estimates from a random slice: right by hand, unbiased, and in their intervals as often as promised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from alcore.statistics.random_slice import iou_estimate, prevalence_estimate
from tests.campaign.counts import drawn_counts

COUNTS = some.lists(some.tuples(*[some.integers(0, 60)] * 4), min_size=1, max_size=30).map(np.array)


def test_a_share_by_hand():
    found = prevalence_estimate(np.arange(40) < 4)
    assert found.value == 0.1
    assert (found.low, found.high) == pytest.approx(stats.beta(4.5, 36.5).ppf([0.025, 0.975]))
    assert prevalence_estimate(np.zeros(0, bool)) is None
    assert prevalence_estimate(np.zeros(9, bool)).low == 0
    assert prevalence_estimate(np.ones(9, bool)).high == 1


def test_an_iou_by_hand():
    counts = np.array([[30, 10, 0, 60], [0, 0, 0, 100], [10, 0, 30, 60], [5, 5, 0, 90]])
    found = iou_estimate(counts)
    assert found.value == pytest.approx(45 / 90)
    without = [15 / 50, 45 / 90, 35 / 50, 40 / 80]  # leaving out each image in turn
    variance = 3 / 4 * sum((one - np.mean(without)) ** 2 for one in without)
    effective = 0.25 / variance * (stats.norm.ppf(0.975) / stats.t(2).ppf(0.975)) ** 2
    low, high = stats.beta(effective / 2 + 0.5, effective / 2 + 0.5).ppf([0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high))


def test_few_defects_say_nothing_of_an_iou():
    assert iou_estimate(np.zeros((0, 4), int)) is None
    assert iou_estimate(np.array([[0, 0, 0, 9]] * 5)) is None
    assert iou_estimate(np.array([[5, 1, 0, 3], [0, 2, 3, 4], [0, 0, 0, 9]]))[1:] == (0, 1)


@settings(max_examples=100)
@given(COUNTS)
def test_an_interval_holds_its_estimate_and_stays_within_bounds(counts):
    found = iou_estimate(counts)
    if found is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_share_is_unbiased_whatever_a_strategy_chose():
    """Over all slices of 3 of 8 images, two defective ones: exactly the share of all eight."""
    from itertools import combinations

    defective = np.arange(8) < 2
    every = [prevalence_estimate(defective[list(rows)]).value for rows in combinations(range(8), 3)]
    assert np.mean(every) == pytest.approx(0.25)


@pytest.mark.parametrize(("size", "prevalence"), [(60, 0.3), (120, 0.1)])
def test_intervals_cover_what_they_promise(size, prevalence):
    """Of 1,000 slices of a population that a model is right and wrong about in all ways."""
    rng = np.random.default_rng(7)
    counts, defective = drawn_counts(4000, prevalence, rng)
    truth = counts[:, 0].sum() / counts[:, :3].sum()
    held = np.zeros(2)
    for _ in range(1000):
        rows = rng.choice(4000, size, replace=False)
        share, iou = prevalence_estimate(defective[rows]), iou_estimate(counts[rows])
        held += [share.low <= defective.mean() <= share.high, iou.low <= truth <= iou.high]
    assert (np.abs(held / 1000 - 0.95) < 0.03).all(), held / 1000
