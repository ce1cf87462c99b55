"""The prevalence meter's reading: what it warns of, when it does not, and streams drawn to try it."""

import numpy as np
import pytest

from alcore.errors import DataError
from alcore.presentation.figures.score_mixture import score_mixture
from alcore.presentation.meter_sentences import (
    BOX,
    LIKELIHOOD,
    doubts,
    in_words,
    skipped_in_words,
    what_is_not_assumed,
)
from alcore.statistics.metering import draw_stream, misfit, read_meter, separation
from alcore.statistics.priors import Scored
from tests.statistics.test_priors import scores, used, validation


def test_a_mixture_of_the_two_classes_is_not_doubted_and_shifted_images_are():
    p_values = {0.0: [], 1.0: []}
    for seed in range(12):
        for shift, found in p_values.items():
            rng = np.random.default_rng([seed, 2])
            tuned = validation(rng)
            stream = used(rng, 0.1)
            moved = 1 / (1 + np.exp(-(np.log(stream / (1 - stream)) + 2 * shift)))
            found.append(misfit(tuned, moved.astype(np.float32)))
    assert np.mean(np.array(p_values[0.0]) < 0.01) <= 1 / 12, p_values
    assert np.mean(np.array(p_values[1.0]) < 0.01) >= 10 / 12, p_values


def test_scores_that_are_all_alike_or_tied_are_a_mixture_too():
    known = np.arange(40) < 20
    flat = Scored(np.full(40, 0.5, dtype=np.float32), known)
    assert misfit(flat, np.full(20, 0.5, dtype=np.float32)) == 1
    coarse = Scored(np.where(known, 0.9, 0.1).astype(np.float32), known)
    assert misfit(coarse, np.repeat([0.1, 0.9], [30, 10]).astype(np.float32)) > 0.5
    assert misfit(coarse, np.full(30, 0.5, dtype=np.float32)) < 0.01, "no validation patch ever scored that"


def test_the_separation_by_hand():
    known = np.array([True, True, False, False])
    assert separation(Scored(np.array([0.9, 0.4, 0.4, 0.1]), known)) == pytest.approx((2 + 1.5) / 4)


def test_each_doubt_is_said_where_it_holds_and_only_there():
    rng = np.random.default_rng(3)
    good = read_meter(validation(rng), used(rng, 0.1))
    assert doubts(good) == []
    assert doubts(good, images=300) == []
    assert "cut from 30 images" in doubts(good, images=30)[0]
    few = read_meter(validation(rng, count=20), used(rng, 0.1))
    assert any("only 10 defective validation patches" in text for text in doubts(few))
    blind = read_meter(validation(rng, apart=0.1), used(rng, 0.1, apart=0.1))
    assert any("hardly tells" in text for text in doubts(blind))
    lines = in_words(good, "entropy", 8)
    assert lines[0].startswith("300 patches scored by entropy's model after cycle 8")
    assert "95 % interval" in lines[2]
    assert "queried is not a random sample" in what_is_not_assumed("entropy")
    assert "queried" not in what_is_not_assumed("random")
    reasons = skipped_in_words({f"{n}.png": "too small" for n in range(7)})
    assert reasons[0] == "0.png: too small"
    assert reasons[-1] == "2 more files could not be used"


def test_the_estimate_to_use_is_the_one_whose_interval_holds():
    rng = np.random.default_rng(4)
    many = read_meter(validation(rng), used(rng, 0.1))
    assert many.used == many.likelihood
    assert in_words(many, "entropy", 1)[3].startswith(f"{LIKELIHOOD} is used")
    few = read_meter(validation(rng, count=40), used(rng, 0.1))
    assert few.used == few.box
    assert in_words(few, "entropy", 1)[3] == (
        f"{BOX} is used: with 20 defective validation patches maximum likelihood is biased"
    )


def test_near_copies_are_said_and_are_not_taken_for_another_material():
    p_values = []
    for seed in range(10):
        rng = np.random.default_rng([seed, 5])
        reading = read_meter(validation(rng), np.repeat(used(rng, 0.1, count=30), 10))
        p_values.append(reading.misfit)
        assert any("are worth about" in text for text in doubts(reading))
    assert np.mean(np.array(p_values) < 0.01) <= 0.2, p_values


def test_too_few_images_or_a_class_that_validation_lacks_are_said():
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="at least 10 patches"):
        read_meter(validation(rng), used(rng, 0.5, count=9))
    with pytest.raises(DataError, match="lacks one"):
        read_meter(Scored(rng.random(20), np.zeros(20, dtype=bool)), rng.random(20))


def test_a_stream_has_its_prevalence_draws_nothing_twice_and_ends_where_a_class_does():
    defective = np.arange(400) < 200
    shares, sizes = [], []
    for seed in range(200):
        rows = draw_stream(defective, prevalence=0.1, size=400, rng=np.random.default_rng(seed))
        assert len(set(rows)) == rows.size
        shares.append(defective[rows].mean())
        sizes.append(rows.size)
    assert np.mean(shares) == pytest.approx(0.1, abs=0.005)
    assert np.mean(sizes) == pytest.approx(200 / 0.9, rel=0.02), "the 200 clean ones are used up"
    assert draw_stream(defective, prevalence=0.5, size=50, rng=np.random.default_rng(0)).size == 50


def test_the_figure_expects_as_many_patches_as_there_are():
    rng = np.random.default_rng(1)
    reading = read_meter(validation(rng), scores(rng, np.arange(300) < 30))
    clean, defective, images = score_mixture(reading).data
    expected = sum(trace.customdata[:, 1].sum() for trace in (clean, defective))
    assert expected == pytest.approx(300)
    assert images.customdata[:, 1].sum() == 300
    assert np.allclose((clean.y + defective.y) ** 2, clean.customdata[:, 1] + defective.customdata[:, 1])
