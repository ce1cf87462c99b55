"""What comes back from an annotation tool: its export, read by the importers, as labels of patches asked for.

Masks belong to images by name, with what a tool puts before or after it. An export is laid beside the
images that were asked for, so that the importers see one source, as if the tool had been given a folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alcore.campaign.batch_image import image_name, png_of
from alcore.campaign.campaign_log import Label
from alcore.data.dataset_writer import PackedPatch
from alcore.data.images import SUFFIXES
from alcore.data.importing.importer import Import
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.data.importing.source_files import Source, base, shown, stem, suffix
from alcore.data.importing.unlabelled import SingleFile
from alcore.data.stored import StoredPatches
from alcore.errors import DataError

_IMAGES, _MASKS = "images/", "masks/"
_TABLES = (".json", ".xml", ".csv", ".txt")


@dataclass(frozen=True)
class Returned:
    """labels: by id; refused: what could not be used, by name: masks of another size, images that were never
    asked for, images without an annotation.
    """

    labels: dict[int, Label]
    refused: dict[str, str]


def read_labels(
    export: Path,
    patches: StoredPatches,
    asked: frozenset[int],
    *,
    format_name: str = "auto",
    foreground: Foreground | None = None,
) -> Returned:
    """Read an export of any format that can be imported.

    Args:
        export: a file, folder or zip. asked: ids of the patches that it may be about.
        format_name: a key of `FORMATS`, or auto; foreground: which classes or values are defective.
    Raises:
        DataError: nothing in it can be used at all.
    """
    names = {image_name(item, patches.describe(item)): item for item in sorted(asked)}
    source = _opened(export)
    names = _mentioned(source, names)
    if not names:
        raise DataError(f"{export.name} names no image that was asked for; export the labels of a batch")
    beside = _Beside(source, patches, names)
    height, width, channels = patches.shape
    options = ImportOptions(
        patch=(height, width),
        channels=channels,
        foreground=foreground or Foreground(),
        skip_bad=True,
    )
    try:
        work = Import(beside, format_name=format_name, options=options, workers=1)
    except DataError as error:
        raise DataError(f"{export.name} cannot be read as labels: {error}") from None
    labels, refused = {}, work.refused
    for outcome in work.outcomes():
        name = base(outcome.image)
        if outcome.refused or outcome.skipped:
            refused[shown(name)] = outcome.refused or outcome.skipped
        elif not outcome.patches:
            refused[shown(name)] = f"nothing is known of {shown(name)}; label it, or leave it out"
        elif name in names:
            labels[names[name]] = _label(outcome.patches[0], (height, width))
    return Returned(labels, {base(name): why for name, why in refused.items()})


def _label(patch: PackedPatch, shape: tuple[int, int]) -> Label:
    mask, ignored = (_bits(bits, shape) for bits in (patch.mask, patch.ignored))
    return Label.of(mask, ignored if patch.ignored else None)


def _bits(packed: bytes, shape: tuple[int, int]) -> np.ndarray:
    if not packed:
        return np.zeros(shape, dtype=bool)
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=shape[0] * shape[1])
    return bits.reshape(shape).astype(bool)


def _opened(export: Path) -> Source:
    """An export as a source; a single table is one of its own."""
    if not export.exists():
        raise DataError(f"there is no file or folder {export}; give what the tool exported")
    is_table = export.is_file() and export.suffix.lower() in _TABLES
    return SingleFile(export) if is_table else open_source(export)


def _mentioned(source: Source, names: Mapping[str, int]) -> dict[str, int]:
    """The images that an export is about: their names are among its files' names, or in its tables."""
    texts = [name.encode() for name in source.names]
    texts += [source.read(name) for name in source.names if suffix(name) in _TABLES]
    return {name: item for name, item in names.items() if any(stem(name).encode() in text for text in texts)}


class _Beside:
    """An export and the images that it is about, as one source. Copies of the images are passed over."""

    is_on_disk = False

    def __init__(self, export: Source, patches: StoredPatches, names: Mapping[str, int]) -> None:
        self.label, self._export, self._patches = export.label, export, patches
        self._asked = {_IMAGES + name: item for name, item in names.items()}
        copies = {name for name in export.names if self._is_copy(name, names)}
        rest = [name for name in export.names if name not in copies]
        is_bare = bool(rest) and all(suffix(name) in SUFFIXES for name in rest)
        self._files = {_MASKS + base(name) if is_bare else name: name for name in rest}
        if not rest:
            raise DataError(f"{export.label} holds no label, only the images themselves; export annotations")
        self.names = sorted([*self._asked, *(name for name in self._files if name not in self._asked)])

    def _is_copy(self, name: str, names: Mapping[str, int]) -> bool:
        item = names.get(base(name))
        return item is not None and self._export.read(name) == self._png(item)

    def _png(self, item: int) -> bytes:
        return png_of(self._patches.images(np.array([item]))[0])

    def reopen(self) -> None:
        """As the export."""
        self._export.reopen()

    def read(self, name: str) -> bytes:
        """A file's content."""
        if name in self._asked:
            return self._png(self._asked[name])
        return self._export.read(self._files[name])

    def head(self, name: str) -> bytes:
        """A file's first bytes."""
        return self.read(name)[:64] if name in self._asked else self._export.head(self._files[name])
