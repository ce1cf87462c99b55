"""Random with the oracle's help: what class balance by itself would be worth. It cheats, and says so."""

from __future__ import annotations

import numpy as np

from alcore.acquisition.strategy import (
    Needs,
    PoolView,
    Query,
    Strategy,
    check_finite,
    check_query_size,
    register,
)


@register
class OracleRandom(Strategy):
    """Half defective and half clean as far as they last, drawn with the ground truth in hand."""

    name = "oracle-random"
    needs = Needs.ORACLE
    score_name = ""
    help = (
        "Cheats: draws half defective, half clean by the ground truth. Beating random is easy where defects "
        "are rare; beating this baseline is the question."
    )
    source = (
        "Lüth et al. 2025, nnActive, arXiv:2511.19183 (on random baselines that know where the foreground is)"
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """A random draw from each class, in random order; there are no scores."""
        check_query_size(query_size, view.size)
        truth = check_finite(view.defective, "the true labels")
        defective, clean = (rng.permutation(np.flatnonzero(members)) for members in (truth, ~truth))
        half = min(defective.size, max(query_size // 2, query_size - clean.size))
        rows = rng.permutation(np.concatenate([defective[:half], clean[: query_size - half]]))
        nothing = np.full(view.size, np.nan, dtype=np.float32)
        return Query(rows.astype(np.int64), nothing[:query_size], nothing)
