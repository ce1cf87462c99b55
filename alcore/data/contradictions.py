"""Patches with the very same pixels and different masks: what the truth contradicts itself about."""

from __future__ import annotations

import numpy as np

from alcore.data.stored import StoredPatches
from alcore.wording import percent, plural

_MOST_COMPARED = 20_000  # patches


def contradictions(patches: StoredPatches) -> list[str]:
    """At most one sentence: how many equal images have masks that differ, and by how much."""
    content = patches.items["content"]
    twice = content[content.duplicated(keep=False)].iloc[:_MOST_COMPARED]
    found: list[np.ndarray] = []
    shares: list[float] = []
    classes = 0
    for items in twice.groupby(twice, sort=False).indices.values():
        ids = twice.index.to_numpy()[items]
        masks = patches.masks(ids)
        if (masks == masks[0]).all():
            continue
        found.append(ids)
        shares.append(1 - float(masks.all(axis=0).sum() / masks.any(axis=0).sum()))
        classes += len(set(patches.defective[ids])) > 1
    if not found:
        return []
    one, other = (patches.describe(int(item)) for item in found[0][:2])
    both = f", and in {classes} of them one is clean and another defective" if classes else ""
    differ = percent(float(np.mean(shares)))
    return [
        f"Same pixels but different masks: {plural(sum(map(len, found)), 'patch')} in "
        f"{plural(len(found), 'group')}, such as {one} and {other}; on average {differ} of the "
        f"pixels that a group's masks mark are not marked in all{both}. Keep one mask of each image."
    ]
