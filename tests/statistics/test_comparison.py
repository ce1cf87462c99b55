from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from alcore.presentation.sentences import (
    advantages,
    basis,
    basis_of_bands,
    detectable,
    effective_patches,
    where_gain_vanishes,
)
from alcore.statistics.comparison import (
    Question,
    advantage_over_prevalence,
    by_budget,
    curve_frame,
    defects_found,
    summarise,
)
from alcore.statistics.estimands import Evidence
from alcore.statistics.frames import AdvantageRow
from alcore.statistics.shared_tests import SharedTests

NAN = float("nan")
STRATEGIES = ("random", "entropy")


def evidence_of(recall, *, false_alarm=0.0, repetitions=1, noise=0.0):
    """Evidence of strategies whose recall by cycle is given; (S, C)."""
    rng = np.random.default_rng(0)
    recall = np.asarray(recall, dtype=float)
    shape = (repetitions, *recall.shape)
    found = (recall + rng.normal(0, noise, size=shape)).clip(0, 1)
    means = np.zeros((*shape, 2, 5))
    means[..., 1, 0], means[..., 1, 2] = 100 * found, 100 * (1 - found)  # tp, fn of a defective patch
    means[..., 0, 1] = 100 * false_alarm  # fp of a clean one
    means[..., 1, 4] = found
    resampled = None
    if repetitions == 1:
        resampled = means[0] + rng.normal(0, 0.5, size=(200, *means.shape[1:])) * (means[0] > 0)
    cycles = np.arange(1, recall.shape[1] + 1)
    share = np.full((repetitions, len(recall)), 0.2)
    return Evidence(STRATEGIES, cycles, 10 * cycles, 100, 0.1, means, resampled, share)


QUESTION = Question("iou", 0.1, "random")
RISING = [[0.1, 0.2, 0.3], [0.1, 0.4, 0.5]]


def test_the_summary_holds_the_definitions():
    summary = summarise(evidence_of(RISING), QUESTION).set_index("strategy")
    assert summary.loc["random", "aubc"] == pytest.approx(0.2)
    assert summary.loc["entropy", "aubc"] == pytest.approx(0.35)
    assert summary.loc["entropy", "advantage"] == pytest.approx(0.15)
    assert summary.loc["entropy", "advantage_low"] < 0.15 < summary.loc["entropy", "advantage_high"]
    assert np.isnan(summary.loc["random", "advantage"])
    assert summary.loc["entropy", "final"] == pytest.approx(0.5)
    assert summary.loc["entropy", "labels"] == pytest.approx(10 + 10 * 2 / 3), "to random's final 0.3"
    assert summary.loc["entropy", "saved"] == pytest.approx(30 - (10 + 10 * 2 / 3))
    assert summary.loc["entropy", "saved_bound"] == "", "the baseline always reaches its own final value"
    assert summary.loc["entropy", "enrichment"] == pytest.approx(2)


def test_savings_that_are_censored_are_bounds_inside_their_interval():
    at_least = summarise(evidence_of(RISING), Question("iou", 0.1, "random", target=0.4)).iloc[1]
    assert (at_least["saved"], at_least["saved_bound"]) == (pytest.approx(30 - 20), "at least")
    assert at_least["saved_low"] <= at_least["saved"] <= at_least["saved_high"] <= 20
    at_most = summarise(evidence_of(RISING[::-1]), Question("iou", 0.1, "random", target=0.4)).iloc[1]
    assert (at_most["saved"], at_most["saved_bound"]) == (pytest.approx(20 - 30), "at most")
    assert -20 <= at_most["saved_low"] <= at_most["saved"] <= at_most["saved_high"]


def test_a_worse_strategy_is_not_called_a_saver_of_labels():
    """With its own final value as the target, the answer was 0 or a gain for every strategy that ends low."""
    losing = summarise(evidence_of([[0.1, 0.3, 0.5], [0.1, 0.2, 0.3]], repetitions=4, noise=0.01), QUESTION)
    assert losing["saved"].iloc[1] == pytest.approx(0, abs=1)
    assert losing["saved_bound"].iloc[1] == "at most"


def test_a_baseline_that_finds_nothing_is_no_target():
    summary = summarise(evidence_of([[0.0, 0.0, 0.0], [0.0, 0.2, 0.3]]), QUESTION)
    assert summary[["labels", "saved"]].isna().all(axis=None)


def test_a_shift_to_rare_defects_costs_what_false_alarms_say():
    evidence = evidence_of(RISING, false_alarm=0.01)
    summary = summarise(evidence, Question("iou", 0.01, "random"))
    assert (summary["shift"] < 0).all()
    same = summarise(evidence, Question("iou", 0.1, "random"))
    assert np.allclose(same["shift"], 0)
    assert np.allclose(same["shift_low"], 0)


