"""Imported data sets on disk: memory-mapped images, packed masks, an item table.

A data set is a directory with images.npy (M, H, W, C) uint8, masks.npy (M, ceil(H*W/8)) uint8 packed bits,
items.parquet (one row per patch) and dataset.json. It is written next to its place and moved there whole, so
that a data set is either all there or not at all.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from alcore.data.splits import grouped_split, related_groups
from alcore.errors import DataError
from alcore.json_object import read_json_object

_SPLIT_SEED = 2601
_LARGE = 256 * 2**20  # bytes
_PARTIAL, _LOCK = ".partial-", ".lock"
MOST_SIZES = 100
"""Different sizes of source images that a data set remembers."""


@dataclass(frozen=True)
class Patch:
    """One patch on its way into a store.

    image: (H, W, C) uint8; mask: (H, W) bool; source: the image it was cut from; row, column: its upper
    left corner there, in pixels of the source after any resizing; series: images that belong together and
    stay on one side of the split, '' for an image by itself.
    """

    image: np.ndarray
    mask: np.ndarray
    source: str
    row: int = 0
    column: int = 0
    series: str = ""


@dataclass(frozen=True)
class DatasetInfo:
    """What dataset.json says: counts, how it was made, and what was lost.

    `skipped` are files that were left out (file: reason); `vanished` are images whose defect is too small
    for a pixel of the resized mask, so that they count as clean; `source_sizes` are the different
    (height, width) of the images, the most frequent first, at most a hundred; `notes` say how files were
    read, one sentence each: the layout, what masks held and which of their values are defective.
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


class _MappedRows:
    """Rows of a .npy file, mapped into memory. Of a large file, pages are given back after each reading, so
    that a process does not seem to hold all that it ever read; the system may keep them cached all the same.
    """

    def __init__(self, file: Path) -> None:
        self._array = np.load(file, mmap_mode="r")
        self._gives_back = self._array.nbytes > _LARGE and hasattr(mmap, "MADV_DONTNEED")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""
        return self._array.shape

    def __getitem__(self, items: np.ndarray) -> np.ndarray:
        rows = self._array[items]
        if self._gives_back:
            self._array.base.madvise(mmap.MADV_DONTNEED)
        return rows


class StoredPatches:
    """An imported data set behind the `Patches` contract, memory-mapped."""

    def __init__(self, directory: Path) -> None:
        """Open a data set.

        Raises:
            DataError: the directory does not hold one.
        """
        try:
            self.info = read_info(directory)
            self._images = _MappedRows(directory / "images.npy")
            self._masks = _MappedRows(directory / "masks.npy")
            self.items = pd.read_parquet(directory / "items.parquet")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"the data set in {directory} cannot be opened ({error}); import it again"
            ) from None
        self.name, self.fingerprint = self.info.name, self.info.fingerprint
        height, width, channels = self.info.shape
        self.shape = (height, width, channels)
        rows = {len(self.items), self._images.shape[0], self._masks.shape[0]}
        if len(rows) > 1 or self._images.shape[1:] != self.shape:
            raise DataError(f"the data set in {directory} is damaged (its files disagree); import it again")
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

    def describe(self, item: int) -> str:
        """Source file and, where it was cut, the position in it."""
        row = self.items.iloc[item]
        place = f" at {row['row']}, {row['column']}" if row["row"] or row["column"] else ""
        return f"{row['source']}{place}"


def read_info(directory: Path) -> DatasetInfo:
    """Read dataset.json."""
    return DatasetInfo(**read_json_object(directory / "dataset.json", error=DataError))


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """A directory next to `target` that becomes it if the block succeeds, and vanishes if not.

    What a killed process left is swept up by the next one: its lock is free.
    """
    staging = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        staging = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=target.parent))
        with FileLock(staging / _LOCK):
            yield staging
            (staging / _LOCK).unlink(missing_ok=True)
            staging.rename(target)
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error.strerror or error}") from None
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)


def _sweep(root: Path) -> None:
    for staging in root.glob(f"{_PARTIAL}*"):
        with suppress(Timeout, OSError), FileLock(staging / _LOCK).acquire(timeout=0):
            shutil.rmtree(staging, ignore_errors=True)


