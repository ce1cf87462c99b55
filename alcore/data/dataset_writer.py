"""Writing a data set: next to its place, and moved there whole, so that it is all there or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from alcore.data.block_checksums import fingerprint_of, write_checksums
from alcore.data.duplicates import alike_groups
from alcore.data.patches import Split
from alcore.data.splits import grouped_split, related_groups
from alcore.data.stored import MOST_SIZES, DatasetInfo
from alcore.errors import DataError

_SPLIT_SEED = 2601
_FILES_NAMED = 5
_PARTIAL, _LOCK = ".partial-", ".lock"
_BUFFER = 1 << 20  # bytes, so that not every small patch is a call to the system


class PatchSizeError(DataError):
    """Patches of this size make no data set; those of another may."""


@dataclass(frozen=True)
class Patch:
    """One patch on its way into a store.

    image: (H, W, C) uint8; mask: (H, W) bool; source: the image it was cut from; row, column: its upper
    left corner there, in pixels of the source after any resizing; series: images that belong together and
    stay on one side of the split, '' for an image by itself; ignored: (H, W) bool, pixels of which nobody
    knows what they are, none of them in the mask; None where there is none; is_labelled: False where nobody
    has looked at the image yet, whose mask is then empty.
    """

    image: np.ndarray
    mask: np.ndarray
    source: str
    row: int = 0
    column: int = 0
    series: str = ""
    ignored: np.ndarray | None = None
    is_labelled: bool = True


@dataclass
class ImportReport:
    """What an import read, and what got lost on the way.

    skipped: file -> reason; vanished: files whose defect is lost in cutting; lost: those of them that were
    left out, as they are neither clean nor defective; clean: how many images are; capped: clean tiles left
    out, because enough of their image were kept; sizes: how many images had which (height, width);
    unknown: patches left out because nothing in them is known; marks: kinds of marks that
    masks were drawn from -> how many; left_out: marks that were not drawn -> file -> how many.
    """

    skipped: dict[str, str] = field(default_factory=dict)
    vanished: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    clean: int = 0
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    unknown: int = 0
    capped: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, Counter[str]] = field(default_factory=dict)

    def leave_out(self, what: str, file: str, count: int = 1) -> None:
        """Note marks of a file that were not drawn; what: their kind, and why: 'point without area'."""
        self.left_out.setdefault(what, Counter())[file] += count

    def account(self) -> dict[str, Any]:
        """What was read and left out, by the names of `DatasetInfo`."""
        return {
            "skipped": dict(sorted(self.skipped.items())),
            "vanished": tuple(self.vanished),
            "lost": tuple(self.lost),
            "unknown": self.unknown,
            "capped": self.capped,
            "source_sizes": tuple(size for size, _ in self.sizes.most_common(MOST_SIZES)),
        }

    def notes(self) -> list[str]:
        """Of marks, for people: how many of each kind were drawn, and which were not, in which files."""
        sentences = []
        if self.marks:
            drawn = ", ".join(f"{count:,} {kind}" for kind, count in self.marks.most_common())
            sentences.append(f"marks: {drawn}")
        for what, files in self.left_out.items():
            some = ", ".join(list(files)[:_FILES_NAMED])
            more = f" and {len(files) - _FILES_NAMED} more" if len(files) > _FILES_NAMED else ""
            sentences.append(f"marks left out: {files.total():,} {what}, in {some}{more}")
        return sentences


@dataclass(frozen=True)
class PackedPatch:
    """A patch as the bytes that a data set keeps, with its row of the item table."""

    pixels: bytes
    mask: bytes
    ignored: bytes
    row: dict[str, object]


def pack(patch: Patch, *, min_area: int = 1) -> PackedPatch:
    """A patch ready to be written; with fewer foreground pixels than `min_area` its mask is emptied."""
    pixels = np.ascontiguousarray(patch.image).tobytes()
    area = int(np.count_nonzero(patch.mask))
    is_defective = area >= max(min_area, 1)
    unknown = np.zeros(0, dtype=bool) if patch.ignored is None else patch.ignored
    ignored = int(np.count_nonzero(unknown))
    row = {
        "source": patch.source,
        "row": patch.row,
        "column": patch.column,
        "area": area if is_defective else 0,
        "defective": is_defective,
        "content": hashlib.sha256(pixels).hexdigest(),
    }
    row |= {"series": patch.series} if patch.series else {}
    row |= {"ignored": ignored} if ignored else {}
    row |= {} if patch.is_labelled else {"labelled": False}
    mask = np.packbits(patch.mask).tobytes() if is_defective else bytes(-(-patch.mask.size // 8))
    return PackedPatch(pixels, mask, np.packbits(unknown).tobytes() if ignored else b"", row)


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """A directory next to `target` that becomes it if the block succeeds, and vanishes if not.

    What a killed process left is swept up by the next one: its lock is free.
    """
    staging = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep_unfinished(target.parent)
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


def sweep_unfinished(root: Path) -> None:
    """Remove what killed processes left below `root`; what is being written stays."""
    for staging in root.glob(f"{_PARTIAL}*"):
        with suppress(Timeout, OSError), FileLock(staging / _LOCK).acquire(timeout=0):
            shutil.rmtree(staging, ignore_errors=True)


def write_dataset(
    directory: Path,
    patches: Iterable[PackedPatch],
    *,
    shape: tuple[int, int, int],
    format_name: str,
    cutting: str,
    resized_to: tuple[int, int] | None = None,
    levels: tuple[int, float] | None = None,
    keep_alike: bool = False,
    report: ImportReport | None = None,
    notes: Sequence[str] = (),
    split: np.ndarray | None = None,
) -> DatasetInfo:
    """Write a data set, streaming: one patch in memory at a time.

    Args:
        directory: its place; the last part is its name. Must not exist.
        patches: in an order that does not depend on the file system; equal input gives equal bytes.
        shape: (height, width, channels) of every patch.
        format_name, cutting, resized_to, levels: how it was made, for dataset.json.
        keep_alike: patches that look nearly the same stay on one side of the split.
        report: what was read and left out; may still grow while `patches` is consumed.
        notes: how files were read, one sentence each.
        split: (M,) of `Split`, the side of each patch; by default one is drawn that keeps groups together.
    Raises:
        DataError: no patch at all, none defective, none clean, or too few sources to split.
    """
    report = report or ImportReport()
    with _staging(directory) as staging:
        items = _write_patches(staging, patches, shape, split, keep_alike=keep_alike)
        info = DatasetInfo(
            name=directory.name,
            shape=shape,
            patches=len(items),
            defective=int(items["defective"].sum()),
            unlabelled=int((items["split"] == Split.UNLABELLED).sum()),
            fingerprint=fingerprint_of(staging),
            format=format_name,
            cutting=cutting,
            notes=(*notes, *report.notes()),
            resized_to=resized_to,
            levels=levels,
            **report.account(),
        )
        (staging / "dataset.json").write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")
        write_checksums(staging)
    return info


def _write_patches(
    staging: Path,
    patches: Iterable[PackedPatch],
    shape: tuple[int, int, int],
    split: np.ndarray | None,
    *,
    keep_alike: bool,
) -> pd.DataFrame:
    """Write images.npy, masks.npy, where needed ignored.npy, and items.parquet; the items."""
    height, width, _ = shape
    rows: list[dict[str, object]] = []
    with ExitStack() as files:
        images, masks, ignored = (
            files.enter_context((staging / f"{name}.raw").open("wb", buffering=_BUFFER))
            for name in ("images", "masks", "ignored")
        )
        for patch in patches:
            images.write(patch.pixels)
            masks.write(patch.mask)
            ignored.write(patch.ignored)
            rows.append(patch.row)
    _to_npy(staging / "images", (len(rows), *shape))
    alike = alike_groups(_Written(staging, shape), len(rows)) if keep_alike else None
    items = _item_table(rows, split, alike)
    _to_npy(staging / "masks", (len(rows), -(-height * width // 8)))
    if "ignored" in items:
        _to_npy(staging / "ignored", (int((items["ignored"] > 0).sum()), -(-height * width // 8)))
    else:
        (staging / "ignored.raw").unlink()
    items.to_parquet(staging / "items.parquet", index=False)
    return items


class _Written:
    """The images of a set that is being written."""

    def __init__(self, staging: Path, shape: tuple[int, int, int]) -> None:
        self.shape, self._images = shape, np.load(staging / "images.npy", mmap_mode="r")

    def images(self, items: np.ndarray) -> np.ndarray:
        """(n,) int64 -> (n, H, W, C) uint8."""
        return np.asarray(self._images[items])


def _item_table(
    rows: list[dict[str, object]], split: np.ndarray | None, alike: np.ndarray | None
) -> pd.DataFrame:
    if not rows:
        raise DataError("there is no image to import")
    items = pd.DataFrame(rows)
    if "ignored" in items:
        items["ignored"] = items["ignored"].fillna(0).astype(np.int64)
    is_labelled = np.ones(len(items), dtype=bool)
    if "labelled" in items:
        is_labelled = items.pop("labelled").isna().to_numpy()
    if is_labelled.all():
        _check_classes(items["defective"].to_numpy())
    labels = [items["source"].to_numpy(str), items["content"].to_numpy(str)]
    if "series" in items:
        labels.append(items["series"].fillna(items["source"]).to_numpy(str))
    if alike is not None:
        labels.append(alike)
    items["group"] = related_groups(*labels)
    if split is None:
        split = _drawn_split(items["defective"].to_numpy(), items["group"].to_numpy(), is_labelled)
    items["split"] = np.asarray(split, dtype=np.uint8)
    return items


def _drawn_split(defective: np.ndarray, group: np.ndarray, is_labelled: np.ndarray) -> np.ndarray:
    """(M,) of `Split`. Where a part alone is labelled, too small a one to be split is all for training."""
    if is_labelled.all():
        return grouped_split(defective, group, seed=_SPLIT_SEED)
    split = np.full(defective.shape, Split.UNLABELLED, dtype=np.uint8)
    split[is_labelled] = Split.TRAIN
    with suppress(DataError):
        split[is_labelled] = grouped_split(defective[is_labelled], group[is_labelled], seed=_SPLIT_SEED)
    return split


def _check_classes(defective: np.ndarray) -> None:
    """Raise PatchSizeError where all patches of a labelled set are of one class."""
    if not defective.any():
        raise PatchSizeError(
            "no patch is defective: every mask is empty at this patch size; check masks and size"
        )
    if defective.all():
        raise PatchSizeError(
            "every patch is defective; clean patches are needed to build a pool at a prevalence"
        )


def _to_npy(stem: Path, shape: tuple[int, ...]) -> None:
    """Turn raw bytes into a .npy file of uint8. By plain writes: a mapped one dies on a full disk."""
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with stem.with_suffix(".raw").open("rb") as raw, stem.with_suffix(".npy").open("wb") as target:
        np.lib.format.write_array_header_1_0(target, header)
        shutil.copyfileobj(raw, target, _BUFFER)
    stem.with_suffix(".raw").unlink()
