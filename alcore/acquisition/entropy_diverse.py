"""Entropy with diversity: a core-set of the most uncertain part of the pool."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.core_set import k_center_greedy
from alcore.acquisition.entropy import Entropy
from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    check_finite,
    check_query_size,
    highest_first,
    register,
)

_SHORTLIST = 5  # times the query size


@register
class EntropyDiverse(Entropy):
    """k-center greedy among the most uncertain patches, five for each one asked for."""

    name = "entropy-diverse"
    needs = Needs.LOGITS | Needs.FEATURES
    help = "Shortlists by entropy, then spreads out: helps where the most doubtful patches look alike."
    source = (
        "Yang et al. 2017, Suggestive annotation, arXiv:1706.04737; Sener & Savarese 2018, arXiv:1708.00489"
    )
    departure = (
        "The first paper takes uncertainty from an ensemble and represents the pool by similarity; here it "
        "is one network's mean entropy, then greedy k-centers among five patches for each one asked for."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """The shortlist's greedy k-centers, given what is labelled; scores are entropies."""
        check_query_size(query_size, view.size)
        scores = check_finite(view.scores, "entropy scores")
        features = check_finite(view.features, "pool features")
        labelled = check_finite(view.labelled_features, "labelled features")
        shortlist = highest_first(scores, min(_SHORTLIST * query_size, view.size), rng=rng)
        picked, _ = k_center_greedy(features[shortlist], labelled, query_size=query_size, rng=rng)
        rows = shortlist[picked]
        return Query(rows, scores[rows], scores)
