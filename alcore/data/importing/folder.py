"""Images and masks paired by name: two folders, or side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from alcore.data.images import SUFFIXES, read_mask
from alcore.data.importing.known_masks import SeenSource
from alcore.data.importing.options import Foreground, ImportOptions, MaskReader, Sample, no_defect
from alcore.data.importing.source_files import Source, shown, stem, suffix
from alcore.errors import DataError

_MASK_ENDINGS = ("_mask", "-mask")
_IMAGE_FOLDERS, _MASK_FOLDERS = ("images", "image", "imgs"), ("masks", "mask", "labels")

Refuse = Callable[[str, str], None]
"""Called with a name and why it cannot be used; raises, or lists the file as skipped."""


_NO_TRUTH = frozenset({".md", ".pdf", ".html", ".py", ".m", ".sh", ".ini", ".log", ".zip"})
"""Kinds of files that lie beside images and are no annotations."""
_MOST_KINDS = 4
_kinds: WeakKeyDictionary[Source, str] = WeakKeyDictionary()


def is_magnetic_tile(source: Source) -> bool:
    """MT_<class>/Imgs/<name>.jpg, the layout of Huang, Qiu & Yuan 2020."""
    return any(name.startswith("MT_") and "/Imgs/" in name for name in source.names)


def magnetic_tile(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """MT_<class>/Imgs/<name>.jpg with <name>.png next to it. Masks with soft edges: above 127 by default."""
    if not options.foreground.is_chosen:
        options = replace(options, foreground=replace(options.foreground, threshold=127))
    names = [name for name in source.names if name.startswith("MT_") and "/Imgs/" in name]
    images = {stem(name): name for name in names if suffix(name) == ".jpg"}
    masks = {stem(name): name for name in names if suffix(name) == ".png"}
    return join(source, images, masks, options, refuse)


def folder(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """images/ and masks/ with equal stems; or x.jpg with x.png, or with x_mask.png, side by side."""
    names = [name for name in source.names if suffix(name) in SUFFIXES]
    image_root, mask_root = _first(_IMAGE_FOLDERS, names), _first(_MASK_FOLDERS, names)
    if image_root and mask_root:
        images = _by_stem(image_root, names)
        return join(
            source,
            images,
            {_bare(k): v for k, v in _by_stem(mask_root, names, bare=True).items()},
            options,
            refuse,
        )
    marked = [name for name in names if stem(name).endswith(_MASK_ENDINGS)]
    if not marked and any(
        suffix(name) != ".png" for name in names
    ):  # else all are images, and masks are missing
        marked = [name for name in names if suffix(name) == ".png"]
    others = sorted(set(names) - set(marked))
    return join(source, _by_stem("", others), _by_stem("", marked, bare=True), options, refuse)


def join(
    source: Source, images: dict[str, str], masks: dict[str, str], options: ImportOptions, refuse: Refuse
) -> list[Sample]:
    """Pair images and masks that have the same key. What has no partner is refused."""
    samples = []
    for key, image in images.items():
        mask = masks.get(key)
        if mask is None and not options.missing_mask_is_clean:
            refuse(image, no_mask(image, not_read(source)))
            continue
        if mask is None:
            samples.append(Sample(image, no_defect))
        else:
            samples.append(Sample(image, mask_file(source, image, mask, options.foreground), (mask,)))
    for key in masks.keys() - images.keys():
        mask = masks[key]
        refuse(mask, f"the mask {shown(mask)} has no image; add it, or remove the mask")
    return samples


def no_mask(image: str, elsewhere: str = "") -> str:
    """Why an image without a mask cannot be used; elsewhere: files that are not read and may hold it."""
    unread = f". Its mask may be in files that are not read ({elsewhere})" if elsewhere else ""
    return f"{shown(image)} has no mask; add one, or say that a missing mask means clean{unread}"


def mask_file(source: Source, image: str, mask: str, foreground: Foreground) -> MaskReader:
    """The reader of a mask that is a file of the same size as its image."""

    def read(shape: tuple[int, int]) -> np.ndarray:
        known = source.known(mask) if isinstance(source, SeenSource) else None
        found = None if known is None else known.truth(foreground)
        if found is None:
            found = read_mask(source.read(mask), name=mask, foreground=foreground)
        if found.shape != shape:
            raise DataError(
                f"{shown(image)} is {shape[0]}x{shape[1]} but its mask {shown(mask)} is "
                f"{found.shape[0]}x{found.shape[1]}; they must be equal"
            )
        return found

    return read


def _first(roots: tuple[str, ...], names: list[str]) -> str | None:
    return next((f"{root}/" for root in roots if any(name.startswith(f"{root}/") for name in names)), None)


def _by_stem(root: str, names: list[str], *, bare: bool = False) -> dict[str, str]:
    """Names below a root by their stem in it, `bare` without a mask's ending; DataError if two share one."""
    found: dict[str, str] = {}
    for name in names:
        if not name.startswith(root):
            continue
        key = stem(name.removeprefix(root))
        other = found.setdefault(_bare(key) if bare else key, name)
        if other != name:
            kind = "masks of" if bare else "files of"
            raise DataError(f"{shown(other)} and {shown(name)} are both {kind} one image; remove one")
    return found


def _bare(key: str) -> str:
    for ending in _MASK_ENDINGS:
        key = key.removesuffix(ending)
    return key


def not_read(source: Source) -> str:
    """'320 .npy, 2 .json'; '' where there is none that may hold the truth. Counted once."""
    if source not in _kinds:
        kinds = Counter(suffix(name) for name in source.names)
        counts = {kind: n for kind, n in kinds.items() if kind and kind not in SUFFIXES | _NO_TRUTH}
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_KINDS]
        _kinds[source] = ", ".join(f"{n} {kind}" for kind, n in most)
    return _kinds[source]
