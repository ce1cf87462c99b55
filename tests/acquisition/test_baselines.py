"""The mathematics of the baselines that reviewers ask for; what all must do is in the contract test."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from alcore.acquisition import PoolView, get_strategy, medial_weights, peak_probability, power_draw
from alcore.acquisition.class_balanced_power_entropy import noise_of
from alcore.acquisition.galaxy import bisect


def query(name, size, seed=0, **parts):
    sizes = [len(parts[name]) for name in ("defective", "peaks", "scores") if name in parts]
    view = PoolView(sizes[0], **parts)
    return get_strategy(name).query(view, query_size=size, rng=np.random.default_rng(seed))


def floats(*values):
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(("name", "expected"), [("oracle-balanced-33", 8), ("oracle-balanced-66", 16)])
def test_an_oracle_takes_its_share_exactly(name, expected):
    truth = np.arange(300) < 40
    for seed in range(20):
        assert truth[query(name, 24, seed, defective=truth).rows].sum() == expected


@pytest.mark.parametrize(("defective", "expected"), [(3, 3), (95, 19)])
def test_an_oracle_fills_up_with_the_other_class(defective, expected):
    truth = np.arange(100) < defective
    assert truth[query("oracle-balanced-66", 24, defective=truth).rows].sum() == expected


def test_most_likely_defective_is_greedy_where_probabilities_no_longer_differ():
    peaks = floats(40, -3, 60, 20, -200)
    found = query("most-likely-defective", 3, peaks=peaks)
    assert found.rows.tolist() == [2, 0, 3]
    assert found.scores.tolist() == [1, 1, 1]
    assert found.candidate_scores[[1, 4]] == pytest.approx([0.0474259, 0])


def test_power_noise_draws_without_replacement_in_proportion_to_a_power_of_the_score():
    """Frequencies of ordered triples against their exact probabilities: chi-squared, which fails by chance in
    one of a million.
    """
    scores, noise, draws = floats(0.5, 0.1, 0.3, 0.0, 0.2), 0.5, 20_000
    weight = scores.astype(float) ** (1 / noise)
    rng = np.random.default_rng(0)
    keys = [tuple(power_draw(scores, 3, noise=noise, rng=rng)) for _ in range(draws)]
    assert not any(3 in key for key in keys), "a score of 0 comes last"
    statistic, expected = 0.0, {}
    for key in permutations([0, 1, 2, 4], 3):
        left, probability = weight.sum(), 1.0
        for row in key:
            probability *= weight[row] / left
            left -= weight[row]
        expected[key] = probability * draws
    assert sum(expected.values()) == pytest.approx(draws)
    for key, count in expected.items():
        statistic += (keys.count(key) - count) ** 2 / count
    assert statistic < chi2.isf(1e-6, len(expected) - 1)


def test_power_noise_of_nothing_takes_the_highest():
    scores = np.random.default_rng(0).random(50).astype(np.float32)
    assert (
        power_draw(scores, 9, noise=0, rng=np.random.default_rng(1)).tolist()
        == np.argsort(-scores)[:9].tolist()
    )


def test_class_balance_keeps_two_thirds_for_what_is_predicted_defective_and_ends_greedy():
    peaks, scores = np.where(np.arange(200) < 30, 1, -1), np.random.default_rng(0).random(200)
    parts = {"scores": scores.astype(np.float32), "peaks": floats(*peaks), "cycles": 8}
    early = [query("class-balanced-power-entropy", 24, seed, cycle=2, **parts).rows for seed in (0, 1)]
    assert all((rows[:16] < 30).all() for rows in early)
    assert set(early[0]) != set(early[1])
    late = query("class-balanced-power-entropy", 24, cycle=8, **parts).rows
    assert late[:16].tolist() == np.argsort(-scores[:30])[:16].tolist()
    others = np.setdiff1d(np.arange(200), late[:16])
    assert late[16:].tolist() == others[np.argsort(-scores[others])[:8]].tolist()


def test_the_noise_falls_evenly_from_the_first_choice_to_the_last():
    assert [noise_of(cycle, 6) for cycle in range(2, 7)] == [1, 0.75, 0.5, 0.25, 0]
    assert noise_of(2, 2) == 1


def test_base_takes_the_nearest_of_either_side_in_turn():
    peaks = floats(3, -0.1, -0.2, 0.4, -0.3, -9)
    assert query("base", 5, peaks=peaks).rows.tolist() == [3, 1, 0, 2, 4], "then one side has run out"


def bisected(labels, reach=1, seed=0):
    return bisect(np.array(labels, dtype=np.int8), reach, rng=np.random.default_rng(seed))


def test_galaxy_halves_the_shortest_way_between_opposite_labels():
    assert bisected([-1, 0, 0, 0, 0, 0, 1, 0, 0, 0, -1]) == 8, "the shorter of two ways"
    assert bisected([-1, 0, 0, 0, 0, 0, 1]) == 3
    assert bisected([0, 1, 0, -1, 0]) == 2
    assert bisected([0, 0, 1, 1, 0]) is None
    assert bisected([-1, -1, 0]) is None


def test_galaxy_looks_outside_a_boundary_that_it_has_found():
    labels = [0, 0, 0, -1, 1, 0, 0]
    assert bisected(labels) is None, "opposite neighbours are not joined"
    assert {bisected(labels, 2, seed) for seed in range(20)} == {2, 5}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([-1, 0, 0, 0, 1]), min_size=1, max_size=14), st.integers(1, 4))
def test_bisection_finds_the_middle_of_a_shortest_path_by_breadth_first_search(labels, reach):
    size = len(labels)
    joined = [
        [o for o in range(size) if 0 < abs(o - n) <= reach and labels[o] * labels[n] != -1]
        for n in range(size)
    ]

    def distances(label):
        known = {node: 0 for node in range(size) if labels[node] == label}
        ring = list(known)
        while ring:
            ring = [
                o for n in ring for o in joined[n] if o not in known and not known.update({o: known[n] + 1})
            ]
        return known

    there, back = distances(1), distances(-1)
    ways = {node: there[node] + back[node] for node in there.keys() & back.keys() if labels[node] == 0}
    place = bisected(labels, reach)
    if not ways:
        assert place is None
    else:
        shortest = min(ways.values())
        assert ways[place] == shortest
        assert there[place] == shortest // 2


def test_galaxy_asks_near_a_defect_that_the_model_does_not_see():
    """Everything is predicted clean; one label says otherwise. So the way to it is halved again and again."""
    peaks = np.linspace(-9, -1, 101)[1:-1].astype(np.float32)
    parts = {"labelled_peaks": floats(-9, -1), "labelled_defective": np.array([False, True])}
    rows = query("galaxy", 6, peaks=peaks, **parts).rows
    assert rows.tolist() == [49, 74, 87, 93, 96, 98]


def test_without_opposite_labels_galaxy_draws_at_random():
    parts = {"labelled_peaks": floats(-1), "labelled_defective": np.array([False])}
    firsts = {
        query("galaxy", 1, seed, peaks=np.full(8, -2, np.float32), **parts).rows[0] for seed in range(60)
    }
    assert len(firsts) == 8, "each of them, but for one in two thousand"


def test_medial_weights_lie_halfway_between_pool_and_deployment():
    predicted = np.arange(100) < 20
    weights = medial_weights(predicted, 0.05)
    drawn = weights[predicted].sum() / weights.sum()
    geometric = np.sqrt(0.2 * 0.05), np.sqrt(0.8 * 0.95)
    assert drawn == pytest.approx(geometric[0] / sum(geometric))
    assert 0.05 < drawn < 0.2
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("predicted", [np.zeros(9, bool), np.ones(9, bool)])
@pytest.mark.parametrize("prevalence", [1e-9, 1.0])
def test_medial_weights_of_a_class_that_nobody_is_in_stay_finite(predicted, prevalence):
    assert medial_weights(predicted, prevalence) == pytest.approx(np.ones(9))


def test_malls_prefers_the_class_that_deployment_has_more_of():
    scores, peaks = np.full(400, 0.2, np.float32), floats(*np.where(np.arange(400) < 200, 1, -1))

    def share(prevalence):
        rows = query("malls", 100, scores=scores, peaks=peaks, test_prevalence=prevalence).rows
        return (rows < 200).mean()

    assert share(0.02) < 0.3
    assert share(0.98) > 0.7


def test_dropout_is_scored_by_what_thinned_networks_disagree_about():
    agree = torch.full((10, 1, 1, 4, 4), 0.0)
    differ = torch.tensor([4.0, -4.0] * 5).reshape(10, 1, 1, 1, 1).expand(10, 1, 1, 4, 4)
    score = get_strategy("mc-dropout").score(torch.cat([agree] * 20 + [differ], dim=1))
    assert score.shape == (21,)
    assert score[:20].abs().max() < 1e-6
    assert score[20] > 0.5


def test_the_probability_of_a_peak_is_its_sigmoid():
    logits = floats(-2000, -1, 0, 3, 2000)
    assert peak_probability(logits) == pytest.approx(torch.sigmoid(torch.from_numpy(logits)).numpy())
