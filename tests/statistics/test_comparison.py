from dataclasses import replace

import numpy as np
import pytest

from alcore.presentation.sentences import advantages, basis, detectable, where_gain_vanishes
from alcore.statistics.comparison import (
    Question,
    advantage_over_prevalence,
    bound_savings,
    by_budget,
    curve_frame,
    summarise,
)
from alcore.statistics.estimands import Evidence

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
    assert summary.loc["entropy", "labels"] == 30
    assert np.isinf(summary.loc["entropy", "saved"]), "random never gets to 0.5"
    assert summary.loc["entropy", "enrichment"] == pytest.approx(2)


def test_savings_that_are_censored_become_lower_bounds():
    summary = summarise(evidence_of(RISING), Question("iou", 0.1, "random", target=0.4))
    bounded = bound_savings(summary, budget=30, baseline="random").set_index("strategy")
    assert bounded.loc["entropy", "saved"] == pytest.approx(30 - 20)
    assert bounded.loc["entropy", "saved_bound"] == "at least"
    assert np.isfinite(bounded.loc["entropy", "saved_low"])
    assert bounded.loc["entropy", "saved_high"] == np.inf
    losing = summarise(evidence_of(RISING[::-1]), Question("iou", 0.1, "random", target=0.4))
    bounded = bound_savings(losing, budget=30, baseline="random").set_index("strategy")
    assert bounded.loc["entropy", "saved"] == pytest.approx(20 - 30)
    assert bounded.loc["entropy", "saved_bound"] == "at most"


def test_savings_that_are_known_are_left_alone():
    question = Question("iou", 0.1, "random", 0.3)
    reached = bound_savings(summarise(evidence_of(RISING), question), budget=30, baseline="random")
    assert reached["saved"].to_list()[1] == pytest.approx(30 - (10 + 10 * 2 / 3))
    assert (reached["saved_bound"] == "").all()


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
    assert sentence.startswith("**entropy** is above random (+0.1")
    assert "With 6 repetitions" in detectable(evidence, summary, "random")
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


def test_the_basis_of_an_interval_is_named():
    assert "over 6 repetitions" in basis(evidence_of(RISING, repetitions=6, noise=0.01))
    assert "resampled test patches" in basis(evidence_of(RISING))
