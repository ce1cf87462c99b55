"""A data set as a campaign sees it: images that are there, and the labels that people have given so far."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np

from alcore.campaign.campaign_log import Label
from alcore.data.patches import Split, labelled_items
from alcore.data.stored import StoredPatches
from alcore.errors import DataError
from alcore.streams import Purpose, stream


def campaign_split(patches: StoredPatches, *, share: float, seed: int) -> np.ndarray:
    """Set apart, at random, what no strategy may choose: the patches that random slices are drawn from.

    Related patches (of one image, or with the same pixels) are set apart together, so that no model is judged
    on what it was trained on. Nothing but the images without a label is set apart, since only of them is it
    known that chance alone decides.

    Args:
        share: of the patches without a label, above 0.
        seed: one seed, one draw.
    Returns:
        (M,) uint8 of `Split`: TEST for those set apart, TRAIN for all others, labelled ones too.
    """
    split = np.full(patches.split.shape, Split.TRAIN, dtype=np.uint8)
    unlabelled = np.flatnonzero(patches.split == Split.UNLABELLED)
    group = patches.items["group"].to_numpy()[unlabelled]
    names, member = np.unique(group, return_inverse=True)
    order = stream(seed, Purpose.CAMPAIGN).permutation(names.size)
    before = np.cumsum(np.bincount(member)[order]) - np.bincount(member)[order]
    apart = order[before < math.ceil(share * unlabelled.size)]
    split[unlabelled[np.isin(member, apart)]] = Split.TEST
    return split


class CampaignPatches:
    """Behind the `Patches` contract. A mask that nobody has drawn yet cannot be read by any mistake."""

    def __init__(self, base: StoredPatches, split: np.ndarray, labels: Mapping[int, Label]) -> None:
        """`split`: of `campaign_split`; `labels`: those that there are, by id."""
        self._base, self._labels = base, labels
        self._given = np.zeros(base.defective.shape, dtype=bool)
        self._given[labelled_items(base)] = True
        self.name, self.shape, self.split = base.name, base.shape, split
        self.defective = base.defective.copy()
        for item, label in labels.items():
            self.defective[item] = bool(label.mask)
        digest = hashlib.sha256(split.tobytes()).hexdigest()
        self.fingerprint = hashlib.sha256(f"{base.fingerprint} {digest}".encode()).hexdigest()

    def images(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W, C) uint8."""
        return self._base.images(items)

    def masks(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W) bool; DataError for a patch without a label."""
        masks, labels = self._base.masks(items), self._labels
        for row, item in enumerate(items.tolist()):
            if item in labels:
                masks[row] = labels[item].pixels(self.shape[:2])[0]
            elif not self._given[item]:
                raise DataError(f"patch {item} has no label yet; label it, and take the labels in")
        return masks

    def ignored(self, items: np.ndarray) -> np.ndarray | None:
        """(n,) ids -> (n, H, W) bool; None where no pixel of the data set is unknown."""
        found, labels = self._base.ignored(items), self._labels
        if not any(label.ignored for label in labels.values()):
            return found
        if found is None:
            found = np.zeros((items.size, *self.shape[:2]), dtype=bool)
        for row, item in enumerate(items.tolist()):
            if item in labels:
                found[row] = labels[item].pixels(self.shape[:2])[1]
        return found

    def describe(self, item: int) -> str:
        """Where one patch comes from."""
        return self._base.describe(item)
