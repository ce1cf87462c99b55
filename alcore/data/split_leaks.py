"""Images that, by their names or pixels, belong together but are on several sides of a split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.data.duplicates import thumbnails
from alcore.data.patches import Split
from alcore.data.related_names import Sequences, Stems, in_order, sequences, shared_stems
from alcore.data.stored import StoredPatches

_MOST_COMPARED = 2000  # images
_LEAST_PAIRS, _FAR = 20, 10
_ALIKE = 0.85
"""Chance that neighbours are more alike than images that lie apart; ½ where their order means nothing."""


def related_across_sides(patches: StoredPatches) -> list[str]:
    """At most one sentence: names that share a stem, or frames whose neighbours are on another side."""
    first = patches.items.drop_duplicates("source")
    side = dict(zip(first["source"], first["split"], strict=True))
    stems = shared_stems(side)
    if stems is not None:
        return _of_stems(stems, side)
    found = sequences(side)
    runs = found.runs if found is not None else in_order(list(side))
    if not (found is not None and found.moving) and not _neighbours_are_alike(patches, runs, first):
        return []
    in_blocks = "series" in first and bool(first["series"].notna().all())
    return _of_neighbours(runs, side, found, in_blocks=in_blocks)


def _of_stems(stems: Stems, side: dict[str, int]) -> list[str]:
    table = pd.DataFrame({"stem": stems.of, "side": {name: side[name] for name in stems.of}})
    several = table.groupby("stem")["side"].nunique() > 1
    if not several.any():
        return []
    split = table[table["stem"] == several.idxmax()].drop_duplicates("side")
    named = " and ".join(f"{name} ({_word(row.side)})" for name, row in split.head(2).iterrows())
    return [
        f"Images whose names share a stem are on several sides of the split: {int(several.sum())} of "
        f"{several.size} stems, such as {named}. If they show one image or object, import them again with "
        f"--group '{stems.pattern}', or results look better than they are."
    ]


def _of_neighbours(
    runs: list[list[str]], side: dict[str, int], found: Sequences | None, *, in_blocks: bool
) -> list[str]:
    """How many test images have a neighbour, in the order of names, on the training side."""
    tests, beside = 0, []
    for run in runs:
        for place, name in enumerate(run):
            if side[name] != Split.TEST:
                continue
            tests += 1
            near = run[max(place - 1, 0) : place + 2]
            beside += [(name, one) for one in near if side[one] == Split.TRAIN][:1]
    if not beside:
        return []
    if in_blocks:
        return [
            f"{len(beside)} of {tests} test images have the neighbouring one on the training side, such as "
            f"{beside[0][0]} and {beside[0][1]}, where two groups meet. Larger groups (--group) meet less "
            "often."
        ]
    by_name = f"--group '{found.pattern}', which makes blocks of them, or " if found is not None else ""
    kind = "Names count up" if found is not None else "Images resemble their neighbours in the order of names"
    return [
        f"{kind}, as frames, slices or lines do, and {len(beside)} of {tests} test images have the "
        f"neighbouring one on the training side, such as {beside[0][0]} and {beside[0][1]}. If they are a "
        f"sequence, import them again with {by_name}--keep-duplicates-together, or results look better than "
        "they are."
    ]


def _neighbours_are_alike(patches: StoredPatches, runs: list[list[str]], first: pd.DataFrame) -> bool:
    """Whether neighbours are nearly always more alike than images of the same folder that lie apart."""
    item = pd.Series(first.index, index=first["source"])
    chance, pairs, left = 0.0, 0, _MOST_COMPARED
    for run in runs:
        part = run[:left]
        left -= len(part)
        apart = len(part) // 2
        if apart < _FAR:
            continue
        pictures = thumbnails(patches, item[part].to_numpy())
        near = (pictures[:-1] * pictures[1:]).sum(axis=1)
        far = (pictures * np.roll(pictures, apart, axis=0)).sum(axis=1)
        chance += float((near[:, None] > far[None]).mean(axis=1).sum())
        pairs += near.size
    return pairs >= _LEAST_PAIRS and chance >= _ALIKE * pairs


def _word(side: int) -> str:
    return Split(side).name.lower()
