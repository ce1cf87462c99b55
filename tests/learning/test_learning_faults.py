"""What goes wrong while learning: a sentence that says what to change, and never a choice made of NaN."""

import numpy as np
import pytest

from alcore.acquisition import asks_people, get_strategy, strategy_names
from alcore.acquisition.strategy import PoolView
from alcore.config import make_config
from alcore.errors import AcquisitionError, PoolError, TrainingError
from alcore.experiment.pool_view import asks_model
from alcore.learning.learner import Learner, ignore_progress
from alcore.pools import draw_test_set
from tests.conftest import SMALL


class FlatPatches:
    """Constant images of one class; every other one defective, or as it is said."""

    name, fingerprint, shape = "flat", "flat", (32, 32, 1)

    def __init__(self, level: int, masks: str) -> None:
        self.level, self.kind = level, masks
        self.defective = np.full(40, masks == "ones")

    def images(self, items):
        return np.full((items.size, *self.shape), self.level, dtype=np.uint8)

    def ignored(self, items):
        return None

    def masks(self, items):
        return np.full((items.size, *self.shape[:2]), self.kind == "ones")


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("masks", ["ones", "zeros"])
def test_constant_images_and_masks_of_one_value_train_and_are_evaluated(level, masks):
    learner = Learner(make_config(SMALL), FlatPatches(level, masks), seed=0)
    learner.fit(np.arange(12), rng=np.random.default_rng(0), on_step=ignore_progress)
    evaluation = learner.evaluate(np.arange(20))
    assert np.isfinite(evaluation.max_probability).all()
    assert (evaluation.counts.sum(axis=1) == 32 * 32).all()


@pytest.mark.parametrize("steps", [2, 8])
def test_a_training_that_diverges_says_what_to_lower(surfaces, steps):
    config = make_config(SMALL)
    wild = config.training.model_copy(update={"learning_rate": 1e30, "schedule": "constant", "steps": steps})
    learner = Learner(config.model_copy(update={"training": wild}), surfaces, seed=0)
    with pytest.raises(TrainingError, match=r"diverged: .* lower training.learning_rate \(now 1e\+30\)"):
        learner.fit(np.arange(12), rng=np.random.default_rng(0), on_step=ignore_progress)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [name for name in strategy_names() if not asks_people(name)])
def test_a_score_that_is_not_finite_never_selects(name, bad):
    rng = np.random.default_rng(0)
    view = PoolView(
        size=9,
        scores=rng.random(9).astype(np.float32),
        features=rng.random((9, 4)).astype(np.float32),
        labelled_features=rng.random((3, 4)).astype(np.float32),
        gradients=rng.random((9, 4)).astype(np.float32),
        defective=rng.random(9) < 0.5,
        peaks=rng.random(9).astype(np.float32),
        labelled_peaks=rng.random(3).astype(np.float32),
        labelled_defective=np.array([True, False, False]),
        cycle=2,
        cycles=3,
        test_prevalence=0.02,
    )
    for part in (view.scores, view.features, view.gradients, view.peaks):
        part[4] = bad
    try:
        query = get_strategy(name).query(view, query_size=3, rng=np.random.default_rng(1))
    except AcquisitionError as error:
        assert "diverged; lower the learning rate" in str(error)
    else:
        assert not asks_model(get_strategy(name))
        assert np.isfinite(query.candidate_scores).sum() in (0, 9)


@pytest.mark.parametrize(("value", "missing"), [(True, "clean"), (False, "defective")])
def test_a_test_split_of_one_class_says_which_is_missing(value, missing):
    with pytest.raises(PoolError, match=f"no {missing} patch; import more images"):
        draw_test_set(np.full(9, value), size=4, rng=np.random.default_rng(0))
