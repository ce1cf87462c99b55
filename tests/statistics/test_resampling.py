import numpy as np
import pytest
from scipy import stats

from alcore.metrics import class_means, metric_at
from alcore.statistics.resampling import interval, mean_of_defined, patch_replicates, repetition_replicates


@pytest.mark.parametrize("repetitions", [2, 3, 5, 15])
def test_the_interval_of_a_mean_is_students(repetitions):
    values = np.random.default_rng(repetitions).normal(3, 2, size=(repetitions, 6))
    low, high = interval(repetition_replicates(values))
    error = values.std(axis=0, ddof=1) / np.sqrt(repetitions)
    expected = stats.t.interval(0.95, repetitions - 1, values.mean(axis=0), error)
    for found, bound in ((low, expected[0]), (high, expected[1])):
        off = np.abs(found - bound) / (expected[1] - expected[0])
        assert off.max() < 0.06, "4000 draws leave some noise in heavy tails, no more"


def test_replicates_are_paired_between_columns():
    values = np.random.default_rng(0).normal(size=(5, 1))
    replicates = repetition_replicates(np.concatenate([values, values + 1], axis=1))
    assert np.allclose(replicates[:, 1] - replicates[:, 0], 1)


def test_what_is_undefined_is_left_out_of_the_mean_and_has_no_interval():
    values = np.array([[1.0, np.nan, np.nan], [2.0, 2.0, np.nan], [3.0, 4.0, np.nan]])
    assert mean_of_defined(values)[:2].tolist() == [2, 3]
    assert np.isnan(mean_of_defined(values)[2])
    low, high = interval(repetition_replicates(values))
    assert low[0] < 2 < high[0]
    assert np.isnan(low[1:]).all()
    assert np.isnan(high[1:]).all()


def test_infinite_replicates_stand_for_never():
    low, high = interval(np.array([1.0] * 60 + [np.inf] * 40))
    assert (low, high) == (1, np.inf)


@pytest.fixture
def evaluations():
    rng = np.random.default_rng(4)
    defective = np.arange(90) < 30
    tp = rng.integers(0, 50, size=(3, 90)) * defective
    fn = rng.integers(1, 50, size=(3, 90)) * defective
    fp = rng.integers(0, 20, size=(3, 90))
    return np.stack([tp, fp, fn, 4096 - tp - fp - fn], axis=2), defective


def test_patch_replicates_scatter_around_the_estimate(evaluations):
    counts, defective = evaluations
    replicates = patch_replicates(counts, defective)
    assert replicates.shape == (1000, 3, 2, 5)
    for index in range(3):
        means = class_means(counts[index], defective)
        for row, members in enumerate((~defective, defective)):
            error = counts[index][members].std(axis=0, ddof=1) / np.sqrt(members.sum())
            spread = replicates[:, index, row, :4].std(axis=0)
            assert np.abs(replicates[:, index, row, :4].mean(axis=0) - means[row, :4]).max() < error.max() / 5
            assert np.allclose(spread[error > 0], error[error > 0], rtol=0.15)


def test_patch_replicates_are_the_same_again_and_paired_between_evaluations(evaluations):
    counts, defective = evaluations
    twice = patch_replicates(np.stack([counts[0], counts[0]]), defective)
    assert np.allclose(twice[:, 0], twice[:, 1])
    assert np.allclose(twice[:, 0], patch_replicates(counts[:1], defective)[:, 0])


def test_no_replicate_leaves_the_range_of_a_metric(evaluations):
    replicates = patch_replicates(*evaluations)
    for metric in ("iou", "dice", "precision", "recall", "patch_iou"):
        values = metric_at(replicates, metric, 0.02)
        assert ((values >= 0) & (values <= 1)).all(), metric
