"""The sentence about a run: it says what the records carry, and never more."""

import dataclasses
import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import norm
from scipy.stats import t as student

from alcore.config import make_config
from alcore.metrics import class_means
from alcore.presentation.narration import WORTH_SAYING, narrate, watched
from alcore.presentation.repetition_sentences import bounds_at_any_moment
from alcore.statistics.anytime import multiplier
from alcore.statistics.estimands import Evidence
from alcore.statistics.resampling import patch_replicates

STRATEGIES, QUERY, CYCLES, PATCHES = ("random", "entropy", "core-set"), 8, 4, 12
DEFECTIVE = np.arange(PATCHES) < 6


def config_of(repetitions):
    """A run of so many repetitions, of which the evidence may hold fewer."""
    values = {"dataset": "synthetic", "pool_size": 100, "pool_prevalence": 0.4, "query_size": QUERY}
    return make_config(values | {"cycles": CYCLES, "repetitions": repetitions, "strategies": STRATEGIES})


def evidence_of(seed, repetitions, spread):
    """A run with random queries and counts; strategies differ the more, the larger the spread."""
    rng = np.random.default_rng(seed)
    shape = (repetitions, len(STRATEGIES), CYCLES)
    queries = rng.integers(0, QUERY + 1, size=shape)
    queries[:, :, 0] = queries[:, :1, 0]  # the first query is shared
    skill = np.clip(0.4 + spread * rng.normal(size=(1, len(STRATEGIES), 1, 1)), 0.01, 0.99)
    defects = rng.integers(20, 60, size=(*shape, PATCHES)) * DEFECTIVE
    tp = rng.binomial(defects, skill)
    counts = np.stack([tp, np.zeros_like(tp), defects - tp, 100 - defects], axis=-1)
    flat = counts.reshape(-1, PATCHES, 4)
    means = np.array([class_means(one, DEFECTIVE) for one in flat]).reshape(*shape, 2, 5)
    resampled = None
    if repetitions == 1:
        resampled = patch_replicates(flat, DEFECTIVE).reshape(-1, *shape[1:], 2, 5)
    cycles = np.arange(1, CYCLES + 1)
    found, share = queries.cumsum(axis=2), np.zeros(shape[:2])
    return Evidence(STRATEGIES, cycles, QUERY * cycles, 100, 0.4, means, resampled, share, found=found)


@settings(max_examples=120, deadline=None)
@given(
    some.integers(0, 10**6),
    some.sampled_from([(1, 1), (1, 15), (3, 3), (8, 8), (4, 9), (8, 15)]),
    some.sampled_from([0.0, 0.05, 0.3]),
)
def test_no_sentence_claims_more_than_its_numbers(seed, finished_of, spread):
    finished, planned = finished_of
    evidence = evidence_of(seed, finished, spread)
    for cycle in range(1, CYCLES + 1):
        said = narrate(evidence, config_of(planned), prevalence=0.3, cycle=cycle)
        assert_counts_hold(said, evidence, cycle)
        assert ("ahead" in said) <= (finished > 1), "one repetition is no evidence about strategies"
        assert ("best on" in said) <= (finished == 1)
        if "ahead" in said or "best on" in said:
            assert_lead_holds(said, evidence, cycle, planned)


def test_a_strategy_that_has_found_every_defect_is_said_to_have_none_left():
    evidence = evidence_of(1, 1, 0.0)
    found = np.array([[[2, 4, 6, 8], [2, 20, 40, 40], [2, 12, 20, 40]]])  # of 40 in the pool
    evidence = dataclasses.replace(evidence, found=found)
    said = [narrate(evidence, config_of(15), prevalence=0.3, cycle=cycle) for cycle in (2, 3, 4)]
    assert "all 40 defects" not in said[0]
    assert "entropy has found all 40 defects: only clean patches are left to query" in said[1]
    assert "entropy and core-set have found all 40 defects" in said[2]


def assert_counts_hold(said, evidence, cycle):
    found = evidence.found.sum(axis=0)
    query = found[:, cycle - 1] - (found[:, cycle - 2] if cycle > 1 else 0)
    first = said.split(" · ")[0]
    assert f"of {QUERY * evidence.repetitions} defective" in first
    for row, name in enumerate(STRATEGIES):
        found_in_text = re.search(rf"\b{name} (\d+)", first)
        if found_in_text:
            assert int(found_in_text[1]) == query[row]
        else:
            number = re.search(r"(\d+) of \d+ defective", first)[1]
            assert (query == int(number)).all(), "one number stands for all"
    found_in_text = re.search(r"(\S+) has found (\d+) of (\d+) defects", said)
    if found_in_text:
        assert (
            int(found_in_text[2])
            == found[STRATEGIES.index(found_in_text[1]), cycle - 1]
            == found[:, cycle - 1].min()
        )
        assert int(found_in_text[3]) == 40 * evidence.repetitions
        assert ("in the pools of" in said) == (evidence.repetitions > 1)


