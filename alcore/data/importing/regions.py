"""Regions of interest: files that mark them; pixels outside are unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from alcore.data.cutting import DEFECTIVE, IGNORED
from alcore.data.images import SUFFIXES
from alcore.data.importing.folder import mask_file
from alcore.data.importing.options import Drawn, Foreground, MaskReader, Sample, drawn_by
from alcore.data.importing.patterns import words_in, words_of
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError
from alcore.wording import plural

ANY_IMAGE = ("{dir/}{id}.*",)
"""How images are named in a format that has no patterns."""


class WithoutRegions:
    """A source in which files that a pattern fits are not seen."""

    def __init__(self, source: Source, pattern: str) -> None:
        """Raises DataError where the pattern cannot be used, or fits no picture."""
        self._source, self.label, self.is_on_disk = source, source.label, source.is_on_disk
        self.names = [name for name in source.names if not _fits(pattern, name)]
        if len(self.names) == len(source.names):
            raise DataError(f"the pattern {pattern!r} of the regions of interest fits no picture")

    def reopen(self) -> None:
        """As the wrapped source."""
        self._source.reopen()

    def read(self, name: str) -> bytes:
        """As the wrapped source."""
        return self._source.read(name)

    def head(self, name: str) -> bytes:
        """As the wrapped source."""
        return self._source.head(name)


def limited(
    samples: list[Sample], source: Source, pattern: str, images: tuple[str, ...]
) -> tuple[list[Sample], str]:
    """Samples that know nothing outside of their regions, and a sentence on that.

    Args:
        pattern: of the files of regions; each belongs to the images whose shared words are equal.
        images: patterns of the images.
    Raises:
        DataError: an image has no region, or several; or the patterns share no word.
    """
    shared = {image: tuple(sorted(words_in(image) & words_in(pattern))) for image in images}
    if not any(shared.values()):
        raise DataError(f"the pattern {pattern!r} shares no word in braces with {images[0]!r}; add {{id}}")
    by_words: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for name in source.names:
        if _fits(pattern, name):
            words = words_of(pattern, name) or {}
            for keys in set(shared.values()):
                by_words.setdefault((keys, tuple(words[key] for key in keys)), []).append(name)
    found = []
    for sample in samples:
        regions = _regions(sample.image, shared, by_words)
        if len(regions) != 1:
            has = "no region" if not regions else f"{len(regions)} regions"
            raise DataError(f"{shown(sample.image)} has {has} of interest by the pattern {pattern!r}")
        inside = mask_file(source, sample.image, regions[0], Foreground())
        found.append(replace(sample, read_mask=_within(sample.read_mask, inside)))
    return found, f"unknown outside of the regions of interest, {pattern}: {plural(len(found), 'image')}"


def _regions(
    image: str,
    shared: dict[str, tuple[str, ...]],
    by_words: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]],
) -> list[str]:
    for pattern, keys in shared.items():
        words = words_of(pattern, image)
        if words is not None and keys:
            return by_words.get((keys, tuple(words[key] for key in keys)), [])
    return []


def _within(reader: MaskReader, inside: MaskReader) -> MaskReader:
    def read(shape: tuple[int, int]) -> Drawn:
        drawn = drawn_by(reader, shape)
        known = drawn_by(inside, shape).truth == DEFECTIVE
        return replace(drawn, truth=np.where(known, drawn.truth, IGNORED).astype(np.uint8))

    return read


def _fits(pattern: str, name: str) -> bool:
    return suffix(name) in SUFFIXES and words_of(pattern, name) is not None
