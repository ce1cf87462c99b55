"""The planner: its repetitions do see the difference, in as many studies as promised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from alcore.statistics.estimands import Curves
from alcore.statistics.multiplicity import POWER
from alcore.statistics.planning import (
    ASSURANCE,
    along_repetitions,
    pilots,
    plan,
    repetitions_needed,
    seen_with,
    spread_bounds,
)
from alcore.statistics.resampling import repetition_replicates
from tests.benchmarks.planning import powers

LABELLED = np.array([10, 20, 40])


def curves_of(values, names=("random", "entropy"), common=None):
    replicates = repetition_replicates(values) if len(values) > 1 else np.zeros((4, *values.shape[1:]))
    return Curves(names, LABELLED, 100, values, replicates, common)


@pytest.mark.parametrize(("spread", "difference"), [(1.0, 1.0), (0.05, 0.02), (0.02, 0.1)])
def test_the_planned_repetitions_see_the_difference_and_one_fewer_does_not(spread, difference):
    count = int(repetitions_needed(spread, difference))

    def power(n):
        freedom, shift = n - 1, difference / spread * np.sqrt(n)
        return stats.nct.sf(stats.t.ppf(0.975, freedom), freedom, shift)

    assert power(count) >= POWER - 1e-6
    assert count == 2 or power(count - 1) < POWER


@given(some.floats(1e-3, 1), some.floats(1e-3, 1), some.floats(0, 0.2))
def test_more_spread_smaller_differences_and_shared_patches_take_more(spread, difference, common):
    needed = repetitions_needed(spread, difference, common=common)
    assert needed >= 2
    assert needed <= repetitions_needed(spread * 1.5, difference, common=common)
    assert needed <= repetitions_needed(spread, difference / 1.5, common=common)
    assert repetitions_needed(spread, -difference) <= needed
    if np.isfinite(needed):
        assert seen_with(spread, common, int(needed)) <= difference


def test_a_difference_below_what_shared_patches_tell_takes_for_ever():
    assert repetitions_needed(0.1, 0.02, common=0.01) == np.inf
    assert repetitions_needed(0.1, 0.03, common=0.01) < np.inf


def test_the_pilot_s_spread_lies_within_its_bounds_in_95_of_100():
    rng = np.random.default_rng(0)
    low, high = spread_bounds(4)
    found = rng.normal(size=(20_000, 4)).std(axis=1, ddof=1)
    assert np.mean((found * low <= 1) & (found * high >= 1)) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("pilot", [3, 5, 10])
def test_a_plan_keeps_its_promise_in_four_of_five_pilots(pilot):
    """With the pilot's own deviation it was kept in half of them, and on average power was 60 to 75 %."""
    power = powers(pilot, difference=1.0, pilots=400)
    assert np.mean(power >= POWER - 0.01) > ASSURANCE - 0.06
    assert power.mean() > POWER
    assert np.mean(power < 0.5) < 0.16


def test_a_plan_says_its_own_uncertainty():
    values = np.random.default_rng(5).normal(0.5, 0.1, size=(4, 2, 3))
    found = pilots(curves_of(values), "random")
    assert [one.strategy for one in found] == ["entropy"]
    areas = values[:, 1] - values[:, 0]
    expected = (np.trapezoid(areas, LABELLED, axis=-1) / 30).std(ddof=1)
    assert found[0].spread == pytest.approx(expected)
    row = plan(found, 0.02).iloc[0]
    assert row.needed_low < row.needed < row.needed_high
    along = along_repetitions(found[0], 50)
    assert (along["low"] < along["detectable"]).all()
    assert (along["detectable"] < along["high"]).all()
    assert along["detectable"].is_monotonic_decreasing
    assert along["repetitions"].iloc[-1] == 50


def test_a_pilot_of_one_repetition_plans_nothing():
    found = pilots(curves_of(np.full((1, 2, 3), 0.5)), "entropy")
    assert np.isnan(plan(found, 0.02)["needed"]).all()
    assert pilots(curves_of(np.ones((2, 2, 3))), "core-set") == []


def test_a_pilot_whose_differences_do_not_vary_plans_nothing():
    found = pilots(curves_of(np.zeros((4, 2, 3))), "random")
    assert np.isnan(plan(found, 0.02)["needed"]).all(), "models that find nothing are no evidence of ease"
