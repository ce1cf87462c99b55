"""A source of any known format -> a data set, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from alcore.data.images import cut, read_pixels, resize_image, resize_mask
from alcore.data.importing import folder, reference, roboflow, severstal
from alcore.data.importing.folder import Refuse
from alcore.data.importing.options import ImportOptions, Sample
from alcore.data.importing.source_files import Source, open_source, shown
from alcore.data.stored import DatasetInfo, Patch, write_dataset
from alcore.errors import DataError, did_you_mean

Pairing = Callable[[Source, ImportOptions, Refuse], list[Sample]]


class Format(NamedTuple):
    """A layout of images and masks on disk.

    title: for people; pair: lists a source's samples; is_it: whether a source shows signs of the layout.
    """

    title: str
    pair: Pairing
    is_it: Callable[[Source], bool]


FORMATS = {
    "severstal": Format("Severstal (Kaggle)", severstal.severstal, severstal.is_severstal),
    "roboflow": Format("Roboflow export", roboflow.roboflow, roboflow.is_roboflow),
    "reference": Format("patch folders of the paper's code", reference.reference, reference.is_reference),
    "magnetic-tile": Format("Magnetic Tile Defect set", folder.magnetic_tile, folder.is_magnetic_tile),
    "folder": Format("images and masks", folder.folder, lambda _source: True),
}
"""By name, in the order in which sources are tried: a special layout before a general one."""


def import_dataset(
    source: Source | Path,
    target: Path,
    *,
    format_name: str = "auto",
    options: ImportOptions | None = None,
    follow: Callable[[int, int], None] = lambda _done, _total: None,
) -> DatasetInfo:
    """Import a folder or a zip file as the data set `target`.

    Args:
        source: where the files are.
        target: the new data set's directory; its last part is the name.
        format_name: a key of `FORMATS`, or auto.
        follow: called with images done and in all; it may raise to stop.
    Raises:
        DataError: anything that cannot be used; nothing is left at `target` then.
    """
    options = options or ImportOptions()
    _check(options)
    if isinstance(source, Path):
        source = open_source(source)
    if target.exists():
        raise DataError(f"a data set called {target.name!r} exists; delete it first, or take another name")
    format_name = detect(source) if format_name == "auto" else format_name
    if format_name not in FORMATS:
        raise DataError(
            f"unknown format {format_name!r}{did_you_mean(format_name, FORMATS)}"
            f" (known: {', '.join(FORMATS)})"
        )
    reading = _Reading(source, options)
    samples = FORMATS[format_name].pair(source, options, reading.refuse)
    return write_dataset(
        target,
        reading.patches(samples, follow),
        shape=(*options.patch, options.channels),
        format_name=format_name,
        cutting="tiles" if options.tile else "resized",
        min_area=options.min_area,
        skipped=reading.skipped,
        vanished=reading.vanished,
        source_sizes=reading.sizes,
    )


def detect(source: Source) -> str:
    """The format that a source shows signs of."""
    return next(name for name, form in FORMATS.items() if form.is_it(source))


def _check(options: ImportOptions) -> None:
    if options.overlap >= min(options.patch):
        raise DataError(
            f"tiles of {options.patch[0]}x{options.patch[1]} cannot overlap by {options.overlap} px"
        )
    if options.overlap < 0 or options.min_area < 1:
        raise DataError("the overlap must be at least 0 and the smallest defect area at least 1 pixel")


class _Reading:
    """One import under way: what it reads, and what it has to report.

    skipped: file -> reason; vanished: files whose defect was lost; sizes: (height, width) -> images.
    """

    def __init__(self, source: Source, options: ImportOptions) -> None:
        self._source, self._options = source, options
        self.skipped: dict[str, str] = {}
        self.vanished: list[str] = []
        self.sizes: Counter[tuple[int, int]] = Counter()

    def refuse(self, name: str, reason: str) -> None:
        """A file cannot be used: that ends the import, unless bad files are to be skipped."""
        if not self._options.skip_bad:
            raise DataError(reason)
        self.skipped[shown(name)] = reason

    def patches(self, samples: list[Sample], follow: Callable[[int, int], None]) -> Iterator[Patch]:
        """The patches of all samples, read one sample at a time."""
        for done, sample in enumerate(samples):
            follow(done, len(samples))
            try:
                cuts = self._cut(sample)
            except DataError as error:
                self.refuse(sample.image, str(error))
                continue
            yield from cuts
        follow(len(samples), len(samples))

    def _cut(self, sample: Sample) -> list[Patch]:
        options, name = self._options, shown(sample.image)
        image = read_pixels(self._source.read(sample.image), name=sample.image, channels=options.channels)
        if options.drop_black_border and severstal.has_black_border(image):
            self.skipped[name] = f"{name} has a black border, and such images were to be left out"
            return []
        size = image.shape[0], image.shape[1]
        mask = sample.read_mask(size)
        had_defect = bool(mask.any())
        if options.resize_to is not None:
            image, mask = resize_image(image, options.resize_to), resize_mask(mask, options.resize_to)
        cuts = list(
            cut(image, mask, source=name, size=options.patch, tile=options.tile, overlap=options.overlap)
        )
        self.sizes[size] += 1
        if had_defect and not any(np.count_nonzero(patch.mask) >= options.min_area for patch in cuts):
            self.vanished.append(name)
        return cuts
