"""Records on disk: the one module that knows the names in a record's file.

A record is one .npz per cycle of a strategy, a ceiling one per repetition. `to_arrays` names its parts,
except the weights, which have files of their own; `StoredRecord` reads them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from alcore.errors import DamagedFileError
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.cycle_record import Ceiling, CycleRecord, Selection, ThresholdHistogram, Validation
from alcore.experiment.pool_map import Axes, PoolMap
from alcore.home_files import damage_reported, read_npz
from alcore.metrics import class_means
from alcore.thresholds import BINS, HALF, counts_at, threshold_means

if TYPE_CHECKING:
    pass

Arrays = dict[str, np.ndarray]
Part = TypeVar("Part", PoolMap, Axes, ThresholdHistogram, Validation)

_QUERY = ("items", "defective", "scores")
_EVALUATION = ("test_items", "test_defective", "counts", "max_probability")
_LARGE = ("candidates", "candidate_scores", "probability", "gallery_items", "gallery_probability")
_SELECTION = (*_QUERY, *_LARGE[:3])
_ADVICE = "start a new run"
_MISFIT = "holds arrays that do not fit each other"
_PREFIX = {PoolMap: "map_", Axes: "axes_", ThresholdHistogram: "test_", Validation: "validation_"}


def to_arrays(record: CycleRecord) -> Arrays:
    """What is kept of a record, by the names in its file."""
    selection = record.selection
    arrays: Arrays = {"labelled": np.asarray(record.labelled, dtype=np.int64)}
    arrays |= {name: getattr(selection, name) for name in _SELECTION}
    for name in (*_EVALUATION, *_LARGE[3:]):
        arrays[name] = getattr(record, name)
    for part in (selection.pool_map, record.axes, record.threshold_histogram, record.validation):
        arrays |= _part_to_arrays(part)
    return arrays


def selection_to_arrays(selection: Selection, axes: Axes | None) -> Arrays:
    """What is kept of a query that waits for its labels, by the names in its file."""
    arrays = {name: getattr(selection, name) for name in _SELECTION}
    return arrays | _part_to_arrays(selection.pool_map) | _part_to_arrays(axes)


def read_selection(file: Path) -> tuple[Selection, Axes | None]:
    """The query that `selection_to_arrays` took apart; StoreError where the file is damaged."""
    arrays = read_npz(file, lambda _: True, advice="restore a backup")
    with damage_reported(file, "restore a backup"):
        selection = Selection(**{name: arrays[name] for name in _SELECTION}, pool_map=_part(PoolMap, arrays))
        return selection, _part(Axes, arrays)


def _part_to_arrays(part: PoolMap | Axes | ThresholdHistogram | Validation | None) -> Arrays:
    if part is None:
        return {}
    return {_PREFIX[type(part)] + name: value for name, value in vars(part).items()}


def ceiling_to_arrays(ceiling: Ceiling) -> Arrays:
    """What is kept of a ceiling, by the names in its file."""
    return vars(ceiling) | {"labelled": np.asarray(ceiling.labelled, dtype=np.int64)}


def read_ceiling(file: Path) -> Ceiling:
    """A committed ceiling.

    Raises:
        StoreError: the file is damaged.
    """
    arrays = _read(file, "labelled", *_EVALUATION)
    return Ceiling(int(arrays["labelled"]), *(arrays[name] for name in _EVALUATION))


class StoredRecord:
    """One committed cycle, read from its file when something of it is asked for.

    What every table needs is read together and kept; the large arrays are read each time. Whatever is asked
    of a damaged file raises StoreError.
    """

    def __init__(self, key: CycleKey, file: Path, *, sibling: StoredRecord | None = None) -> None:
        """Name the record; nothing is read yet.

        Args:
            sibling: a record of the same repetition, whose arrays of the test set this one shares in memory
                where they are equal.
        """
        self.key = key
        self._file, self._sibling = file, sibling

    @property
    def labelled(self) -> int:
        """Labels bought so far, this query included."""
        return int(self._kept["labelled"])

    @property
    def items(self) -> np.ndarray:
        """(q,) int64 ids of the query, in the order of choice."""
        return self._kept["items"]

    @property
    def defective(self) -> np.ndarray:
        """(q,) bool of the query."""
        return self._kept["defective"]

    @property
    def scores(self) -> np.ndarray:
        """(q,) float32 when picked, NaN without a score."""
        return self._kept["scores"]

    @property
    def test_items(self) -> np.ndarray:
        """(T,) int64 ids of the test set."""
        return self._kept["test_items"]

    @property
    def test_defective(self) -> np.ndarray:
        """(T,) bool of the test set."""
        return self._kept["test_defective"]

    @property
    def counts(self) -> np.ndarray:
        """(T, 4) int32 tp, fp, fn, tn of each test patch."""
        return self._kept["counts"]

    @property
    def max_probability(self) -> np.ndarray:
        """(T,) float32, largest pixel probability of each test patch."""
        return self._kept["max_probability"]

    @cached_property
    def class_means(self) -> np.ndarray:
        """(2, 5) of the evaluation, see `alcore.metrics.class_means`."""
        return class_means(self.counts, self.test_defective)

    @property
    def candidates(self) -> np.ndarray:
        """(U,) int64 ids that could have been chosen; empty in cycle 1."""
        return self._large("candidates")

    @property
    def candidate_scores(self) -> np.ndarray:
        """(U,) float32 of the candidates before the first pick."""
        return self._large("candidate_scores")

    @property
    def probability(self) -> np.ndarray:
        """(q, H, W) uint8 that the model gave the query before its labels; no rows in cycle 1."""
        return self._large("probability")

    @property
    def gallery_items(self) -> np.ndarray:
        """(G,) int64 ids of the test patches whose predictions are kept."""
        return self._large("gallery_items")

    @property
    def gallery_probability(self) -> np.ndarray:
        """(G, H, W) uint8 predictions of them after training."""
        return self._large("gallery_probability")

    @property
    def pool_map(self) -> PoolMap | None:
        """The pool as the query's model saw it; None in cycle 1 and in runs from before maps."""
        return _part(PoolMap, _read_part(self._file, PoolMap))

    @property
    def axes(self) -> Axes | None:
        """Axes of the repetition's maps; in cycle 2 alone."""
        return _part(Axes, _read_part(self._file, Axes))

    @property
    def threshold_histogram(self) -> ThresholdHistogram | None:
        """The evaluation at every threshold; None in runs from before that."""
        threshold_histogram = self._whole_part(ThresholdHistogram)
        if threshold_histogram is not None and not _histogram_fits(threshold_histogram, self.counts):
            raise DamagedFileError(self._file, _MISFIT, _ADVICE)
        return threshold_histogram

    @property
    def validation(self) -> Validation | None:
        """The model on validation patches; None as in `CycleRecord`."""
        validation = self._whole_part(Validation)
        if validation is not None and not _validation_fits(validation):
            raise DamagedFileError(self._file, _MISFIT, _ADVICE)
        return validation

    @cached_property
    def threshold_means(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """(33, 2, 5) class means at every threshold, of test and of validation patches; None without them."""
        threshold_histogram, validation = self.threshold_histogram, self.validation
        return (
            None
            if threshold_histogram is None
            else threshold_means(threshold_histogram.histogram, self.test_defective),
            None if validation is None else threshold_means(validation.histogram, validation.defective),
        )

    def _whole_part(self, kind: type[Part]) -> Part | None:
        """A part that is there with all its fields, or not at all."""
        arrays = _read_part(self._file, kind)
        if 0 < len(arrays) < len(fields(kind)):
            raise DamagedFileError(self._file, _MISFIT, _ADVICE)
        return _part(kind, arrays)

    @cached_property
    def _kept(self) -> Arrays:
        arrays = _read(self._file, "labelled", *_QUERY, *_EVALUATION)
        tests, query = arrays["test_items"].shape, arrays["items"].shape
        shapes = [arrays[name].shape for name in ("test_defective", "max_probability", *_QUERY)]
        if shapes != [tests, tests, query, query, query] or arrays["counts"].shape != (*tests, 4):
            raise DamagedFileError(self._file, _MISFIT, _ADVICE)
        if self._sibling is not None:
            for name in ("test_items", "test_defective"):
                shared = getattr(self._sibling, name)
                if np.array_equal(arrays[name], shared):
                    arrays[name] = shared
        return arrays

    def _large(self, name: str) -> np.ndarray:
        return _read(self._file, name)[name]


def npz_of(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as an .npz file has them."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # any name but allow_pickle is an array's
    return file.getvalue()


def _part(kind: type[Part], arrays: Mapping[str, np.ndarray]) -> Part | None:
    names = _names_of(kind)
    if names[0] not in arrays:
        return None
    return kind(*(arrays[name] for name in names))


def _names_of(kind: type) -> list[str]:
    """Names in a record's file of all fields of a part."""
    return [_PREFIX[kind] + field.name for field in fields(kind)]


def _read(file: Path, *names: str) -> Arrays:
    return read_npz(file, names, advice=_ADVICE)


def _read_part(file: Path, kind: type) -> Arrays:
    names = set(_names_of(kind))
    return read_npz(file, names.__contains__, advice=_ADVICE)


def _histogram_fits(threshold_histogram: ThresholdHistogram, counts: np.ndarray) -> bool:
    """Whether bins have their shape, and add up to the record's (T, 4) counts at ½."""
    histogram, confidence = threshold_histogram.histogram, threshold_histogram.confidence
    if not _are_bins(histogram, len(counts)) or confidence.shape != (2, BINS) or confidence.dtype.kind != "f":
        return False
    return np.isfinite(confidence).all() and np.array_equal(counts_at(histogram, np.array(HALF)), counts)


def _validation_fits(validation: Validation) -> bool:
    """Whether arrays fit each other, and both classes are there to tune on."""
    known, (size, *_) = validation.defective, (*validation.items.shape, 0)
    shapes = {known.shape, validation.max_probability.shape, validation.items.shape}
    if shapes != {(size,)} or known.dtype != bool or not _are_bins(validation.histogram, size):
        return False
    peaks = validation.max_probability
    return bool(known.any() and not known.all() and ((peaks >= 0) & (peaks <= 1)).all())


def _are_bins(histogram: np.ndarray, size: int) -> bool:
    return histogram.shape == (size, 2, BINS) and histogram.dtype.kind == "u"