def test_without_the_baseline_there_is_no_advantage():
    summary = summarise(evidence_of(RISING), Question("iou", 0.1, "core-set"))
    assert summary["advantage"].isna().all()
    assert summary["aubc"].notna().all()


def test_budgets_are_tested_after_the_shared_first():
    frame = by_budget(evidence_of(RISING, repetitions=6, noise=0.01), QUESTION)
    own = frame[frame["strategy"] == "entropy"]
    assert own["labelled"].to_list() == [10, 20, 30]
    assert np.isnan(own["p_adjusted"].iloc[0])
    assert own["significant"].to_list() == [False, True, True]
    assert (own["difference_low"].iloc[1:] > 0).all()
    assert not frame[frame["strategy"] == "random"]["significant"].any()


def test_bands_stay_within_the_metrics_range():
    frame = curve_frame(evidence_of(RISING, repetitions=2, noise=0.2), "iou", 0.1)
    assert frame["low"].min() >= 0
    assert frame["high"].max() <= 1
    assert curve_frame(None, "iou", 0.1).empty


def test_what_is_undefined_stays_nan():
    silent = evidence_of([[0.0, 0.2, 0.3], [0.0, 0.4, 0.5]])
    frame = curve_frame(silent, "precision", 0.1)
    assert frame["value"].isna().to_list() == [True, False, False] * 2
    assert summarise(silent, Question("precision", 0.1, "random"))["aubc"].isna().all()


def test_differences_stand_on_the_same_repetitions():
    """Two strategies that are equal wherever both are defined differ by nothing."""
    evidence = evidence_of([[0.5, 0.5], [0.5, 0.5]], repetitions=3, noise=0.2)
    means = evidence.means.copy()
    means[:, 1] = means[:, 0]
    means[0, 1, :, 1, 0] = 0  # in the first repetition the second strategy predicts nothing
    frame = by_budget(replace(evidence, means=means), Question("precision", 0.1, "random"))
    own = frame[frame["strategy"] == "entropy"]
    assert np.allclose(own["difference"], 0)
    assert own["difference_low"].isna().all(), "with a repetition missing there is no interval"
    assert not own["significant"].any()


def test_sentences_say_who_wins_where_and_how_sure_that_is():
    evidence = evidence_of(RISING, repetitions=6, noise=0.01, false_alarm=0.0001)
    summary = summarise(evidence, QUESTION)
    (sentence,) = advantages(summary, "random")
    assert sentence.startswith("**entropy** is above random on average over the budget (+0.1")
    assert "With 6 repetitions" in detectable(evidence, summary, "random")
    assert f"entropy {summary['detectable'].iloc[1]:.3f}" in detectable(evidence, summary, "random")
    frame = advantage_over_prevalence(evidence, "iou", "random", (0.001, 0.1, 1.0))
    assert frame["prevalence"].to_list() == [0.001, 0.1, 1.0]
    assert "every π from 0.1 % to 100 %" in where_gain_vanishes(frame, "random")[0]
    unclear = frame.assign(low=-1.0)
    assert "is not distinguishable from random at any π" in where_gain_vanishes(unclear, "random")[0]
    partly = frame.assign(low=[-1.0, 0.1, 0.1])
    assert "above at π from 10 % to 100 %; elsewhere" in where_gain_vanishes(partly, "random")[0]
    ends = frame.assign(low=[0.1, -1.0, 0.1])
    assert "above at π = 0.1 % and = 100 %; elsewhere" in where_gain_vanishes(ends, "random")[0]
    unknown = summary.assign(advantage_low=np.nan, advantage_high=np.nan)
    assert "no interval" in advantages(unknown, "random")[0]


def test_two_models_that_find_nothing_are_said_to_collapse_not_to_differ_by_nothing():
    summary = pd.DataFrame(
        {
            "strategy": ["random", "entropy", "core-set"],
            "aubc": [0.0, 0.0002, 0.1],
            "advantage": [NAN, 0.0002, 0.1],
        }
        | {"advantage_low": [NAN, 0.0, 0.05], "advantage_high": [NAN, 0.0004, 0.15]}
    )
    entropy, core_set = advantages(summary, "random")
    assert entropy == "**entropy** collapsed together with random: the models of neither find anything."
    assert core_set.startswith("**core-set** is above random")
    frame = pd.DataFrame(
        [("entropy", prevalence, 0.0, 0.0, 0.0, 1.0, True, 5) for prevalence in (0.01, 0.1)],
        columns=AdvantageRow._fields,
    )
    assert "collapsed together with random" in where_gain_vanishes(frame, "random")[0]


