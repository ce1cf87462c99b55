import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from alcore.statistics.estimands import (
    Curves,
    aubc,
    enrichment,
    holm,
    labels_saved,
    labels_to_reach,
    paired_p_values,
    penalty_matrix,
)
from alcore.statistics.resampling import repetition_replicates

LABELLED = np.array([10, 20, 40, 50])
curve = npst.arrays(np.float64, 4, elements=st.floats(0, 1))


def curves_of(values, strategies):
    """(R, S, C) values as Curves."""
    return Curves(strategies, LABELLED, 100, values, repetition_replicates(values))


@given(curve, st.floats(0.01, 5))
def test_aubc_lies_within_the_curve_and_does_not_depend_on_the_axis_unit(values, unit):
    area = aubc(values, LABELLED)
    assert values.min() - 1e-12 <= area <= values.max() + 1e-12
    assert area == pytest.approx(float(aubc(values, LABELLED * unit)))


def test_aubc_of_known_curves():
    assert aubc(np.full(4, 0.3), LABELLED) == pytest.approx(0.3)
    assert aubc(LABELLED / 50, LABELLED) == pytest.approx(0.6)
    assert aubc(np.array([0, 0, 1, 1]), LABELLED) == pytest.approx((10 + 10) / 40)
    assert np.isnan(aubc(np.array([0.5]), LABELLED[:1]))
    assert np.isnan(aubc(np.array([0.5, np.nan, 0.5, 0.5]), LABELLED))


def test_labels_to_reach_interpolates_and_says_never():
    values = np.array([0.1, 0.3, 0.3, 0.5])
    assert labels_to_reach(values, LABELLED, 0.2) == pytest.approx(15)
    assert labels_to_reach(values, LABELLED, 0.3) == pytest.approx(20)
    assert labels_to_reach(values, LABELLED, 0.4) == pytest.approx(45)
    assert labels_to_reach(values, LABELLED, 0.05) == 10
    assert np.isinf(labels_to_reach(values, LABELLED, 0.6))
    assert np.isnan(labels_to_reach(values, LABELLED, np.nan))


@given(curve, st.floats(0, 1))
def test_a_curve_has_its_target_at_the_labels_found(values, target):
    labels = float(labels_to_reach(values, LABELLED, target))
    if np.isinf(labels):
        assert (values < target).all()
    else:
        assert np.interp(labels, LABELLED, values) >= target - 1e-9
        assert (values[labels - 1e-9 > LABELLED] < target).all()


def test_labels_saved():
    own, slow = np.array([0.1, 0.4, 0.6, 0.6]), np.array([0.1, 0.2, 0.4, 0.6])
    assert labels_saved(own, slow, LABELLED) == pytest.approx(50 - 40)
    assert labels_saved(slow, own, LABELLED) == pytest.approx(40 - 50)
    assert labels_saved(own, slow, LABELLED, target=0.4) == pytest.approx(40 - 20)
    assert np.isinf(labels_saved(own, slow / 2, LABELLED)), "the baseline never gets there: censored"
    assert labels_saved(slow / 2, own, LABELLED, target=0.4) == -np.inf, "the strategy never gets there"
    assert np.isnan(labels_saved(own, slow, LABELLED, target=0.9)), "neither does"


def test_enrichment_is_relative_to_the_pool():
    assert enrichment(np.array([0.1, 0.5]), 0.1).tolist() == [1, 5]


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
    assert np.allclose(paired_p_values(one - other, repetition_replicates(one - other)), expected)


def test_with_one_repetition_the_replicates_give_the_error():
    rng = np.random.default_rng(0)
    replicates = rng.normal(0.5, 0.25, size=(4000, 1))
    assert paired_p_values(np.array([[0.5]]), replicates)[0] == pytest.approx(0.0455, abs=0.01)


def test_a_replicate_that_is_undefined_is_no_evidence():
    replicates = np.full((100, 1), 0.01)
    replicates[3] = np.nan
    assert np.isnan(paired_p_values(np.array([[0.01]]), replicates)[0])


def test_no_difference_at_all_is_no_evidence():
    nothing = np.zeros((5, 3))
    assert paired_p_values(nothing, np.zeros((100, 3))).tolist() == [1, 1, 1]


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


def test_curves_can_be_narrowed_to_some_strategies():
    rng = np.random.default_rng(3)
    curves = curves_of(rng.normal(size=(3, 3, 4)), ("a", "b", "c"))
    some = curves.only(["c", "a"])
    assert some.strategies == ("c", "a")
    assert np.array_equal(some.mean, curves.mean[[2, 0]])
    assert np.array_equal(some.replicates[:, 0], curves.replicates[:, 2])
