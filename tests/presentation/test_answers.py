"""The sentence that each tab begins with."""

import numpy as np
import pandas as pd
import pytest

from alcore.presentation.answers import what_is_saved, what_shift_costs, who_is_ahead
from alcore.statistics.comparison import Question

AT = Question("iou", 0.02, "random")


def row(strategy, advantage=np.nan, low=np.nan, high=np.nan, **others):
    usual = {"aubc": 0.3, "shift": -0.02, "shift_low": -0.03, "shift_high": -0.01, "final": 0.4}
    known = {"strategy": strategy, "advantage": advantage, "advantage_low": low, "advantage_high": high}
    return usual | {"saved": np.nan, "saved_bound": ""} | known | others


def rows(*made):
    return pd.DataFrame(made)


def test_strategies_with_the_same_verdict_stand_together_and_the_verdict_comes_first():
    said = who_is_ahead(
        rows(
            row("random"),
            row("entropy", 0.1, 0.05, 0.15),
            row("core-set", 0.08, 0.01, 0.15),
            row("badge", -0.01, -0.05, 0.03),
        ),
        AT,
        3,
    )
    assert said == (
        "**entropy** (+0.100, +0.050 to +0.150) and **core-set** (+0.080, +0.010 to +0.150) are above "
        "random; **badge** (-0.010, -0.050 to +0.030) is not distinguishable from random: IoU at π₁ = 2 %, "
        "on average over the budget."
    )


def test_with_many_strategies_numbers_come_without_intervals():
    many = [row(name, 0.1, 0.05, 0.15) for name in ("entropy", "core-set", "badge", "typiclust")]
    said = who_is_ahead(rows(row("random"), *many), AT, 3)
    assert said.startswith(
        "**entropy** (+0.100), **core-set** (+0.100), **badge** (+0.100) and **typiclust**"
    )
    assert " to " not in said


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (row("entropy", -0.1, -0.2, -0.05), "is below random"),
        (row("entropy", 0.1), "is without an interval against random"),
        (row("entropy", 0.0, 0.0, 0.0, aubc=0.0), "is collapsed together with random"),
    ],
)
def test_other_verdicts(made, verdict):
    assert verdict in who_is_ahead(rows(row("random", aubc=0.0), made), AT, 3)


def test_one_repetition_speaks_of_its_models_alone():
    made = rows(row("random"), row("entropy", 0.1, 0.05, 0.15))
    assert "of these models alone" in who_is_ahead(made, AT, 1)
    assert "alone" not in who_is_ahead(made, AT, 2)


def test_without_another_strategy_nobody_is_ahead_and_nothing_is_saved():
    assert who_is_ahead(rows(row("random")), AT, 3) == ""
    assert what_is_saved(rows(row("random")), AT) == ""


def test_shift_names_both_prevalences_and_what_each_strategy_loses():
    said = what_shift_costs(rows(row("random"), row("entropy", shift=-0.06)), AT, 0.1)
    assert said == (
        "Where 2 % are defective instead of the pool's 10 %, the AUBC (IoU) of the same models differs by: "
        "**random** (-0.020, -0.030 to -0.010) and **entropy** (-0.060, -0.030 to -0.010)."
    )
    assert "there is no shift" in what_shift_costs(rows(row("random")), AT, 0.02)
    assert what_shift_costs(rows(row("random", shift=np.nan)), AT, 0.1) == ""


@pytest.mark.parametrize(
    ("saved", "bound", "words"),
    [
        (40.0, "", "saves 40 labels"),
        (40.0, "at least", "saves at least 40 labels"),
        (1.0, "", "saves 1 label"),
        (-30.0, "", "needs 30 labels more"),
        (-30.0, "at most", "needs at least 30 labels more"),
        (0.0, "", "needs as many labels"),
    ],
)
def test_labels_are_saved_or_needed_and_a_bound_is_said_to_be_one(saved, bound, words):
    said = what_is_saved(rows(row("random"), row("entropy", saved=saved, saved_bound=bound)), AT)
    assert said == f"To reach random's final IoU of 0.400 at π₁ = 2 %, against random: **entropy** {words}."


def test_labels_are_counted_to_the_target_that_was_asked_for():
    asked = Question("iou", 0.02, "random", target=0.25)
    said = what_is_saved(rows(row("random"), row("entropy", saved=10.0)), asked)
    assert said.startswith("To reach IoU 0.25 at π₁")
