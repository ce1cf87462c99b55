"""Random with the oracle's help: what class balance alone would gain. It cheats, and says so."""

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


def draw_by_class(truth: np.ndarray, wanted: int, *, query_size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw candidates at random within each class.

    Args:
        truth: (U,) bool, which are defective.
        wanted: how many defective ones, 0..query_size; fewer or more where one class runs out.
        query_size: 1..U.
    Returns:
        (query_size,) int64 rows in random order, none twice.
    """
    defective, clean = (rng.permutation(np.flatnonzero(members)) for members in (truth, ~truth))
    count = min(defective.size, max(wanted, query_size - clean.size))
    rows = rng.permutation(np.concatenate([defective[:count], clean[: query_size - count]]))
    return rows.astype(np.int64)


@register
class OracleRandom(Strategy):
    """Half defective and half clean while there are enough of both, drawn with the ground truth."""

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
    departure = (
        "The paper centres 3D patches on foreground voxels, for a third or two thirds of a query; here "
        "half of it are whole defective patches, and half clean ones."
    )

    def query(self, view: PoolView, *, query_size: int, rng: np.random.Generator) -> Query:
        """A random draw from each class, in random order; there are no scores."""
        check_query_size(query_size, view.size)
        truth = check_finite(view.defective, "the true labels")
        rows = draw_by_class(truth, query_size // 2, query_size=query_size, rng=rng)
        nothing = np.full(view.size, np.nan, dtype=np.float32)
        return Query(rows, nothing[:query_size], nothing)
