import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from alcore.statistics.savings import (
    attained,
    enrichment,
    known_as,
    labels_saved,
    labels_to_reach,
    most_found,
)

LABELLED = np.array([10, 20, 40, 50])
curve = npst.arrays(np.float64, 4, elements=st.floats(0, 1))


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


def test_labels_saved_count_to_the_baseline_s_final_value():
    own, slow = np.array([0.1, 0.4, 0.6, 0.6]), np.array([0.1, 0.2, 0.4, 0.6])
    assert labels_saved(own, slow, LABELLED) == pytest.approx(50 - 40)
    assert labels_saved(slow, own, LABELLED) == pytest.approx(40 - 50)
    assert labels_saved(own, slow, LABELLED, target=0.4) == pytest.approx(40 - 20)
    assert labels_saved(own, slow / 2, LABELLED) == pytest.approx(50 - (10 + 10 * 2 / 3))
    assert np.isnan(labels_saved(own, 0 * slow, LABELLED)), "a baseline that finds nothing is no target"


def test_who_never_gets_there_enters_with_the_whole_budget():
    own, slow = np.array([0.1, 0.4, 0.6, 0.6]), np.array([0.1, 0.2, 0.4, 0.6])
    assert labels_saved(own, slow / 2, LABELLED, target=0.4) == pytest.approx(50 - 20)
    assert known_as(own, slow / 2, LABELLED, target=0.4) == "at least"
    assert labels_saved(slow / 2, own, LABELLED, target=0.4) == pytest.approx(20 - 50)
    assert known_as(slow / 2, own, LABELLED, target=0.4) == "at most"
    assert np.isnan(labels_saved(own, slow, LABELLED, target=0.9)), "neither does"
    assert known_as(own, slow, LABELLED, target=0.9) == known_as(own, slow, LABELLED) == ""


@given(curve, curve)
def test_by_default_the_baseline_always_gets_there(own, baseline):
    assert known_as(own, baseline, LABELLED) in ("", "at most")


def test_enrichment_is_relative_to_the_pool():
    assert enrichment(np.array([0.1, 0.5]), 0.1).tolist() == [1, 5]


def test_what_was_within_reach_ends_at_one_for_every_pool():
    """Enrichment looks small where there are few defects to be found: six in all, the first query has two."""
    few = np.array([2, 4, 6, 6])
    assert attained(few, LABELLED, defects=6) == 1
    assert attained(few, LABELLED, defects=10) == pytest.approx(4 / 8)
    assert attained(few, LABELLED, defects=500) == pytest.approx(4 / 40), "40 labels hold 40 defects at most"
    assert np.isnan(attained(np.array([6, 6, 6, 6]), LABELLED, defects=6)), "nothing was left to find"
    assert most_found(few, LABELLED, defects=20).tolist() == [2, 12, 20, 20]
