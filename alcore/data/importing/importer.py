"""A source of any known format -> a data set, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from alcore.data.images import Levels, cut, read_levels, read_pixels, resize_image, resize_mask
from alcore.data.importing import severstal
from alcore.data.importing.formats import FORMATS, Format, choose
from alcore.data.importing.mask_values import MaskCensus, suggest, take_census
from alcore.data.importing.options import Foreground, ImportOptions, Sample
from alcore.data.importing.source_files import Source, open_source, shown, suffix
from alcore.data.stored import DatasetInfo, Patch, write_dataset
from alcore.errors import DataError


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
    chosen = choose(source, format_name, options)
    reading = _Reading(source, options)
    try:
        samples = chosen.form.pair(source, options, reading.refuse)
    except DataError as error:
        raise DataError(f"{error} ({chosen.sentence()})" if chosen.unexplained else str(error)) from None
    notes = [chosen.sentence()]
    if any(sample.masks for sample in samples):
        census = take_census(source, samples)
        foreground, rule = _foreground(chosen.form, options, census)
        options = replace(options, foreground=foreground)
        samples = chosen.form.pair(source, options, lambda _name, _reason: None)
        notes += [census.sentence(), rule]
    reading.decide(options, _levels(source, samples, options.levels))
    return write_dataset(
        target,
        reading.patches(samples, follow),
        shape=(*options.patch, options.channels),
        format_name=chosen.name,
        cutting="tiles" if options.tile else "resized",
        min_area=options.min_area,
        skipped=reading.skipped,
        vanished=reading.vanished,
        source_sizes=reading.sizes,
        notes=notes,
    )


def _foreground(form: Format, options: ImportOptions, census: MaskCensus) -> tuple[Foreground, str]:
    """Which mask values are defective, and that in one sentence with the reason."""
    if options.foreground.is_chosen:
        return options.foreground, f"defective: {options.foreground.in_words()}, as chosen"
    if form.foreground is not None:
        return options.foreground, f"defective: {form.foreground.in_words()}, as {form.title} has it"
    if form is FORMATS["roboflow"]:
        return options.foreground, "defective: the classes of its own table"
    found = suggest(census)
    return found, f"defective: {found.in_words()}, by the values of the masks"


def _levels(source: Source, samples: list[Sample], stated: int | None) -> Levels:
    """The brightest levels of all images of more than 8 bits together, so that they are scaled alike."""
    if stated is not None:
        return Levels(stated, float(stated))
    found: list[Levels] = []
    for sample in samples:
        if not _may_be_deep(sample.image, source):
            continue
        try:
            levels = read_levels(source.read(sample.image), name=sample.image)
        except DataError:  # named when the image is read for good
            continue
        if levels is not None:
            found.append(levels)
    return Levels(
        max((levels.whole for levels in found), default=0),
        max((levels.real for levels in found), default=0.0),
    )


def _may_be_deep(name: str, source: Source) -> bool:
    """Whether an image may have more than 8 bits a channel: a PNG that says so, or a TIFF."""
    kind = suffix(name)
    return kind in (".tif", ".tiff") or (kind == ".png" and source.head(name)[24:25] == b"\x10")


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
        self._source, self._options, self._levels = source, options, Levels()
        self.skipped: dict[str, str] = {}
        self.vanished: list[str] = []
        self.sizes: Counter[tuple[int, int]] = Counter()

    def decide(self, options: ImportOptions, levels: Levels) -> None:
        """Once the masks' values and the images' range are known: how to read them."""
        self._options, self._levels = options, levels

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
        content = self._source.read(sample.image)
        image = read_pixels(content, name=sample.image, channels=options.channels, levels=self._levels)
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
        return [replace(patch, series=sample.group) for patch in cuts] if sample.group else cuts
