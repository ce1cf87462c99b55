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
MOST_LOST = 0.05
_LARGEST_RESIZED = 256  # larger patches take long to train on
_SMALLEST_TILE = 64
_MOST_OFFERED = 3
FEWEST_SOURCES = 3
"""With a defective, and with a clean patch: one for each side of the split."""
MOST_VANISHED = 0.1
"""Share that images whose defect resizing loses may have of the clean class, were they counted there."""


@dataclass(frozen=True)
class PatchSize:
    """One way of cutting, and its result.

    height, width: of a patch; tile: cut at the image's own resolution instead of resizing the whole; patches,
    defective: how many there would be; kept: share of the defective images in which the defect has at least
    eight pixels of some patch, or lies whole in a tile; comes_in: whether an import would take it.
    """

    height: int
    width: int
    tile: bool
    patches: int
    defective: int
    kept: float
    comes_in: bool = True

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
            f"{'' if self.comes_in else '; an import refuses it'}"
        )

    def as_options(self) -> str:
        """'--tile --patch 128x128'."""
        return f"{'--tile' if self.tile else '--no-tile'} --patch {self.height}x{self.width}"


@dataclass(frozen=True)
class ImageCuts:
    """What the ways of cutting make of one image of (height, width) `shape`.

    counts: a row for each way, with the columns of `_COLUMNS`.
    """

    shape: tuple[int, int]
    has_defect: bool
    extent: int
    counts: np.ndarray


_COLUMNS = ("patches", "defective", "seen", "lost", "unfit")
"""Patches, defective ones; then 1 or 0: whether the defect can still be seen, is lost by resizing so that the
image is left out, and whether the image is smaller than a tile."""


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


def cuts_of(truth: np.ndarray, ways: list[Way], *, min_area: int, clean_tiles: int = 0) -> ImageCuts:
    """Try all ways on the mask of one image, (H, W) bool or uint8 of CLEAN, DEFECTIVE and IGNORED.

    min_area, clean_tiles: as an import has them; of the latter 0 keeps all.
    """
    mask = truth == DEFECTIVE
    has_defect = bool(mask.any())
    counts = np.array([_cut(mask, way, min_area) if has_defect else _clean(mask, way) for way in ways])
    if clean_tiles:
        is_tile = np.array([tile for _, _, tile in ways])
        most = np.minimum(counts[:, 0], counts[:, 1] + clean_tiles)
        counts[:, 0] = np.where(is_tile, most, counts[:, 0])
    extent = 0
    if has_defect:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        extent = int(max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1
    return ImageCuts(mask.shape, has_defect, extent, counts)


def add_up(cuts: Iterable[ImageCuts], ways: list[Way], *, images: int) -> list[PatchSize]:
    """What the ways make of a whole source, of which `cuts` are some images, spread evenly."""
    every = list(cuts)
    counts = np.stack([one.counts for one in every])  # (images, ways, columns)
    defective = max(sum(one.has_defect for one in every), 1)
    scale = images / max(len(every), 1)
    return [
        PatchSize(
            height,
            width,
            tile,
            round(int(of_way[:, 0].sum()) * scale),
            round(int(of_way[:, 1].sum()) * scale),
            int(of_way[:, 2].sum()) / defective,
            _comes_in(of_way),
        )
        for (height, width, tile), of_way in zip(ways, counts.transpose(1, 0, 2), strict=True)
    ]


def _comes_in(of_way: np.ndarray) -> bool:
    """(images, columns) counts of one way -> whether an import would take these patches."""
    patches, bad, _, lost, unfit = of_way.T
    clean_images = int(((patches > 0) & (bad == 0)).sum())
    has_sides = (bad > 0).sum() >= FEWEST_SOURCES and (patches > bad).sum() >= FEWEST_SOURCES
    return bool(has_sides and not unfit.any() and not too_many_vanish(int(lost.sum()), clean_images))


def too_many_vanish(vanished: int, clean: int) -> bool:
    """Whether so many images whose defect is lost would be more than a tenth of the clean ones, with them."""
    return vanished > MOST_VANISHED * (vanished + clean)


def suggested(sizes: list[PatchSize], cuts: Iterable[ImageCuts]) -> PatchSize | None:
    """The smallest resized patch that keeps 95 % of the defects; else tiles twice as wide as most defects.

    Resized patches of more than 256 pixels are left out, because they take long to train on, and so is what
    an import would refuse. None where no way suits.
    """
    sizes = [size for size in sizes if size.comes_in and size.kept > 0]
    small = [s for s in sizes if not s.tile and min(s.height, s.width) <= _LARGEST_RESIZED]
    enough = [s for s in small if s.kept >= 1 - MOST_LOST]
    if enough:
        return min(enough, key=lambda s: s.height * s.width)
    extents = [one.extent for one in cuts if one.has_defect]
    wanted = max(2 * float(np.median(extents)) if extents else 0.0, _SMALLEST_TILE)
    tiles = sorted((s for s in sizes if s.tile), key=lambda s: s.height)
    return next((s for s in tiles if s.height >= wanted), tiles[-1] if tiles else None)


def offered(sizes: list[PatchSize], best: PatchSize | None) -> str:
    """For a sentence's end: the suggested size and some acceptable tiles; '' where none is known."""
    tiles = [size for size in sizes if size.comes_in and size.tile and size.kept > 0 and size != best]
    offers = [*([best] if best else []), *tiles][:_MOST_OFFERED]
    offered_sizes = [f"{offer.as_options()} ({offer.in_words()})" for offer in offers]
    return f"; suggested: {' or '.join(offered_sizes)}" if offered_sizes else ""


def _clean(mask: np.ndarray, way: Way) -> tuple[int, ...]:
    height, width, tile = way
    if not tile:
        return 1, 0, 0, 0, 0
    if mask.shape[0] < height or mask.shape[1] < width:
        return 0, 0, 0, 0, 1
    return len(starts(mask.shape[0], height, 0)) * len(starts(mask.shape[1], width, 0)), 0, 0, 0, 0


def _cut(mask: np.ndarray, way: Way, min_area: int) -> tuple[int, ...]:
    """One way of cutting an image, as a row of counts, see `_COLUMNS`."""
    height, width, tile = way
    if not tile:
        area = int(np.count_nonzero(resize_mask(mask, (height, width))))
        is_seen = area >= max(min_area, _SEEN)
        return (1, int(area >= min_area), int(is_seen), 0, 0) if area else (0, 0, 0, 1, 0)
    if mask.shape[0] < height or mask.shape[1] < width:
        return 0, 0, 0, 0, 1
    sums = np.pad(mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1), ((1, 0), (1, 0)))
    rows = np.array(starts(mask.shape[0], height, 0))
    columns = np.array(starts(mask.shape[1], width, 0))
    low, high = sums[rows], sums[rows + height]
    areas = high[:, columns + width] - high[:, columns] - low[:, columns + width] + low[:, columns]
    seen = max(min_area, min(_SEEN, int(np.count_nonzero(mask))))  # at its own resolution all of it is seen
    return areas.size, int((areas >= min_area).sum()), int((areas >= seen).any()), 0, 0
