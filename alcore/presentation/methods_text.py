"""The methods paragraph of a paper, from a run's own settings, and whom to cite."""

from __future__ import annotations

from alcore.config import RunConfig
from alcore.metrics import PATCH_IOU
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.sentences import basis
from alcore.statistics.comparison import Question
from alcore.statistics.estimands import AnyEvidence
from alcore.wording import percent

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


def methods_paragraph(config: RunConfig, evidence: AnyEvidence, question: Question, *, device: str) -> str:
    """The methods paragraph of a paper, from the run's own settings; Markdown."""
    model, training = config.model, config.training
    pretrained = "ImageNet weights" if model.encoder_weights == "imagenet" else "random initial weights"
    effort = f"{training.steps} optimiser steps" if training.epochs is None else f"{training.epochs} epochs"
    start = {
        "warm": "starting from the last cycle's weights",
        "cold": "starting from the initial weights each time",
        "shrink-perturb": "starting from the initial weights in the first cycle and afterwards from the last "
        "cycle's, shrunk and perturbed (arXiv:1910.08475)",
    }[training.start]
    flips = " and ".join(training.flips) or "no"
    return (
        f"We compared {_listing(config.strategies)} sampling on *{config.dataset}*. Each repetition drew a "
        f"pool of {config.pool_size} patches without replacement, {percent(evidence.pool_prevalence)} of "
        f"them defective (π₀), and labelled {_queries(config)}, the first of them {_first_query(config)}; "
        "within a repetition all strategies shared the pool, the first query, "
        f"the test set and the initial weights. In each cycle a {model.architecture} with encoder "
        f"{model.encoder} ({pretrained}) was trained for {effort} of batch size {training.batch_size} with "
        f"{training.optimizer} (learning rate {training.learning_rate:g}, weight decay "
        f"{training.weight_decay:g}, {training.schedule} schedule) on Dice plus binary cross-entropy loss, "
        f"{start}, with {flips} flips, on {device}. {_test_set(config)} gave confusion counts at "
        f"probability 0.5; "
        f"{_metric_sentence(question)} AUBC is the trapezoidal area under the curve over the labelled "
        f"share, divided by its range; advantages are paired differences to {question.baseline}. "
        f"{basis(evidence)} Tests per budget are {_test_name(evidence)} with Holm's correction. "
        f"The random seed was {config.seed}. The design follows Combes, Derville and Coeurjolly "
        f"(arXiv:2601.06209)."
    )


def _queries(config: RunConfig) -> str:
    """What was labelled when: '24 patches in each of 8 cycles'."""
    if config.first_count == config.query_count:
        return f"{config.query_count} patches in each of {config.cycles} cycles"
    return (
        f"{config.first_count} patches in the first and {config.query_count} in each other of "
        f"{config.cycles} cycles"
    )


def _test_set(config: RunConfig) -> str:
    if config.test_clean == "all":
        return f"Up to {config.test_size // 2} defective test patches and all clean ones of the test split"
    return f"Up to {config.test_size} test patches, half of them defective if there were enough,"


def _first_query(config: RunConfig) -> str:
    """How the first query was chosen, to follow 'the first of them'."""
    by = {
        "typiclust": "by typicality in clusters of the pretrained encoder's features (arXiv:2202.02794)",
        "core-set": "by k-center greedy on the pretrained encoder's features (arXiv:1708.00489)",
    }
    return by.get(config.first_query_by, "at random")


def _metric_sentence(question: Question) -> str:
    if question.metric == PATCH_IOU:
        return "the metric is the mean IoU over defective patches, which does not depend on prevalence."
    return (
        f"{METRIC_TITLES[question.metric]} of the defect class at the deployment prevalence π₁ = "
        f"{percent(question.test_prevalence)} was computed from the class-conditional mean counts, which "
        "label shift leaves unchanged."
    )


def _test_name(evidence: AnyEvidence) -> str:
    return "paired t-tests" if evidence.repetitions > 1 else "normal tests on the bootstrap's standard error"


def _listing(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
