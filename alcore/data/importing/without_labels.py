"""Images that nobody has labelled yet, on their way into a data set: after labelled ones, or alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from alcore.data.dataset_writer import ImportReport, PackedPatch, write_dataset
from alcore.data.images import Levels
from alcore.data.importing.import_events import ImportPhase, ImportProgress
from alcore.data.importing.options import ImportOptions
from alcore.data.importing.unlabelled import Cutting, Unlabelled, open_unlabelled
from alcore.data.stored import DatasetInfo
from alcore.errors import DataError

NAME = "unlabelled"
"""The format of a data set without any label."""


def import_unlabelled(
    paths: Sequence[Path],
    target: Path,
    options: ImportOptions,
    follow: Callable[[ImportProgress], None] = lambda _progress: None,
) -> DatasetInfo:
    """Make the data set `target` of images alone.

    Args:
        paths: image files, folders and zip files. options: `tile` has to be True for tiles.
    Raises:
        DataError: anything that cannot be used; nothing is left at `target` then.
    """
    if target.exists():
        raise DataError(f"a data set called {target.name!r} exists; delete it first, or take another name")
    report, images = ImportReport(), _opened(paths, options, None)
    levels = images.levels()
    return write_dataset(
        target,
        _packed(images, options, report, follow),
        shape=(*options.patch, options.channels),
        format_name=NAME,
        cutting="tiles" if options.tile else "resized",
        resized_to=options.resize_to,
        levels=levels if any(levels) else None,
        keep_alike=options.keep_alike,
        report=report,
        notes=[f"no image has a label: {len(images)} files"],
    )


def packed_without_labels(
    paths: Sequence[Path], options: ImportOptions, levels: Levels, report: ImportReport
) -> Iterator[PackedPatch]:
    """The patches of images without masks, read and cut as those before them; nothing without paths.

    Args:
        levels: by which images of more than 8 bits are scaled; those of these images where they are 0.
        report: gets what cannot be used, where such files are left out.
    Raises:
        DataError: a path that holds no image; an image that cannot be used, if that ends the import.
    """
    if paths:
        yield from _packed(_opened(paths, options, levels if any(levels) else None), options, report)


def _opened(paths: Sequence[Path], options: ImportOptions, levels: Levels | None) -> Unlabelled:
    shape = (*options.patch, options.channels)
    cutting = Cutting(shape, bool(options.tile), options.resize_to, levels, options.overlap)
    return open_unlabelled(paths, cutting)


def _packed(
    images: Unlabelled,
    options: ImportOptions,
    report: ImportReport,
    follow: Callable[[ImportProgress], None] = lambda _progress: None,
) -> Iterator[PackedPatch]:
    total = len(images)
    for done, cuts in enumerate(images.packed(), start=1):
        follow(ImportProgress(done, total, ImportPhase.READING, done / total))
        if images.skipped and not options.skip_bad:
            raise DataError(next(iter(images.skipped.values())))
        yield from cuts
    report.skipped |= images.skipped
