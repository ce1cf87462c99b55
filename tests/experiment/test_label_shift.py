"""The claim that everything rests on: reweighted counts equal test sets that are really drawn at π."""

import numpy as np
import pytest

from alcore.config import make_config
from alcore.data.patches import Split, items_of
from alcore.learning.learner import Learner
from alcore.metrics import class_means, metric_at, metrics_from_counts
from tests.conftest import SMALL


@pytest.fixture(scope="module")
def evaluated(surfaces):
    """Counts of a somewhat trained network on the whole test split."""
    config = make_config(SMALL | {"training": {"steps": 60, "batch_size": 12}})
    train, test = items_of(surfaces, Split.TRAIN), items_of(surfaces, Split.TEST)
    rng = np.random.default_rng(0)
    balanced = [train[surfaces.defective[train] == kind][:40] for kind in (False, True)]
    learner = Learner(config, surfaces, seed=0)
    learner.fit(np.concatenate(balanced), rng=rng, on_step=lambda done, total: None)
    counts = learner.evaluate(test).counts
    defective = surfaces.defective[test]
    iou = float(metric_at(class_means(counts, defective), "iou", 0.5))
    assert iou > 0.05, "a network that sees nothing would make this test empty"
    return counts, defective


@pytest.mark.parametrize("prevalence", [0.01, 0.05, 0.3, 0.8])
@pytest.mark.parametrize("metric", ["iou", "precision", "recall"])
def test_reweighting_equals_drawing(evaluated, metric, prevalence):
    counts, defective = evaluated
    reweighted = float(metric_at(class_means(counts, defective), metric, prevalence))
    rng = np.random.default_rng(1)
    pools = np.flatnonzero(~defective), np.flatnonzero(defective)
    size, sets = 4000, 60
    drawn = []
    for _ in range(sets):
        of_defect = rng.binomial(size, prevalence)
        items = np.concatenate([rng.choice(pools[0], size - of_defect), rng.choice(pools[1], of_defect)])
        drawn.append(float(metrics_from_counts(counts[items].sum(axis=0))[metric]))
    error = np.std(drawn, ddof=1) / np.sqrt(sets)
    bias_of_a_ratio = 0.02 * reweighted  # the mean of a ratio is not the ratio of means; it fades with size
    assert abs(np.mean(drawn) - reweighted) < 3 * error + bias_of_a_ratio
