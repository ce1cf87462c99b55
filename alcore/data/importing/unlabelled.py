"""Images in use, without masks: read as safely as an import does, and cut as a data set's patches were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from alcore.data.cutting import cut, resize_image, starts
from alcore.data.dataset_writer import PackedPatch, Patch, pack
from alcore.data.images import SUFFIXES, Levels, Picture, may_be_deep, read_levels, read_picture
from alcore.data.importing.opened_source import open_source
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.data.patches import Patches
from alcore.data.stored import StoredPatches
from alcore.errors import DataError
from alcore.wording import plural

T = TypeVar("T")

MOST_PATCHES = 200_000
"""Of one reading; more tell no more."""


@dataclass(frozen=True)
class Cutting:
    """How images become patches: of shape (height, width, channels), as tiles or resized whole.

    resized_to: (height, width) that an image is brought to first; None leaves it as it is. levels: the
    brightest ones, by which images of more than 8 bits were scaled; None where they are not on record.
    overlap: pixels that neighbouring tiles of a new data set share.
    """

    shape: tuple[int, int, int]
    tile: bool
    resized_to: tuple[int, int] | None = None
    levels: Levels | None = None
    overlap: int = 0

    @classmethod
    def of(cls, patches: Patches) -> Cutting:
        """As the patches of a data set were made; those that were drawn are tiles."""
        if not isinstance(patches, StoredPatches):
            return cls(patches.shape, tile=True)
        info = patches.info
        levels = None if info.levels is None else Levels(*info.levels)
        return cls(patches.shape, info.cutting != "resized", info.resized_to, levels)

    def apply(self, image: np.ndarray, name: str) -> np.ndarray:
        """(H, W, C) uint8 -> (n, height, width, C); DataError where it is smaller than a tile."""
        height, width, _ = self.shape
        if self.resized_to is not None:
            image = resize_image(image, self.resized_to)
        if not self.tile:
            return resize_image(image, (height, width))[None]
        if image.shape[0] < height or image.shape[1] < width:
            raise DataError(
                f"{name} is {image.shape[0]}x{image.shape[1]}, smaller than the {height}x{width} patches "
                "that the model knows"
            )
        rows, columns = starts(image.shape[0], height, 0), starts(image.shape[1], width, 0)
        return np.stack([image[r : r + height, c : c + width] for r in rows for c in columns])

    def unlabelled(self, image: np.ndarray, name: str) -> list[Patch]:
        """(H, W, C) uint8 -> patches of a data set without a label; raises as `apply`."""
        if self.resized_to is not None:
            image = resize_image(image, self.resized_to)
        nothing = np.zeros(image.shape[:2], dtype=bool)
        size, overlap = self.shape[:2], self.overlap
        cuts = cut(image, nothing, source=name, size=size, tile=self.tile, overlap=overlap)
        return [replace(patch, is_labelled=False) for patch in cuts]


@dataclass
class Unlabelled:
    """Images of several sources, to be read one by one.

    skipped: why files could not be used, by name; brighter: the brightest level of each file that exceeds the
    training images' own; own_scale: files of more than 8 bits for which no level of the training images is
    known. All of the files read so far.
    """

    places: list[tuple[Source, str]]
    cutting: Cutting
    skipped: dict[str, str] = field(default_factory=dict)
    brighter: dict[str, float] = field(default_factory=dict)
    own_scale: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.places)

    def patches(self) -> Iterator[np.ndarray]:
        """Each image's (n, height, width, C) uint8; (0, ...) where it cannot be used, see `skipped`."""
        for cuts in self._each(self.cutting.apply):
            yield np.zeros((0, *self.cutting.shape), dtype=np.uint8) if cuts is None else cuts

    def packed(self) -> Iterator[list[PackedPatch]]:
        """Each image's patches as a data set keeps them, without a label; none where it cannot be used."""
        for cuts in self._each(self.cutting.unlabelled):
            yield [pack(patch) for patch in cuts or ()]

    def _each(self, make: Callable[[np.ndarray, str], T]) -> Iterator[T | None]:
        """What is made of each image and its name; None where it cannot be used."""
        levels, known = self.levels(), self.cutting.levels or Levels(0, 0.0)
        for source, name in self.places:
            try:
                picture = self._read(source, name, levels)
                self._note(shown(name), picture.levels, known)
                yield make(picture.pixels, shown(name))
            except DataError as error:
                self.skipped[shown(name)] = str(error)
                yield None

    def notes(self) -> list[str]:
        """Sentences about levels, once all files have been read."""
        sentences = []
        if self.brighter:
            name, level = max(self.brighter.items(), key=lambda item: item[1])
            sentences.append(
                f"{plural(len(self.brighter), 'image')} brighter than the brightest level of the training "
                f"images; what exceeds it is white here: {name} has {level:g}"
            )
        if self.own_scale:
            sentences.append(
                f"{plural(len(self.own_scale), 'image')} of more than 8 bits, such as {self.own_scale[0]}, "
                "scaled by the brightest level found here, since the data set has none on record; if its "
                "images have more than 8 bits, import them again"
            )
        return sentences

    def _read(self, source: Source, name: str, levels: Levels) -> Picture:
        channels = self.cutting.shape[2]
        return read_picture(source.read(name), name=name, channels=channels, levels=levels)

    def _note(self, name: str, own: Levels | None, known: Levels) -> None:
        """Remember what was unlike the training images."""
        if own is None:
            return
        level, most = (own.real, known.real) if own.real else (own.whole, known.whole)
        if most == 0 and level:
            self.own_scale.append(name)
        elif level > most:
            self.brighter[name] = level

    def levels(self) -> Levels:
        """Those of the training images; else the brightest of all images here, so that all are read alike."""
        if self.cutting.levels is not None:
            return self.cutting.levels
        found = Levels(0, 0.0)
        for source, name in self.places:
            if may_be_deep(source.head(name)):
                with suppress(DataError):  # it is named when the image is read for good
                    found = found.joined(read_levels(source.read(name), name=name) or found)
        return found


def open_unlabelled(paths: Sequence[Path], cutting: Cutting) -> Unlabelled:
    """Image files, folders of them, and zip files, in any mixture.

    Raises:
        DataError: one of them cannot be opened, or none holds an image.
    """
    places: list[tuple[Source, str]] = []
    for path in paths:
        if path.is_file() and suffix(path.name) in SUFFIXES:
            places.append((SingleFile(path), path.name))
            continue
        source = open_source(path)
        places += [(source, name) for name in source.names if suffix(name) in SUFFIXES]
    if not places:
        endings = ", ".join(sorted(SUFFIXES))
        raise DataError(
            f"there is no image ({endings}) in what was given; give image files, or a zip of them"
        )
    return Unlabelled(places, cutting)


class SingleFile:
    """One file as a source of its own."""

    is_on_disk = True

    def __init__(self, path: Path) -> None:
        self.label, self.names, self._path = path.name, [path.name], path

    def reopen(self) -> None:
        """It is opened again each time."""

    def read(self, name: str) -> bytes:
        """The file's content."""
        try:
            return self._path.read_bytes()
        except OSError as error:
            raise DataError(f"{shown(name)} cannot be read: {error.strerror or error}") from None

    def head(self, name: str) -> bytes:
        """The file's first bytes."""
        return self.read(name)[:64]
