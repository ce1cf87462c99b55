import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from alcore.statistics.estimands import Curves, aubc
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


def test_curves_can_be_narrowed_to_some_strategies():
    rng = np.random.default_rng(3)
    curves = curves_of(rng.normal(size=(3, 3, 4)), ("a", "b", "c"))
    some = curves.only(["c", "a"])
    assert some.strategies == ("c", "a")
    assert np.array_equal(some.mean, curves.mean[[2, 0]])
    assert np.array_equal(some.replicates[:, 0], curves.replicates[:, 2])
