"""Rules that say when to stop: what each says by hand, and what must hold of all of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from alcore.presentation.figures.stops_on_curves import stops_on_curve
from alcore.presentation.stop_sentences import best_rule
from alcore.statistics.stopping import (
    HINDSIGHT,
    MEANINGS,
    PLATEAU,
    RULES,
    Histories,
    agreement,
    replayed,
    stop_cycles,
)

LABELLED = np.arange(1, 7) * 10


def histories_of(seed, repetitions=3, strategies=("random", "entropy")):
    rng = np.random.default_rng(seed)
    shape = (repetitions, len(strategies), 6)
    score = rng.uniform(size=shape)
    score[:, 0] = np.nan  # random has none
    score[..., 0] = np.nan
    kappa = rng.choice([0.9, 0.995, 1.0], size=shape)
    kappa[..., 0] = np.nan
    return Histories(
        strategies,
        LABELLED,
        60,
        rng.integers(0, 3, size=shape),
        score,
        rng.uniform(size=shape),
        rng.uniform(0, 0.05, size=shape).cumsum(axis=2),
        kappa,
    )


def stop_of(rule, **parts):
    """After how many cycles a rule stops a single history, of which only some parts matter; 0 for never."""
    usual = histories_of(0, 1, ("entropy",))
    values = {name: np.array([[part]], dtype=float) for name, part in parts.items()}
    cycles, has_said = stop_cycles(Histories(**(vars(usual) | values)), rule)
    return int(cycles[0, 0]) + 1 if has_said[0, 0] else 0


def test_each_rule_by_hand():
    assert stop_of("half of the budget") == 3
    assert stop_of("all of the budget") == 0
    assert stop_of("no defect in 2 queries", defects=[1, 0, 2, 0, 0, 0]) == 5
    assert stop_of("no defect in 2 queries", defects=[0, 1, 0, 1, 0, 1]) == 0
    assert stop_of("plateau on validation", validation=[0.1, 0.2, 0.3, 0.305, 0.307, 0.5]) == 5
    assert stop_of("plateau on validation", validation=[0, 0, 0, 0, 0.1, 0.2]) == 0, "nothing learnt yet"
    assert stop_of("stable predictions", kappa=[np.nan, 0.5, 0.99, 1, 1, 1]) == 5
    assert stop_of("stable predictions", kappa=[np.nan, 1, np.nan, 1, 1, 0.9]) == 0
    assert stop_of("low score", score=[np.nan, 0.4, 0.3, 0.19, 0.5, 0.1]) == 4
    assert stop_of("low score", score=[np.nan] * 6) == 0


def test_only_rules_have_meanings():
    assert set(MEANINGS) < set(RULES)


@settings(max_examples=50, deadline=None)
@given(some.integers(0, 10**6), some.sampled_from(list(RULES)), some.integers(1, 6))
def test_what_comes_later_changes_no_decision(seed, rule, cycle):
    whole, early = histories_of(seed), histories_of(seed).until(cycle)
    assert np.array_equal(RULES[rule](whole)[..., :cycle], RULES[rule](early))
    changed = Histories(**(vars(whole) | {"metric": 1 - whole.metric}))
    assert np.array_equal(RULES[rule](whole), RULES[rule](changed)), "no rule sees the test patches"


@settings(max_examples=50, deadline=None)
@given(some.integers(0, 10**6), some.floats(0, 0.05), some.sampled_from([1, 2, 5]))
def test_regret_is_never_negative_and_hindsight_has_none(seed, price, repetitions):
    rows = replayed(histories_of(seed, repetitions), price)
    assert len(rows) == 2 * (len(RULES) + 1)
    assert (rows["regret"] >= 0).all()
    assert (rows.loc[rows["rule"] == HINDSIGHT, "regret"] == 0).all()
    assert rows["regret_low"].isna().all() == (repetitions == 1)
    assert ((rows["earliest"] <= rows["labels"]) & (rows["labels"] <= rows["latest"])).all()


def test_regret_by_hand_and_the_dearer_a_label_the_earlier_hindsight_stops():
    whole = histories_of(0, 1, ("entropy",))
    rising = Histories(**(vars(whole) | {"metric": np.array([[[0.1, 0.3, 0.4, 0.45, 0.46, 0.46]]])}))
    rows = replayed(rising, 0.003).set_index("rule")
    assert rows.loc[HINDSIGHT, "labels"] == 40
    assert rows.loc["all of the budget", "regret"] == pytest.approx(0.45 - 0.12 - (0.46 - 0.18))
    assert rows.loc["half of the budget", "regret"] == pytest.approx(0.45 - 0.12 - (0.4 - 0.09))
    found = [replayed(rising, price).set_index("rule").loc[HINDSIGHT, "labels"] for price in (0, 0.003, 1)]
    assert found == [50, 40, 10]


def test_the_plateau_pays_for_its_labelled_validation_patches_where_the_budget_counts_them():
    whole = replace(histories_of(0), validation_labels=320)
    free, paid = (
        replayed(whole, 0.001, charged=charged).set_index(["strategy", "rule"]) for charged in (False, True)
    )
    for strategy in whole.strategies:
        more = paid.loc[(strategy, PLATEAU)] - free.loc[(strategy, PLATEAU)]
        assert (more["labels"], more["regret"]) == (320, pytest.approx(0.32))
    others = [key for key in free.index if key[1] != PLATEAU]
    pd.testing.assert_frame_equal(free.loc[others], paid.loc[others])


def test_a_strategy_whose_metric_is_undefined_is_left_out():
    whole = histories_of(0)
    metric = whole.metric.copy()
    metric[1, 0, 3] = np.nan
    assert set(replayed(Histories(**(vars(whole) | {"metric": metric})), 0.001)["strategy"]) == {"entropy"}


def test_kappa_by_hand():
    one, other = np.array([1, 1, 0, 0], bool), np.array([1, 0, 0, 0], bool)
    assert agreement(one, other) == pytest.approx((0.75 - 0.5) / 0.5)
    assert agreement(one, one) == 1
    assert np.isnan(agreement(one & ~one, one & ~one)), "calling everything clean is no agreement"


def test_rules_that_stop_alike_have_one_marker_and_share_the_sentence():
    whole = histories_of(0, 1, ("entropy",))
    quiet = Histories(**(vars(whole) | {"validation": None, "kappa": None, "defects": whole.defects + 1}))
    rising = np.linspace(0.1, 0.5, 6)[None, None]
    rows = replayed(Histories(**(vars(quiet) | {"score": whole.score * np.nan, "metric": rising})), 0)
    curve = pd.DataFrame(
        {
            "strategy": "entropy",
            "labelled": LABELLED,
            "value": rising[0, 0],
            "low": np.nan,
            "high": np.nan,
        }
    )
    names = [trace.name for trace in stops_on_curve(curve, rows, title="IoU").data if trace.name]
    never = "all of the budget, no defect in 2 queries, plateau on validation, stable predictions, low score"
    assert len(names) == len(set(names))
    assert any(name.startswith(never) for name in names)
    assert "“all of the budget” or “no defect in 2 queries” or" in best_rule(rows, 60)
