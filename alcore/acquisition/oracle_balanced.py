"""Random that knows where the defects are, and takes a third or two thirds of each query from them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from alcore.acquisition.oracle_random import draw_by_class
from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    check_finite,
    check_query_size,
    register,
)


class _OracleBalanced(Strategy):
    """A share of each query is defective, the rest clean, while there are enough of both."""

    needs = Needs.ORACLE
    score_name = ""
    source = (
        "Foreground-aware random: Lüth et al. 2025, nnActive, arXiv:2511.19183 (random 33 % FG and 66 % FG)"
    )
    departure = (
        "The paper centres 3D patches on foreground voxels of each class and draws the rest from everywhere; "
        "here whole patches are drawn, and the rest from clean ones alone, so that the share is exact."
    )
    share: ClassVar[float]

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """round(share · query_size) defective candidates and clean ones, in random order; no scores."""
        check_query_size(query_size, view.size)
        truth = check_finite(view.defective, "the true labels")
        rows = draw_by_class(truth, round(self.share * query_size), query_size=query_size, rng=rng)
        nothing = np.full(view.size, np.nan, dtype=np.float32)
        return Query(rows, nothing[:query_size], nothing)


@register
class OracleBalanced33(_OracleBalanced):
    """A third of each query is defective."""

    name = "oracle-balanced-33"
    share = 0.33
    help = (
        "Cheats: a third of each query is defective by the ground truth, the rest clean. What "
        "foreground-aware sampling would be worth, if one could do it."
    )


@register
class OracleBalanced66(_OracleBalanced):
    """Two thirds of each query are defective."""

    name = "oracle-balanced-66"
    share = 0.66
    help = "Cheats: two thirds of each query are defective by the ground truth, the rest clean."
