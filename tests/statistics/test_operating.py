"""Operating rules and what they regain, on evaluations whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alcore.config import make_config
from alcore.statistics.operating import (
    AT_HALF,
    BEST,
    CHOSEN,
    HERE,
    REMEDIES,
    Operating,
    best_threshold,
    by_rule,
    recovered,
)
from alcore.storage.evidence import make_evidence
from alcore.thresholds import BINS, HALF, PROBABILITIES, counts_at, threshold_means

CLEAN, DEFECTIVE = 40, 10
SURE = HALF + 6  # false alarms lie below, defects above


def patches(rng, *, alarms, noise):
    """(50, 2, 34): a defect of about 100 pixels lies above SURE, false alarms of clean patches below it; and
    up to so many clean pixels lie anywhere.
    """
    histogram = np.zeros((CLEAN + DEFECTIVE, 2, BINS), dtype=np.uint16)
    histogram[:, 0, 0] = 900
    histogram[CLEAN:, 1, SURE + 3] = rng.integers(90, 110, DEFECTIVE)
    histogram[:CLEAN, 0, HALF + 2] = rng.integers(alarms - 5, alarms + 5, CLEAN)
    if noise:
        histogram[:, 0, 1:] += rng.integers(0, noise, (50, BINS - 1)).astype(np.uint16)
    return histogram


def operating_of(alarms_of, *, repetitions=3, pool_prevalence=0.5, one_set=False, noise=0):
    """An `Operating` of strategies with so many false alarms, two cycles each."""
    rng, known = np.random.default_rng(0), np.arange(CLEAN + DEFECTIVE) >= CLEAN
    names = [*alarms_of]
    test, validation = (
        np.array(
            [
                [[patches(rng, alarms=alarms_of[name], noise=noise)] * 2 for name in names]
                for _ in range(repetitions)
            ]
        )
        for _ in range(2)
    )
    means, tuned = (
        np.array([[[threshold_means(one, known) for one in row] for row in block] for block in blocks])
        for blocks in (test, validation)
    )
    items = np.array([np.arange(50) + 50 * (0 if one_set else row) for row in range(repetitions)])
    counts = np.array([counts_at(block, np.full(block.shape[:2], HALF)) for block in test])
    evidence = make_evidence(
        make_config(
            {"dataset": "synthetic", "pool_size": 50, "pool_prevalence": pool_prevalence, "query_size": 5}
            | {"cycles": 2, "repetitions": repetitions, "strategies": names}
        ),
        means=means[:, :, :, HALF],
        resampled=None if repetitions > 1 else np.repeat(means[:, :, :, HALF], 10, axis=0),
        query_share=np.zeros((repetitions, len(names))),
        found=np.full((repetitions, len(names), 2), 2),
        tests=(counts, items, np.array([known] * repetitions)) if repetitions > 1 else None,
    )
    return Operating(
        evidence,
        [*test],
        np.zeros((*means.shape[:3], 2, BINS)),
        means,
        tuned,
        [*items],
        [known] * repetitions,
    )


def test_a_loss_that_is_only_a_threshold_is_all_of_it_and_no_more():
    operating = operating_of({"random": 60})
    rows = recovered(operating, "iou", 0.01).set_index("rule")
    assert rows.loc[HERE, "loss"] > 0.5
    used = operating.evidence_at(operating.chosen_by(HERE, 0.01)).curves("iou", 0.01)
    assert used.mean.min() == 1, "above the false alarms nothing is wrong"
    half = operating.evidence.curves("iou", 0.01).mean.mean()
    assert rows.loc[HERE, "gain"] == pytest.approx(1 - half)
    assert rows.loc[HERE, "share"] == pytest.approx(1), "tuned at both ends; at π₁ alone it was above 1"
    assert rows.loc[HERE, "tuned_loss"] == pytest.approx(0)
    assert rows.loc[HERE, "share_low"] <= rows.loc[HERE, "share"] <= rows.loc[HERE, "share_high"]


def test_without_false_alarms_there_is_no_loss_and_so_no_share():
    rows = recovered(operating_of({"random": 5}), "recall", 0.01)
    assert (rows["loss"] == 0).all()
    assert rows["share"].isna().all()


def test_of_equally_good_thresholds_the_nearest_to_half_is_taken():
    operating = operating_of({"random": 60})
    assert (operating.chosen_by(HERE, 0.01) == HALF + 2).all(), "the first above the false alarms"
    assert (operating.chosen_by(AT_HALF, 0.01) == HALF).all()


def test_rules_are_judged_on_the_test_set_and_best_is_never_beaten():
    operating = operating_of({"random": 60, "entropy": 30}, noise=9)
    rows = by_rule(operating, "iou", 0.1, 5).pivot_table(index="strategy", columns="rule", values="final")
    assert set(rows) == {AT_HALF, CHOSEN, *REMEDIES}
    assert (rows[BEST] >= rows.max(axis=1) - 1e-12).all()
    table = by_rule(operating, "iou", 0.1, 5).set_index("rule")
    assert (table.loc[CHOSEN, "threshold"] == PROBABILITIES[5]).all()
    assert (table["final_low"] <= table["final"]).all()
    assert (table["final"] <= table["final_high"]).all()


def test_repetitions_with_the_same_test_patches_have_larger_errors_under_every_rule():
    for rule in (AT_HALF, CHOSEN):
        errors = []
        for one_set in (False, True):
            operating = operating_of({"random": 60}, one_set=one_set)
            used = operating.evidence_at(operating.chosen_by(rule, 0.3, HALF + 1))
            errors.append(used.curves_with_shared_error("iou", 0.3).areas().error)
        apart, together = errors
        assert (together > 1.02 * apart).all()


def test_one_repetition_has_intervals_over_test_patches():
    rows = by_rule(operating_of({"random": 60}, repetitions=1), "iou", 0.1, HALF + 1).set_index("rule")
    assert rows.loc[CHOSEN, "final_low"] < rows.loc[CHOSEN, "final"] < rows.loc[CHOSEN, "final_high"]


def test_a_rule_that_is_tuned_pays_for_its_validation_patches_where_the_budget_counts_them():
    """Two queries of 5 labels: with 3 for validation, a tuned model has bought fewer of them at 10 in all."""
    operating = replace(operating_of({"random": 60}), validation_labels=3)
    means = operating.test.copy()
    means[:, :, 0, :, 1, 0] /= 2  # after the first query half of each defect is found
    means[:, :, 0, :, 1, 2] = means[:, :, 1, :, 1, 0] - means[:, :, 0, :, 1, 0]
    operating = replace(
        operating, test=means, evidence=replace(operating.evidence, means=means[..., HALF, :, :])
    )
    free, paid = (
        by_rule(operating, "recall", 0.1, charged=charged).set_index("rule") for charged in (False, True)
    )
    assert free.loc[[AT_HALF, BEST], "validation_labels"].tolist() == [0, 0]
    assert free.loc[HERE, "validation_labels"] == 3
    assert free.loc[HERE, "final"] == free.loc[AT_HALF, "final"] == pytest.approx(1)
    assert paid.loc[AT_HALF, "final"] == pytest.approx(1)
    assert paid.loc[HERE, "final"] == pytest.approx(0.5 + 0.5 * 2 / 5), "bought with 7 labels of queries"
    assert paid.loc[AT_HALF, "aubc"] == pytest.approx((0.5 + 0.5 * 3 / 5 + 1) / 2), "over 8 to 10 in all"
    assert paid.loc[HERE, "aubc"] == pytest.approx((0.5 + 0.7) / 2)
    beyond = by_rule(replace(operating, validation_labels=320), "recall", 0.1, charged=True).set_index("rule")
    assert np.isnan(beyond.loc[HERE, "final"]), "validation alone takes more than the budget"
    assert beyond.loc[AT_HALF, "final"] == pytest.approx(1)


def test_some_strategies_alone_have_the_numbers_that_they_have_among_others():
    both = operating_of({"random": 60, "entropy": 30})
    alone = by_rule(both.only({"entropy"}), "iou", 0.1)
    among = by_rule(both, "iou", 0.1)
    columns = ["aubc", "final", "threshold"]
    expected = among[among["strategy"] == "entropy"][columns].reset_index(drop=True)
    assert alone[columns].equals(expected)


def test_the_best_threshold_depends_on_the_prevalence():
    histogram = np.zeros((2, 2, BINS), dtype=np.uint16)
    histogram[0, 0, [0, HALF + 2]] = 900, 100  # a clean patch with false alarms
    histogram[1, 0, 0], histogram[1, 1, [HALF + 1, HALF + 5]] = (
        800,
        (100, 100),
    )  # half of the defect is unsure
    means = threshold_means(histogram, np.array([False, True]))
    assert best_threshold(means, 0.9) == HALF, "it pays to take the unsure half too"
    assert best_threshold(means, 0.01) == HALF + 2, "false alarms would drown it"
