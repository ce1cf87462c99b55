"""What to look at in an import before it is kept: some of its pairs."""

from __future__ import annotations

import numpy as np

from alcore.data.stored import StoredPatches

SHOWN = 12
_DEFECTIVE = 8  # of these, if there are so many


def some_pairs(patches: StoredPatches) -> np.ndarray:
    """(at most 12,) ids spread over the set: two thirds defective ones, then clean ones."""
    defective, clean = (np.flatnonzero(patches.defective == kind) for kind in (True, False))
    many = min(defective.size, max(_DEFECTIVE, SHOWN - clean.size))
    return np.concatenate([_spread(defective, many), _spread(clean, min(SHOWN - many, clean.size))])


def _spread(items: np.ndarray, count: int) -> np.ndarray:
    return items[np.linspace(0, items.size - 1, count).astype(int)] if count else items[:0]
