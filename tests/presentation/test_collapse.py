"""A model that has collapsed is reported, with the cycle since which that holds."""

import numpy as np
import pytest

from alcore.presentation.collapse import collapse_sentences
from alcore.statistics.estimands import Evaluation

NOTHING = [[0, 0, 0, 100, 0], [0, 0, 10, 90, 0]]
EVERYTHING = [[0, 100, 0, 0, 0], [10, 90, 0, 0, 0.1]]
SOME = [[0, 1, 0, 99, 0], [5, 1, 5, 89, 0.4]]


def chain(*means, strategy="entropy", repetition=1):
    return [
        Evaluation(strategy, repetition, cycle, 10 * cycle, np.array(one, dtype=float))
        for cycle, one in enumerate(means, start=1)
    ]


@pytest.mark.parametrize(
    ("means", "words"),
    [
        ((SOME, NOTHING, NOTHING), "predicts no defect anywhere: collapsed at cycle 2"),
        ((NOTHING, NOTHING), "collapsed at cycle 1"),
        ((NOTHING, SOME, EVERYTHING), "predicts a defect in every pixel: collapsed at cycle 3"),
        ((SOME, NOTHING, EVERYTHING), "collapsed at cycle 3"),
    ],
)
def test_a_collapse_is_said_with_its_cycle(means, words):
    (sentence,) = collapse_sentences(reversed(chain(*means)))
    assert words in sentence
    assert "lower the learning rate" in sentence


@pytest.mark.parametrize("means", [(SOME,), (NOTHING,), (NOTHING, SOME), (EVERYTHING, NOTHING, SOME)])
def test_a_model_that_discerns_or_has_just_begun_is_no_collapse(means):
    assert collapse_sentences(chain(*means)) == []


def test_each_repetition_is_said_by_itself():
    sentences = collapse_sentences([*chain(SOME, NOTHING), *chain(SOME, SOME, repetition=2)])
    assert len(sentences) == 1
    assert sentences[0].startswith("entropy in repetition 1")