def test_the_basis_of_an_interval_is_named():
    several = evidence_of(RISING, repetitions=6, noise=0.01)
    assert "over 6 repetitions" in basis(several)
    assert "with test patches of its own" in basis(several)
    assert "resampled test patches" in basis(evidence_of(RISING))
    same = SharedTests(
        np.ones((6, 2, 3, 4, 4)), np.tile(np.arange(4), (6, 1)), np.tile([True, False], (6, 2))
    )
    shared = replace(several, shared=same, test_sizes=(160, 160))
    assert "all have the same test patches, and the error of that one draw is included" in basis(shared)
    assert "share 100 %" in basis_of_bands(shared)
    assert "count as 163" in effective_patches(shared, 0.01)


def test_pools_with_the_same_defects_are_said_to_be_nearly_one():
    several = replace(evidence_of(RISING, repetitions=6, noise=0.01), pool_overlap=0.4)
    far = replace(several, pool_overlap_by_class=(0.3, 0.5))
    assert "40 % of their patches (30 % of the clean ones, 50 % of the defective ones);" in basis(far)
    near = replace(several, pool_overlap_by_class=(0.3, 0.98))
    assert (
        "98 % of the defective ones), so that in what defects look like repetitions are nearly one"
        in basis(near)
    )


def test_the_share_of_repetitions_that_learned_stands_beside_the_mean():
    several = evidence_of(RISING, repetitions=5, noise=0.01)
    means = several.means.copy()
    means[3:, 1, :, 1, 0] = 0  # two repetitions in which entropy finds nothing
    summary = summarise(replace(several, means=means), QUESTION)
    assert summary["learned"].tolist() == [1.0, 0.6]


def test_few_repetitions_and_those_that_collapse_are_said_beside_their_intervals():
    several = evidence_of(RISING, repetitions=6, noise=0.01)
    assert "assume that 6 numbers are normally distributed." in basis(several)
    five = evidence_of(RISING, repetitions=5, noise=0.01)
    assert "5 numbers are normally distributed, and no exact sign-flip test" in basis(five)
    assert "of so few has a p-value below 0.0625." in basis(five)
    means = several.means.copy()
    means[0, 0, :, 1, :] = 0
    means[0, 0, :, 1, 2] = 100
    collapsed = basis(replace(several, means=means))
    name = several.strategies[0]
    assert f"learned to find anything at all only for {name} in 5 of 6 repetitions" in collapsed
    assert f"repetitions of {name} fall into two groups" in collapsed


def test_differences_of_all_strategies_and_budgets_are_one_family():
    """Holm's correction within each strategy let errors add up over strategies."""
    rng = np.random.default_rng(5)
    names = tuple("abcdefgh")
    wins = 0
    for _ in range(300):
        means = np.zeros((5, 8, 6, 2, 5))
        means[..., 1, 0] = 50 + rng.normal(0, 5, size=means.shape[:3])
        means[..., 1, 2] = 100 - means[..., 1, 0]
        means[:, :, 0] = means[:, :1, 0]
        cycles = np.arange(1, 7)
        null = Evidence(names, cycles, 10 * cycles, 100, 0.1, means, None, np.full((5, 8), 0.1))
        wins += by_budget(null, Question("iou", 0.1, "a"))["significant"].any()
    assert wins / 300 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_the_share_of_found_defects_knows_what_was_possible():
    found = np.array([[[1, 3, 5], [1, 6, 10]]])
    evidence = replace(evidence_of(RISING), found=found)
    frame = defects_found(evidence).set_index(["strategy", "labelled"])
    assert frame.loc[("entropy", 30), "found"] == 1
    assert frame["most"].tolist() == pytest.approx([0.1, 1.0, 1.0] * 2)
    assert frame["by_chance"].tolist() == pytest.approx([0.1, 0.2, 0.3] * 2)
    summary = summarise(evidence, QUESTION)
    assert summary["attained"].tolist() == pytest.approx([4 / 9, 1])
    assert defects_found(evidence_of(RISING)).empty


def test_what_finds_nothing_is_called_collapsed():
    """Both models predict nothing: "+0.000 (+0.000, +0.000)" looked like a very sure result."""
    nothing = evidence_of([[0.0] * 3] * 2, repetitions=3)
    row = advantage_over_prevalence(nothing, "iou", "random", (0.1,)).iloc[0]
    assert row["is_collapsed"]
    assert not advantage_over_prevalence(evidence_of(RISING), "iou", "random", (0.1,))["is_collapsed"].any()
    assert np.isnan(summarise(nothing, QUESTION)["detectable"]).all()
