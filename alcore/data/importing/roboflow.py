"""Roboflow's exports: semantic segmentation masks, and COCO."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

import numpy as np

from alcore.data.images import SUFFIXES, read_mask
from alcore.data.importing.folder import Refuse
from alcore.data.importing.options import Foreground, ImportOptions, MaskReader, Sample, no_defect
from alcore.data.importing.source_files import Source, shown, stem, suffix
from alcore.errors import DataError, needs_extra

_CLASSES, _COCO = "_classes.csv", "_annotations.coco.json"


def is_roboflow(source: Source) -> bool:
    """Whether some folder has Roboflow's table of classes, or its COCO file."""
    return any(PurePosixPath(name).name in (_CLASSES, _COCO) for name in source.names)


def roboflow(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All folders (train/, valid/, test/) of a semantic-segmentation or a COCO export, as one data set.

    Their own split is not kept: the same image, augmented, may stand on two sides of it.
    """
    samples: list[Sample] = []
    for name in source.names:
        path = PurePosixPath(name)
        folder = "" if path.parent == PurePosixPath() else f"{path.parent}/"
        if path.name == _CLASSES:
            samples += _semantic(source, folder, options, refuse)
        elif path.name == _COCO:
            samples += _coco(source, name, folder, options, refuse)
    return sorted(samples, key=lambda sample: sample.image)


def _semantic(source: Source, folder: str, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """x.jpg with x_mask.png, whose values are the classes of _classes.csv; 0 is the background."""
    classes = options.foreground.classes or _defect_classes(source, folder + _CLASSES)
    foreground = replace(options.foreground, classes=classes)
    here = [name for name in _files_in(source, folder) if suffix(name) in SUFFIXES]
    masks = {stem(name).removesuffix("_mask"): name for name in here if stem(name).endswith("_mask")}
    samples = []
    for image in here:
        if stem(image).endswith("_mask"):
            continue
        mask = masks.pop(stem(image), None)
        if mask is None and not options.missing_mask_is_clean:
            refuse(image, f"{shown(image)} has no mask; add one, or say that a missing mask means clean")
            continue
        if mask is None:
            samples.append(Sample(image, no_defect))
        else:
            samples.append(Sample(image, _indexed(source, image, mask, foreground), (mask,)))
    for mask in masks.values():
        refuse(mask, f"the mask {shown(mask)} has no image; add it, or remove the mask")
    return samples


def _indexed(source: Source, image: str, mask: str, foreground: Foreground) -> MaskReader:
    def read(shape: tuple[int, int]) -> np.ndarray:
        found = read_mask(source.read(mask), name=mask, foreground=foreground)
        if found.shape != shape:
            raise DataError(
                f"{shown(mask)} has another size than its image {shown(image)}; they must be equal"
            )
        return found

    return read


def _defect_classes(source: Source, table: str) -> tuple[int, ...]:
    """The pixel values of all classes but 0, the background."""
    try:
        rows = list(csv.reader(io.StringIO(source.read(table).decode("utf-8-sig"))))[1:]
        values = tuple(int(row[0]) for row in rows if row)
    except (UnicodeDecodeError, csv.Error, ValueError, IndexError) as error:
        raise DataError(f"{shown(table)} cannot be read as a table of classes ({error})") from None
    return tuple(value for value in values if value != 0)


def _coco(source: Source, table: str, folder: str, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    content = read_json(source, table)
    present = set(_files_in(source, folder))
    annotations: dict[object, list[dict[str, Any]]] = defaultdict(list)
    for annotation in rows_of(content, "annotations", table):
        if options.foreground.classes is None or annotation.get("category_id") in options.foreground.classes:
            annotations[annotation.get("image_id")].append(annotation)
    samples = []
    for row in rows_of(content, "images", table):
        image = folder + str(row.get("file_name"))
        if image not in present:
            refuse(image, f"{shown(table)} names {shown(image)}, which is not there; add it, or remove it")
            continue
        samples.append(Sample(image, drawn(annotations[row.get("id")], image)))
    return samples


def read_json(source: Source, table: str) -> dict:
    """A COCO table; DataError where it cannot be read."""
    try:
        content = json.loads(source.read(table))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{shown(table)} cannot be read as JSON ({error})") from None
    if not isinstance(content, dict):
        raise DataError(f"{shown(table)} holds no COCO annotations")
    return content


def rows_of(content: dict, key: str, table: str) -> Iterable[dict]:
    """The rows under a key of a COCO table; DataError where there are none."""
    rows = content.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{shown(table)} has no list of {key}; it is not a COCO export")
    return rows


def drawn(annotations: list[dict], image: str) -> MaskReader:
    """The union of all annotations: polygons, or run lengths, compressed or not."""
    if not annotations:
        return no_defect

    def read(shape: tuple[int, int]) -> np.ndarray:
        with needs_extra("coco"):
            from pycocotools import mask as coco_mask

        union = np.zeros(shape, dtype=bool)
        for annotation in annotations:
            runs = _to_runs(annotation.get("segmentation"), shape, image, coco_mask)
            if runs is not None:
                union |= coco_mask.decode(runs).astype(bool)
        return union

    return read


def _to_runs(segmentation: object, shape: tuple[int, int], image: str, coco_mask: ModuleType) -> dict | None:
    """A segmentation as compressed runs; None for an empty one."""
    height, width = shape
    if isinstance(segmentation, list):
        polygons = [polygon for polygon in segmentation if polygon]
        if not all(_is_polygon(polygon) for polygon in polygons):
            raise DataError(
                f"an outline of {shown(image)} is not a list of x, y pairs of three points or more"
            )
        return coco_mask.merge(coco_mask.frPyObjects(polygons, height, width)) if polygons else None
    if not isinstance(segmentation, dict) or list(segmentation.get("size", ())) != [height, width]:
        raise DataError(f"a mask of {shown(image)} is not of its size, {height}x{width}")
    counts = segmentation.get("counts")
    if isinstance(counts, list):
        if not all(isinstance(n, int) and n >= 0 for n in counts) or sum(counts) != height * width:
            raise DataError(f"the run lengths of {shown(image)} do not add up to {height}x{width} pixels")
        return coco_mask.frPyObjects(segmentation, height, width)
    if not isinstance(counts, str) or _length_of(counts) != height * width:
        raise DataError(
            f"the compressed run lengths of {shown(image)} do not add up to {height}x{width} pixels"
        )
    return segmentation | {"counts": counts.encode("ascii")}


def _is_polygon(polygon: object) -> bool:
    return (
        isinstance(polygon, list)
        and len(polygon) >= 6
        and len(polygon) % 2 == 0
        and all(isinstance(value, int | float) and abs(value) < 1e6 for value in polygon)
    )


def _length_of(text: str) -> int:
    """Pixels that compressed runs stand for, or -1; pycocotools would read past the end of a broken text.

    Six bits per character from '0' on: five of value, the sixth says that more follow; from the third run on
    the difference to the run before the last.
    """
    runs: list[int] = []
    value = shift = 0
    is_open = False
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64 or shift > 30:
            return -1
        value |= (bits & 0x1F) << shift
        shift += 5
        is_open = bool(bits & 0x20)
        if not is_open:
            if bits & 0x10:
                value |= -1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    if is_open or any(run < 0 for run in runs):
        return -1
    return sum(runs)


def _files_in(source: Source, folder: str) -> list[str]:
    """Names directly in a folder, not below it."""
    return [name for name in source.names if name.startswith(folder) and "/" not in name.removeprefix(folder)]
