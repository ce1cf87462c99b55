"""Models that no longer distinguish defects from the rest, in a sentence that says what to change."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from alcore.presentation.labels import display_name
from alcore.statistics.estimands import Evaluation

_TP, _FP, _FN, _TN = range(4)
_ADVICE = "lower the learning rate, or give each cycle more steps or labels"


def collapse_sentences(evaluations: Iterable[Evaluation]) -> list[str]:
    """One sentence per strategy and repetition whose latest models call no pixel, or every pixel, defective.

    Args:
        evaluations: of one run, in any order.
    Returns:
        Each with the cycle since which it has been so without a break. A model of the first cycle alone is
        not reported: with so few labels it may well find nothing yet.
    """
    chains: dict[tuple[str, int], list[Evaluation]] = {}
    for evaluation in sorted(evaluations, key=lambda one: one.cycle):
        chains.setdefault((evaluation.strategy, evaluation.repetition), []).append(evaluation)
    several = len({repetition for _, repetition in chains}) > 1
    sentences = []
    for (strategy, repetition), chain in chains.items():
        kind = _kind(chain[-1].means)
        if not kind or chain[-1].cycle == 1:
            continue
        streak = 0
        while streak < len(chain) and _kind(chain[-1 - streak].means) == kind:
            streak += 1
        who = display_name(strategy) + (f" in repetition {repetition}" if several else "")
        since = chain[-streak].cycle
        sentences.append(f"{who}: the model predicts {kind}: collapsed at cycle {since}; {_ADVICE}")
    return sentences


def _kind(means: np.ndarray) -> str:
    """What a model says of all test patches alike, from its (2, 5) class means; '' where it discerns."""
    pixels = means[:, :4].sum(axis=0)
    if not pixels[_TP] + pixels[_FP]:
        return "no defect anywhere"
    if not pixels[_FN] + pixels[_TN]:
        return "a defect in every pixel"
    return ""
