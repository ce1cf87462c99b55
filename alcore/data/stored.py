"""Imported data sets on disk: memory-mapped images, packed masks, an item table.

A data set is a directory with images.npy (M, H, W, C) uint8, masks.npy (M, ceil(H*W/8)) uint8 packed bits,
items.parquet (one row per patch) and dataset.json. Where a set has unknown pixels,
ignored.npy holds them as packed bits too, one row for each patch whose `ignored` in the table is not 0.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from alcore.data.block_checksums import check_blocks
from alcore.errors import DamagedFileError
from alcore.home_files import damage_reported, map_npy, read_parquet
from alcore.json_object import read_json_object

if TYPE_CHECKING:
    import pandas as pd

_LARGE = 256 * 2**20  # bytes
_COLUMNS = ("source", "row", "column", "area", "defective", "content", "split")
_ADVICE = "import it again"
MOST_SIZES = 100
"""Different sizes of source images that a data set remembers."""


@dataclass(frozen=True)
class DatasetInfo:
    """What dataset.json says: counts, how it was made, and what was lost.

    `skipped` are files that were left out (file: reason); `vanished` are images whose defect is too small
    for a pixel of the resized mask, or for the smallest that counts; `lost` are those of them that are no
    part of the set, while the others count as clean; `capped` are clean tiles left out, because enough of
    their image were kept; `source_sizes` are the different
    (height, width) of the images, the most frequent first, at most a hundred; `notes` say how files were
    read, one sentence each: the layout, what masks held and which of their values are defective;
    `unknown` are patches that were left out because nothing in them is known; `resized_to` is the
    (height, width) that whole images were brought to before they were cut, None where they were not;
    `levels` are the brightest whole and floating-point level by which images of more than 8 bits were
    scaled, None where there were none or an earlier version imported them; `unlabelled` are patches
    without a mask, which are none of the defective ones and none of the clean.
    """

    name: str
    shape: tuple[int, int, int]
    patches: int
    defective: int
    fingerprint: str
    format: str
    cutting: str
    skipped: dict[str, str] = field(default_factory=dict)
    vanished: tuple[str, ...] = ()
    source_sizes: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()
    unknown: int = 0
    resized_to: tuple[int, int] | None = None
    levels: tuple[int, float] | None = None
    lost: tuple[str, ...] = ()
    capped: int = 0
    unlabelled: int = 0

    @property
    def prevalence(self) -> float:
        """Share of defective patches among the labelled ones; NaN where there is none."""
        labelled = self.patches - self.unlabelled
        return self.defective / labelled if labelled else float("nan")

    @property
    def how_cut(self) -> str:
        """How images became patches, as part of a sentence."""
        if self.cutting == "resized":
            return "whole images resized"
        if self.resized_to is None:
            return "cut as tiles" if self.cutting == "tiles" else self.cutting
        height, width = self.resized_to
        return f"images resized to {height}x{width}, then cut as tiles"


class _MappedRows:
    """Rows of a .npy file, mapped into memory. Of a large file, pages are given back after each reading, so
    that a process does not seem to hold all that it ever read; the system may keep them cached all the same.
    """

    def __init__(self, file: Path) -> None:
        self._array = map_npy(file, advice=_ADVICE)
        self._gives_back = self._array.nbytes > _LARGE and hasattr(mmap, "MADV_DONTNEED")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole array."""
        return self._array.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the array's numbers."""
        return self._array.dtype

    def __getitem__(self, items: np.ndarray) -> np.ndarray:
        rows = self._array[items]
        if self._gives_back:
            cast(mmap.mmap, self._array.base).madvise(mmap.MADV_DONTNEED)
        return rows


