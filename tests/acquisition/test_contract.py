"""What every strategy must do, whatever it is; a new one needs only its own mathematics tested."""

import numpy as np
import pytest
import torch

from alcore.acquisition import Needs, PoolView, get_strategy, strategy_names
from alcore.errors import AcquisitionError, ConfigError

CANDIDATES, LABELLED, DIMENSIONS = 40, 7, 5


def view_for(strategy, seed=0, candidates=CANDIDATES):
    rng = np.random.default_rng(seed)
    if strategy.needs is Needs.NOTHING:
        return PoolView(candidates)
    if strategy.needs is Needs.LOGITS:
        logits = torch.from_numpy(rng.normal(size=(candidates, 1, 8, 8)).astype(np.float32))
        return PoolView(candidates, scores=strategy.score(logits).numpy())
    features = rng.normal(size=(candidates + LABELLED, DIMENSIONS)).astype(np.float32)
    return PoolView(candidates, features=features[:candidates], labelled_features=features[candidates:])


@pytest.fixture(params=strategy_names())
def strategy(request):
    return get_strategy(request.param)


@pytest.mark.parametrize("query_size", [1, 9, CANDIDATES])
def test_a_query_is_of_the_size_asked_for_with_none_twice(strategy, query_size):
    query = strategy.query(view_for(strategy), query_size=query_size, rng=np.random.default_rng(0))
    assert query.rows.dtype == np.int64
    assert query.rows.shape == query.scores.shape == (query_size,)
    assert np.unique(query.rows).size == query_size
    assert query.rows.min() >= 0
    assert query.rows.max() < CANDIDATES
    assert query.candidate_scores.shape == (CANDIDATES,)
    assert query.scores.dtype == query.candidate_scores.dtype == np.float32


def test_equal_generators_give_equal_queries(strategy):
    one, other = (
        strategy.query(view_for(strategy), query_size=9, rng=np.random.default_rng(3)) for _ in range(2)
    )
    assert np.array_equal(one.rows, other.rows)
    assert np.array_equal(one.scores, other.scores, equal_nan=True)


def test_scores_are_there_exactly_where_a_name_for_them_is(strategy):
    query = strategy.query(view_for(strategy), query_size=9, rng=np.random.default_rng(0))
    has_scores = bool(strategy.score_name)
    assert np.isfinite(query.scores).all() == has_scores
    assert np.isfinite(query.candidate_scores).all() == has_scores


@pytest.mark.parametrize("query_size", [0, -1, CANDIDATES + 1])
def test_an_impossible_size_is_refused(strategy, query_size):
    with pytest.raises(AcquisitionError, match=f"cannot choose {query_size} of {CANDIDATES}"):
        strategy.query(view_for(strategy), query_size=query_size, rng=np.random.default_rng(0))


def test_a_diverged_model_is_refused(strategy):
    view = view_for(strategy)
    numbers = view.scores if strategy.needs is Needs.LOGITS else view.features
    if numbers is None:
        pytest.skip("it asks nothing of the model")
    numbers[3] = np.nan
    with pytest.raises(AcquisitionError, match="not finite"):
        strategy.query(view, query_size=2, rng=np.random.default_rng(0))


def test_it_says_what_it_is(strategy):
    assert strategy.help.endswith(".")
    assert any(char.isdigit() for char in strategy.source), "a source has a year"


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'entropy'"):
        get_strategy("entropi")
