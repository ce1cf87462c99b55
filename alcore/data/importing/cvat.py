"""CVAT for images: XML files that list images and the shapes that were drawn on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree

from alcore.data.importing import rle
from alcore.data.importing.canvas import Canvas, canvas_of
from alcore.data.importing.canvas_frame import pairs, size_of
from alcore.data.importing.chosen_classes import Label, Labels
from alcore.data.importing.folder import Refuse
from alcore.data.importing.image_finder import ImageFinder
from alcore.data.importing.options import Drawn, ImportOptions, MaskReader, Sample
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError
from alcore.wording import plural

_USUAL = "annotations"  # the name of CVAT's own file; others call it as the part of the set


class _Mark(NamedTuple):
    """A shape; frame: (height, width) that it was drawn on; value: None for a class that was not chosen."""

    shape: ElementTree.Element
    frame: tuple[int, int] | None
    value: int | None

    @property
    def has_no_area(self) -> bool:
        """Whether it counts, but is of a kind that cannot be filled."""
        return self.value is not None and self.shape.tag not in DRAWN


def is_cvat(source: Source) -> bool:
    """Whether some XML file is CVAT's for images, under whatever name."""
    return bool(_tables(source))


def cvat(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All images that the XML files list; marks of one image in several files are joined.

    An image whose subset the table names is looked for within a folder of that name first. Images with marks
    that have no area (polylines, points, cuboids, skeletons) are refused: without those marks, a defective
    image would count as clean.

    Raises:
        DataError: a file that cannot be read, or whose image names fit several images.
    """
    tables = {name: parsed_xml(source, name) for name in _tables(source)}
    labels = Labels(options.foreground, [label for one in tables.values() for label in _known(one)], "CVAT")
    images = ImageFinder(source)
    marks: dict[str, list[_Mark]] = {}
    for file, table in tables.items():
        for row in table.iter("image"):
            name = row.get("name", "")
            image = images.find(name, table=file, part=row.get("subset") or _part(file))
            if image is None:
                refuse(name, f"{shown(file)} names {shown(name)}, which is not there; add it, or remove it")
            else:
                marks.setdefault(image, []).extend(_marks(row, labels))
    if not options.skip_bad:  # else their images are left out, each by name
        _refuse_without_area([mark for some in marks.values() for mark in some], refuse)
    for image, some in marks.items():
        if without := _kinds(some):
            refuse(image, f"{shown(image)} has marks that have no area: {without}")
    return [
        Sample(image, _reader(source, image, marks[image]))
        for image in sorted(marks)
        if not any(mark.has_no_area for mark in marks[image])
    ]


def _tables(source: Source) -> list[str]:
    """XML files of CVAT; b'<image' keeps out those of videos, which have tracks."""
    return [
        name
        for name in source.names
        if suffix(name) == ".xml" and b"<annotations>" in source.head(name) and b"<image" in source.read(name)
    ]


def _part(file: str) -> str:
    name = PurePosixPath(file).stem
    return "" if name == _USUAL else name


def parsed_xml(source: Source, file: str) -> ElementTree.Element:
    """An XML file's root; DataError where it cannot be read, or declares entities."""
    content = source.read(file)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError(f"{shown(file)} declares entities, which no export does; export it again")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise DataError(f"{shown(file)} cannot be read as XML ({error})") from None


def _known(table: ElementTree.Element) -> Iterator[Label]:
    """Classes that a table lists, and those that it uses."""
    for name in table.iterfind("meta//labels/label/name"):
        yield Label(name.text or "")
    for row in table.iter("image"):
        yield from (Label(shape.get("label", "")) for shape in row if shape.tag != "tag")


def _marks(row: ElementTree.Element, labels: Labels) -> list[_Mark]:
    """The shapes of an image; a tag is of the image as a whole, and no shape."""
    frame = size_of(row.get("height"), row.get("width"))
    shapes = [shape for shape in row if shape.tag != "tag"]
    return [_Mark(shape, frame, labels.value(Label(shape.get("label", "")))) for shape in shapes]


def _kinds(marks: list[_Mark]) -> str:
    """'3 polylines, 1 cuboid'; '' where all can be drawn."""
    kinds = Counter(mark.shape.tag for mark in marks if mark.has_no_area)
    return ", ".join(
        plural(count, {"points": "points mark"}.get(kind, shown(kind))) for kind, count in kinds.most_common()
    )


def _refuse_without_area(marks: list[_Mark], refuse: Refuse) -> None:
    if kinds := _kinds(marks):
        refuse(
            "marks without area",
            f"the annotations have marks without area, of which no mask can be made: {kinds}; draw them as "
            "polygons, or leave out their images with --skip-bad",
        )


def _reader(source: Source, image: str, marks: list[_Mark]) -> MaskReader:
    def read(shape: tuple[int, int]) -> Drawn:
        canvas = canvas_of(source, image, shape)
        try:
            for mark in marks:
                if mark.value is None:
                    canvas.pass_over()
                else:
                    canvas.drawn_on(mark.frame)
                    DRAWN[mark.shape.tag](canvas, mark.shape, mark.value)
        except (ValueError, TypeError) as error:
            raise DataError(f"the annotations of {shown(image)} cannot be used ({error})") from None
        return canvas.drawn()

    return read


def _polygon(canvas: Canvas, shape: ElementTree.Element, value: int) -> None:
    canvas.polygon(pairs(shape.get("points", "").replace(";", ",").split(",")), value=value)


def _box(canvas: Canvas, shape: ElementTree.Element, value: int) -> None:
    left, top, right, bottom = (_number(shape, key) for key in ("xtl", "ytl", "xbr", "ybr"))
    canvas.box((left, top, right, bottom), rotation=_number(shape, "rotation", "0"), value=value)


def _ellipse(canvas: Canvas, shape: ElementTree.Element, value: int) -> None:
    x, y, along, across = (_number(shape, key) for key in ("cx", "cy", "rx", "ry"))
    canvas.ellipse((x, y), (along, across), rotation=_number(shape, "rotation", "0"), value=value)


def _runs(canvas: Canvas, shape: ElementTree.Element, value: int) -> None:
    """Run lengths along the rows of a box, background first."""
    left, top, width, height = (int(shape.get(key, "-1")) for key in ("left", "top", "width", "height"))
    canvas.refuse_other_mask(canvas.frame)
    lengths = [int(run) for run in shape.get("rle", "").split(",")]
    found = rle.from_lengths(lengths, (height, width))
    canvas.pixels(rle.placed(found, (left, top), canvas.frame), value=value)


def _number(shape: ElementTree.Element, key: str, missing: str = "nan") -> float:
    return float(shape.get(key, missing))


DRAWN: dict[str, Callable[[Canvas, ElementTree.Element, int], None]] = {
    "polygon": _polygon,
    "box": _box,
    "ellipse": _ellipse,
    "mask": _runs,
}
"""How shapes of CVAT are drawn, by their tag; those of other tags have no area."""
