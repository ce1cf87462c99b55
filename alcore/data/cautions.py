"""What to know of a data set before a run: the same sentences wherever a set is imported or shown."""

from __future__ import annotations

import numpy as np

from alcore.data.duplicates import copies_across_sides, near_duplicates
from alcore.data.overview import Overview, describe
from alcore.data.patches import labelled_items
from alcore.data.split_leaks import related_across_sides
from alcore.data.stored import StoredPatches
from alcore.wording import percent, plural

_MOST_COMPARED = 20_000  # patches


def data_set_report(patches: StoredPatches) -> list[str]:
    """Sentences: how it is cut, prevalence, sides, sizes, and all of `cautions`."""
    overview, info = describe(patches), patches.info
    height, width, _ = patches.shape
    sides = ", ".join(
        f"{row.split} {row.patches} ({row.defective} defective)" for row in overview.splits.itertuples()
    )
    only_one = len(info.source_sizes) == 1  # several are among the cautions
    return [
        f"patches of {height}x{width}, {info.how_cut}: {overview.classes}",
        f"split: {sides}",
        *[f"all images are of {high}x{wide}" for high, wide in info.source_sizes[:1] * only_one],
        *cautions(patches, overview),
    ]


def cautions(patches: StoredPatches, overview: Overview) -> list[str]:
    """The overview's warnings, copies in the source's own splits, and images alike on two sides."""
    found = list(overview.warnings)
    copies = copies_across_sides(patches)
    if copies:
        found.append(
            "Same pixels in two of the source's own splits, kept on one side here: "
            f"{plural(copies, 'patch')}."
        )
    return [
        *found,
        *contradictions(patches),
        *related_across_sides(patches),
        *_alike(patches, overview.patches),
    ]


def _alike(patches: StoredPatches, count: int) -> list[str]:
    """At most one sentence, about nearly identical images on two sides of the split."""
    pairs, compared = near_duplicates(patches)
    part = (
        f" The set is large, so {compared:,} of its {count:,} patches were compared, in blocks spread over "
        "it; there may be more."
        if compared < count
        else ""
    )
    if not len(pairs):
        return [f"No nearly identical images were found on two sides of the split.{part}"] if part else []
    one, other = (patches.describe(int(item)) for item in pairs[0])
    return [
        f"Nearly identical images on two sides of the split: {plural(len(pairs), 'pair')}, such as {one} and "
        f"{other}. Remove one of each, or import them again with --keep-duplicates-together; otherwise "
        f"results look better than they are.{part}"
    ]


def contradictions(patches: StoredPatches) -> list[str]:
    """At most one sentence: how many equal images have masks that differ, and by how much."""
    content = patches.items["content"].iloc[labelled_items(patches)]
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
    both = f", and in {classes} of the groups one is clean and another defective" if classes else ""
    differ = percent(float(np.mean(shares)))
    return [
        f"Same pixels but different masks: {plural(sum(map(len, found)), 'patch')} in "
        f"{plural(len(found), 'group')}, such as {one} and {other}; on average {differ} of the pixels "
        f"that a group's masks mark are not marked in all of them{both}. Keep one mask per image."
    ]
