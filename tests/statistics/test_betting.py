"""Intervals without a distribution: against collapsing strategies, and a test that finds them."""

import numpy as np
import pytest

from alcore.statistics.anytime import anytime_interval
from alcore.statistics.betting import betting_interval, free_interval, two_groups
from alcore.statistics.sample import Sample
from tests.benchmarks.peeking import NOISES, both, collapsing


def ever_wrong(values, interval):
    """(L,) whether the interval of some first repetitions of (R, L) numbers of mean 0 leaves 0 out."""
    wrong = np.zeros(values.shape[1], dtype=bool)
    for count in range(2, len(values) + 1):
        low, high = interval(values[:count])
        wrong |= (low > 0) | (high < 0)
    return wrong


def test_a_strategy_that_collapses_now_and_then_fools_the_normal_interval_and_not_the_bets():
    values = collapsing(np.random.default_rng(0), (40, 300), share=0.2)
    fooled = ever_wrong(values, lambda part: anytime_interval(Sample(part, np.zeros((4, 300)))))
    assert fooled.mean() > 0.1
    assert ever_wrong(values, betting_interval).mean() <= 0.05


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_extreme_bounded_numbers_keep_the_promise(share):
    rng = np.random.default_rng(1)
    values = 2 * (rng.random((60, 300)) < share) - 1.0  # of mean 2 share - 1
    low, high = betting_interval(values)
    assert np.mean((low > 2 * share - 1) | (high < 2 * share - 1)) <= 0.05


def test_bets_find_a_difference_in_time_and_stay_within_what_is_possible():
    values = np.random.default_rng(2).normal(0.4, 0.05, (60, 1))
    widths = [np.diff(betting_interval(values[:count]), axis=0)[0, 0] for count in (1, 5, 20, 60)]
    assert widths == sorted(widths, reverse=True)
    low, high = betting_interval(values)
    assert 0 < low[0] < 0.4 < high[0] < 1
    assert np.isnan(betting_interval(np.array([[0.1], [np.nan]]))).all()
    assert betting_interval(np.zeros((1, 1))) == (-1, 1)


def test_numbers_at_the_bound_leave_the_bound_in():
    low, high = betting_interval(np.ones((400, 1)))
    assert low[0] > 0.9
    assert high[0] == 1


def test_what_repetitions_share_widens_the_bets():
    values = np.random.default_rng(5).normal(0.2, 0.05, (80, 1))
    common = np.random.default_rng(6).normal(0, 0.1, (4000, 1))
    alone = free_interval(Sample(values, np.zeros((4, 1))))
    shared = free_interval(Sample(values, np.zeros((4, 1)), common))
    assert shared[0] < alone[0] - 0.2
    assert shared[1] > alone[1] + 0.2


def test_two_groups_are_found_and_one_is_not_taken_for_two():
    rng = np.random.default_rng(3)
    alarms = [two_groups(rng.normal(size=8)) < 0.01 for _ in range(300)]
    assert np.mean(alarms) <= 0.03
    for count in (5, 8, 15):
        one_collapsed = np.r_[rng.normal(0.4, 0.02, count - 1), 0.1]
        assert two_groups(one_collapsed) < 0.05
    assert two_groups(np.r_[rng.normal(0.4, 0.02, 6), rng.normal(0.1, 0.02, 2)]) < 0.01
    assert two_groups(np.array([0.1, 0.9, 0.5])) == two_groups(np.full(9, 0.3)) == 1


def test_the_benchmark_has_the_distributions_that_fool_the_normal_interval():
    rng = np.random.default_rng(4)
    shares = {
        name: both(NOISES[name](rng, (400, 60)))[1].any(axis=1).mean()
        for name in ("normal", "exponential", "collapse in 20 %")
    }
    assert shares["normal"] < 0.03
    assert min(shares["exponential"], shares["collapse in 20 %"]) > 0.04
