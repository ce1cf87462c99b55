"""Intervals that hold at every moment: against the theory, and under constant peeking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import integrate, stats

from alcore.statistics.anytime import MARGIN, SPREAD, anytime_interval, as_repetitions_finish, multiplier
from alcore.statistics.sample import Sample
from tests.benchmarks.peeking import NOISES, both, recorded_noises


def sample_of(values, common=None):
    return Sample(np.asarray(values, float), np.zeros((4, *np.shape(values)[1:])), common)


@pytest.mark.parametrize("count", [6, 9, 30])
def test_the_bound_is_where_the_mixture_of_likelihoods_reaches_one_over_alpha(count):
    """The ratio of noncentral t densities, integrated over the standardised mean, is the martingale."""
    t = multiplier(count)
    prior = stats.norm(0, np.sqrt(SPREAD)).pdf
    top, _ = integrate.quad(
        lambda size: stats.nct.pdf(t, count - 1, size * np.sqrt(count)) * prior(size), -8, 8, limit=200
    )
    assert top / stats.t.pdf(t, count - 1) == pytest.approx(1 / (MARGIN * 0.05), rel=1e-4)


def test_nothing_is_said_before_the_sixth_repetition_and_less_than_by_a_fixed_interval_ever_after():
    assert all(np.isinf(multiplier(count)) for count in range(1, 6))
    for count in (6, 7, 10, 15, 100, 10_000):
        assert stats.t.ppf(0.975, count - 1) < multiplier(count) < 10
        assert multiplier(count, 0.99) > multiplier(count)


@pytest.mark.parametrize("name", ["normal", "skewed", "recorded: a strategy minus random"])
def test_peeking_after_every_repetition_misleads_in_one_run_of_twenty_at_most(name):
    noise = (NOISES | recorded_noises())[name]
    runs = 1000
    fixed, anytime = both(noise(np.random.default_rng(3), (runs, 40)))
    assert fixed.any(axis=1).mean() > 0.25, "which is what the other interval is for"
    assert anytime.any(axis=1).mean() < 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 10**6), some.integers(2, 12), some.floats(0.01, 5), some.floats(-2, 2))
def test_the_interval_moves_and_stretches_with_the_numbers(seed, count, scale, shift):
    values = np.random.default_rng(seed).normal(size=(count, 3))
    low, high = anytime_interval(sample_of(values))
    moved = anytime_interval(sample_of(scale * values + shift))
    if count < 6:
        assert np.isinf([low, high, *moved]).all()
        return
    assert np.allclose(moved, [scale * low + shift, scale * high + shift])
    fixed = sample_of(values).interval()
    assert (low < fixed[0]).all()
    assert (high > fixed[1]).all()


def test_what_repetitions_share_is_added_however_many_there_are():
    rng = np.random.default_rng(0)
    common = rng.normal(0, 0.1, size=(4000, 1))
    widths = []
    for count in (50, 5000):
        values = rng.normal(size=(count, 1)) * 0.2
        low, high = anytime_interval(sample_of(values, common))
        widths.append((high - low)[0] / 2)
    assert widths[0] > widths[1] > 2.5 * 0.1, "no number of repetitions makes up for the same test patches"
    assert widths[1] < 2.7 * 0.1


def test_an_undefined_difference_has_no_interval_and_equal_ones_have_no_width():
    values = np.full((7, 2), 0.25)
    values[3, 0] = np.nan
    low, high = anytime_interval(sample_of(values))
    assert np.isnan([low[0], high[0]]).all()
    assert low[1] == high[1] == 0.25


def test_what_was_seen_after_each_repetition_does_not_depend_on_later_ones():
    values = np.random.default_rng(1).normal(size=(9, 2))
    whole = as_repetitions_finish(sample_of(values), ("entropy", "core-set"))
    early = as_repetitions_finish(sample_of(values[:7]), ("entropy", "core-set"))
    assert list(whole["repetitions"]) == [*range(2, 10)] * 2
    assert list(whole["strategy"]) == ["entropy"] * 8 + ["core-set"] * 8
    kept = whole[whole["repetitions"] <= 7].reset_index(drop=True)
    assert kept.equals(early.reset_index(drop=True))
    assert as_repetitions_finish(sample_of(values[:1]), ("entropy", "core-set")).empty
