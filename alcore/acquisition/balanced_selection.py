"""BASE, balanced selection: what lies nearest to the decision boundary, on either side of it."""

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


@register
class Base(Strategy):
    """Half of each query predicted defective, half predicted clean, each nearest to even odds."""

    name = "base"
    needs = Needs.PEAKS
    score_name = "minus |largest logit| (0: on the boundary)"
    help = (
        "Asks for patches on the boundary between defective and clean, as many from one side as from the "
        "other: keeps labels balanced once the model tells defects apart."
    )
    source = "Emam et al. 2021, Active learning at the ImageNet scale (BASE), arXiv:2111.12880"
    departure = (
        "With two classes the paper's distances to the boundaries of each class are one and the same, so "
        "here each predicted class fills half of a query; the distance is the largest logit of a pixel."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """The nearest to the boundary on either side in turn; where one side runs out, the other goes on."""
        check_query_size(query_size, view.size)
        peaks = check_finite(view.peaks, "largest logits")
        scores = -np.abs(peaks)
        order = highest_first(scores, view.size, rng=rng)
        sides = order[peaks[order] >= 0], order[peaks[order] < 0]
        turn = np.empty(view.size)
        for offset, side in zip((0, 0.5), sides, strict=True):  # the n-th of each side, defective first
            turn[side] = np.arange(side.size) + offset
        rows = np.argsort(turn)[:query_size].astype(np.int64)
        return Query(rows, scores[rows], scores)
