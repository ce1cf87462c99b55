"""COCO: a JSON table of images and outlines, wherever it and the images lie."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import Any

from alcore.data.importing.folder import Refuse
from alcore.data.importing.options import ImportOptions, Sample
from alcore.data.importing.roboflow import drawn, read_json, rows_of
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError

_MOST_TABLES = 20


def is_coco(source: Source) -> bool:
    """Whether one of a few JSON files begins as a COCO table or is named as one."""
    return bool(_tables(source))


def coco(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All images that the tables name, found by the ends of their paths. Crowds count like other outlines.

    Raises:
        DataError: a table that cannot be read, or whose file names fit several images.
    """
    places: dict[str, list[str]] = defaultdict(list)
    for name in source.names:
        places[PurePosixPath(name).name].append(name)
    samples: dict[str, Sample] = {}
    for table in _tables(source):
        content = read_json(source, table)
        annotations: dict[object, list[dict[str, Any]]] = defaultdict(list)
        for row in rows_of(content, "annotations", table):
            if options.foreground.classes is None or row.get("category_id") in options.foreground.classes:
                annotations[row.get("image_id")].append(row)
        for row in rows_of(content, "images", table):
            image = _find(str(row.get("file_name")), table, places)
            if image is None:
                file = shown(str(row.get("file_name")))
                refuse(file, f"{shown(table)} names {file}, which is not there; add it, or remove it")
            else:
                samples[image] = Sample(image, drawn(annotations[row.get("id")], image))
    return [samples[image] for image in sorted(samples)]


def _tables(source: Source) -> list[str]:
    names = [name for name in source.names if suffix(name) == ".json"]
    if len(names) > _MOST_TABLES:
        names = [name for name in names if PurePosixPath(name).name.startswith("instances_")]
    return [name for name in names if _looks_like_coco(source, name)]


def _looks_like_coco(source: Source, name: str) -> bool:
    content = source.read(name)
    return all(key in content for key in (b'"images"', b'"annotations"', b'"image_id"'))


def _find(file: str, table: str, places: dict[str, list[str]]) -> str | None:
    """The image whose path ends with the table's file name; of several, the one of the table's split."""
    found = [name for name in places.get(PurePosixPath(file).name, ()) if f"/{name}".endswith(f"/{file}")]
    if len(found) > 1:
        split = PurePosixPath(table).stem.removeprefix("instances_")
        found = [name for name in found if split in PurePosixPath(name).parts] or found
    if len(found) > 1:
        raise DataError(f"{shown(table)} names {shown(file)}, which is there {len(found)} times; rename them")
    return found[0] if found else None
