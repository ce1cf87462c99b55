"""A source of any known format -> a data set, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from alcore.data.images import cut, read_pixels, resize_image, resize_mask
from alcore.data.importing import folder, reference, roboflow, severstal
from alcore.data.importing.folder import Refuse
from alcore.data.importing.options import ImportOptions, Sample
from alcore.data.importing.source import Source, open_source, shown
from alcore.data.store import DatasetInfo, Patch, write_dataset
from alcore.errors import DataError, did_you_mean

Pairing = Callable[[Source, ImportOptions, Refuse], list[Sample]]

FORMATS: dict[str, Pairing] = {
    "folder": folder.folder,
    "magnetic-tile": folder.magnetic_tile,
    "severstal": severstal.severstal,
    "roboflow": roboflow.roboflow,
    "reference": reference.reference,
}
"""Formats by name; a further one is a function that lists samples, a line here and one below."""

_SIGNS: dict[str, Callable[[Source], bool]] = {
    "severstal": severstal.is_severstal,
    "roboflow": roboflow.is_roboflow,
    "reference": reference.is_reference,
    "magnetic-tile": folder.is_magnetic_tile,
}
"""How each format is recognised; what shows no sign is a plain folder."""


def import_dataset(
    source: Source | Path,
    target: Path,
    *,
    format_name: str = "auto",
    options: ImportOptions | None = None,
    follow: Callable[[int, int], None] = lambda done, total: None,
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
    skipped: dict[str, str] = {}
    vanished: list[str] = []
    sizes: Counter[tuple[int, int]] = Counter()

    def refuse(name: str, reason: str) -> None:
        if not options.skip_bad:
            raise DataError(reason)
        skipped[shown(name)] = reason

    samples = FORMATS[format_name](source, options, refuse)
    return write_dataset(
        target,
        _patches(source, samples, options, refuse, vanished, sizes, follow),
        shape=(*options.patch, options.channels),
        format_name=format_name,
        cutting="tiles" if options.tile else "resized",
        min_area=options.min_area,
        skipped=skipped,
        vanished=vanished,
        source_sizes=sizes,
    )


def detect(source: Source) -> str:
    """The format that a source shows signs of."""
    return next((name for name, is_it in _SIGNS.items() if is_it(source)), "folder")


def _check(options: ImportOptions) -> None:
    if options.overlap >= min(options.patch):
        raise DataError(
            f"tiles of {options.patch[0]}x{options.patch[1]} cannot overlap by {options.overlap} px"
        )
    if options.overlap < 0 or options.min_area < 1:
        raise DataError("the overlap must be at least 0 and the smallest defect area at least 1 pixel")


def _patches(
    source: Source,
    samples: list[Sample],
    options: ImportOptions,
    refuse: Refuse,
    vanished: list[str],
    sizes: Counter[tuple[int, int]],
    follow: Callable[[int, int], None],
) -> Iterator[Patch]:
    for done, sample in enumerate(samples):
        follow(done, len(samples))
        try:
            cuts, had_defect, size = _cut_sample(source, sample, options)
        except DataError as error:
            refuse(sample.image, str(error))
            continue
        sizes[size] += 1
        if had_defect and not any(np.count_nonzero(patch.mask) >= options.min_area for patch in cuts):
            vanished.append(shown(sample.image))
        yield from cuts
    follow(len(samples), len(samples))


def _cut_sample(
    source: Source, sample: Sample, options: ImportOptions
) -> tuple[list[Patch], bool, tuple[int, int]]:
    """The patches of one image, whether it had a defect before it was cut, and its (height, width)."""
    image = read_pixels(source.read(sample.image), name=sample.image, channels=options.channels)
    if options.drop_black_border and severstal.has_black_border(image):
        raise DataError(f"{shown(sample.image)} has a black border; leave it out by skipping bad files")
    size = image.shape[0], image.shape[1]
    mask = sample.read_mask(size)
    had_defect = bool(mask.any())
    if options.resize_to is not None:
        image, mask = resize_image(image, options.resize_to), resize_mask(mask, options.resize_to)
    name = shown(sample.image)
    cuts = cut(image, mask, source=name, size=options.patch, tile=options.tile, overlap=options.overlap)
    return list(cuts), had_defect, size
