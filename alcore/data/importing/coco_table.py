"""A COCO table: its images, its classes, and which annotation belongs to which image."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from alcore.data.importing.canvas_frame import size_of
from alcore.data.importing.chosen_classes import Label
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError

Row = dict[str, Any]
_LONGEST_NUMBER = 100  # digits of an id; Python itself refuses thousands


@dataclass(frozen=True)
class ImageRow:
    """An image of a table: its file's name there, and the (height, width) that its outlines were drawn on."""

    file: str
    size: tuple[int, int] | None


class CocoTable:
    """One table of a source; raises DataError where it is none.

    beside: files are named from the folder of the table, as Roboflow does, instead of from anywhere. images:
    one for each row, in their order. labels: number of a class -> the class.
    """

    def __init__(self, source: Source, name: str, *, beside: bool = False) -> None:
        content = _read(source, name)
        self.name = name
        rows = list(_rows(content, "images", name))
        folder = name[: name.rfind("/") + 1] if beside else ""
        self.images = [
            ImageRow(folder + str(row.get("file_name")), size_of(row.get("height"), row.get("width")))
            for row in rows
        ]
        self._annotations = list(_rows(content, "annotations", name))
        self.labels = {
            number: Label(str(row.get("name", "")), number)
            for row in _rows(content, "categories", name, missing=True)
            if isinstance(number := row.get("id"), int)
        }
        for row in self._annotations:
            self.labels.setdefault(_number(row), Label(number=_number(row)))
        self._by_id: dict[str, list[ImageRow]] = defaultdict(list)
        for row, image in zip(rows, self.images, strict=True):
            self._by_id[_as_text(row.get("id"))].append(image)

    def annotations(self) -> Iterator[tuple[list[ImageRow], Label, Row]]:
        """Each annotation with its class and the images of its image_id: one, unless the table is at fault.

        An id that is text on one side and a number on the other is the same id.
        """
        for row in self._annotations:
            images = {image.file: image for image in reversed(self._by_id[_as_text(row.get("image_id"))])}
            yield list(images.values()), self.labels[_number(row)], row


def _read(source: Source, table: str) -> dict[str, Any]:
    try:
        content = json.loads(source.read(table))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{shown(table)} cannot be read as JSON ({error})") from None
    if not isinstance(content, dict):
        raise DataError(f"{shown(table)} holds no COCO annotations")
    return content


def _rows(content: dict[str, Any], key: str, table: str, *, missing: bool = False) -> Iterable[Row]:
    rows = content.get(key, [] if missing else None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{shown(table)} has no list of {key}; it is not a COCO export")
    return rows


def _number(row: Row) -> int:
    """The class of an annotation; -1 for none."""
    number = row.get("category_id")
    return number if isinstance(number, int) else -1


def _as_text(value: object) -> str:
    """An id as text: 1, 1.0, '1' and '001' are one."""
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    return str(int(text)) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else text
