"""Class-balanced power entropy: two thirds of a query from what looks defective, with noise that falls."""

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

_STRATIFIED = 0.66
"""Share of a query that is kept for patches predicted defective, as in the paper."""


def noise_of(cycle: int, cycles: int) -> float:
    """Noise of a cycle's draw: 1 in cycle 2, the first that is chosen, falling evenly to 0 in the last."""
    return 1.0 if cycles <= 2 else (cycles - cycle) / (cycles - 2)


@register
class ClassBalancedPowerEntropy(Entropy):
    """Power draws by entropy, first among the patches predicted defective, then among all that are left."""

    name = "class-balanced-power-entropy"
    needs = Needs.LOGITS | Needs.PEAKS | Needs.CYCLE
    help = (
        "Keeps 66 % of each query for patches predicted defective, drawn in proportion to entropy, with less "
        "noise from cycle to cycle: balance first, exploration early."
    )
    source = (
        "Lüth et al. 2026, Finally outshining the random baseline (ClaSP PE), arXiv:2601.13677; Kirsch et "
        "al. 2021, arXiv:2106.12059"
    )
    departure = (
        "A patch belongs to the class of its likeliest pixel, where the paper weighs entropy by class within "
        "3D patches; and here the noise decreases linearly, to zero in the last cycle."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """66 % from patches predicted defective while there are any, then from all; scores are entropies."""
        check_query_size(query_size, view.size)
        scores = check_finite(view.scores, "entropy scores")
        peaks = check_finite(view.peaks, "largest logits")
        noise = noise_of(need(view.cycle, "the cycle"), need(view.cycles, "the number of cycles"))
        positive = np.flatnonzero(peaks >= 0)
        kept = min(round(_STRATIFIED * query_size), positive.size)
        rows = positive[power_draw(scores[positive], kept, noise=noise, rng=rng)]
        others = np.setdiff1d(np.arange(view.size), rows)
        more = others[power_draw(scores[others], query_size - kept, noise=noise, rng=rng)]
        rows = np.concatenate([rows, more]).astype(np.int64)
        return Query(rows, scores[rows], scores)
