"""A reading of the prevalence meter -> the sentences that go with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from alcore.presentation.labels import display_name
from alcore.statistics.estimands import Estimate
from alcore.statistics.metering import ENOUGH, Reading
from alcore.wording import percent, plural

BOX, LIKELIHOOD = "black box (BBSE)", "maximum likelihood (EM)"
_MISFIT, _SEPARATION, _DEPENDENT = 0.01, 0.7, 0.7
_MOST_SKIPPED = 5


def share_in_words(share: float) -> str:
    """'4.1 %', or 'undefined'."""
    return "undefined" if np.isnan(share) else percent(round(share, 4 if share < 0.01 else 3))


def interval_in_words(estimate: Estimate) -> str:
    """'95 % interval 2.2 % to 6.5 %', or why there is none."""
    if np.isnan(estimate.value):
        return "the model does not tell the classes apart on validation"
    return f"95 % interval {share_in_words(estimate.low)} to {share_in_words(estimate.high)}"


def in_words(reading: Reading, strategy: str, cycle: int) -> list[str]:
    """What was looked at, both estimates, and which to use, one line each."""
    return [
        f"{plural(reading.scores.size, 'patch')} scored by {display_name(strategy)}'s model after cycle "
        f"{cycle}, calibrated against {plural(reading.validation.scores.size, 'validation patch')}",
        *(
            f"{name}: π₁ = {share_in_words(estimate.value)} ({interval_in_words(estimate)})"
            for name, estimate in ((BOX, reading.box), (LIKELIHOOD, reading.likelihood))
        ),
        which_is_used(reading),
    ]


def which_is_used(reading: Reading) -> str:
    """Which of the two estimates goes to the sliders and the figure, and why."""
    defects = plural(int(reading.validation.defective.sum()), "defective validation patch")
    if reading.takes_likelihood:
        return f"{LIKELIHOOD} is used: with {defects} its interval holds, and is the narrower one"
    return f"{BOX} is used: with {defects} maximum likelihood is biased"


def doubts(reading: Reading, *, images: int | None = None) -> list[str]:
    """Why a reading may be wrong, or its interval too narrow; none if there is no reason for doubt.

    Args:
        images: that the patches were cut from; None where each is by itself.
    """
    found = []
    defects = int(reading.validation.defective.sum())
    if reading.misfit < _MISFIT:
        found.append(
            "no mixture of the clean and the defective validation patches explains these scores "
            f"(p = {reading.misfit:.3f}): the images themselves differ, by camera, light or material, and "
            "neither estimate can be trusted"
        )
    if reading.separation < _SEPARATION:
        found.append(
            "the model hardly tells defective from clean validation patches (it orders "
            f"{percent(round(reading.separation, 2))} of pairs right), so that scores say little about π₁"
        )
    if defects < ENOUGH:
        found.append(
            "the scores of defects are known from only "
            f"{plural(defects, 'defective validation patch')}, "
            f"which limits every estimate; with fewer than {ENOUGH} maximum likelihood is biased, so use "
            f"the {BOX} estimate"
        )
    if reading.box.low > reading.likelihood.high or reading.likelihood.low > reading.box.high:
        found.append("the two estimates contradict each other, so their common assumption does not hold")
    if reading.independent < _DEPENDENT * reading.scores.size:
        found.append(
            f"neighbouring patches score alike, as near copies do: {plural(reading.scores.size, 'patch')} "
            f"are worth about {reading.independent:.0f} independent ones, and both intervals are widened "
            "for that (by too much if the files are sorted by class)"
        )
    if images is not None and reading.scores.size > images:
        found.append(
            f"{plural(reading.scores.size, 'patch')} were cut from {plural(images, 'image')}: those of one "
            "image are alike, so the true intervals are wider"
        )
    return found


def what_is_not_assumed(strategy: str) -> str:
    """Why uncalibrated probabilities and a queried training set do no harm here, and where they do."""
    queried = (
        "" if strategy == "random" else f", and what {display_name(strategy)} queried is not a random sample"
    )
    return (
        "The model's probabilities are not taken at face value: the Dice part of its loss does not reward "
        f"calibrated ones{queried}. So scores are compared with those of validation patches, which no "
        "strategy chose and which are a random sample of each class. The assumption is that images of "
        "each class look as they do there. Correcting masks with a prior is a different task, and relies "
        "on calibrated logits: see *Thresholds* in *Compare*."
    )


def skipped_in_words(skipped: Mapping[str, str]) -> list[str]:
    """Which files could not be used, one sentence each for the first few."""
    sentences = [
        reason if name in reason else f"{name}: {reason}"
        for name, reason in list(skipped.items())[:_MOST_SKIPPED]
    ]
    more = len(skipped) - len(sentences)
    return sentences + [f"{plural(more, 'more file')} could not be used"] * bool(more)
