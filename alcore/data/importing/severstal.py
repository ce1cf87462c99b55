"""Severstal steel as Kaggle hands it out: train_images/*.jpg and train.csv with run lengths."""

from __future__ import annotations

import csv
import io
from collections import defaultdict

import numpy as np

from alcore.data.importing import rle
from alcore.data.importing.canvas import canvas_of
from alcore.data.importing.chosen_classes import Label, Labels
from alcore.data.importing.folder import Refuse
from alcore.data.importing.options import Drawn, Foreground, ImportOptions, MaskReader, Sample, no_defect
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError

_IMAGES, _TABLE = "train_images/", "train.csv"


def is_severstal(source: Source) -> bool:
    """Whether there is a train.csv next to train_images/."""
    return _TABLE in source.names and any(name.startswith(_IMAGES) for name in source.names)


def severstal(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All images of train_images/; those without a row, or with empty runs, are clean.

    Reads ImageId, ClassId, EncodedPixels, and the older ImageId_ClassId. Runs of all classes are joined, or
    of those that the options' classes name.
    """
    runs = _read_table(source, options.foreground)
    images = [name for name in source.names if name.startswith(_IMAGES) and name.lower().endswith(".jpg")]
    by_file = {name.removeprefix(_IMAGES): name for name in images}
    for file in runs.keys() - by_file.keys():
        refuse(file, f"{_TABLE} names {shown(file)}, which is not in {_IMAGES}; add it, or remove its rows")
    return [Sample(name, _reader(source, runs.get(file, []), name)) for file, name in by_file.items()]


def _reader(source: Source, marks: list[tuple[str, int]], name: str) -> MaskReader:
    if not marks:
        return no_defect

    def read(shape: tuple[int, int]) -> Drawn:
        canvas = canvas_of(source, name, shape)
        for text, value in marks:
            canvas.pixels(rle.decode(text, shape, name=shown(name)), value=value, kind="run-length mask")
        return canvas.drawn()

    return read


def _read_table(source: Source, chosen: Foreground) -> dict[str, list[tuple[str, int]]]:
    """Run-length texts and what they mean, by file name; images with empty ones have an empty list."""
    try:
        text = source.read(_TABLE).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{_TABLE} cannot be read as a table ({error})") from None
    columns = set(rows[0]) if rows else set()
    if not {"EncodedPixels"} < columns or not columns & {"ImageId", "ImageId_ClassId"}:
        raise DataError(
            f"{_TABLE} needs the columns ImageId, ClassId and EncodedPixels, "
            "or ImageId_ClassId and EncodedPixels"
        )
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    identities = [_identity(row, line) for line, row in enumerate(rows, start=2)]
    labels = Labels(chosen, [Label(number=kind) for _, kind in identities], "Severstal's table")
    for row, (image, kind) in zip(rows, identities, strict=True):
        runs = (row["EncodedPixels"] or "").strip()
        value = labels.value(Label(number=kind))
        wanted = found[image]
        if runs and value is not None:
            wanted.append((runs, value))
    return found


def _identity(row: dict[str, str], line: int) -> tuple[str, int]:
    """Image and class of a row."""
    joined = row.get("ImageId_ClassId")
    image, kind = (
        joined.rsplit("_", 1) if joined and "_" in joined else (row.get("ImageId"), row.get("ClassId"))
    )
    try:
        return image or "", int(kind or 1)
    except ValueError:
        raise DataError(
            f"line {line} of {_TABLE} has the class {kind!r}, which is not a whole number"
        ) from None


def has_black_border(image: np.ndarray) -> bool:
    """Whether at least 2 % of the columns are nearly black, mean level at most 5: where the steel strip ends.

    Source: the preparation of Combes, Derville & Coeurjolly, arXiv:2601.06209.
    """
    columns = image.mean(axis=(0, 2))
    return bool((columns <= 5).mean() >= 0.02)
