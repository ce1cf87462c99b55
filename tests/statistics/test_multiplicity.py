import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from alcore.statistics.estimands import Curves
from alcore.statistics.multiplicity import (
    detectable,
    false_discovery,
    holm,
    penalty_matrix,
)
from alcore.statistics.resampling import repetition_replicates
from alcore.statistics.sample import Sample
from tests.benchmarks.ranks import rank_intervals, simultaneous

LABELLED = np.array([10, 20, 40, 50])


def curves_of(values, strategies):
    """(R, S, C) values as Curves."""
    return Curves(strategies, LABELLED, 100, values, repetition_replicates(values))


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([0.5, 0.9])).tolist() == [1, 1]


@given(npst.arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1)))
def test_holm_lies_between_no_correction_and_bonferroni(p_values):
    adjusted = holm(p_values)
    assert (adjusted >= p_values - 1e-12).all()
    assert (adjusted <= np.minimum(1, p_values * p_values.size) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p_values)]) >= 0).all()


def test_paired_p_values_are_scipys():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 6, 4))
    expected = stats.ttest_rel(one, other).pvalue
    assert np.allclose(Sample(one - other, repetition_replicates(one - other)).p_values(), expected)


def test_with_one_repetition_the_replicates_give_the_error():
    rng = np.random.default_rng(0)
    replicates = rng.normal(0.5, 0.25, size=(4000, 1))
    assert Sample(np.array([[0.5]]), replicates).p_values()[0] == pytest.approx(0.0455, abs=0.01)


def test_a_replicate_that_is_undefined_is_no_evidence():
    replicates = np.full((100, 1), 0.01)
    replicates[3] = np.nan
    assert np.isnan(Sample(np.array([[0.01]]), replicates).p_values()[0])


def test_no_difference_at_all_is_no_evidence():
    nothing = np.zeros((5, 3))
    assert Sample(nothing, np.zeros((100, 3))).p_values().tolist() == [1, 1, 1]


def test_the_penalty_matrix_says_that_the_row_beats_the_column():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.01, size=(8, 3, 4))
    level = np.array([0.2, 0.6, 0.4])[None, :, None]
    values = np.where(np.arange(4) == 0, 0.1, level + noise)  # the first budget is shared
    matrix = penalty_matrix(curves_of(values, ("worst", "best", "middle")))
    assert matrix.tolist() == [[0, 0, 0], [1, 0, 1], [1, 0, 0]]


def test_a_pair_never_wins_more_than_all_budgets():
    rng = np.random.default_rng(2)
    matrix = penalty_matrix(curves_of(rng.normal(size=(4, 5, 4)), tuple("abcde")))
    assert (matrix + matrix.T <= 1 + 1e-12).all()
    assert (np.diag(matrix) == 0).all()


def test_where_nothing_differs_the_penalty_matrix_seldom_shows_a_win():
    """Holm's correction within each pair showed a win in 68 % of such matrices with eight strategies."""
    rng = np.random.default_rng(4)
    shown = [
        penalty_matrix(curves_of(rng.normal(size=(5, 8, 4)), tuple("abcdefgh"))).any() for _ in range(400)
    ]
    assert np.mean(shown) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_several_runs_are_one_family_too():
    rng = np.random.default_rng(6)
    names = tuple("abcd")
    runs = [[curves_of(rng.normal(size=(5, 4, 4)), names) for _ in range(6)] for _ in range(200)]
    shown = [penalty_matrix(*one).any() for one in runs]
    assert np.mean(shown) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_false_discoveries_are_scipys():
    p_values = np.random.default_rng(0).uniform(size=20) ** 3
    assert np.allclose(false_discovery(p_values), stats.false_discovery_control(p_values))
    with_gap = np.insert(p_values, 5, np.nan)
    assert np.isnan(false_discovery(with_gap)[5])
    assert np.allclose(np.delete(false_discovery(with_gap), 5), stats.false_discovery_control(p_values))
    assert false_discovery(np.array([])).size == 0


@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_simultaneous_intervals_hold_together_with_few_repetitions(shared):
    """Eighteen differences to one baseline; fails by chance less than once in ten thousand."""
    rng, trials = np.random.default_rng(7), 1000
    held = 0
    for _ in range(trials):
        values = np.sqrt(shared) * rng.normal(size=(5, 1)) + np.sqrt(1 - shared) * rng.normal(size=(5, 19))
        low, high = simultaneous(Sample(values[:, 1:] - values[:, :1], np.empty((0, 18))), 18)
        held += ((low <= 0) & (high >= 0)).all()
    assert held / trials > 0.95 - 4 * np.sqrt(0.05 * 0.95 / trials)


def test_rank_intervals_tell_apart_what_is_far_apart_and_nothing_else():
    truth, rng = np.array([5.0, 1.0, 1.2, 9.0, np.nan]), np.random.default_rng(0)
    values = truth + rng.normal(0, 0.3, size=(5, 5))
    first, last = rank_intervals(Sample(values, repetition_replicates(values)))
    assert (first[[3, 0]].tolist(), last[[3, 0]].tolist()) == ([1, 2], [1, 2])
    assert (first[[1, 2]].tolist(), last[[1, 2]].tolist()) == ([3, 3], [4, 4])
    assert np.isnan([first[4], last[4]]).all()


def test_equal_members_may_each_be_first_and_last():
    same = np.zeros((3, 4))
    first, last = rank_intervals(Sample(same, np.zeros((20, 4))))
    assert (first.tolist(), last.tolist()) == ([1] * 4, [4] * 4)


@pytest.mark.parametrize("repetitions", [2, 5, 15])
def test_a_detectable_difference_is_found_in_four_of_five_experiments(repetitions):
    """The widest half-width, which was reported before, is found in half of them."""
    rng = np.random.default_rng(repetitions)
    size = float(detectable(np.array(1 / np.sqrt(repetitions)), repetitions))
    found = stats.ttest_1samp(rng.normal(size, 1, size=(repetitions, 20_000)), 0, axis=0).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_with_one_repetition_the_detectable_difference_is_a_normal_one():
    assert detectable(np.array(1.0), 1) == pytest.approx(1.96 + 0.84, abs=0.01)
