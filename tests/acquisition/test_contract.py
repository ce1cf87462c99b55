"""What every strategy must do, whatever it is; a new one needs only its own mathematics tested."""

import re

import numpy as np
import pytest
import torch

from alcore.acquisition import Needs, PoolView, get_strategy, strategy_names
from alcore.acquisition.strategy import register
from alcore.errors import AcquisitionError, ConfigError
from alcore.presentation.palette import strategy_colors, strategy_symbols

CANDIDATES, LABELLED, DIMENSIONS = 40, 7, 5


ARRAYS = ("scores", "features", "labelled_features", "gradients", "peaks", "labelled_peaks")
VIEWED = Needs.VIEWS | Needs.DROPOUT


def view_for(strategy, seed=0, candidates=CANDIDATES, bought=None):
    """All that a strategy could need, each only where it says that it does; bought: labels, 7 by default."""
    rng = np.random.default_rng(seed)
    needs, given = strategy.needs, {}
    bought = np.arange(LABELLED) % 3 == 0 if bought is None else np.array(bought, dtype=bool)
    if needs & (Needs.LOGITS | VIEWED):
        shape = (3, candidates, 1, 8, 8) if needs & VIEWED else (candidates, 1, 8, 8)
        logits = torch.from_numpy(rng.normal(size=shape).astype(np.float32))
        given["scores"] = strategy.score(logits).numpy()
    if Needs.FEATURES in needs:
        features = rng.normal(size=(candidates + bought.size, DIMENSIONS)).astype(np.float32)
        given |= {"features": features[:candidates], "labelled_features": features[candidates:]}
    if Needs.GRADIENTS in needs:
        given["gradients"] = rng.normal(size=(candidates, DIMENSIONS)).astype(np.float32)
    if Needs.PEOPLE in needs:
        given["chosen"] = np.array([7, 2]) % candidates if candidates > 1 else np.array([0])
    if Needs.ORACLE in needs:
        given["defective"] = np.arange(candidates) % 4 == 0
    if Needs.PEAKS in needs:
        given["peaks"] = rng.normal(-1, 2, size=candidates).astype(np.float32)
    if Needs.LABELLED_PEAKS in needs:
        given["labelled_peaks"] = rng.normal(-1, 2, size=bought.size).astype(np.float32)
    if Needs.TARGETS in needs:
        given["labelled_defective"] = bought
    if Needs.CYCLE in needs:
        given |= {"cycle": 3, "cycles": 8}
    if Needs.PREVALENCE in needs:
        given["test_prevalence"] = 0.02
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
    for name in ARRAYS:
        view = view_for(strategy)
        numbers = getattr(view, name)
        if numbers is not None:
            numbers[3] = np.nan
            with pytest.raises(AcquisitionError, match="not finite"):
                strategy.query(view, query_size=2, rng=np.random.default_rng(0))


@pytest.mark.parametrize("query_size", [5, CANDIDATES])
def test_a_pool_of_copies_is_no_trouble(strategy, query_size):
    view = view_for(strategy)
    for name in ARRAYS:
        numbers = getattr(view, name)
        if numbers is not None:
            numbers[:] = 1.0 if name == "scores" else numbers[:1]
    query = strategy.query(view, query_size=query_size, rng=np.random.default_rng(0))
    assert np.unique(query.rows).size == query_size


def test_only_declared_cheats_see_the_truth(strategy):
    assert (Needs.ORACLE in strategy.needs) == strategy.help.startswith("Cheats")


@pytest.mark.parametrize("bought", [[1] * 5, [0] * 5, [1], [0]], ids=str)
def test_labels_of_one_class_and_a_single_label_are_no_trouble(strategy, bought):
    query = strategy.query(view_for(strategy, bought=bought), query_size=6, rng=np.random.default_rng(0))
    assert np.unique(query.rows).size == 6


def test_a_single_candidate_is_asked_for(strategy):
    query = strategy.query(view_for(strategy, candidates=1), query_size=1, rng=np.random.default_rng(0))
    assert query.rows.tolist() == [0]


def test_what_was_not_declared_is_not_missed_and_what_was_is(strategy):
    """`view_for` gives what is declared, which is enough; and without any of that, it says what to do."""
    given = {name: value for name, value in vars(view_for(strategy)).items() if value is not None}
    for name in given.keys() - {"size"}:
        less = PoolView(**(given | {name: None}))
        with pytest.raises(AcquisitionError, match=r"declare|waits for people"):
            strategy.query(less, query_size=2, rng=np.random.default_rng(0))


def test_it_says_what_it_is_where_it_is_from_and_how_it_departs_from_that(strategy):
    assert strategy.help.endswith(".")
    assert re.search(r"\b(19|20)\d\d\b", strategy.source) or strategy.name == "you", "a source has a year"
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|University of|Settles", strategy.source)
    assert re.match(r"(Flips: )?[A-Z]\w+(-\w+)?", strategy.source), "a source begins with who it is by"
    assert strategy.departure.endswith(".")
    assert strategy.departure == "None known." or len(strategy.departure) > 30


def test_a_strategy_that_hides_how_it_departs_is_refused():
    quiet = type("Quiet", (), {"name": "quiet", "help": "Asks.", "source": "Nobody 2026"})
    with pytest.raises(TypeError, match="'quiet' lacks its departure"):
        register(quiet)


def test_every_strategy_has_a_colour_and_a_marker_of_its_own():
    for looks in (strategy_colors(), strategy_symbols()):
        assert looks.keys() == set(strategy_names())
        assert len(set(looks.values())) == len(looks)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'entropy'"):
        get_strategy("entropi")
