import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alcore.data.patches import Split
from alcore.data.splits import SHARES, grouped_split, related_groups
from alcore.errors import DataError


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_no_group_sits_on_two_sides(seed):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 60, size=300)
    split = grouped_split(rng.random(300) < 0.3, group, seed=seed)
    assert all(np.unique(split[group == number]).size == 1 for number in np.unique(group))
    assert set(np.unique(split)) == set(SHARES)


@pytest.mark.parametrize("seed", range(4))
def test_groups_are_dealt_as_ever(seed):
    """As scikit-learn does, which dealt them once; it is slow, and slow to import."""
    from sklearn.model_selection import StratifiedGroupKFold

    rng = np.random.default_rng(seed)
    group = rng.integers(0, (40, 250)[seed % 2], size=600)
    defective = rng.random(600) < (0.05, 0.5, 0.3, 0.9)[seed % 4]
    folds = min(10, *(np.unique(group[defective == kind]).size for kind in (False, True)))
    theirs = StratifiedGroupKFold(folds, shuffle=True, random_state=7)
    expected = [held_out for _, held_out in theirs.split(group, defective, group)]
    split = grouped_split(defective, group, seed=7)
    assert np.flatnonzero(split == Split.TEST).tolist() == expected[0].tolist()
    assert np.flatnonzero(split == Split.VALIDATION).tolist() == expected[1].tolist()


def test_sides_are_stratified_and_of_the_right_size():
    rng = np.random.default_rng(0)
    defective = rng.random(2000) < 0.1
    split = grouped_split(defective, np.arange(2000) // 2, seed=0)
    sizes = np.bincount(split) / 2000
    assert np.allclose(sizes, [0.8, 0.1, 0.1], atol=0.01)
    assert all(abs(defective[split == side].mean() - defective.mean()) < 0.02 for side in SHARES)


def test_groups_join_through_any_shared_label():
    source = np.array(["a", "a", "b", "c", "d"])
    content = np.array(["1", "2", "2", "3", "4"])  # b's patch equals one of a's
    group = related_groups(source, content)
    assert group[0] == group[1] == group[2]
    assert np.unique(group).size == 3


def test_too_few_sources_are_refused():
    with pytest.raises(DataError, match="too few"):
        grouped_split(np.arange(40) < 2, np.arange(40), seed=0)


@pytest.mark.parametrize(("clean", "defective"), [(8, 4), (9, 9), (27, 3), (3, 30)])
def test_small_sets_have_both_classes_on_every_side(clean, defective):
    is_defective = np.arange(clean + defective) < defective
    split = grouped_split(is_defective, np.arange(clean + defective), seed=0)
    for side in SHARES:
        assert set(is_defective[split == side]) == {True, False}
