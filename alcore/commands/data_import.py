"""The command line's part about imports: python -m alcore data import."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alcore.commands import import_flags as flags
from alcore.commands.import_bar import following
from alcore.errors import AlcoreError, DataError

if TYPE_CHECKING:
    from alcore.data.importing.import_events import ImportEnded, ImportEvent
    from alcore.data.importing.options import ImportOptions
    from alcore.data.stored import DatasetInfo


_AS_GIVEN = (
    *("tile", "overlap", "clean_tiles", "min_area", "vanished_are_clean", "drop_black_border", "skip_bad"),
    *("missing_mask_is_clean", "images", "roi", "levels", "group", "boxes_are_masks"),
)
"""Options that are called the same in `ImportOptions`, and need no reading."""


def import_data(
    given: typer.Context,
    name: flags.Name,
    source: flags.Source = None,
    unlabelled: flags.Unlabelled = None,
    format: flags.Format = "auto",
    patch: flags.Patch = "64x64",
    tile: flags.Tile = None,
    clean_tiles: flags.CleanTiles = None,
    overlap: flags.Overlap = 0,
    resize: flags.Resize = "",
    rgb: flags.Rgb = False,
    threshold: flags.Threshold = None,
    classes: flags.Classes = "",
    color: flags.Color = None,
    tolerance: flags.Tolerance = 10,
    ignore: flags.Ignore = "",
    min_area: flags.MinArea = 1,
    vanished_are_clean: flags.VanishedAreClean = False,
    drop_black_border: flags.DropBlackBorder = False,
    skip_bad: flags.SkipBad = False,
    missing_mask_is_clean: flags.MissingMaskIsClean = False,
    boxes_are_masks: flags.BoxesAreMasks = False,
    images: flags.Images = "",
    masks: flags.Masks = None,
    roi: flags.Roi = "",
    levels: flags.Levels = None,
    group: flags.Group = "",
    keep_duplicates_together: flags.KeepDuplicatesTogether = False,
    dry_run: flags.DryRun = False,
    check: flags.Check = False,
    as_json: flags.AsJson = False,
) -> None:
    """Import a folder or a zip file as a data set."""
    with following(as_json=as_json) as report, _families_listed(as_json=as_json):
        ended = _import(
            source,
            name,
            format,
            lambda: _options(given.params),
            report,
            dry_run=dry_run,
            check=check or dry_run,
            more=tuple(unlabelled or ()),
        )
    if not as_json:
        typer.echo("\n".join([*ended.sentences(), *ended.other_sizes()]))
        if dry_run:
            typer.echo("nothing was kept; leave out --dry-run to import it")


def _options(given: Mapping[str, Any]) -> ImportOptions:
    """The import's options from the command's, by the names of the parameters of `import_data`."""
    from alcore.data.importing.option_texts import classes_in, color_in, size_in
    from alcore.data.importing.options import Foreground, ImportOptions

    classes, names = classes_in(given["classes"])
    ignored, ignored_names = classes_in(given["ignore"])
    return ImportOptions(
        patch=size_in(given["patch"], "patch size"),
        resize_to=size_in(given["resize"], "size to resize to") if given["resize"] else None,
        channels=3 if given["rgb"] else 1,
        foreground=Foreground(
            threshold=given["threshold"],
            classes=classes or None,
            names=names,
            colors=tuple(color_in(one) for one in given["color"] or () if one),
            tolerance=given["tolerance"],
            ignored=ignored,
            ignored_names=ignored_names,
        ),
        masks=tuple(given["masks"] or ()),
        keep_alike=given["keep_duplicates_together"],
        **{name: given[name] for name in _AS_GIVEN},
    )


def import_order(
    file: Annotated[Path, typer.Argument(help="The order, as JSON.")],
) -> None:
    """Run the dashboard's import order, and report on stdout."""
    from alcore.data.importing.import_order import parse_order

    order = parse_order(file.read_text(encoding="utf-8"))
    with following(as_json=True) as report:
        _import(order.source, order.name, order.format, lambda: order.options, report, check=order.check)


@contextmanager
def _families_listed(*, as_json: bool) -> Iterator[None]:
    """Print the families of files to choose from as lines that can be pasted."""
    from alcore.data.importing.layout_doubt import LayoutDoubtError

    try:
        yield
    except LayoutDoubtError as doubt:
        if not as_json:
            typer.echo("\n".join(family.in_words() for family in doubt.families))
        raise


def _import(
    source: Path | None,
    name: str,
    format_name: str,
    read_options: Callable[[], ImportOptions],
    report: Callable[[ImportEvent], None],
    *,
    dry_run: bool = False,
    check: bool,
    more: tuple[Path, ...] = (),
) -> ImportEnded:
    """Import and report; wrong options also count as a failed import."""
    from alcore.data.cautions import data_set_report
    from alcore.data.dataset_writer import PatchSizeError
    from alcore.data.importing.import_events import ImportEnded
    from alcore.data.importing.importer import Import
    from alcore.data.importing.layout_doubt import LayoutDoubtError
    from alcore.data.importing.mask_colors import MaskColorsError
    from alcore.data.stored import StoredPatches

    try:
        with _place(name, dry_run=dry_run) as target:
            if target.exists():
                raise DataError(f"a data set called {name!r} exists; delete it first, or choose another name")
            if source is None:
                info = _import_alone(more, target, read_options(), report)
                ended = ImportEnded.of(name, info, data_set_report(StoredPatches(target)))
            else:
                work = Import(source, format_name=format_name, options=read_options(), follow=report)
                info = work.write(target, unlabelled=more)
                warnings = data_set_report(StoredPatches(target))
                ended = ImportEnded.of(name, info, warnings).with_colors(work.colors)
                if check:
                    ended = ended.with_sizes(*work.patch_sizes())
    except (AlcoreError, OSError) as error:
        colors = error.colors if isinstance(error, MaskColorsError) else []
        families = error.families if isinstance(error, LayoutDoubtError) else []
        ended = ImportEnded("failed", str(error), name, families=[asdict(family) for family in families])
        ended = ended.with_colors(colors)
        report(ended.with_sizes(*work.patch_sizes()) if isinstance(error, PatchSizeError) else ended)
        raise
    report(ended)
    return ended


def _import_alone(
    more: tuple[Path, ...], target: Path, options: ImportOptions, report: Callable[[ImportEvent], None]
) -> DatasetInfo:
    """Import images without any label."""
    from alcore.data.importing.without_labels import import_unlabelled

    if not more:
        raise DataError(
            "nothing is given to import; name a folder or zip file with images and masks, or give images "
            "without masks with --unlabelled"
        )
    return import_unlabelled(more, target, options, report)


@contextmanager
def _place(name: str, *, dry_run: bool) -> Iterator[Path]:
    """Where a new data set goes; for a dry run, a folder that is removed again; DataError if taken."""
    from alcore.data.collection import dataset_path

    target = dataset_path(name)
    if not dry_run:
        yield target
        return
    if target.exists():
        raise DataError(f"a data set called {name!r} exists; delete it first, or choose another name")
    with tempfile.TemporaryDirectory(prefix="alcore-dry-run-") as scratch:
        yield Path(scratch) / name
