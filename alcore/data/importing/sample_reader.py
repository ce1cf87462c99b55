"""One image and its mask -> patches as a data set keeps them, by whatever worker: no other image matters."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from alcore.data.cutting import cut, defective_in, resize_image, resize_truth
from alcore.data.dataset_writer import ImportReport, PackedPatch, pack
from alcore.data.decoding import size_of
from alcore.data.images import Levels, read_pixels
from alcore.data.importing import severstal
from alcore.data.importing.options import ImportOptions, Sample, drawn_by
from alcore.data.importing.patch_choice import ImageCuts, Way, cuts_of
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError


@dataclass(frozen=True)
class Outcome:
    """What came of one image.

    image: its name in the source; patches: as they are written; size: (height, width) of the image; refused:
    why it cannot be used, in one sentence; skipped: why it was to be left out; vanished: whether its defect
    was lost in cutting; lost: whether it is no part of the set for that; unknown: patches left out because
    nothing in them is known; capped: clean tiles left out, because enough were kept; marks, left_out: how
    many marks of which kind were drawn, and were not, where its mask was drawn from marks.
    """

    image: str
    patches: tuple[PackedPatch, ...] = ()
    size: tuple[int, int] | None = None
    refused: str = ""
    skipped: str = ""
    vanished: bool = False
    lost: bool = False
    unknown: int = 0
    capped: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def note(self, report: ImportReport) -> None:
        """Add what is lost to the import's account."""
        if self.skipped:
            report.skipped[shown(self.image)] = self.skipped
        if self.size is not None:
            report.sizes[self.size] += 1
        if self.vanished:
            report.vanished.append(shown(self.image))
        if self.lost:
            report.lost.append(shown(self.image))
        report.clean += bool(self.patches) and not any(patch.row["defective"] for patch in self.patches)
        report.unknown += self.unknown
        report.capped += self.capped
        report.marks.update(self.marks)
        for what, count in self.left_out.items():
            report.leave_out(what, shown(self.image), count)


@dataclass(frozen=True)
class SampleReader:
    """Reads samples of a source, once it is known how: its options, and the range of its images."""

    source: Source
    options: ImportOptions
    levels: Levels

    def read(self, sample: Sample) -> Outcome:
        """Read, shrink and cut one sample; what cannot be used is an outcome too."""
        try:
            return self._cut(sample)
        except DataError as error:
            return Outcome(sample.image, refused=str(error))

    def _cut(self, sample: Sample) -> Outcome:
        options, name = self.options, shown(sample.image)
        content = self.source.read(sample.image)
        image = read_pixels(content, name=sample.image, channels=options.channels, levels=self.levels)
        if options.drop_black_border and severstal.has_black_border(image):
            reason = f"{name} has a black border, and such images were to be left out"
            return Outcome(sample.image, skipped=reason)
        size = image.shape[0], image.shape[1]
        found = drawn_by(sample.read_mask, size)
        truth = found.truth
        if found.left_out and not truth.any():
            marks = ", ".join(f"{count} {what}" for what, count in found.left_out.items())
            reason = f"{name} has no mark that can be drawn, only {marks}, so it may not be clean"
            return Outcome(sample.image, skipped=reason, left_out=found.left_out)
        had_defect = bool(defective_in(truth).any())
        if options.resize_to is not None:
            image, truth = resize_image(image, options.resize_to), resize_truth(truth, options.resize_to)
        is_tiled = bool(options.tile)
        cuts = list(
            cut(
                image,
                truth,
                source=name,
                size=options.patch,
                tile=is_tiled,
                overlap=options.overlap,
                series=sample.group,
            )
        )
        if had_defect and not options.vanished_are_clean and not any(patch.mask.any() for patch in cuts):
            return Outcome(sample.image, (), size, vanished=True, lost=True)
        known = [patch for patch in cuts if patch.ignored is None or not patch.ignored.all()]
        packed = tuple(pack(patch, min_area=options.min_area) for patch in known)
        vanished = had_defect and not any(patch.row["defective"] for patch in packed)
        kept = capped(packed, options.clean_tiles or 0, name) if is_tiled else packed
        return Outcome(
            sample.image,
            kept,
            size,
            vanished=vanished,
            unknown=len(cuts) - len(known),
            capped=len(packed) - len(kept),
            marks=found.marks,
            left_out=found.left_out,
        )

    def try_ways(self, sample: Sample, ways: list[Way]) -> ImageCuts | None:
        """What ways of cutting would make of a sample; None where it cannot be used."""
        try:
            size = size_of(self.source.read(sample.image), sample.image)  # ways of cutting ask for no pixel
            truth = drawn_by(sample.read_mask, size).truth
        except DataError:
            return None
        return cuts_of(truth, ways, min_area=self.options.min_area, clean_tiles=self.options.clean_tiles or 0)


def capped(patches: tuple[PackedPatch, ...], most: int, name: str) -> tuple[PackedPatch, ...]:
    """All defective tiles of an image, and at most so many clean ones, 0 for all; drawn by the image's name.

    A draw, because tiles at even steps would all lie in the same columns of some images.
    """
    clean = [place for place, patch in enumerate(patches) if not patch.row["defective"]]
    if not most or len(clean) <= most:
        return patches
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    left_out = set(clean) - set(np.random.default_rng(seed).choice(clean, most, replace=False).tolist())
    return tuple(patch for place, patch in enumerate(patches) if place not in left_out)
