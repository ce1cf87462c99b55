"""Folders of images and masks -> a data set. One function a format; each only pairs files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alcore.data.images import SUFFIXES, cut, read_pixels
from alcore.data.store import DatasetInfo, Patch, write_dataset
from alcore.errors import DataError, did_you_mean

_MASK_SUFFIXES = ("_mask", "-mask")
_IMAGE_FOLDERS, _MASK_FOLDERS = ("images", "image", "imgs"), ("masks", "mask", "labels")


@dataclass(frozen=True)
class Pair:
    """An image file with its mask file; no mask means that the image is clean."""

    image: Path
    mask: Path | None


@dataclass(frozen=True)
class ImportOptions:
    """How a source becomes patches.

    patch: (height, width); tile: cut tiles instead of resizing; channels: 1 (grey) or 3; threshold: a mask
    pixel above it is defective; skip_bad: leave out files that cannot be used and list them;
    missing_mask_is_clean: an image without a mask file is clean instead of an error.
    """

    patch: tuple[int, int] = (64, 64)
    tile: bool = False
    channels: int = 1
    threshold: int = 127
    skip_bad: bool = False
    missing_mask_is_clean: bool = False


Pairing = Callable[[Path, ImportOptions, dict[str, str]], list[Pair]]


def import_dataset(
    source: Path, target: Path, *, format_name: str = "auto", options: ImportOptions | None = None
) -> DatasetInfo:
    """Import a folder as the data set `target`.

    Args:
        source: the folder.
        target: the new data set's directory; its last part is the name.
        format_name: a key of `FORMATS`, or auto.
    Raises:
        DataError: anything that cannot be used; nothing is left at `target` then.
    """
    options = options or ImportOptions()
    if not source.is_dir():
        raise DataError(f"{source} is not a folder; give the folder that holds the images")
    if target.exists():
        raise DataError(f"a data set called {target.name!r} exists; delete it first, or take another --name")
    if format_name == "auto":
        format_name = _detect(source)
    if format_name not in FORMATS:
        raise DataError(
            f"unknown format {format_name!r}{did_you_mean(format_name, FORMATS)}"
            f" (known: {', '.join(FORMATS)})"
        )
    skipped: dict[str, str] = {}
    vanished: list[str] = []
    pairs = FORMATS[format_name](source, options, skipped)
    return write_dataset(
        target,
        _patches(source, pairs, options, skipped, vanished),
        shape=(*options.patch, options.channels),
        format_name=format_name,
        cutting="tiles" if options.tile else "resized",
        skipped=skipped,
        vanished=vanished,
    )


def _patches(
    source: Path,
    pairs: list[Pair],
    options: ImportOptions,
    skipped: dict[str, str],
    vanished: list[str],
) -> Iterator[Patch]:
    for pair in pairs:
        name = pair.image.relative_to(source).as_posix()
        try:
            image = read_pixels(pair.image, channels=options.channels)
            mask = _read_mask(pair, image, options)
            cuts = list(cut(image, mask, source=name, size=options.patch, tile=options.tile))
        except DataError as error:
            if not options.skip_bad:
                raise
            skipped[name] = str(error)
            continue
        if mask.any() and not any(patch.mask.any() for patch in cuts):
            vanished.append(name)
        yield from cuts


def _read_mask(pair: Pair, image: np.ndarray, options: ImportOptions) -> np.ndarray:
    if pair.mask is None:
        return np.zeros(image.shape[:2], dtype=bool)
    mask = read_pixels(pair.mask, channels=1)[..., 0]
    if mask.shape != image.shape[:2]:
        raise DataError(
            f"{pair.image.name} is {image.shape[0]}x{image.shape[1]} but its mask {pair.mask.name} is "
            f"{mask.shape[0]}x{mask.shape[1]}; they must be equal"
        )
    return mask > options.threshold


def _pair_magnetic_tile(source: Path, options: ImportOptions, skipped: dict[str, str]) -> list[Pair]:
    """MT_<class>/Imgs/<name>.jpg with <name>.png beside it (Huang, Qiu & Yuan 2020)."""
    files = sorted(path for folder in source.glob("MT_*/Imgs") for path in folder.iterdir())
    images = [path for path in files if path.suffix.lower() == ".jpg"]
    masks = {_stem_in(source, path): path for path in files if path.suffix.lower() == ".png"}
    return _join(source, images, masks, options, skipped)


def _pair_folder(source: Path, options: ImportOptions, skipped: dict[str, str]) -> list[Pair]:
    """images/ and masks/ with equal stems; or x.jpg with x.png, or with x_mask.png, in one folder."""
    image_root = next((source / name for name in _IMAGE_FOLDERS if (source / name).is_dir()), None)
    mask_root = next((source / name for name in _MASK_FOLDERS if (source / name).is_dir()), None)
    if image_root and mask_root:
        masks = _by_stem(mask_root, _image_files(mask_root))
        return _join(image_root, _image_files(image_root), masks, options, skipped)
    files = _image_files(source)
    marked = [path for path in files if path.stem.endswith(_MASK_SUFFIXES)]
    if marked:
        images = [path for path in files if path not in set(marked)]
    else:
        marked = [path for path in files if path.suffix.lower() == ".png"]
        images = [path for path in files if path.suffix.lower() != ".png"]
    masks = _by_stem(source, marked)
    return _join(source, images, masks, options, skipped)


def _by_stem(root: Path, masks: list[Path]) -> dict[str, Path]:
    """Masks by the stem of the image they belong to; DataError where two claim one image."""
    found: dict[str, Path] = {}
    for mask in masks:
        other = found.setdefault(_bare(_stem_in(root, mask)), mask)
        if other is not mask:
            raise DataError(f"{other.name} and {mask.name} are both masks of one image; remove one")
    return found


def _image_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _stem_in(root: Path, path: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


def _bare(stem: str) -> str:
    for suffix in _MASK_SUFFIXES:
        stem = stem.removesuffix(suffix)
    return stem


def _join(
    root: Path, images: list[Path], masks: dict[str, Path], options: ImportOptions, skipped: dict[str, str]
) -> list[Pair]:
    """Pair by stem. What has no partner is an error, or skipped and listed on request."""
    pairs, orphans = [], dict(masks)
    for image in images:
        mask = orphans.pop(_stem_in(root, image), None)
        if mask is None and not options.missing_mask_is_clean:
            reason = f"{image.name} has no mask; add one, or say that a missing mask means clean"
            _refuse(image.name, reason, options, skipped)
            continue
        pairs.append(Pair(image, mask))
    for mask in orphans.values():
        _refuse(mask.name, f"the mask {mask.name} has no image; add it, or remove the mask", options, skipped)
    return pairs


def _refuse(name: str, reason: str, options: ImportOptions, skipped: dict[str, str]) -> None:
    if not options.skip_bad:
        raise DataError(reason)
    skipped[name] = reason


def _detect(source: Path) -> str:
    return "magnetic-tile" if any(source.glob("MT_*/Imgs")) else "folder"


FORMATS: dict[str, Pairing] = {"folder": _pair_folder, "magnetic-tile": _pair_magnetic_tile}
"""Formats by name; a further one is a function that pairs files, and a line here."""
