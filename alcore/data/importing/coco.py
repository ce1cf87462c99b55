"""COCO: JSON tables of images and outlines, wherever they and the images lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import NamedTuple

from alcore.data.importing.canvas import canvas_of
from alcore.data.importing.chosen_classes import Labels
from alcore.data.importing.coco_marks import draw, has_outline
from alcore.data.importing.coco_table import CocoTable, Row
from alcore.data.importing.folder import Refuse
from alcore.data.importing.image_finder import ImageFinder
from alcore.data.importing.options import Drawn, ImportOptions, MaskReader, Sample, no_defect
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.wording import plural

_MOST_TABLES = 20
_WITHOUT_MARKS = re.compile(rb'"annotations"\s*:\s*\[\s*\]')
"""A table whose images are all clean."""


class Mark(NamedTuple):
    """An annotation of an image; frame: (height, width) that it was drawn on; value: None if not chosen."""

    annotation: Row
    frame: tuple[int, int] | None
    value: int | None


def is_coco(source: Source) -> bool:
    """Whether one of a few JSON files begins as a COCO table or is named as one."""
    return bool(_tables(source))


def coco(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All images that the tables name, found by the ends of their paths.

    Raises:
        DataError: a table that cannot be read, or whose file names fit several images.
    """
    images = ImageFinder(source)

    def find(table: str, file: str) -> str | None:
        return images.find(file, table=table, part=PurePosixPath(table).stem.removeprefix("instances_"))

    return samples_of(source, _tables(source), find, options, refuse)


def samples_of(
    source: Source,
    tables: list[str],
    find: Callable[[str, str], str | None],
    options: ImportOptions,
    refuse: Refuse,
    *,
    beside: bool = False,
) -> list[Sample]:
    """The images of some tables, sorted; marks of one image in several tables are joined.

    Args:
        find: the image of a source that a table, the first argument, calls by the second one.
        beside: files are named from the table's own folder.
    Raises:
        DataError: as `coco`, or a chosen class that no table has.
    """
    read = [CocoTable(source, table, beside=beside) for table in tables]
    labels = Labels(options.foreground, [label for one in read for label in one.labels.values()], "COCO")
    marks: dict[str, list[Mark]] = {}
    doubtful: dict[str, str] = {}
    for table in read:
        places = _places(table, find, refuse)
        for image in places.values():
            marks.setdefault(image, [])
        doubtful |= _add_marks(table, places, labels, marks, options, refuse)
    for image, reason in sorted(doubtful.items()):
        refuse(image, f"{shown(image)} {reason}")
    return [Sample(image, _reader(source, image, marks[image])) for image in sorted(marks.keys() - doubtful)]


def _places(table: CocoTable, find: Callable[[str, str], str | None], refuse: Refuse) -> dict[str, str]:
    """File as the table calls it -> image."""
    found: dict[str, str] = {}
    for row in table.images:
        image = find(table.name, row.file)
        if image is None:
            refuse(
                row.file,
                f"{shown(table.name)} names {shown(row.file)}, which is not there; add it, or remove it",
            )
        else:
            found[row.file] = image
    return found


def _add_marks(
    table: CocoTable,
    places: dict[str, str],
    labels: Labels,
    marks: dict[str, list[Mark]],
    options: ImportOptions,
    refuse: Refuse,
) -> dict[str, str]:
    """Add a table's annotations to their images; images whose marks are not known -> why not."""
    lost, boxes, doubtful, count = Counter[str](), 0, dict[str, str](), 0
    for rows, label, annotation in table.annotations():
        count += 1
        value = labels.value(label)
        if len(rows) != 1:
            lost[str(annotation.get("image_id"))] += 1
            doubtful |= {places[row.file]: "shares its id with others" for row in rows if row.file in places}
        elif rows[0].file in places:
            image = places[rows[0].file]
            marks[image].append(Mark(annotation, rows[0].size, value))
            if value is not None and not options.boxes_are_masks and not has_outline(annotation):
                boxes += 1
                doubtful[image] = "has a box without an outline"
    if lost:
        refuse(
            table.name,
            f"{lost.total()} of {plural(count, 'annotation')} in {shown(table.name)} belong to none of its "
            f"images, or to several, such as image_id {shown(next(iter(lost)))}; export it again. With "
            "--skip-bad they are not drawn, and an image with no other mark counts as clean",
        )
    if boxes and not options.skip_bad:  # else their images are left out, each by name
        refuse(
            table.name,
            f"{boxes} of {plural(count, 'annotation')} in {shown(table.name)} are boxes without an outline; "
            "export outlines, or say that a box is a mask: --boxes-are-masks",
        )
    return doubtful


def _reader(source: Source, image: str, marks: list[Mark]) -> MaskReader:
    if not marks:
        return no_defect

    def read(shape: tuple[int, int]) -> Drawn:
        canvas = canvas_of(source, image, shape)
        for mark in marks:
            if mark.value is None:
                canvas.pass_over()
            else:
                canvas.drawn_on(mark.frame)
                draw(canvas, mark.annotation, mark.value)
        return canvas.drawn()

    return read


def _tables(source: Source) -> list[str]:
    names = [name for name in source.names if suffix(name) == ".json"]
    if len(names) > _MOST_TABLES:
        names = [name for name in names if PurePosixPath(name).name.startswith("instances_")]
    return [name for name in names if _looks_like_coco(source, name)]


def _looks_like_coco(source: Source, name: str) -> bool:
    content = source.read(name)
    has_marks = b'"image_id"' in content or _WITHOUT_MARKS.search(content) is not None
    return has_marks and all(key in content for key in (b'"images"', b'"annotations"'))
