"""The ceiling: what the network would reach if every patch of the pool were labelled."""

from __future__ import annotations

from collections.abc import Callable

from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.experiment.cycle_key import Phase
from alcore.experiment.cycle_record import Ceiling
from alcore.experiment.repetition import draw_repetition
from alcore.learning.learner import Learner
from alcore.streams import Purpose, stream

Follow = Callable[[Phase, int, int], None]
"""Called with (phase, done, total); it may block, or raise to stop."""


def train_ceiling(config: RunConfig, patches: Patches, repetition: int, follow: Follow) -> Ceiling:
    """Train on the whole pool of a repetition and evaluate.

    It starts from the repetition's initial weights and takes as many optimiser steps as stand behind a
    strategy's last model: those of all cycles together, or of one where each cycle starts cold. In epoch mode
    it is as many epochs as in one cycle, over the whole pool.
    """
    split = draw_repetition(config, patches, repetition)
    cycles = 1 if config.training.start == "cold" else config.cycles
    training = config.training.model_copy(update={"steps": config.training.steps * cycles, "start": "warm"})
    seed = stream(config.seed, Purpose.INITIAL_WEIGHTS, repetition).integers(2**62)
    learner = Learner(config.model_copy(update={"training": training}), patches, seed=int(seed))
    rng = stream(config.seed, Purpose.CEILING, repetition)
    learner.fit(split.pool, rng=rng, on_step=lambda done, total: follow(Phase.TRAINING, done, total))
    evaluation = learner.evaluate(
        split.test, on_patches=lambda done, total: follow(Phase.EVALUATING, done, total)
    )
    return Ceiling(
        labelled=split.pool.size,
        test_items=split.test,
        test_defective=patches.defective[split.test],
        counts=evaluation.counts,
        max_probability=evaluation.max_probability,
    )
