"""The ceiling: what the network would reach if every patch of the pool were labelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alcore.config import RunConfig
from alcore.data.patches import Patches
from alcore.experiment.repetition import draw_repetition
from alcore.learning.learner import Learner
from alcore.streams import Purpose, stream

Follow = Callable[[str, int, int], None]
"""Called with (phase, done, total); it may block, or raise to stop."""


@dataclass(frozen=True)
class Ceiling:
    """The evaluation of one repetition's full-pool model, on the test set that its strategies had.

    labelled: the pool's size. test_items (T,) int64, test_defective (T,) bool, counts (T, 4) int32 tp fp fn
    tn, max_probability (T,) float32.
    """

    labelled: np.int64
    test_items: np.ndarray
    test_defective: np.ndarray
    counts: np.ndarray
    max_probability: np.ndarray


def train_ceiling(config: RunConfig, patches: Patches, repetition: int, follow: Follow) -> Ceiling:
    """Train on the whole pool of a repetition and evaluate.

    It starts from the repetition's initial weights and takes as many optimiser steps as stand behind a
    strategy's last model: those of all cycles together, or of one where each cycle starts cold. In epoch mode
    it is as many epochs as in one cycle, over the whole pool.
    """
    draw = draw_repetition(config, patches, repetition)
    cycles = 1 if config.training.start == "cold" else config.cycles
    training = config.training.model_copy(update={"steps": config.training.steps * cycles, "start": "warm"})
    seed = stream(config.seed, Purpose.INITIAL_WEIGHTS, repetition).integers(2**62)
    learner = Learner(config.model_copy(update={"training": training}), patches, seed=int(seed))
    rng = stream(config.seed, Purpose.CEILING, repetition)
    learner.fit(draw.pool, rng=rng, on_step=lambda done, total: follow("training", done, total))
    evaluation = learner.evaluate(draw.test, on_patches=lambda done, total: follow("evaluating", done, total))
    return Ceiling(
        labelled=np.int64(draw.pool.size),
        test_items=draw.test,
        test_defective=patches.defective[draw.test],
        counts=evaluation.counts,
        max_probability=evaluation.max_probability,
    )