def assert_lead_holds(said, evidence, cycle, planned):
    found_in_text = (
        r"(\S+?):? (?:is |has been |)(?:ahead|best on these test patches)(?: from (\d+) labels on)?"
    )
    strategy, labels = re.search(found_in_text, said).groups()
    since = int(labels) // QUERY if labels else cycle
    curves = evidence.curves("iou", 0.3)
    row, finished = STRATEGIES.index(strategy), evidence.repetitions

    def is_above(at, other):
        values = curves.values[:, row, at] - curves.values[:, other, at]
        replicates = curves.replicates[:, row, at] - curves.replicates[:, other, at]
        miss = 0.05 / 3 / (CYCLES - 1)
        if finished == 1:
            return values[0] / replicates.std() > norm.isf(miss)
        error = values.std(ddof=1) / np.sqrt(finished)
        if finished == planned:
            return values.mean() > student.isf(miss, finished - 1) * error
        return values.mean() > multiplier(finished, 1 - 2 * miss) * error

    def is_ahead(at):
        others = [other for other in range(len(STRATEGIES)) if other != row]
        return all(is_above(at, other) for other in others) and curves.mean[row, at] >= WORTH_SAYING

    assert all(is_ahead(at - 1) for at in range(since, cycle + 1))
    assert since == 1 or not is_ahead(since - 2), "and no longer than that"
    assert curves.mean[:, cycle - 1].argmax() == row


def lead_of(seed, finished, planned, spread, cycle=CYCLES):
    said = narrate(evidence_of(seed, finished, spread), config_of(planned), prevalence=0.3, cycle=cycle)
    return "ahead" in said or "best on" in said


def test_strategies_that_do_not_differ_are_rarely_called_ahead():
    """Each comparison errs on one side in 2.5 % of cases, and two must hold: chance alone is rare."""
    assert sum(lead_of(seed, 8, 8, 0.0, cycle=2) for seed in range(120)) <= 12


def test_over_all_looks_of_a_film_two_equal_strategies_are_called_different_in_one_run_of_twenty():
    """With each cycle's own 95 % interval somebody was called ahead in a fifth of such runs."""
    called, runs = 0, 150
    for seed in range(runs):
        pair, looks = evidence_of(seed, 8, 0.0).only(("random", "entropy")), range(2, CYCLES + 1)
        called += any("ahead" in narrate(pair, config_of(8), prevalence=0.3, cycle=cycle) for cycle in looks)
    assert called <= 0.05 * runs + 2 * np.sqrt(0.05 * 0.95 * runs)


def test_a_real_lead_is_said_while_the_run_goes_on_and_after_it():
    assert sum(lead_of(seed, 8, 8, 0.5) for seed in range(20)) > 10
    assert sum(lead_of(seed, 8, 15, 0.5) for seed in range(20)) > 5
    assert sum(lead_of(seed, 1, 1, 0.5) for seed in range(20)) > 10
    assert not any(lead_of(seed, 4, 15, 0.5) for seed in range(20)), "too early to say at any moment"


def test_both_intervals_are_said_while_repetitions_are_to_come():
    evidence = evidence_of(2, 8, 0.3)
    curves = evidence.curves("iou", 0.3)
    areas = curves.minus("random").values[..., -1]
    row = areas[:, 1:].mean(axis=0).argmax() + 1
    mean, error = areas[:, row].mean(), areas[:, row].std(ddof=1) / np.sqrt(8)
    said = watched(evidence, config_of(15), prevalence=0.3)
    assert said.startswith(f"{STRATEGIES[row]} minus random: {mean:+.3f} IoU, fixed interval ")
    half = multiplier(8, 0.975) * error  # for both of the others
    assert f"valid at any moment {mean - half:+.3f} to {mean + half:+.3f} (8 of 15 repetitions)" in said
    assert "unbounded so far (4 of 15" in watched(evidence_of(2, 4, 0.3), config_of(15), prevalence=0.3)
    assert bounds_at_any_moment(-1.7, 1.9) == bounds_at_any_moment(-np.inf, np.inf) == "unbounded so far"
    assert bounds_at_any_moment(-1.2, 0.5) == "-1.000 to +0.500"
    assert "any moment" not in watched(evidence, config_of(8), prevalence=0.3)
    assert "start with the second" in watched(evidence_of(2, 1, 0.3), config_of(8), prevalence=0.3)
    assert watched(evidence_of(2, 1, 0.3), config_of(1), prevalence=0.3) == ""


def test_a_model_that_sees_nothing_is_not_ahead():
    evidence = evidence_of(1, 8, 0.0)
    means = evidence.means.copy()
    means[..., 0] *= 0.001
    means[:, 0, :, 1, 0] *= 3
    tiny = Evidence(
        STRATEGIES,
        evidence.cycles,
        evidence.labelled,
        100,
        0.4,
        means,
        None,
        evidence.query_share,
        found=evidence.found,
    )
    assert "ahead" not in narrate(tiny, config_of(8), prevalence=0.3, cycle=4)


def test_without_selections_there_is_nothing_to_say():
    evidence = evidence_of(0, 1, 0.1)
    silent = Evidence(
        STRATEGIES,
        evidence.cycles,
        evidence.labelled,
        100,
        0.4,
        evidence.means,
        evidence.resampled,
        evidence.query_share,
    )
    assert narrate(silent, config_of(1), prevalence=0.3, cycle=2) == ""
