"""Which patches people may choose from before a query: a page of them, made without a look at any mask."""

from __future__ import annotations

import numpy as np

from alcore.config import RunConfig
from alcore.experiment.cycle_key import CycleKey
from alcore.streams import Purpose, stream

OFFERED = 48
"""Patches on a page, or as many as there are."""

RULE = (
    "Half of them are drawn at random from the patches without a label. The other half are those about which "
    "the audience's own model was least sure when it was last asked; in the first round they are random too. "
    "Masks play no part, and the order is random."
)
"""How a page is mixed, for people."""


def offer(
    config: RunConfig, key: CycleKey, unlabelled: np.ndarray, scores: np.ndarray | None = None
) -> np.ndarray:
    """The page before the query of `key`; the same for the same run at every request.

    Args:
        unlabelled: (U,) ids that can be chosen, ascending.
        scores: (U,) how unsure the model was of each when it was last asked; None if it never was.
    Returns:
        (min(OFFERED, U),) int64 ids, in the order in which they are shown.
    """
    rng = stream(config.seed, Purpose.OFFER, key.repetition, key.cycle, key.strategy)
    size = min(OFFERED, unlabelled.size)
    unsure = np.zeros(0, dtype=np.int64)
    if scores is not None:
        ties = rng.permutation(unlabelled.size)
        unsure = unlabelled[np.lexsort((ties, -scores))[: size // 2]]
    drawn = rng.choice(np.setdiff1d(unlabelled, unsure), size - unsure.size, replace=False)
    return rng.permutation(np.concatenate([unsure, drawn])).astype(np.int64)
