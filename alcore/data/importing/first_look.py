"""A first look at all files of a source, so that they are all read alike."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial

from alcore.data.images import Levels, may_be_deep, read_levels
from alcore.data.importing.import_events import ImportPhase
from alcore.data.importing.known_masks import SeenSource
from alcore.data.importing.mask_values import MaskCensus, SeenMask, see_mask
from alcore.data.importing.options import ImportOptions, Sample
from alcore.data.importing.pace import Pace
from alcore.data.importing.side_by_side import in_order
from alcore.data.importing.source_files import Source
from alcore.errors import DataError


@dataclass
class Seen:
    """What all images and masks of a source hold together: mask values, and the range of deep images.

    source: the same, with the masks that need not be read again.
    """

    census: MaskCensus
    levels: Levels
    source: SeenSource


def look_at_all(
    source: Source,
    samples: list[Sample],
    options: ImportOptions,
    ignored: tuple[int, ...],
    pace: Pace,
    workers: int | None,
) -> Seen:
    """Look at each mask once, and at images of more than 8 bits, so that all are read alike.

    Raises:
        DataError: the brightest level was chosen, but no image has more than 8 bits.
    """
    if options.levels is not None and not any(may_be_deep(source.head(one.image)) for one in samples):
        raise DataError("--levels has no effect here: no image has more than 8 bits; leave it out")
    seen = Seen(MaskCensus(), Levels(0, 0.0), SeenSource(source))
    known: set[str] = set()
    tasks = []
    for sample in samples:
        masks = [mask for mask in sample.masks if mask not in known]
        known.update(masks)
        tasks.append((sample.image if options.levels is None else "", tuple(masks)))
    looks = in_order(partial(_look, source), tasks, source, workers=workers)
    with closing(looks):
        for found, levels in pace.over(ImportPhase.LOOKING, looks, len(tasks)):
            for mask in found:
                seen.census.add(mask, ignored)
                if mask.known is not None:
                    seen.source.keep(mask.name, mask.known)
            seen.levels = seen.levels.joined(levels)
    if options.levels is not None:
        seen.levels = Levels(options.levels, float(options.levels))
    return seen


def _look(source: Source, task: tuple[str, tuple[str, ...]]) -> tuple[list[SeenMask], Levels]:
    """What some masks hold, and the brightest level of an image where it has more than 8 bits."""
    image, masks = task
    levels = None
    if image and may_be_deep(source.head(image)):
        with suppress(DataError):  # named when the image is read for good
            levels = read_levels(source.read(image), name=image)
    return [seen for mask in masks if (seen := see_mask(source, mask))], levels or Levels(0, 0.0)
