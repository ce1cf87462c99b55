"""Records and true masks -> what was labelled by each cycle, for budgets in other units than labels."""

from __future__ import annotations

import numpy as np

from alcore.data.patches import Patches
from alcore.statistics.budget_units import Labelling, outline_pixels
from alcore.storage.evidence import keys_that_count
from alcore.storage.run_records import RunRecords

_AT_ONCE = 256
"""Masks in memory at a time: 26 MB of those of the paper's size."""


def gather_labelling(records: RunRecords, patches: Patches) -> Labelling:
    """What the repetitions that `gather` takes have labelled.

    Args:
        patches: the data set that the run was made with.
    """
    keys = keys_that_count(records)
    queries = [[[records[key].items for key in row] for row in block] for block in keys]
    known = np.unique(np.concatenate([items for block in queries for row in block for items in row]))
    work = _work(patches, known)
    each = np.array(
        [
            [[work[np.searchsorted(known, items)].sum(axis=0) for items in row] for row in block]
            for block in queries
        ]
    )
    return Labelling(*np.moveaxis(each.cumsum(axis=2), -1, 0))


def gather_validation(records: RunRecords, patches: Patches) -> Labelling | None:
    """What the validation patches of the same repetitions took, (R, 1, 1) each; None without any."""
    firsts = [records[block[0][0]].validation for block in keys_that_count(records)]
    work = [_work(patches, one.items).sum(axis=0) for one in firsts if one is not None]
    if len(work) < len(firsts) or not work:
        return None
    return Labelling(*np.array(work).T[:, :, None, None])


def _work(patches: Patches, items: np.ndarray) -> np.ndarray:
    """(n, 4) of each patch: 1, whether it is defective, defect pixels, boundary pixels."""
    parts = [items[begin : begin + _AT_ONCE] for begin in range(0, len(items), _AT_ONCE)]
    return np.concatenate([_work_at_once(patches, part) for part in parts])


def _work_at_once(patches: Patches, items: np.ndarray) -> np.ndarray:
    masks = patches.masks(items)
    area = masks.sum(axis=(1, 2))
    return np.stack([np.ones(len(items), dtype=np.int64), area > 0, area, outline_pixels(masks)], axis=1)
