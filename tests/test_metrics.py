import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from alcore.errors import MetricsError
from alcore.metrics import METRICS, counts_at_prevalence, metrics_from_counts

tables = npst.arrays(np.int64, st.tuples(st.integers(2, 30), st.just(4)), elements=st.integers(0, 5000))


def halves(counts):
    return np.arange(len(counts)) % 2 == 0


@given(tables)
def test_at_the_samples_own_prevalence_it_is_the_plain_mean(counts):
    defective = halves(counts)
    expected = counts_at_prevalence(counts, defective, defective.mean())
    assert np.allclose(expected, counts.mean(axis=0))


@given(tables, st.floats(0, 1))
def test_counts_are_linear_in_the_prevalence(counts, prevalence):
    defective = halves(counts)
    ends = [counts_at_prevalence(counts, defective, p) for p in (0, 1)]
    between = counts_at_prevalence(counts, defective, prevalence)
    assert np.allclose(between, (1 - prevalence) * ends[0] + prevalence * ends[1])


@given(tables, st.floats(0, 1))
def test_metrics_are_shares_or_undefined(counts, prevalence):
    expected = counts_at_prevalence(counts, halves(counts), prevalence)
    tp, fp, fn, _ = expected
    for name, value in metrics_from_counts(expected).items():
        whole = {"precision": tp + fp, "recall": tp + fn}.get(name, tp + fp + fn)
        assert np.isnan(value) if whole == 0 else 0 <= value <= 1


def test_metrics_equal_smp_metrics():
    from segmentation_models_pytorch import metrics as smp_metrics
    from torch import tensor

    counts = np.random.default_rng(0).integers(1, 500, size=(20, 4))
    ours = metrics_from_counts(counts)
    theirs = {
        "iou": smp_metrics.iou_score,
        "dice": smp_metrics.f1_score,
        "precision": smp_metrics.precision,
        "recall": smp_metrics.recall,
    }
    tp, fp, fn, tn = (tensor(column)[:, None] for column in counts.T)
    for name in METRICS:
        assert np.allclose(ours[name], theirs[name](tp, fp, fn, tn, reduction=None)[:, 0]), name


def test_only_a_class_with_weight_must_be_there():
    counts, all_defective = np.ones((3, 4)), np.ones(3, dtype=bool)
    assert np.allclose(counts_at_prevalence(counts, all_defective, 1.0), 1)
    with pytest.raises(MetricsError, match="no clean test patch"):
        counts_at_prevalence(counts, all_defective, 0.5)
    with pytest.raises(MetricsError, match="between 0 and 1"):
        counts_at_prevalence(counts, all_defective, 1.5)


def test_undefined_is_nan_and_never_zero():
    nothing_there = metrics_from_counts(np.array([0, 0, 0, 9]))
    assert all(np.isnan(value) for value in nothing_there.values())
    missed = metrics_from_counts(np.array([0, 0, 5, 9]))
    assert np.isnan(missed["precision"])
    assert missed["recall"] == missed["iou"] == missed["dice"] == 0
