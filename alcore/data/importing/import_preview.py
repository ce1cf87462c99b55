"""What one wants to see of an import before it is kept: some pairs, and what there is to mind."""

from __future__ import annotations

import numpy as np

from alcore.data.duplicates import copies_across_sides, near_duplicates
from alcore.data.overview import describe
from alcore.data.stored import StoredPatches
from alcore.wording import percent, plural

SHOWN = 12
_DEFECTIVE = 8  # of these, if there are so many


def some_pairs(patches: StoredPatches) -> np.ndarray:
    """(at most 12,) ids spread over the set: two thirds defective ones, then clean ones."""
    defective, clean = (np.flatnonzero(patches.defective == kind) for kind in (True, False))
    many = min(defective.size, max(_DEFECTIVE, SHOWN - clean.size))
    return np.concatenate([_spread(defective, many), _spread(clean, min(SHOWN - many, clean.size))])


def told_before(patches: StoredPatches) -> list[str]:
    """Sentences: sizes, prevalence, defects that vanish, copies, and pairs that look the same."""
    overview, info = describe(patches), patches.info
    height, width, _ = patches.shape
    sides = ", ".join(
        f"{row.split} {row.patches} ({row.defective} defective)" for row in overview.splits.itertuples()
    )
    only_one = len(info.source_sizes) == 1  # of several, a warning tells
    told = [
        f"patches of {height}x{width}, {info.how_cut}: {overview.defective} of {overview.patches} defective, "
        f"a prevalence of {percent(overview.prevalence)}",
        f"split: {sides}",
        *[f"all images are of {high}x{wide}" for high, wide in info.source_sizes[:1] * only_one],
        *overview.warnings,
    ]
    copies = copies_across_sides(patches)
    if copies:
        told.append(
            "Same pixels in two of the source's own splits, kept on one side here: "
            f"{plural(copies, 'patch')}."
        )
    alike, compared = near_duplicates(patches)
    if len(alike):
        some = f" among the {compared:,} that were compared" if compared < overview.patches else ""
        one, other = (patches.describe(int(item)) for item in alike[0])
        told.append(
            f"Nearly the same image on two sides of the split: {plural(len(alike), 'pair')}{some}, such "
            f"as {one} and {other}. Remove one of each, or results look better than they are."
        )
    return told


def _spread(items: np.ndarray, count: int) -> np.ndarray:
    return items[np.linspace(0, items.size - 1, count).astype(int)] if count else items[:0]
