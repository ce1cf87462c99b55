"""Numbers -> the sentences that go with them, so that no p-value and no interval stands alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.comparison import Question
from alcore.config import RunConfig
from alcore.formatting import METRIC_TITLES, display_name, percent, plural
from alcore.metrics import PATCH_IOU
from alcore.statistics import Evidence

CITATION = (
    "Julien Combes, Alexandre Derville and Jean-François Coeurjolly. When Imbalance Comes Twice: Active "
    "Learning under Simulated Class Imbalance and Label Shift in Binary Semantic Segmentation. "
    "arXiv:2601.06209, 2026."
)

BIBTEX = """\
@article{combes2026imbalance,
  title   = {When Imbalance Comes Twice: Active Learning under Simulated Class Imbalance
             and Label Shift in Binary Semantic Segmentation},
  author  = {Combes, Julien and Derville, Alexandre and Coeurjolly, Jean-Fran{\\c{c}}ois},
  journal = {arXiv preprint arXiv:2601.06209},
  year    = {2026}
}"""


def basis(evidence: Evidence) -> str:
    """What the intervals cover."""
    if evidence.repetitions > 1:
        return (
            f"95 % intervals over {evidence.repetitions} repetitions, each with its own pool, first query, "
            "test set and initial weights (multiplier bootstrap, paired between strategies)."
        )
    return (
        "One repetition: 95 % intervals over resampled test patches (stratified bootstrap). They hold for "
        "these trained models and this pool, not for the strategies in general; that takes repetitions."
    )


def detectable(evidence: Evidence, summary: pd.DataFrame, baseline: str) -> str:
    """How small an advantage could have been told from zero."""
    half_width = ((summary["advantage_high"] - summary["advantage_low"]) / 2).max()
    if np.isnan(half_width):
        return ""
    return (
        f"With {plural(evidence.repetitions, 'repetition')}, an AUBC difference to {baseline} below "
        f"{half_width:.3f} cannot be told from zero here."
    )


def advantages(summary: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, whether it beats the baseline, by how much, and how sure that is."""
    sentences = []
    for row in summary.dropna(subset=["advantage"]).itertuples():
        name, difference = display_name(row.strategy), f"{row.advantage:+.3f} AUBC"
        if np.isnan(row.advantage_low):
            sentences.append(
                f"**{name}** differs from {baseline} by {difference} where both are defined; "
                "that is not so in every repetition, so there is no interval."
            )
            continue
        verdict = "cannot be told from"
        if row.advantage_low > 0:
            verdict = "is above"
        elif row.advantage_high < 0:
            verdict = "is below"
        bounds = f"95 % interval {row.advantage_low:+.3f} to {row.advantage_high:+.3f}"
        sentences.append(f"**{name}** {verdict} {baseline} ({difference}, {bounds}).")
    return sentences


def where_gain_vanishes(frame: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, the prevalences at which its advantage is clear, of `advantage_over_prevalence`."""
    sentences = []
    for strategy, rows in frame.groupby("strategy", sort=False):
        above, below = (_spans(rows["prevalence"], is_so) for is_so in (rows["low"] > 0, rows["high"] < 0))
        clear = [f"{word} at π {spans}" for word, spans in (("above", above), ("below", below)) if spans]
        if not clear:
            text = f"cannot be told from {baseline} at any π"
        elif (rows["low"] > 0).all():
            text = f"is above {baseline} at every π {above}"
        else:
            text = f"against {baseline}: {'; '.join(clear)}; elsewhere it cannot be told from zero"
        sentences.append(f"**{display_name(strategy)}** {text}.")
    return sentences


def _spans(prevalences: pd.Series, is_so: pd.Series) -> str:
    """The stretches of rising prevalences where something is so, such as "from 1 % to 5 %"; '' for none."""
    stretch = (is_so != is_so.shift()).cumsum()[is_so]
    parts = [
        f"from {percent(part.min())} to {percent(part.max())}"
        if len(part) > 1
        else f"= {percent(part.min())}"
        for _, part in prevalences[is_so].groupby(stretch)
    ]
    return " and ".join(parts)


def judged_at(metric: str, prevalence: float) -> str:
    """A metric and the prevalence that it is taken at, for titles; patch IoU is the same at all of them."""
    return f"{METRIC_TITLES[metric]} at π₁ = {percent(prevalence)}" if metric != PATCH_IOU else "Patch IoU"


def methods_paragraph(config: RunConfig, evidence: Evidence, question: Question, *, device: str) -> str:
    """What was done, as one would write it in a paper, from the run's own settings; Markdown."""
    model, training = config.model, config.training
    pretrained = "ImageNet weights" if model.encoder_weights == "imagenet" else "random initial weights"
    effort = f"{training.steps} optimiser steps" if training.epochs is None else f"{training.epochs} epochs"
    start = {
        "warm": "starting from the last cycle's weights",
        "cold": "starting from the initial weights each time",
        "shrink-perturb": "starting from the last cycle's weights, shrunk and perturbed (arXiv:1910.08475)",
    }[training.start]
    flips = " and ".join(training.flips) or "no"
    return (
        f"We compared {_listing(config.strategies)} sampling on *{config.dataset}*. Each repetition drew a "
        f"pool of {config.pool_size} patches without replacement, {percent(evidence.pool_prevalence)} of "
        f"them defective (π₀), and labelled {config.query_count} patches in each of {config.cycles} cycles, "
        f"the first of them at random; within a repetition all strategies shared the pool, the first query, "
        f"the test set and the initial weights. In each cycle a {model.architecture} with encoder "
        f"{model.encoder} ({pretrained}) was trained for {effort} of batch size {training.batch_size} with "
        f"{training.optimizer} (learning rate {training.learning_rate:g}, weight decay "
        f"{training.weight_decay:g}, {training.schedule} schedule) on Dice plus binary cross-entropy loss, "
        f"{start}, with {flips} flips, on {device}. Up to {config.test_size} test patches, half of them "
        f"defective as far as they lasted, gave confusion counts at probability 0.5; "
        f"{_metric_sentence(question)} AUBC is the trapezoidal area under the curve over the labelled "
        f"share, divided by its range; advantages are paired differences to {question.baseline}. "
        f"{basis(evidence)} Tests per budget are {_test_name(evidence)} with Holm's correction. "
        f"The random seed was {config.seed}. The design follows Combes, Derville and Coeurjolly "
        f"(arXiv:2601.06209)."
    )


def _metric_sentence(question: Question) -> str:
    if question.metric == PATCH_IOU:
        return "the metric is the mean IoU over defective patches, which does not depend on prevalence."
    return (
        f"{METRIC_TITLES[question.metric]} of the defect class at a prevalence π₁ = "
        f"{percent(question.prevalence)} of use was computed from the class-conditional mean counts, which "
        "label shift leaves unchanged."
    )


def _test_name(evidence: Evidence) -> str:
    return "paired t-tests" if evidence.repetitions > 1 else "normal tests on the bootstrap's standard error"


def _listing(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
