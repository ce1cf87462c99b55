"""Images with the marks that a tool drew on them: what every annotation table comes down to."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from alcore.data.images import SUFFIXES
from alcore.data.importing.canvas import Canvas, canvas_of
from alcore.data.importing.chosen_classes import Label, Labels
from alcore.data.importing.folder import Refuse
from alcore.data.importing.image_finder import ImageFinder
from alcore.data.importing.options import Drawn, ImportOptions, MaskReader, Sample
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError

Draw = Callable[[Canvas, int], None]
"""Puts a mark on a canvas with a value: DEFECTIVE, or IGNORED."""


@dataclass(frozen=True)
class Mark:
    """One thing that someone drew. label: its class; kind: for people; draw: None for what has no area."""

    label: Label
    kind: str
    draw: Draw | None = None


@dataclass
class MarkedImage:
    """An image of a table.

    files: the names by which it may lie in the source, the likeliest first; table: the file that names it;
    size: (height, width) that it was drawn on, None where nothing says; marks: in the order in which they
    were drawn; part: the folder that is meant where several images have its name; group: what stays on one
    side of the split; refused: why its marks cannot be used, and missing: what to say where it is not there,
    each in one sentence.
    """

    files: tuple[str, ...]
    table: str
    size: tuple[int, int] | None = None
    marks: list[Mark] = field(default_factory=list)
    part: str = ""
    group: str = ""
    refused: str = ""
    missing: str = ""

    @property
    def name(self) -> str:
        """Its file's name, for messages."""
        return shown(PurePosixPath(self.files[-1]).name)


def samples_of(
    images: Iterable[MarkedImage],
    title: str,
    source: Source,
    options: ImportOptions,
    refuse: Refuse,
    *,
    known: Iterable[Label] = (),
    masks: Collection[str] = (),
) -> list[Sample]:
    """The images of a source with the marks of all tables that name them.

    Args:
        images: of all tables; title: of the format, for messages.
        known: classes that the tables list, used or not.
        masks: pictures that are no images.
    Raises:
        DataError: a name that fits several images, or a chosen class that no mark has. An image that no table
            names is refused like one without a mask.
    """
    images = list(images)
    used = [mark.label for image in images for mark in image.marks]
    labels = Labels(options.foreground, [*known, *used], title)
    found, refused = _found(images, ImageFinder(source), refuse)
    others = set(masks) | refused | found.keys()
    for name in (name for name in source.names if suffix(name) in SUFFIXES and name not in others):
        if options.missing_mask_is_clean:
            found[name] = []
        else:
            refuse(name, f"{shown(name)} has no annotation; add one, or say that a missing mask means clean")
    return [
        Sample(name, _reader(source, name, some, labels), group=next((one.group for one in some), ""))
        for name, some in sorted(found.items())
    ]


def _found(
    images: list[MarkedImage], finder: ImageFinder, refuse: Refuse
) -> tuple[dict[str, list[MarkedImage]], set[str]]:
    """Images by their place in the source, and the places of those whose marks cannot be used."""
    found: dict[str, list[MarkedImage]] = defaultdict(list)
    refused: set[str] = set()
    for image in images:
        folder = image.part or PurePosixPath(image.table).parent.name
        places = (finder.find(file, table=image.table, part=folder) for file in (*image.files, image.name))
        place = next((place for place in places if place is not None), None)
        if place is None:
            sentence = f"{shown(image.table)} names {image.name}, which is not there; add it, or remove it"
            refuse(image.name, image.missing or sentence)
        elif image.refused:
            refused.add(place)
            refuse(place, image.refused)
        else:
            _refuse_double(place, [*found[place], image])
            found[place].append(image)
    return found, refused


def _refuse_double(place: str, images: list[MarkedImage]) -> None:
    """Two images of a table, of the same name in different folders or uploads, are not one of the source."""
    first, last = images[0], images[-1]
    if first.table == last.table and first.files[0] != last.files[0]:
        raise DataError(
            f"{shown(last.table)} names {shown(first.files[0])} and {shown(last.files[0])}, which both fit "
            f"{shown(place)}; give the images names of their own, or leave one out"
        )


def one_by_one(files: Iterable[str], read: Callable[[str], MarkedImage]) -> Iterator[MarkedImage]:
    """What a file for each image says of it; one that cannot be read speaks against its own image alone."""
    for file in files:
        try:
            yield read(file)
        except DataError as error:
            yield MarkedImage((PurePosixPath(file).stem,), file, refused=str(error), missing=str(error))


def parsed(source: Source, file: str) -> Any:  # noqa: ANN401  JSON holds anything
    """What a JSON file holds; to be called within `readable`."""
    return json.loads(source.read(file).removeprefix(b"\xef\xbb\xbf"))


def csv_rows(source: Source, file: str) -> list[dict[str, str]]:
    """The rows of a CSV file with a header; fields may be long. To be called within `readable`."""
    table = pd.read_csv(io.BytesIO(source.read(file)), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return [{str(name): text for name, text in row.items()} for row in table.to_dict("records")]


@contextmanager
def readable(file: str, what: str) -> Iterator[None]:
    """One sentence for whatever a damaged annotation file makes its reader raise."""
    try:
        yield
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
        OverflowError,
    ) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"{shown(file)} cannot be read as {what} ({reason}); export it again") from None


def _reader(source: Source, name: str, images: list[MarkedImage], labels: Labels) -> MaskReader:
    def read(shape: tuple[int, int]) -> Drawn:
        canvas = canvas_of(source, name, shape)
        for image in images:
            canvas.drawn_on(image.size)
            for mark in image.marks:
                value = labels.value(mark.label)
                if value is None:
                    canvas.pass_over()
                elif mark.draw is None:
                    canvas.leave_out(f"{mark.kind} without area")
                else:
                    with readable(image.table, f"the marks of {shown(name)}"):
                        mark.draw(canvas, value)
        return canvas.drawn()

    return read
