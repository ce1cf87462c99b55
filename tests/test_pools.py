import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.errors import PoolError
from alcore.pools import draw_pool, draw_test_set, largest_pool

counts = st.integers(0, 60)
prevalences = st.floats(0, 1)


def population(defective: int, clean: int) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat([True, False], [defective, clean]))


@given(counts, counts, prevalences, st.integers(1, 130), st.integers(0, 9))
def test_a_pool_is_exact_or_refused_with_the_largest_size(defective, clean, prevalence, size, seed):
    members = population(defective, clean)
    largest = largest_pool(defective, clean, prevalence)
    wanted = round(size * prevalence)
    if wanted <= defective and size - wanted <= clean:
        pool = draw_pool(members, size=size, prevalence=prevalence, rng=np.random.default_rng(seed))
        assert pool.dtype == np.int64
        assert np.unique(pool).size == size <= largest
        assert members[pool].sum() == wanted
    else:
        with pytest.raises(PoolError, match=rf"largest pool at this π₀ has {largest}$"):
            draw_pool(members, size=size, prevalence=prevalence, rng=np.random.default_rng(seed))


@given(counts, counts, prevalences)
def test_the_largest_pool_is_what_a_search_finds(defective, clean, prevalence):
    sizes = range(1, defective + clean + 1)
    fitting = [n for n in sizes if round(n * prevalence) <= defective and n - round(n * prevalence) <= clean]
    assert largest_pool(defective, clean, prevalence) == max(fitting, default=0)


def test_every_patch_of_a_class_is_as_likely():
    members = population(10, 10)
    draws = [draw_pool(members, size=4, prevalence=0.5, rng=np.random.default_rng(s)) for s in range(2000)]
    share = np.bincount(np.concatenate(draws), minlength=20) / 2000
    assert np.abs(share - 0.2).max() < 0.045  # five standard errors


@pytest.mark.parametrize("prevalence", [-0.1, 1.1, float("nan")])
def test_a_prevalence_outside_0_to_1_is_refused(prevalence):
    with pytest.raises(PoolError, match="between 0 and 1"):
        draw_pool(population(5, 5), size=2, prevalence=prevalence, rng=np.random.default_rng(0))


@given(st.integers(1, 60), st.integers(1, 60), st.integers(2, 130))
def test_a_test_set_is_half_and_half_as_far_as_the_classes_last(defective, clean, size):
    members = population(defective, clean)
    test = draw_test_set(members, size=size, rng=np.random.default_rng(0))
    taken = int(members[test].sum())
    assert np.unique(test).size == test.size == min(size, defective + clean)
    assert taken >= 1
    assert test.size - taken >= 1
    if min(defective, clean) >= size / 2:
        assert taken == size // 2


def test_all_clean_patches_come_beside_the_same_defective_ones():
    members = population(30, 200)
    half, whole = (
        draw_test_set(members, size=20, rng=np.random.default_rng(3), all_clean=every)
        for every in (False, True)
    )
    assert half.size == 20
    assert np.array_equal(half[members[half]], whole[members[whole]])
    assert np.array_equal(whole[~members[whole]], np.flatnonzero(~members))


@pytest.mark.parametrize(("defective", "clean", "missing"), [(0, 5, "defective"), (5, 0, "clean")])
def test_a_test_set_needs_both_classes(defective, clean, missing):
    with pytest.raises(PoolError, match=f"no {missing} patch"):
        draw_test_set(population(defective, clean), size=4, rng=np.random.default_rng(0))
