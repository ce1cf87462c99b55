"""Most likely defective: find as many defects as possible, and let the model learn from them."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    check_finite,
    check_query_size,
    highest_first,
    register,
)


def peak_probability(peaks: np.ndarray) -> np.ndarray:
    """(n,) largest logits -> (n,) float32 largest defect probabilities."""
    with np.errstate(over="ignore"):  # of a very negative logit: exp is infinite, the probability 0
        return (1 / (1 + np.exp(-peaks.astype(np.float64)))).astype(np.float32)


@register
class MostLikelyDefective(Strategy):
    """The patches with the highest defect probability of a single pixel."""

    name = "most-likely-defective"
    needs = Needs.PEAKS
    score_name = "largest defect probability of a pixel"
    help = (
        "Active search: asks for the patches that the model already considers defective. Finds the most "
        "defects of the "
        "kinds it knows, and little else."
    )
    source = (
        "Garnett et al. 2012, Bayesian optimal active search and surveying, arXiv:1206.6406; Jiang et al. "
        "2017, Efficient nonmyopic active search, PMLR 70"
    )
    departure = (
        "Greedy, the papers' one-step policy, with a network's uncalibrated probability of its likeliest "
        "pixel for their posterior of a nearest-neighbour model."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """The largest peaks; equal ones in random order."""
        check_query_size(query_size, view.size)
        peaks = check_finite(view.peaks, "largest logits")
        rows = highest_first(peaks, query_size, rng=rng)
        scores = peak_probability(peaks)
        return Query(rows, scores[rows], scores)
