"""What another patch size would do: patches, prevalence, and how many defects stay large enough to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from alcore.data.cutting import DEFECTIVE, resize_mask, starts
from alcore.wording import percent

SIDES = (32, 48, 64, 96, 128, 192, 256, 384, 512)
_MULTIPLE = 16  # of a resized patch's longer side
_SEEN = 8
"""Pixels of a patch that a defect needs to be seen."""
_MOST_LOST = 0.05
_LARGEST_RESIZED = 256  # larger patches take long to train on
_SMALLEST_TILE = 64


@dataclass(frozen=True)
class PatchSize:
    """One way of cutting, and what comes of it.

    height, width: of a patch; tile: cut at the image's own resolution instead of resizing the whole; patches,
    defective: how many there would be; kept: share of the defective images in which the defect has at least
    eight pixels of some patch.
    """

    height: int
    width: int
    tile: bool
    patches: int
    defective: int
    kept: float

    @property
    def prevalence(self) -> float:
        """Share of defective patches."""
        return self.defective / self.patches if self.patches else 0.0

    def in_words(self) -> str:
        """'tiles of 128x128: 480 patches, prevalence 12 %, 100 % of the defects kept'."""
        how = "tiles of" if self.tile else "whole images resized to"
        return (
            f"{how} {self.height}x{self.width}: {self.patches} patches, prevalence "
            f"{percent(self.prevalence)}, {percent(self.kept)} of the defects kept"
        )


@dataclass(frozen=True)
class ImageCuts:
    """What the ways of cutting make of one image: rows of patches, defective ones, and whether it is kept."""

    has_defect: bool
    extent: int
    counts: np.ndarray


Way = tuple[int, int, bool]
"""Height, width, and whether tiles are cut."""


def ways_for(size: tuple[int, int]) -> list[Way]:
    """The ways that suit images of one (height, width): resized in their own shape, and square tiles."""
    short, long = min(size), max(size)
    found: list[Way] = []
    for side in SIDES:
        if side <= short:
            other = max(round(side * long / short / _MULTIPLE), 1) * _MULTIPLE
            found.append((side, other, False) if size[0] == short else (other, side, False))
    found += [(side, side, True) for side in SIDES if side < short or (short < long and side == short)]
    return found


def cuts_of(truth: np.ndarray, ways: list[Way], *, min_area: int) -> ImageCuts:
    """Try all ways on the mask of one image, (H, W) bool or uint8 of CLEAN, DEFECTIVE and IGNORED."""
    mask = truth == DEFECTIVE
    has_defect = bool(mask.any())
    counts = np.array([_cut(mask, way, min_area) if has_defect else _clean(mask, way) for way in ways])
    extent = 0
    if has_defect:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        extent = int(max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1
    return ImageCuts(has_defect, extent, counts.reshape(len(ways), 3))


def add_up(cuts: Iterable[ImageCuts], ways: list[Way], *, images: int) -> list[PatchSize]:
    """What the ways make of a whole source, of which `cuts` are some images, spread evenly."""
    every = list(cuts)
    totals = np.sum([one.counts for one in every], axis=0)
    defective = max(sum(one.has_defect for one in every), 1)
    scale = images / max(len(every), 1)
    return [
        PatchSize(
            height,
            width,
            tile,
            round(int(patches) * scale),
            round(int(bad) * scale),
            int(kept) / defective,
        )
        for (height, width, tile), (patches, bad, kept) in zip(ways, totals, strict=True)
    ]


def suggested(sizes: list[PatchSize], cuts: Iterable[ImageCuts]) -> PatchSize | None:
    """The smallest resized patch that keeps 95 % of the defects; else tiles twice as wide as most defects.

    Resized patches of more than 256 pixels are left out, because they take long to train on. None where no
    way suits.
    """
    small = [s for s in sizes if not s.tile and min(s.height, s.width) <= _LARGEST_RESIZED]
    enough = [s for s in small if s.kept >= 1 - _MOST_LOST]
    if enough:
        return min(enough, key=lambda s: s.height * s.width)
    extents = [one.extent for one in cuts if one.has_defect]
    wanted = max(2 * float(np.median(extents)) if extents else 0.0, _SMALLEST_TILE)
    tiles = sorted((s for s in sizes if s.tile), key=lambda s: s.height)
    return next((s for s in tiles if s.height >= wanted), tiles[-1] if tiles else None)


def _clean(mask: np.ndarray, way: Way) -> tuple[int, int, int]:
    height, width, tile = way
    if not tile:
        return 1, 0, 0
    if mask.shape[0] < height or mask.shape[1] < width:
        return 0, 0, 0
    return len(starts(mask.shape[0], height, 0)) * len(starts(mask.shape[1], width, 0)), 0, 0


def _cut(mask: np.ndarray, way: Way, min_area: int) -> tuple[int, int, int]:
    """Patches, defective ones, and 1 where the defect can still be seen in one of them."""
    height, width, tile = way
    if not tile:
        area = int(np.count_nonzero(resize_mask(mask, (height, width))))
        return 1, int(area >= min_area), int(area >= max(min_area, _SEEN))
    if mask.shape[0] < height or mask.shape[1] < width:
        return 0, 0, 0
    sums = np.pad(mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1), ((1, 0), (1, 0)))
    rows = np.array(starts(mask.shape[0], height, 0))
    columns = np.array(starts(mask.shape[1], width, 0))
    low, high = sums[rows], sums[rows + height]
    area = high[:, columns + width] - high[:, columns] - low[:, columns + width] + low[:, columns]
    return area.size, int((area >= min_area).sum()), int((area >= max(min_area, _SEEN)).any())
