"""Roboflow's exports: semantic segmentation masks, and COCO."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np

from alcore.data.cutting import DEFECTIVE, IGNORED
from alcore.data.images import SUFFIXES, read_mask
from alcore.data.importing.chosen_classes import Label, Labels
from alcore.data.importing.coco import samples_of
from alcore.data.importing.folder import Refuse, no_mask
from alcore.data.importing.options import Foreground, ImportOptions, MaskReader, Sample, no_defect
from alcore.data.importing.source_files import Source, base, shown, stem, suffix
from alcore.errors import DataError

_CLASSES, _COCO = "_classes.csv", "_annotations.coco.json"


def is_roboflow(source: Source) -> bool:
    """Whether some folder has Roboflow's table of classes, or its COCO file."""
    return any(base(name) in (_CLASSES, _COCO) for name in source.names)


def roboflow(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All folders (train/, valid/, test/) of a semantic-segmentation or a COCO export, as one data set.

    Their own split is not kept: the same image, augmented, may stand on two sides of it.
    """
    samples: list[Sample] = []
    tables = []
    for name in source.names:
        if base(name) == _CLASSES:
            samples += _semantic(source, _folder_of(name), options, refuse)
        elif base(name) == _COCO:
            tables.append(name)
    present = set(source.names)

    def find(_table: str, file: str) -> str | None:
        return file if file in present else None

    samples += samples_of(source, tables, find, options, refuse, beside=True) if tables else []
    return sorted(samples, key=lambda sample: sample.image)


def _folder_of(file: str) -> str:
    """The folder of a file, with a slash at its end; '' for the root."""
    return file[: file.rfind("/") + 1]


def _semantic(source: Source, folder: str, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """x.jpg with x_mask.png, whose values are the classes of _classes.csv; 0 is the background."""
    foreground = _chosen(_classes(source, folder + _CLASSES), options.foreground)
    here = [name for name in _files_in(source, folder) if suffix(name) in SUFFIXES]
    masks = {stem(name).removesuffix("_mask"): name for name in here if stem(name).endswith("_mask")}
    samples = []
    for image in here:
        if stem(image).endswith("_mask"):
            continue
        mask = masks.pop(stem(image), None)
        if mask is None and not options.missing_mask_is_clean:
            refuse(image, no_mask(image))
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


def _chosen(classes: list[Label], chosen: Foreground) -> Foreground:
    """The pixel values of what is defective and ignored: as chosen by number or name, else all but 0."""
    labels = Labels(chosen, classes, "Roboflow's table")
    values = {label.number: labels.value(label) for label in classes if label.number is not None}
    is_chosen = bool(chosen.classes or chosen.names)
    defective = [number for number, value in values.items() if value == DEFECTIVE and (number or is_chosen)]
    ignored = [number for number, value in values.items() if value == IGNORED]
    return replace(chosen, classes=tuple(defective), ignored=tuple(ignored))


def _classes(source: Source, table: str) -> list[Label]:
    """Pixel values and their names."""
    try:
        rows = list(csv.reader(io.StringIO(source.read(table).decode("utf-8-sig"))))[1:]
        return [Label(row[1].strip() if len(row) > 1 else "", int(row[0])) for row in rows if row]
    except (UnicodeDecodeError, csv.Error, ValueError, IndexError) as error:
        raise DataError(f"{shown(table)} cannot be read as a table of classes ({error})") from None


def _files_in(source: Source, folder: str) -> list[str]:
    """Names directly in a folder, not below it."""
    return [name for name in source.names if name.startswith(folder) and "/" not in name.removeprefix(folder)]
