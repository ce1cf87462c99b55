"""The contents of a data set in numbers, for the Data page and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.data.patches import Patches, Split, items_of
from alcore.data.splits import SHARES
from alcore.data.stored import MOST_SIZES, StoredPatches
from alcore.pools import largest_pool
from alcore.wording import percent, plural

_MOST_MEASURED = 1000  # defective patches whose area is measured where it is not on record
_TINY = 4  # pixels


SHOWN = 12
_DEFECTIVE = 8  # of these, if there are so many


@dataclass(frozen=True)
class Overview:
    """patches, defective: counts; unlabelled: patches without a mask, which are neither; splits: one row per
    side, with its counts and prevalence; area: (n,) defect areas as shares of a patch, of all defective
    patches or a sample; warnings: what to know before a run.
    """

    patches: int
    defective: int
    splits: pd.DataFrame
    area: np.ndarray
    warnings: list[str]
    unlabelled: int = 0

    @property
    def labelled(self) -> int:
        """Patches whose mask is known."""
        return self.patches - self.unlabelled

    @property
    def prevalence(self) -> float:
        """Share of defective patches among the labelled ones; NaN where there is none."""
        return self.defective / self.labelled if self.labelled else float("nan")

    @property
    def classes(self) -> str:
        """'60 of 600 defective, a prevalence of 10 %', and how many have no label."""
        share = f"a prevalence of {percent(self.prevalence)}"
        if not self.unlabelled:
            return f"{self.defective} of {self.patches} defective, {share}"
        known = f"{self.defective} of {self.labelled} labelled ones defective, {share}; " * bool(
            self.labelled
        )
        return f"{known}{self.unlabelled} without a label, which a campaign takes and no run does"


def describe(patches: Patches) -> Overview:
    """Count, measure and check a data set."""
    splits = pd.DataFrame(
        [
            {
                "split": side.name.lower(),
                "patches": items_of(patches, side).size,
                "defective": int(patches.defective[items_of(patches, side)].sum()),
            }
            for side in SHARES
        ]
    )
    splits["prevalence"] = splits["defective"] / splits["patches"]
    area = _areas(patches)
    warnings: list[str] = _warnings(patches, area) if isinstance(patches, StoredPatches) else []
    count, defective = patches.defective.size, int(patches.defective.sum())
    unlabelled = items_of(patches, Split.UNLABELLED).size
    return Overview(count, defective, splits, area, warnings, unlabelled)


def largest_pools(patches: Patches, prevalences: tuple[float, ...]) -> pd.DataFrame:
    """One row per prevalence π₀: prevalence, and size of the largest pool that the training side can give."""
    defective = patches.defective[items_of(patches, Split.TRAIN)]
    counts = int(defective.sum()), int((~defective).sum())
    sizes = [largest_pool(*counts, prevalence) for prevalence in prevalences]
    return pd.DataFrame({"prevalence": prevalences, "size": sizes})


def _areas(patches: Patches) -> np.ndarray:
    pixels = patches.shape[0] * patches.shape[1]
    if isinstance(patches, StoredPatches):
        return patches.items["area"].to_numpy()[patches.defective] / pixels
    items = np.flatnonzero(patches.defective)[:_MOST_MEASURED]
    return patches.masks(items).mean(axis=(1, 2))


def _warnings(patches: StoredPatches, area: np.ndarray) -> list[str]:
    found = []
    content = patches.items["content"]
    copies = len(content) - content.nunique()
    if copies:
        found.append(
            f"Same pixels as another patch, and kept on one side with it: {plural(copies, 'patch')}."
        )
    tiny = int((area * patches.shape[0] * patches.shape[1] < _TINY).sum())
    if tiny:
        found.append(f"Nearly empty masks, fewer than {_TINY} pixels: {plural(tiny, 'defective patch')}.")
    info = patches.info
    if info.lost:
        found.append(
            "Left out as neither clean nor defective, since resizing loses their defects: "
            f"{plural(len(info.lost), 'image')} ({_some(info.lost)})."
        )
    clean = [name for name in info.vanished if name not in set(info.lost)]
    if clean:
        found.append(
            f"Defects too small to survive at this size, so counted as clean: "
            f"{plural(len(clean), 'image')} ({_some(clean)})."
        )
    if info.capped:
        found.append(
            f"Clean tiles left out, because enough of their image were kept: {info.capped:,}; so the "
            "prevalence is higher than in the images."
        )
    if info.unknown:
        found.append(f"Left out because none of their pixels is known: {plural(info.unknown, 'patch')}.")
    if "ignored" in patches.items:
        some = plural(int((patches.items["ignored"] > 0).sum()), "patch")
        found.append(f"With unknown pixels, which count neither in training nor in any metric: {some}.")
    if info.skipped:
        found.append(f"Skipped at the import: {plural(len(info.skipped), 'file')} ({_some(info.skipped)}).")
    if len(info.source_sizes) > 1:
        sizes = [f"{height}x{width}" for height, width in info.source_sizes]
        more = " or more" if len(sizes) == MOST_SIZES else ""
        found.append(f"Images of {len(sizes)}{more} different sizes, most often {', '.join(sizes[:3])}.")
    return found


def _some(files: Iterable[str]) -> str:
    names = list(files)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def some_pairs(patches: StoredPatches) -> np.ndarray:
    """(at most 12,) ids spread over the set: two thirds defective ones, then clean ones."""
    defective, clean = (np.flatnonzero(patches.defective == kind) for kind in (True, False))
    many = min(defective.size, max(_DEFECTIVE, SHOWN - clean.size))
    return np.concatenate([_spread(defective, many), _spread(clean, min(SHOWN - many, clean.size))])


def _spread(items: np.ndarray, count: int) -> np.ndarray:
    return items[np.linspace(0, items.size - 1, count).astype(int)] if count else items[:0]
