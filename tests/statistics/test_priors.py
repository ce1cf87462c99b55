"""Estimating π₁ from images without labels: by hand, by Saerens's own iteration, over many streams."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from alcore.statistics.priors import Scored, black_box, effective_number, maximum_likelihood
from tests.benchmarks.meter import coverage, scores


def validation(rng, *, count=240, apart=2.5):
    """As many defective as clean validation images."""
    known = np.arange(count) < count // 2
    return Scored(scores(rng, known, apart=apart), known)


def used(rng, prevalence, *, count=300, apart=2.5):
    """Scores of images in use, of which a random share about π₁ is defective."""
    return scores(rng, rng.random(count) < prevalence, apart=apart)


def test_the_black_box_by_hand():
    known = np.arange(20) < 10
    tuned = Scored(np.where(known, [0.9] * 8 + [0.1] * 12, [0.9] * 12 + [0.1] * 8), known)  # 8 of 10, 2 of 10
    stream = np.array([0.9] * 32 + [0.1] * 68)
    found = black_box(tuned, stream, threshold=0.5)
    assert found.value == pytest.approx((0.32 - 0.2) / (0.8 - 0.2))
    assert 0 <= found.low < found.value < found.high <= 1


def test_the_likeliest_share_is_where_saerens_s_iteration_ends():
    """Their EM: posteriors under a guess of the prior, then their mean as the next guess."""
    rng = np.random.default_rng(0)
    tuned, stream = validation(rng, count=600), used(rng, 0.15, count=400)
    found = maximum_likelihood(tuned, stream).value
    from alcore.statistics.priors import _logistic, _odds

    (slope,), (level,) = _logistic(_odds(tuned.scores), tuned.defective, np.ones((1, 600)))
    posterior = expit(slope * _odds(stream) + level)  # at equal priors
    guess = 0.5
    for _ in range(5000):
        weighted = posterior * guess, (1 - posterior) * (1 - guess)
        guess = (weighted[0] / (weighted[0] + weighted[1])).mean()
    assert found == pytest.approx(guess, abs=1e-4)


@pytest.mark.parametrize("prevalence", [0.02, 0.3])
def test_intervals_hold_the_truth_as_often_as_they_say(prevalence):
    """The benchmark has 200 streams at seven prevalences: make bench-meter."""
    held = dict.fromkeys((black_box, maximum_likelihood), 0)
    for seed in range(20):
        rng = np.random.default_rng([seed, 1])
        tuned, stream = validation(rng), used(rng, prevalence)
        truth = prevalence
        for method in held:
            found = method(tuned, stream)
            held[method] += found.low <= truth <= found.high
    assert min(held.values()) >= 17, held


@pytest.mark.parametrize(("defective", "prevalence"), [(3, 0.2), (5, 0.2), (10, 0.02)])
def test_few_defective_validation_images_widen_the_interval_and_do_not_shift_the_estimate_to_nothing(
    defective, prevalence
):
    """Targets smoothed towards ½ put 20 % at 6 % with three of them, and covered it in 4 of 10 streams."""
    held, value, _ = coverage(maximum_likelihood, (defective, 100), prevalence, streams=16, used=200)
    assert held >= 13 / 16
    assert 0.6 * prevalence < value < 1.5 * prevalence


def test_bursts_of_near_copies_count_as_few_images():
    rng = np.random.default_rng(0)
    alone = rng.random(600) < 0.1
    assert effective_number(alone) > 400
    assert effective_number(np.repeat(alone[:60], 10)) == pytest.approx(60, rel=0.5)
    assert effective_number(np.full(20, 0.3)) == 20, "images that are all alike say nothing of order"
    assert effective_number(np.repeat(rng.random(2), 50)) < 5
    for method in (black_box, maximum_likelihood):
        held, _, width = coverage(method, (160, 160), 0.2, streams=12, used=300, burst=10)
        assert held >= 10 / 12
        assert width > 1.6 * coverage(method, (160, 160), 0.2, streams=4, used=300)[2]


def test_a_stream_without_a_defect_may_still_have_some_and_one_of_defects_alone_may_have_others():
    rng = np.random.default_rng(0)
    tuned = validation(rng, apart=8)
    for prevalence in (0.0, 1.0):
        stream = scores(rng, np.full(300, prevalence == 1.0), apart=8)
        for method in (black_box, maximum_likelihood):
            found = method(tuned, stream)
            assert found.value == pytest.approx(prevalence, abs=0.01)
            assert 0.003 < found.high - found.low < 0.04, "nothing seen in 300 is not nothing at all"


def test_all_scores_tell_more_than_one_threshold():
    widths = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        tuned, stream = validation(rng, count=600), used(rng, 0.05, count=600)
        widths.append(
            [one.high - one.low for one in (f(tuned, stream) for f in (black_box, maximum_likelihood))]
        )
    box, likelihood = np.mean(widths, axis=0)
    assert likelihood < 0.8 * box


def test_a_model_that_tells_nothing_apart_gives_no_estimate_or_one_that_could_be_anything():
    rng = np.random.default_rng(0)
    known = np.arange(200) < 100
    blind = Scored(np.full(200, 0.7, dtype=np.float32), known)
    assert np.isnan(black_box(blind, np.full(50, 0.7)).value)
    guess = maximum_likelihood(Scored(rng.random(200).astype(np.float32), known), rng.random(100))
    assert guess.high - guess.low > 0.5