def write_dataset(
    directory: Path,
    patches: Iterable[Patch],
    *,
    shape: tuple[int, int, int],
    format_name: str,
    cutting: str,
    skipped: dict[str, str],
    vanished: list[str],
    min_area: int = 1,
    source_sizes: Counter[tuple[int, int]] | None = None,
    notes: Sequence[str] = (),
) -> DatasetInfo:
    """Write a data set, streaming: one patch in memory at a time.

    Args:
        directory: its place; the last part is its name. Must not exist.
        patches: in an order that does not depend on the file system; equal input gives equal bytes.
        shape: (height, width, channels) of every patch.
        format_name, cutting: how it was made, for dataset.json.
        skipped: file -> reason; may still grow while `patches` is consumed.
        vanished: files whose defect is lost in cutting; may grow likewise.
        source_sizes: how many images had which size; may grow likewise.
        notes: how files were read, one sentence each.
        min_area: a patch with fewer foreground pixels is clean, and its mask is emptied.
    Raises:
        DataError: no patch at all, none defective, none clean, or too few sources to split.
    """
    with _staging(directory) as staging:
        items = _write_patches(staging, patches, shape, min_area)
        info = DatasetInfo(
            name=directory.name,
            shape=shape,
            patches=len(items),
            defective=int(items["defective"].sum()),
            fingerprint=_fingerprint(staging),
            format=format_name,
            cutting=cutting,
            skipped=dict(sorted(skipped.items())),
            vanished=tuple(vanished),
            source_sizes=tuple(size for size, _ in (source_sizes or Counter()).most_common(MOST_SIZES)),
            notes=tuple(notes),
        )
        (staging / "dataset.json").write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")
    return info


def _write_patches(
    staging: Path, patches: Iterable[Patch], shape: tuple[int, int, int], min_area: int
) -> pd.DataFrame:
    """Write images.npy, masks.npy and items.parquet; the items."""
    height, width, _ = shape
    rows: list[dict[str, object]] = []
    with (staging / "images.raw").open("wb") as images, (staging / "masks.raw").open("wb") as masks:
        for patch in patches:
            pixels = np.ascontiguousarray(patch.image).tobytes()
            area = int(np.count_nonzero(patch.mask))
            counts = area >= min_area
            images.write(pixels)
            masks.write(np.packbits(patch.mask & counts).tobytes())
            rows.append(_item_row(patch, pixels, area if counts else 0))
    items = _item_table(rows)
    _to_npy(staging / "images", (len(rows), *shape))
    _to_npy(staging / "masks", (len(rows), -(-height * width // 8)))
    items.to_parquet(staging / "items.parquet", index=False)
    return items


def _item_row(patch: Patch, pixels: bytes, area: int) -> dict[str, object]:
    return {
        "source": patch.source,
        "row": patch.row,
        "column": patch.column,
        "area": area,
        "defective": area > 0,
        "content": hashlib.sha256(pixels).hexdigest(),
    } | ({"series": patch.series} if patch.series else {})


def _item_table(rows: list[dict[str, object]]) -> pd.DataFrame:
    if not rows:
        raise DataError("there is no image to import")
    items = pd.DataFrame(rows)
    defective = items["defective"].to_numpy()
    if not defective.any():
        raise DataError("no patch is defective: every mask is empty at this patch size; check masks and size")
    if defective.all():
        raise DataError("every patch is defective; clean patches are needed to build a pool at a prevalence")
    labels = [items["source"].to_numpy(str), items["content"].to_numpy(str)]
    if "series" in items:
        labels.append(items["series"].fillna(items["source"]).to_numpy(str))
    items["group"] = related_groups(*labels)
    items["split"] = grouped_split(defective, items["group"].to_numpy(), seed=_SPLIT_SEED)
    return items


def _to_npy(stem: Path, shape: tuple[int, ...]) -> None:
    """Turn raw bytes into a .npy file of uint8. By plain writes: a mapped one dies on a full disk."""
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with stem.with_suffix(".raw").open("rb") as raw, stem.with_suffix(".npy").open("wb") as target:
        np.lib.format.write_array_header_1_0(target, header)
        shutil.copyfileobj(raw, target, 1 << 20)
    stem.with_suffix(".raw").unlink()


def _fingerprint(directory: Path) -> str:
    digest = hashlib.sha256()
    for name in ("images.npy", "masks.npy", "items.parquet"):
        with (directory / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
