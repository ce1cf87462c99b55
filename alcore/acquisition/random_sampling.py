"""Random: the baseline that every other strategy has to beat."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.strategy import Needs, PoolView, Query, Strategy, check_query_size, register


@register
class Random(Strategy):
    """Every candidate is as likely as any other."""

    name = "random"
    needs = Needs.NOTHING
    score_name = ""
    help = "Draws patches blindly: the baseline, and hard to beat where defects are common."
    source = "Settles 2009, Active Learning Literature Survey, University of Wisconsin TR 1648"
    departure = "None known."

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """A uniform draw without replacement; there are no scores."""
        check_query_size(query_size, view.size)
        rows = rng.choice(view.size, query_size, replace=False).astype(np.int64)
        return Query(rows, np.full(query_size, np.nan, np.float32), np.full(view.size, np.nan, np.float32))
