"""From scores to thresholds, errors and money: definitions by hand, and whether intervals hold."""

from __future__ import annotations

import numpy as np
import pytest

from alcore.statistics.detection import Peaks
from alcore.statistics.error_costs import (
    Belief,
    Inspection,
    Prices,
    cheapest_thresholds,
    expected_costs,
)

PRICES = Prices(escape=50, false_reject=1)
LABELLED = np.array([24])


def peaks_of(clean, defective, *, names=("random",), overlap=1.0):
    """(R, S, n) scores of each class -> `Peaks`."""
    scores = np.concatenate([clean, defective], axis=-1).astype(np.float32)
    known = np.arange(scores.shape[-1]) >= np.shape(clean)[-1]
    return Peaks(names, scores, np.tile(known, (len(scores), 1)), overlap)


def test_errors_and_costs_are_those_of_bayes_rule_at_the_cheapest_threshold():
    """Of 10 good parts two score .3, of 10 defective ones one scores .2: cut below or above .3."""
    clean = np.array([[[0.1] * 8 + [0.3] * 2]])
    peaks = peaks_of(clean, [[[0.2] + [0.9] * 9]])
    inspection = Inspection(LABELLED, [peaks], [peaks])
    rare = expected_costs(inspection, Belief.certain(0.01), PRICES, "random").iloc[0]
    # π = 1 %: all defects are caught for 0.2 · 990 rejects, or nine of ten without a false reject
    assert 0.3 < rare["threshold"] <= 0.9
    assert (rare["escapes"], rare["false_rejects"]) == (pytest.approx(1.0), 0)
    assert rare["cost"] == pytest.approx(50)
    often = expected_costs(inspection, Belief.certain(0.5), PRICES, "random").iloc[0]
    assert 0.1 < often["threshold"] <= 0.2
    assert (often["escapes"], often["false_rejects"]) == (0, pytest.approx(100.0))
    assert often["cost"] == pytest.approx(100)
    for row in (rare, often):
        assert row["cost_low"] <= row["cost"] <= row["cost_high"]
    assert rare["false_rejects_high"] > 30, "none in ten good parts is no promise"


def test_a_blind_model_passes_or_rejects_all_whichever_is_cheaper():
    blind = peaks_of(np.full((1, 1, 10), 0.5), np.full((1, 1, 10), 0.5))
    assert cheapest_thresholds(blind, 0.001, PRICES) > 0.5
    assert cheapest_thresholds(blind, 0.5, PRICES) <= 0.5


def test_where_thresholds_are_equally_cheap_the_middle_one_is_taken():
    apart = peaks_of(np.full((1, 1, 10), 0.1), np.full((1, 1, 10), 0.9))
    assert 0.4 < cheapest_thresholds(apart, 0.1, PRICES)[0, 0] < 0.6


def test_worth_is_the_difference_of_costs_and_what_both_get_wrong_cancels():
    rng, prices = np.random.default_rng(0), Prices(5, 1)
    clean = rng.uniform(0, 0.4, (1, 1, 200))
    defective = np.where(np.arange(200) < 80, 0.01, 0.9)[None, None]
    same = peaks_of(clean.repeat(2, axis=1), defective.repeat(2, axis=1), names=("random", "entropy"))
    rows = expected_costs(Inspection(LABELLED, [same], [same]), Belief.certain(0.1), prices, "random")
    random, entropy = rows.iloc[0], rows.iloc[1]
    assert np.isnan(random["worth"])
    assert entropy["worth"] == random["cost"] - entropy["cost"] == 0
    width = entropy["worth_high"] - entropy["worth_low"]
    assert width < 0.4 * (entropy["cost_high"] - entropy["cost_low"])
    assert np.isnan(
        expected_costs(Inspection(LABELLED, [same], [same]), Belief.certain(0.1), prices, "none")["worth"]
    ).all()


def test_doubt_about_the_prevalence_widens_every_interval():
    rng = np.random.default_rng(1)
    peaks = peaks_of(rng.beta(1, 3, (1, 1, 400)), rng.beta(3, 1, (1, 1, 400)))
    inspection = Inspection(LABELLED, [peaks], [peaks])
    sure, unsure = (
        expected_costs(inspection, belief, PRICES, "random").iloc[0]
        for belief in (Belief.certain(0.05), Belief(0.05, 0.01, 0.12))
    )
    for name in ("escapes", "cost"):
        assert unsure[f"{name}_high"] > 1.2 * sure[f"{name}_high"]
        assert unsure[f"{name}_low"] < 0.9 * sure[f"{name}_low"]


@pytest.mark.parametrize("belief", [Belief(0.02, 0.0, 0.05), Belief(0.1, 0.06, 0.15), Belief(0.9, 0.8, 1.0)])
def test_a_belief_has_the_interval_that_it_was_given(belief):
    low, middle, high = np.quantile(belief.draws, [0.025, 0.5, 0.975])
    assert low == pytest.approx(belief.low, abs=0.003)
    assert middle == pytest.approx(belief.value, abs=0.003)
    assert high == pytest.approx(belief.high, abs=0.003)
    assert ((belief.draws >= 0) & (belief.draws <= 1)).all()
    assert belief.low < belief.mean < belief.high


@pytest.mark.parametrize(("repetitions", "size"), [(1, 60), (3, 60), (5, 20)])
def test_intervals_hold_the_truth(repetitions, size):
    """Scores of two classes, with models that are better or worse by repetition; π₁ is drawn as believed."""
    rng, truth_of = np.random.default_rng(repetitions), np.random.default_rng(0)
    belief, held, trials = Belief(0.1, 0.05, 0.16), {"cost": 0, "worth": 0}, 60
    skill = np.array([1.0, 1.6])[:, None]  # of random and of entropy
    tuned = peaks_of(*_scores(rng, repetitions, 400, skill), names=("random", "entropy"))
    for _ in range(trials):
        own = skill + rng.normal(0, 0.15, (repetitions, 2, 1))
        peaks = peaks_of(*_scores(rng, repetitions, size, own), names=("random", "entropy"), overlap=0.0)
        rows = expected_costs(Inspection(LABELLED, [peaks], [tuned]), belief, PRICES, "random")
        limits = cheapest_thresholds(tuned, belief.mean, PRICES).mean(axis=0)
        share = truth_of.choice(belief.draws)
        costs = _true_costs(truth_of, limits, share, own if repetitions == 1 else None)
        held["cost"] += rows["cost_low"].iloc[1] <= costs[1] <= rows["cost_high"].iloc[1]
        held["worth"] += rows["worth_low"].iloc[1] <= costs[0] - costs[1] <= rows["worth_high"].iloc[1]
    for name, count in held.items():
        assert count / trials >= 0.9, name


def _scores(rng, repetitions, size, skill):
    shape = (repetitions, 2, size)
    sides = (rng.normal(-skill, 1, shape), rng.normal(skill, 1, shape))
    return [1 / (1 + np.exp(-side)) for side in sides]


def _true_costs(rng, limits, share, own):
    """(2,) at the thresholds: of the one model where there is one repetition, else on average."""
    skill = np.array([1.0, 1.6])[:, None] + (rng.normal(0, 0.15, (400, 2, 1)) if own is None else 0)
    skill = skill if own is None else own
    clean, defective = _scores(rng, len(skill), 200 if own is None else 40_000, skill)
    cut = limits[None, :, None]
    escapes, rejects = (defective < cut).mean(axis=(0, 2)), (clean >= cut).mean(axis=(0, 2))
    return 1000 * (share * PRICES.escape * escapes + (1 - share) * PRICES.false_reject * rejects)
