"""Every format by name, and which of them explains a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from alcore.data.images import SUFFIXES
from alcore.data.importing import (
    coco,
    cvat,
    cvat_video,
    folder,
    json_per_image,
    json_tables,
    label_studio,
    layouts,
    reference,
    roboflow,
    severstal,
)
from alcore.data.importing.class_tables import with_its_table
from alcore.data.importing.folder import Refuse
from alcore.data.importing.layout_table import LAYOUTS, Layout
from alcore.data.importing.options import Foreground, ImportOptions, Sample
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError, did_you_mean
from alcore.wording import plural

Pairing = Callable[[Source, ImportOptions, Refuse], list[Sample]]


class Format(NamedTuple):
    """A layout of images and masks on disk.

    title: for people; pair: lists a source's samples; shows: whether a source shows a sign of its own, None
    for a format that is recognised by the files it explains; foreground: what its masks mean, None lets their
    values decide; unknown: mask values that mean 'unknown'; table: what in the source says so, in words,
    '' where it is the format itself; chosen_by: what says which marks count, pixel 'values', 'classes' with
    names or numbers, or 'nothing'; is_whole: whether its images are resized whole unless tiles are asked for,
    as they are patches already, or of all shapes; named: classes of masks of pixels, in lower case.
    """

    title: str
    pair: Pairing
    shows: Callable[[Source], bool] | None = None
    foreground: Foreground | None = None
    unknown: tuple[int, ...] = ()
    table: str = ""
    chosen_by: str = "values"
    is_whole: bool = False
    named: Mapping[str, Foreground] = MappingProxyType({})

    def resolved(self, chosen: Foreground) -> Foreground:
        """A choice as this format's readers take it: of masks of pixels, names become values or colours.

        Raises:
            DataError: the format has no such thing and would pass it over; the sentence says what it has.
        """
        given = {
            "--threshold": chosen.threshold is not None,
            "--color": bool(chosen.colors),
            "--classes": chosen.classes is not None or bool(chosen.names),
            "--ignore": bool(chosen.ignored or chosen.ignored_names),
        }
        lacks, has = {
            "values": ((), ""),
            "classes": (("--threshold", "--color"), "classes, which --classes and --ignore choose"),
            "nothing": (tuple(given), "one kind of mark"),
        }[self.chosen_by]
        for setting in lacks:
            if given[setting]:
                raise DataError(f"{setting} has no effect here: {self.title} has {has}; leave it out")
        if self.chosen_by != "values" or not chosen.names + chosen.ignored_names:
            return chosen
        wanted, ignored = map(self._called, chosen.names), list(map(self._called, chosen.ignored_names))
        classes, colors = list(chosen.classes or ()), list(chosen.colors)
        for one in wanted:
            classes += one.classes or ()
            colors += one.colors
        return replace(
            chosen,
            names=(),
            ignored_names=(),
            classes=tuple(classes) or None,
            colors=tuple(colors),
            tolerance=0 if colors and not chosen.colors else chosen.tolerance,
            ignored=chosen.ignored + tuple(value for one in ignored for value in one.classes or ()),
            ignored_colors=chosen.ignored_colors + tuple(color for one in ignored for color in one.colors),
        )

    def _called(self, name: str) -> Foreground:
        if name.lower() in self.named:
            return self.named[name.lower()]
        if not self.named:
            raise DataError(f"{self.title} has no class names, such as {shown(name)!r}; give pixel values")
        raise DataError(f"{self.title} has no class {shown(name)!r} here (it has {', '.join(self.named)})")


def _of_row(row: Layout, table: str = "") -> Format:
    """A row of the layout table as a format. table: what in the source says what masks mean."""
    chosen_by = {"image": "values", "matlab": "nothing"}.get(row.reader, "classes")
    return Format(
        row.title,
        partial(layouts.pair, row),
        None,
        row.foreground,
        row.unknown,
        table,
        chosen_by,
        named=row.named,
    )


def _of_marks(title: str, pair: Pairing, shows: Callable[[Source], bool]) -> Format:
    """A table of marks, or a file for each image, in which marks have classes."""
    return Format(title, pair, shows, chosen_by="classes")


FORMATS = {
    "severstal": _of_marks("Severstal (Kaggle)", severstal.severstal, severstal.is_severstal),
    "roboflow": _of_marks("Roboflow export", roboflow.roboflow, roboflow.is_roboflow),
    "reference": Format(
        "patch folders of the paper's code", reference.reference, reference.is_reference, is_whole=True
    ),
    "magnetic-tile": Format(
        "Magnetic Tile Defect set",
        folder.magnetic_tile,
        folder.is_magnetic_tile,
        Foreground(threshold=127),
        is_whole=True,
    ),
    "label-studio": _of_marks("Label Studio", label_studio.label_studio, label_studio.is_label_studio),
    "darwin": _of_marks("V7 Darwin 2", json_per_image.darwin, json_per_image.is_darwin),
    "supervisely": _of_marks("Supervisely", json_per_image.supervisely, json_per_image.is_supervisely),
    "datumaro": _of_marks("Datumaro", json_tables.datumaro, json_tables.is_datumaro),
    "via": _of_marks("VGG Image Annotator (VIA) 2", json_tables.via, json_tables.is_via),
    "cvat-video": _of_marks("CVAT for video", cvat_video.cvat_video, cvat_video.is_cvat_video),
    "cvat": _of_marks("CVAT for images", cvat.cvat, cvat.is_cvat),
    "coco": _of_marks("COCO", coco.coco, coco.is_coco),
    "folder": Format("images and masks", folder.folder),
    **{name: _of_row(row) for name, row in LAYOUTS.items()},
}
"""By name, in the order in which sources are tried."""


_WITH_BOXES = ("coco", "roboflow", "yolo-seg")


class Recognised(NamedTuple):
    """A format, and how much of a source it explains.

    explained: files that it reads, or knows to leave out; unexplained: image files for which it has no place;
    images: patterns of its images, none where it has no patterns.
    """

    form: Format
    name: str
    explained: int
    unexplained: list[str]
    images: tuple[str, ...] = ()

    def check_boxes(self, options: ImportOptions) -> None:
        """Raise DataError where boxes are to be filled in a format that has none without an outline."""
        if options.boxes_are_masks and self.name not in _WITH_BOXES:
            raise DataError(
                f"--boxes-are-masks has no effect here: it is for COCO, Roboflow and YOLO, and the format is "
                f"{self.form.title}; leave it out"
            )

    def sentence(self) -> str:
        """'layout: BTAD, which explains all 60 files'."""
        title = self.form.title
        if self.form.shows is not None:
            return f"layout: {title}, recognised by its own files"
        if not self.unexplained:
            return f"layout: {title}, which explains all {plural(self.explained, 'file')}"
        return (
            f"the nearest layout, {title}, explains {self.explained} of "
            f"{plural(self.explained + len(self.unexplained), 'file')}, but not {shown(self.unexplained[0])}"
        )


def recognise(source: Source) -> Recognised:
    """The format whose sign a source shows, else the one that explains all files, else the nearest."""
    best = None
    for name, form in FORMATS.items():
        if form.shows is not None:
            if form.shows(source):
                return Recognised(form, name, len(source.names), [])
            continue
        explained, unexplained = _explained(name, source)
        found = Recognised(form, name, explained, unexplained)
        if explained and not unexplained:
            return found
        if best is None or (explained, -len(unexplained)) > (best.explained, -len(best.unexplained)):
            best = found
    assert best is not None, "the table has formats without a sign"
    return best


def choose(source: Source, name: str, options: ImportOptions) -> Recognised:
    """The format of that name, the one that fits for 'auto', or the user's own patterns.

    Raises:
        DataError: there is no format of that name, or the patterns or a table of classes cannot be used.
    """
    found = _choose(source, name, options)
    if found.name not in LAYOUTS:
        return found
    row, table = with_its_table(LAYOUTS[found.name], source)
    found = found._replace(images=row.images)
    return found._replace(form=_of_row(row, table)) if table else found


def _choose(source: Source, name: str, options: ImportOptions) -> Recognised:
    if options.images or options.masks:
        layout = layouts.own_layout(options)
        explained, _ = layouts.explained(layout, source)
        form = Format(layout.title, partial(layouts.pair, layout))
        return Recognised(form, "patterns", explained, [], layout.images)
    if name == "auto":
        return recognise(source)
    if name not in FORMATS:
        raise DataError(f"unknown format {name!r}{did_you_mean(name, FORMATS)} (known: {', '.join(FORMATS)})")
    if FORMATS[name].shows is None:
        return Recognised(FORMATS[name], name, *_explained(name, source))
    return Recognised(FORMATS[name], name, len(source.names), [])


def _explained(name: str, source: Source) -> tuple[int, list[str]]:
    if name in LAYOUTS:
        return layouts.explained(LAYOUTS[name], source)
    pictures = [file for file in source.names if suffix(file) in SUFFIXES]
    try:
        samples = FORMATS[name].pair(source, ImportOptions(), lambda _name, _reason: None)
    except DataError:  # two masks of one image: not this layout
        return 0, pictures
    used = {sample.image for sample in samples} | {mask for sample in samples for mask in sample.masks}
    return len(used), [file for file in pictures if file not in used]
