"""The command line's part about imports: python -m alcore data import."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alcore.commands.import_bar import following
from alcore.errors import AlcoreError, DataError

if TYPE_CHECKING:
    from alcore.data.importing.import_events import ImportEnded, ImportEvent
    from alcore.data.importing.options import ImportOptions


def import_data(
    source: Annotated[Path, typer.Argument(help="The folder or zip file with images and masks.")],
    name: Annotated[str, typer.Option(help="The data set's name from now on.")],
    format: Annotated[
        str, typer.Option(help="auto, or a layout such as folder or severstal; an unknown one lists all.")
    ] = "auto",
    patch: Annotated[str, typer.Option(help="Patch size, HEIGHTxWIDTH in pixels.")] = "64x64",
    tile: Annotated[
        bool | None,
        typer.Option(
            "--tile/--no-tile",
            help="Cut tiles, or resize whole images. By default the images' shape and defects decide.",
        ),
    ] = None,
    clean_tiles: Annotated[
        int | None,
        typer.Option(
            help="Clean tiles to keep of each image; 0 keeps all. Default: all with --tile, 16 if the "
            "import decides to cut tiles.",
            min=0,
        ),
    ] = None,
    overlap: Annotated[int, typer.Option(help="Pixels that neighbouring tiles share.", min=0)] = 0,
    resize: Annotated[str, typer.Option(help="With --tile: shrink images to HEIGHTxWIDTH first.")] = "",
    rgb: Annotated[bool, typer.Option("--rgb", help="Keep colours; else grey.")] = False,
    threshold: Annotated[
        int | None,
        typer.Option(help="Mask values above it are defective; else their values decide.", min=0, max=254),
    ] = None,
    classes: Annotated[
        str, typer.Option(help="Mask values, or classes by number or name, that are defective: 1,3 or crack.")
    ] = "",
    color: Annotated[
        list[str] | None,
        typer.Option(help="Mask colour that is defective, R,G,B; give it again for several."),
    ] = None,
    tolerance: Annotated[
        int, typer.Option(help="How far a channel may be from --color.", min=0, max=255)
    ] = 10,
    ignore: Annotated[
        str,
        typer.Option(help="Mask values or classes that mean 'unknown': 255 or dirt."),
    ] = "",
    min_area: Annotated[int, typer.Option(help="Foreground pixels that make a patch defective.", min=1)] = 1,
    vanished_are_clean: Annotated[
        bool,
        typer.Option(
            "--vanished-are-clean",
            help="An image whose defect vanishes in resizing is clean; by default it is left out.",
        ),
    ] = False,
    drop_black_border: Annotated[
        bool,
        typer.Option("--drop-black-border", help="Leave out images with a black border, as the paper does."),
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out unusable files and list them.")
    ] = False,
    missing_mask_is_clean: Annotated[
        bool, typer.Option("--missing-mask-is-clean", help="An image without a mask is clean.")
    ] = False,
    boxes_are_masks: Annotated[
        bool,
        typer.Option("--boxes-are-masks", help="Fill boxes that have no outline (COCO, Roboflow, YOLO)."),
    ] = False,
    images: Annotated[
        str, typer.Option(help="Your own layout: a pattern of the images, such as 'part{n}/{id}.jpg'.")
    ] = "",
    masks: Annotated[
        list[str] | None,
        typer.Option(help="With --images: a pattern of their masks; give it again to join several."),
    ] = None,
    roi: Annotated[
        str,
        typer.Option(help="A pattern of files that mark the region of interest; pixels outside are unknown."),
    ] = "",
    levels: Annotated[
        int | None,
        typer.Option(help="Brightest level of images of more than 8 bits; else the set's.", min=1),
    ] = None,
    group: Annotated[
        str,
        typer.Option(
            help="A pattern of image names: those with the same words stay on one side of the split."
        ),
    ] = "",
    keep_duplicates_together: Annotated[
        bool,
        typer.Option("--keep-duplicates-together", help="Near-duplicates stay on one side of the split."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, report the result, and keep nothing.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Also say what other patch sizes would do.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line: progress, then how it ended.")
    ] = False,
) -> None:
    """Import a folder or a zip file as a data set."""
    from alcore.data.importing.option_texts import classes_in, color_in, size_in
    from alcore.data.importing.options import Foreground, ImportOptions

    def read_options() -> ImportOptions:
        return ImportOptions(
            patch=size_in(patch, "patch size"),
            tile=tile,
            overlap=overlap,
            clean_tiles=clean_tiles,
            resize_to=size_in(resize, "size to resize to") if resize else None,
            channels=3 if rgb else 1,
            foreground=Foreground(
                threshold=threshold,
                classes=classes_in(classes)[0] or None,
                names=classes_in(classes)[1],
                colors=tuple(color_in(one) for one in color or () if one),
                tolerance=tolerance,
                ignored=classes_in(ignore)[0],
                ignored_names=classes_in(ignore)[1],
            ),
            min_area=min_area,
            vanished_are_clean=vanished_are_clean,
            drop_black_border=drop_black_border,
            skip_bad=skip_bad,
            missing_mask_is_clean=missing_mask_is_clean,
            images=images,
            masks=tuple(masks or ()),
            roi=roi,
            levels=levels,
            group=group,
            keep_alike=keep_duplicates_together,
            boxes_are_masks=boxes_are_masks,
        )

    with following(as_json=as_json) as report, _families_listed(as_json=as_json):
        ended = _import(source, name, format, read_options, report, dry_run=dry_run, check=check or dry_run)
    if not as_json:
        typer.echo("\n".join([*ended.sentences(), *ended.other_sizes()]))
        if dry_run:
            typer.echo("nothing was kept; leave out --dry-run to import it")


def import_order(
    file: Annotated[Path, typer.Argument(help="The order, as JSON.")],
) -> None:
    """Import what the dashboard ordered, saying on stdout how it goes."""
    from alcore.data.importing.import_order import parse_order

    order = parse_order(file.read_text(encoding="utf-8"))
    with following(as_json=True) as report:
        _import(order.source, order.name, order.format, lambda: order.options, report, check=order.check)


@contextmanager
def _families_listed(*, as_json: bool) -> Iterator[None]:
    """Families of files among which somebody has to choose are lines that can be pasted."""
    from alcore.data.importing.layout_doubt import LayoutDoubtError

    try:
        yield
    except LayoutDoubtError as doubt:
        if not as_json:
            typer.echo("\n".join(family.in_words() for family in doubt.families))
        raise


def _import(
    source: Path,
    name: str,
    format_name: str,
    read_options: Callable[[], ImportOptions],
    report: Callable[[ImportEvent], None],
    *,
    dry_run: bool = False,
    check: bool,
) -> ImportEnded:
    """Import and report; what is wrong with the options, too, is an import that failed."""
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
                raise DataError(f"a data set called {name!r} exists; delete it first, or take another name")
            work = Import(source, format_name=format_name, options=read_options(), follow=report)
            info = work.write(target)
            ended = ImportEnded.of(name, info, data_set_report(StoredPatches(target))).with_colors(
                work.colors
            )
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


@contextmanager
def _place(name: str, *, dry_run: bool) -> Iterator[Path]:
    """Where a new data set goes; for a dry run, a folder that is removed again; DataError if taken."""
    from alcore.data.collection import dataset_path

    target = dataset_path(name)
    if not dry_run:
        yield target
        return
    if target.exists():
        raise DataError(f"a data set called {name!r} exists; delete it first, or take another name")
    with tempfile.TemporaryDirectory(prefix="alcore-dry-run-") as scratch:
        yield Path(scratch) / name
