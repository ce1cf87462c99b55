import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from alcore.statistics.chance import chance_band, chance_of_none, hypergeometric


@st.composite
def draws(draw):
    pool = draw(st.integers(1, 3000))
    return pool, draw(st.integers(0, pool)), draw(st.integers(1, min(pool, 200)))


@given(draws())
def test_equals_scipy(numbers):
    pool, defective, query = numbers
    expected = hypergeom(pool, defective, query).pmf(np.arange(query + 1))
    assert np.allclose(hypergeometric(pool, defective, query), expected, atol=1e-9)
    assert chance_of_none(pool, defective, query) == pytest.approx(expected[0], abs=1e-9)


def test_the_band_of_a_mean_over_repetitions_is_narrower_and_holds_its_level():
    rng = np.random.default_rng(0)
    totals = rng.hypergeometric(60, 540, 24, size=(20_000, 5)).sum(axis=1)
    low, high = chance_band(600, 60, 24, repetitions=5)
    one_low, one_high = chance_band(600, 60, 24)
    assert high - low < 5 * (one_high - one_low)
    assert 0.95 <= ((totals >= low) & (totals <= high)).mean() < 0.985


@given(draws())
def test_the_band_holds_at_least_its_level(numbers):
    low, high = chance_band(*numbers)
    assert 0 <= low <= high <= numbers[2]
    assert hypergeometric(*numbers)[low : high + 1].sum() >= 0.95 - 1e-9