class _IgnoredRows:
    """The pixels that count for nothing, kept for the patches that have some."""

    def __init__(self, directory: Path, items: pd.DataFrame) -> None:
        self._rows: _MappedRows | None = None
        if "ignored" not in items:
            return
        with damage_reported(directory / "items.parquet", _ADVICE):
            has_some = items["ignored"].to_numpy() > 0
        self._slot = np.where(has_some, np.cumsum(has_some) - 1, -1)
        self._rows = _MappedRows(directory / "ignored.npy")
        if self._rows.shape[0] != has_some.sum():
            raise DamagedFileError(directory / "ignored.npy", "has other rows than the table says", _ADVICE)

    def of(self, items: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray | None:
        """(n,) ids and the patches' shape -> (n, H, W) bool; None where the set has no such pixel."""
        if self._rows is None:
            return None
        slots = self._slot[items]
        found = np.zeros((slots.size, *shape[:2]), dtype=bool)
        there = np.flatnonzero(slots >= 0)
        if there.size:
            bits = np.unpackbits(self._rows[slots[there]], axis=1, count=shape[0] * shape[1])
            found[there] = bits.reshape(-1, *shape[:2])
        return found


class StoredPatches:
    """An imported data set behind the `Patches` contract, memory-mapped."""

    def __init__(self, directory: Path, *, name: str | None = None) -> None:
        """Open a data set. name: by default the one that it was imported under.

        Raises:
            DataError: the directory does not hold one.
        """
        self.info = read_info(directory)
        check_blocks(directory)
        self._images = _MappedRows(directory / "images.npy")
        self._masks = _MappedRows(directory / "masks.npy")
        self.items = read_parquet(directory / "items.parquet", _COLUMNS, advice=_ADVICE)
        self._ignored = _IgnoredRows(directory, self.items)
        self.name, self.fingerprint = name or self.info.name, self.info.fingerprint
        height, width, channels = self.info.shape
        self.shape = (height, width, channels)
        rows = {len(self.items), self._images.shape[0], self._masks.shape[0]}
        packed = -(-height * width // 8)
        if len(rows) > 1 or self._images.shape[1:] != self.shape or self._masks.shape[1:] != (packed,):
            raise DamagedFileError(directory, "is damaged: its files disagree", _ADVICE)
        kinds = {self._images.dtype, self._masks.dtype}
        if kinds != {np.dtype(np.uint8)} or self.items["defective"].dtype != np.dtype(bool):
            raise DamagedFileError(directory, "is damaged: it contains something other than images", _ADVICE)
        if self.items["split"].dtype.kind not in "iu":
            raise DamagedFileError(directory / "items.parquet", "is damaged: no split", _ADVICE)
        self.defective = self.items["defective"].to_numpy()
        self.split = self.items["split"].to_numpy()

    def images(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W, C) uint8."""
        return self._images[items]

    def masks(self, items: np.ndarray) -> np.ndarray:
        """(n,) ids -> (n, H, W) bool."""
        height, width, _ = self.shape
        bits = np.unpackbits(self._masks[items], axis=1, count=height * width)
        return bits.reshape(-1, height, width).astype(bool)

    def ignored(self, items: np.ndarray) -> np.ndarray | None:
        """(n,) ids -> (n, H, W) bool; None where the data set has no such pixel."""
        return self._ignored.of(items, self.shape)

    def describe(self, item: int) -> str:
        """Source file and, where it was cut, the position in it."""
        row = self.items.iloc[item]
        place = f" at {row['row']}, {row['column']}" if row["row"] or row["column"] else ""
        return f"{row['source']}{place}"


def read_info(directory: Path) -> DatasetInfo:
    """Read dataset.json; DamagedFileError where it is not as an import writes it."""
    file = directory / "dataset.json"
    values = read_json_object(file, advice=_ADVICE)
    with damage_reported(file, _ADVICE):
        info = DatasetInfo(**values)
        height, width, channels = info.shape
        if not all(type(side) is int and 0 < side < 2**16 for side in (height, width, channels)):
            raise ValueError("no shape of patches")
        if not isinstance(info.name, str) or not isinstance(info.fingerprint, str):
            raise TypeError("no texts")
        if info.resized_to is not None:
            high, wide = map(int, info.resized_to)
            info = replace(info, resized_to=(high, wide))
        if info.levels is not None:
            whole, real = info.levels
            info = replace(info, levels=(int(whole), float(real)))
    return info
