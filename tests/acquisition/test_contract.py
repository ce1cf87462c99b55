"""What every strategy must do, whatever it is; a new one needs only its own mathematics tested."""

import numpy as np
import pytest
import torch

from alcore.acquisition import Needs, PoolView, get_strategy, strategy_names
from alcore.errors import AcquisitionError, ConfigError

CANDIDATES, LABELLED, DIMENSIONS = 40, 7, 5


def view_for(strategy, seed=0, candidates=CANDIDATES):
    """All that a strategy could need, each only where it says that it does."""
    rng = np.random.default_rng(seed)
    needs, given = strategy.needs, {}
    if needs & (Needs.LOGITS | Needs.VIEWS):
        shape = (3, candidates, 1, 8, 8) if Needs.VIEWS in needs else (candidates, 1, 8, 8)
        logits = torch.from_numpy(rng.normal(size=shape).astype(np.float32))
        given["scores"] = strategy.score(logits).numpy()
    if Needs.FEATURES in needs:
        features = rng.normal(size=(candidates + LABELLED, DIMENSIONS)).astype(np.float32)
        given |= {"features": features[:candidates], "labelled_features": features[candidates:]}
    if Needs.GRADIENTS in needs:
        given["gradients"] = rng.normal(size=(candidates, DIMENSIONS)).astype(np.float32)
    if Needs.ORACLE in needs:
        given["defective"] = np.arange(candidates) % 4 == 0
    return PoolView(candidates, **given)


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
    for name in ("scores", "features", "labelled_features", "gradients"):
        view = view_for(strategy)
        numbers = getattr(view, name)
        if numbers is not None:
            numbers[3] = np.nan
            with pytest.raises(AcquisitionError, match="not finite"):
                strategy.query(view, query_size=2, rng=np.random.default_rng(0))


@pytest.mark.parametrize("query_size", [5, CANDIDATES])
def test_a_pool_of_copies_is_no_trouble(strategy, query_size):
    view = view_for(strategy)
    for name in ("scores", "features", "labelled_features", "gradients"):
        numbers = getattr(view, name)
        if numbers is not None:
            numbers[:] = 1.0 if name == "scores" else numbers[:1]
    query = strategy.query(view, query_size=query_size, rng=np.random.default_rng(0))
    assert np.unique(query.rows).size == query_size


def test_only_declared_cheats_see_the_truth(strategy):
    assert (Needs.ORACLE in strategy.needs) == strategy.help.startswith("Cheats")


def test_it_says_what_it_is(strategy):
    assert strategy.help.endswith(".")
    assert any(char.isdigit() for char in strategy.source), "a source has a year"


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'entropy'"):
        get_strategy("entropi")
