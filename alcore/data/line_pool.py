"""The kept images of a line as the pool of a data set; validation and test stay those of the line's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from alcore.data.dataset_writer import PackedPatch, Patch, pack, write_dataset
from alcore.data.keep_rules import KEEP_RULES, Kept
from alcore.data.patches import Patches, Split
from alcore.data.production_line import ProductionLine
from alcore.data.stored import DatasetInfo, StoredPatches
from alcore.errors import DataError
from alcore.wording import percent, plural

_CHUNK = 256


def write_pool(target: Path, line: ProductionLine, kept: Kept) -> DatasetInfo:
    """Make the data set `target` of what a line kept.

    Its training side is the kept images and nothing else; validation and test are those of the line's data
    set, so that results can be compared with those of other rules.

    Raises:
        DataError: nothing was kept, the name is taken, or the disk does not take it.
    """
    if target.exists():
        raise DataError(f"a data set called {target.name!r} exists; delete it first, or choose another name")
    if not kept.items.size:
        raise DataError("the line kept no image; let it run longer, or choose another rule")
    patches = line.patches
    info = patches.info if isinstance(patches, StoredPatches) else None
    others = np.flatnonzero(patches.split != Split.TRAIN)
    items = np.concatenate([kept.items, others])
    return write_dataset(
        target,
        _packed(patches, items),
        shape=patches.shape,
        format_name="stream",
        cutting=info.cutting if info else "made",
        resized_to=info.resized_to if info else None,
        levels=info.levels if info else None,
        notes=notes_of(line, kept),
        split=np.concatenate([np.full(kept.items.size, Split.TRAIN), patches.split[others]]),
    )


def notes_of(line: ProductionLine, kept: Kept) -> list[str]:
    """The line, the rule and what came of it, one sentence each."""
    settings, rule = line.settings, KEEP_RULES[kept.rule]
    used = ", ".join(f"{name.replace('_', ' ')} {getattr(settings, name):g}" for name in rule.uses)
    end = ", when the data set had no more images to show" if line.ran_out else ""
    pace = f"{plural(settings.images_per_hour, 'image')} an hour"
    return [
        f"line: {line.patches.name} at π₁ = {percent(settings.defect_rate)}, {pace}; "
        f"{plural(line.items.size, 'image')} in {line.hours:.3g} h{end}, "
        f"{int(line.defective.sum())} of them defective",
        f"rule: {rule.title}{f' ({used})' if used else ''}, storage for {plural(settings.storage, 'image')}, "
        f"seed {settings.seed}",
        f"kept: {plural(kept.items.size, 'image')} in {kept.hours:.3g} h, {kept.defective} defective: "
        f"π₀ = {percent(kept.prevalence)}, by the formula {percent(kept.expected)}",
    ]


def _packed(patches: Patches, items: np.ndarray) -> Iterator[PackedPatch]:
    for start in range(0, items.size, _CHUNK):
        some = items[start : start + _CHUNK]
        images, masks, ignored = patches.images(some), patches.masks(some), patches.ignored(some)
        for index, item in enumerate(some):
            source, row, column, series = _origin(patches, int(item))
            unknown = None if ignored is None else ignored[index]
            yield pack(Patch(images[index], masks[index], source, row, column, series, ignored=unknown))


def _origin(patches: Patches, item: int) -> tuple[str, int, int, str]:
    """Source, row, column and series of a patch."""
    if not isinstance(patches, StoredPatches):
        return patches.describe(item), 0, 0, ""
    row = patches.items.iloc[item]
    series = row["series"] if "series" in row and isinstance(row["series"], str) else ""
    return row["source"], int(row["row"]), int(row["column"]), series
