"""The sentences for a reader who has to decide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alcore.presentation.decision_sentences import (
    belief_in_words,
    errors_in_words,
    money,
    without_a_model,
    worth_in_words,
)
from alcore.presentation.figures.cost_curves import cost_curves
from alcore.statistics.decision_frames import CostRow
from alcore.statistics.error_costs import Belief, Prices


def row(strategy="entropy", **changes):
    plain = {"labelled": 120, "threshold": 0.31, "escapes": 4.1, "escapes_low": 1.2, "escapes_high": 8.0}
    plain |= {"false_rejects": 21.0, "false_rejects_low": 14.0, "false_rejects_high": 30.0}
    plain |= {"cost": 226.0, "cost_low": 90.0, "cost_high": 400.0}
    plain |= {"worth": 31.0, "worth_low": 9.0, "worth_high": 52.0}
    return CostRow(**{"strategy": strategy} | plain | changes)


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "0"), (0.1234, "0.123"), (3.14159, "3.14"), (226, "226"), (12_345, "12,300"), (-31.04, "-31")],
)
def test_money_has_three_digits(amount, words):
    assert money(amount).removesuffix(".0") == words


def test_a_belief_is_given_with_its_bounds_where_it_has_any():
    assert belief_in_words(Belief(0.041, 0.022, 0.065)) == "π₁ = 4.1 % (2.2 % to 6.5 %)"
    assert belief_in_words(Belief.certain(0.02)) == "π₁ = 2 %"


def test_worth_is_given_with_bounds_and_not_where_it_is_not_clear():
    rows = pd.DataFrame([row("random", worth=np.nan), row(), row("core-set", worth=-5.0, worth_low=-20.0)])
    entropy, core_set = worth_in_words(rows, "random", 100, "a month")
    assert entropy.startswith("**entropy at 120 labels is worth 3,100 a month** over random")
    assert entropy.endswith(", between 900 and 5,200.")
    assert core_set.startswith("**core-set at 120 labels costs 500 a month** more than random")
    assert "not distinguishable from nothing: between -2,000 and 5,200" in core_set


def test_errors_are_given_per_thousand_parts():
    [said] = errors_in_words(pd.DataFrame([row()]), 100, "a month")
    assert "rejects from 0.31 on: 4.1 (1.2 to 8) escapes and 21 (14 to 30) false rejects" in said
    assert "22,600 a month (9,000 to 40,000)" in said
    [nothing] = errors_in_words(pd.DataFrame([row(threshold=2.0)]), 1, "a month")
    assert "rejects nothing:" in nothing


def test_the_figure_draws_costs_and_the_cheaper_way_without_a_model():
    without = without_a_model(Belief.certain(0.02), Prices(50, 1))
    assert without == {"pass all parts": pytest.approx(1000), "reject all parts": pytest.approx(980)}
    figure = cost_curves(pd.DataFrame([row("random"), row()]), scale=100, without=without, title="money")
    assert [trace.name for trace in figure.data if trace.name] == ["random", "entropy"]
    assert "reject all parts" in figure.layout.annotations[0].text
    assert figure.layout.yaxis.range[1] > 98_000
