"""The mathematics of the strategies beyond the paper's; what all must do is in the contract test."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from alcore.acquisition import (
    PoolView,
    entropy_map,
    entropy_scores,
    get_strategies,
    get_strategy,
    k_center_greedy,
    k_means_plus_plus,
    mutual_information_map,
    strategy_names,
    typicality,
)
from alcore.errors import ConfigError
from alcore.presentation.figures.layout import color_of, symbol_of
from alcore.presentation.labels import display_name


def logits_of(probability):
    return torch.logit(torch.as_tensor(probability, dtype=torch.float64))


def test_a_tiny_defect_counts_for_the_top_and_the_maximum_but_drowns_in_the_mean():
    sure = torch.full((2, 1, 64, 64), -6.0)
    sure[0, 0, 30:36, 30:36] = 0.0  # 36 of 4096 pixels in doubt
    sure[1] += 1.2  # everything a little less sure
    mean = entropy_scores(sure)
    assert mean[1] > mean[0]
    top, largest = (get_strategy(name).score(sure) for name in ("entropy-top", "entropy-max"))
    assert top[0] > 5 * top[1]
    assert largest.tolist() == pytest.approx([0, -4.8])


def test_aggregations_are_ordered():
    logits = torch.randn(20, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    mean = entropy_scores(logits)
    top = get_strategy("entropy-top").score(logits)
    assert (mean <= top + 1e-6).all()
    assert (top <= np.log(2) + 1e-6).all()


def test_the_maximum_orders_patches_as_their_largest_entropy_does():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 1, 6, 6, generator=generator, dtype=torch.float64)
    largest = entropy_map(logits).amax(dim=(1, 2, 3))
    assert torch.equal(get_strategy("entropy-max").score(logits).argsort(), largest.argsort())
    near = torch.tensor([1e-5, 1e-4]).reshape(2, 1, 1, 1)
    assert get_strategy("entropy-max").score(near).argmax() == 0, "no tie where entropy has one"


def test_mutual_information_equals_scipys_entropies():
    views = np.random.default_rng(0).uniform(0.01, 0.99, size=(4, 50))
    pairs = np.stack([views, 1 - views])
    expected = scipy_entropy(pairs.mean(axis=1)) - scipy_entropy(pairs).mean(axis=0)
    assert np.allclose(mutual_information_map(logits_of(views)).numpy(), expected, atol=1e-6)


def test_flips_that_disagree_are_distinguished_from_doubt():
    doubt = logits_of(np.full((2, 1, 1, 8, 8), 0.5))
    contradiction = logits_of(np.array([0.05, 0.95]).reshape(2, 1, 1, 1, 1) * np.ones((2, 1, 1, 8, 8)))
    score = get_strategy("tta-disagreement").score(torch.cat([doubt, contradiction], dim=1))
    assert score[0] == pytest.approx(0, abs=1e-6)
    assert score[1] > 0.4


@given(st.integers(0, 2**31), st.integers(1, 12))
def test_k_means_plus_plus_measures_to_what_was_drawn_before(seed, count):
    points = np.random.default_rng(seed).normal(size=(12, 3)).astype(np.float32)
    rows, distances = k_means_plus_plus(points, count=count, rng=np.random.default_rng(seed))
    assert np.unique(rows).size == count
    assert distances[0] == pytest.approx(np.linalg.norm(points[rows[0]]), rel=1e-5)
    for pick in range(1, count):
        nearest = np.linalg.norm(points[rows[:pick]] - points[rows[pick]], axis=1).min()
        assert distances[pick] == pytest.approx(nearest, rel=1e-5)


@pytest.mark.parametrize("power", [-140, -80, 0, 83, 125])
def test_badge_draws_the_same_whatever_power_of_two_the_gradients_have(power):
    gradients = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    usual, other = (
        get_strategy("badge").query(
            PoolView(40, gradients=np.ldexp(gradients, p)), query_size=9, rng=np.random.default_rng(1)
        )
        for p in (0, power)
    )
    if power > -126:  # below, float32 itself has fewer digits
        assert np.array_equal(usual.rows, other.rows)
        assert np.array_equal(np.ldexp(usual.scores, power), other.scores)
        assert np.array_equal(np.ldexp(usual.candidate_scores, power), other.candidate_scores)
    assert np.isfinite(other.scores).all()


def test_the_largest_gradients_that_are_finite_can_be_chosen_from():
    gradients = np.full((6, 3), np.finfo(np.float32).max)
    gradients[::2] *= -1
    query = get_strategy("badge").query(
        PoolView(6, gradients=gradients), query_size=6, rng=np.random.default_rng(0)
    )
    assert sorted(query.rows) == [*range(6)]
    assert np.isfinite(query.scores).all()
    assert np.isfinite(query.candidate_scores).all()


def test_badge_prefers_long_gradients_and_spreads_over_directions():
    short = np.full((200, 2), 1e-3, dtype=np.float32)
    one_way, other_way = np.tile([[5.0, 0.0]], (20, 1)), np.tile([[0.0, 5.0]], (20, 1))
    gradients = np.concatenate([short, one_way, other_way]).astype(np.float32)
    view = PoolView(len(gradients), gradients=gradients)
    for seed in range(10):
        rows = get_strategy("badge").query(view, query_size=3, rng=np.random.default_rng(seed)).rows
        assert rows[0] >= 200, "the first has a long gradient"
        kinds = np.minimum(rows // 20, 12)
        assert {10, 11} <= set(kinds.tolist()), "both directions, and one for the many near zero"


def test_typicality_is_highest_in_the_middle_of_a_cluster():
    rng = np.random.default_rng(0)
    cluster = rng.normal(0, 0.1, size=(40, 2))
    points = np.concatenate([cluster, [[3.0, 3.0]]]).astype(np.float32)
    score = typicality(points)
    assert score.argmin() == 40
    assert np.linalg.norm(points[score.argmax()] - cluster.mean(axis=0)) < 0.1
    assert typicality(points[:1]).tolist() == [0]


def test_typiclust_asks_for_one_of_each_cluster_without_a_label():
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [9, 0], [0, 9], [9, 9]])
    points = np.concatenate([centre + rng.normal(0, 0.1, size=(15, 2)) for centre in centres])
    labelled = centres[:1] + 0.05
    view = PoolView(60, features=points.astype(np.float32), labelled_features=labelled.astype(np.float32))
    query = get_strategy("typiclust").query(view, query_size=3, rng=rng)
    assert sorted(query.rows // 15) == [1, 2, 3]


def test_entropy_with_diversity_is_the_core_set_of_its_shortlist():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(100, 4)).astype(np.float32)
    labelled = rng.normal(size=(5, 4)).astype(np.float32)
    scores = np.linspace(0, 0.6, 100).astype(np.float32)
    view = PoolView(100, scores=scores, features=features, labelled_features=labelled)
    query = get_strategy("entropy-diverse").query(view, query_size=4, rng=np.random.default_rng(1))
    assert query.rows.min() >= 80, "five for each one asked for"
    picked, _ = k_center_greedy(features[query.rows], labelled, query_size=4, rng=np.random.default_rng(1))
    assert picked.tolist() == [0, 1, 2, 3], "in the order of greedy k-centers"


@pytest.mark.parametrize(("defective", "query", "expected"), [(30, 10, 5), (3, 10, 3), (95, 20, 15)])
def test_the_oracle_draws_half_and_half_as_far_as_both_last(defective, query, expected):
    truth = np.arange(100) < defective
    view = PoolView(100, defective=truth)
    rows = get_strategy("oracle-random").query(view, query_size=query, rng=np.random.default_rng(0)).rows
    assert truth[rows].sum() == expected


def test_a_former_name_still_means_its_strategy():
    assert get_strategy("bald") is get_strategy("tta-disagreement")
    assert "bald" not in strategy_names()
    assert display_name("bald") == "tta-disagreement"
    assert color_of("bald") == color_of("tta-disagreement") != color_of("nobody")
    assert symbol_of("bald") == symbol_of("tta-disagreement")


def test_a_strategy_under_both_of_its_names_is_refused():
    assert list(get_strategies(["random", "bald"])) == ["random", "bald"], "as the config names them"
    with pytest.raises(ConfigError, match="'bald' and 'tta-disagreement', which are one strategy; keep one"):
        get_strategies(["random", "bald", "tta-disagreement"])
