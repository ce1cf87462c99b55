"""MALLS, importance-weighted sampling under label shift: entropy times a weight of the predicted class."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.entropy import Entropy
from alcore.acquisition.power_entropy import power_draw
from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    check_finite,
    check_query_size,
    need,
    register,
)


def medial_weights(predicted: np.ndarray, prevalence: float) -> np.ndarray:
    """How much more often each patch is drawn, so that classes come near to a medial distribution.

    With p the shares of the predicted classes among the candidates and q those in deployment, the medial
    distribution m lies halfway between them, m ∝ √(p q), and a patch weighs m / p ∝ √(q / p) of its class.

    Args:
        predicted: (U,) bool, predicted defective.
        prevalence: π₁, of defective patches in deployment.
    Returns:
        (U,) float64 positive weights, whose mean is 1; no share counts as less than that of half a patch.
    Source: Zhao et al. 2021, arXiv:2007.08479, for the medial distribution; the geometric mean is ours.
    """
    size = predicted.size
    counts = np.array([(~predicted).sum(), predicted.sum()])
    least = 0.5 / size
    pool = (counts / size).clip(least)
    deployed = np.array([1 - prevalence, prevalence]).clip(least)
    weights = np.sqrt(deployed / pool)[predicted.astype(int)]
    return weights / weights.mean()


@register
class Malls(Entropy):
    """A power draw by entropy times the weight of the predicted class."""

    name = "malls"
    needs = Needs.LOGITS | Needs.PEAKS | Needs.PREVALENCE
    score_name = "mean entropy (nats) times class weight"
    help = (
        "Uses the run's π₁: draws in proportion to entropy, and more often from the predicted class that "
        "is more frequent in deployment than in the pool."
    )
    source = "Zhao, Liu, Anandkumar & Yue 2021, Active learning under label shift (MALLS), arXiv:2007.08479"
    departure = (
        "The paper estimates the shift from labels and weighs the loss too; here π₁ is given, classes are "
        "those of the likeliest pixel, only the drawing is weighted, and training stays the same for all "
        "strategies."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """`power_draw` of the weighted entropies, which are the scores."""
        check_query_size(query_size, view.size)
        entropy = check_finite(view.scores, "entropy scores")
        peaks = check_finite(view.peaks, "largest logits")
        weights = medial_weights(peaks >= 0, need(view.test_prevalence, "the deployment prevalence"))
        scores = (entropy * weights).astype(np.float32)
        rows = power_draw(scores, query_size, rng=rng)
        return Query(rows, scores[rows], scores)
