"""What repetitions have in common: against the bootstrap, and against experiments made many times."""

from dataclasses import replace

import numpy as np
import pytest

from alcore.metrics import ALL_METRICS, class_means, metric_at
from alcore.statistics.estimands import Evidence
from alcore.statistics.resampling import patch_replicates, repetition_replicates
from alcore.statistics.sample import Sample
from alcore.statistics.shared_tests import SharedTests, effective_size, influence, overlap

PATCHES = 200


def counts_of(rng, shape=(1, 1), patches=PATCHES):
    """(*shape, T, 4) counts of defects of many sizes, and (T,) which patches are defective."""
    defective = np.arange(patches) % 2 == 0
    area = rng.lognormal(4, 0.7, size=patches) * defective
    tp = np.round(area * rng.uniform(0.3, 0.9, size=(*shape, patches)))
    fp = rng.poisson(2, size=(*shape, patches))
    return np.stack([tp, fp, np.round(area) - tp, 4096 - np.round(area) - fp], axis=-1), defective


@pytest.mark.parametrize("metric", ALL_METRICS)
@pytest.mark.parametrize("prevalence", [0.02, 0.5])
def test_influences_give_the_error_that_the_bootstrap_gives(metric, prevalence):
    counts, defective = counts_of(np.random.default_rng(0))
    moved = influence(counts, defective, metric, prevalence)
    resampled = metric_at(patch_replicates(counts[0], defective), metric, prevalence)
    assert np.sqrt((moved**2).sum()) == pytest.approx(resampled.std(), rel=0.12)


def test_test_sets_that_differ_have_nothing_in_common():
    counts, defective = counts_of(np.random.default_rng(1), (3, 1, 1))
    items = np.arange(3 * PATCHES).reshape(3, PATCHES)
    assert SharedTests.of(counts, items, np.tile(defective, (3, 1))) is None
    assert overlap([np.arange(4), np.arange(2, 6)]) == 0.5
    assert overlap([np.arange(4)]) == 0


def test_one_test_set_for_all_gives_its_whole_error():
    """Three equal models differ by nothing, yet other test patches would move them all."""
    one, defective = counts_of(np.random.default_rng(2))
    counts, items = np.tile(one, (3, 1, 1, 1, 1)), np.tile(np.arange(PATCHES), (3, 1))
    shared = SharedTests(counts, items, np.tile(defective, (3, 1)))
    error = np.sqrt((influence(one, defective, "iou", 0.1) ** 2).sum())
    assert shared.replicates("iou", 0.1).std() == pytest.approx(error, rel=0.1)
    half = np.stack([np.arange(PATCHES), np.arange(PATCHES), np.arange(PATCHES) + PATCHES])
    assert replace(shared, items=half).replicates("iou", 0.1).std() < error


def test_strategies_that_judge_alike_differ_by_nothing():
    one, defective = counts_of(np.random.default_rng(3))
    counts = np.tile(one, (3, 2, 1, 1, 1))
    shared = SharedTests(counts, np.tile(np.arange(PATCHES), (3, 1)), np.tile(defective, (3, 1)))
    drawn = shared.replicates("iou", 0.1)
    assert np.allclose(drawn[:, 0], drawn[:, 1])
    assert np.allclose(shared.only([1]).replicates("iou", 0.1)[:, 0], drawn[:, 1])


@pytest.mark.parametrize(("is_added", "least", "most"), [(True, 0.91, 0.99), (False, 0.0, 0.8)])
def test_intervals_hold_the_truth_only_with_the_common_error(is_added, least, most):
    """Five good models of about equal skill, all judged on the same 60 patches."""
    rng = np.random.default_rng(4)
    big, classes = counts_of(np.random.default_rng(5), patches=60_000)
    truth = metric_at(class_means(big[0, 0], classes), "recall", 0.5)
    held = 0
    for _ in range(150):
        one, defective = counts_of(rng, patches=60)
        counts = np.repeat(one[None], 5, axis=0)
        counts[..., 0] = np.round(counts[..., 0] * rng.uniform(0.97, 1.03, size=(5, 1, 1, 60)))
        means = np.array([[[class_means(run[0, 0], defective)]] for run in counts])
        items = np.tile(np.arange(60), (5, 1))
        shared = SharedTests(counts, items, np.tile(defective, (5, 1))) if is_added else None
        evidence = Evidence(
            ("random",), np.array([1]), np.array([10]), 100, 0.1, means, None, np.zeros((5, 1)), shared=shared
        )
        low, high = evidence.curves_with_shared_error("recall", 0.5).at_budgets().interval()
        held += low[0, 0] <= truth <= high[0, 0]
    assert least <= held / 150 <= most


def test_linear_intervals_are_students_exactly():
    """4000 draws left some noise in them."""
    values = np.random.default_rng(6).normal(3, 2, size=(5, 6))
    low, high = Sample(values, repetition_replicates(values)).interval()
    half = 2.7764451051977934 * values.std(axis=0, ddof=1) / np.sqrt(5)
    assert np.allclose(low, values.mean(axis=0) - half)
    assert np.allclose(high, values.mean(axis=0) + half)


def test_an_error_that_is_added_never_makes_a_result_surer():
    rng = np.random.default_rng(7)
    values = rng.normal(1, 1, size=(4, 50))
    alone = Sample(values, repetition_replicates(values))
    added = replace(alone, common=rng.normal(0, 0.4, size=(4000, 50)))
    assert (added.p_values() >= alone.p_values()).all()
    for sign, more, less in zip((-1, 1), added.interval(), alone.interval(), strict=True):
        assert (sign * (more - less) >= 0).all()


def test_extreme_prevalences_leave_few_patches():
    assert effective_size(160, 160, 0.5) == pytest.approx(320)
    assert effective_size(160, 160, 0.01) == pytest.approx(163, abs=1)
    assert effective_size(160, 160, 1.0) == pytest.approx(160)
