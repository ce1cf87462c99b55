"""Masks of at most two values, kept from the look at all masks, so that they are not read again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alcore.data.images import MaskValues, marked_values
from alcore.data.importing.options import Foreground
from alcore.data.importing.source_files import Source

_MOST_BYTES = 256 * 2**20
"""Of all that is kept; further masks are read twice."""


@dataclass(frozen=True)
class KnownMask:
    """A grey mask of 8 bits. values: the smallest and the largest; bits: where the largest is, packed.

    Without bits, one value is everywhere.
    """

    shape: tuple[int, int]
    values: tuple[int, int]
    lossy: bool
    bits: bytes

    @classmethod
    def of(cls, found: MaskValues, counts: np.ndarray) -> KnownMask | None:
        """A mask with these (256,) pixels by value; None where it has more to it."""
        present = np.flatnonzero(counts)
        if not found.plain or present.size > 2:
            return None
        low, high = int(present[0]), int(present[-1])
        bits = np.packbits(found.values == high).tobytes() if low != high else b""
        return cls((found.values.shape[0], found.values.shape[1]), (low, high), found.lossy, bits)

    def truth(self, foreground: Foreground) -> np.ndarray | None:
        """As `read_mask` has it; None for a rule of colours, which needs the file."""
        if foreground.colors:
            return None
        marks = _marks(self.values, self.lossy, foreground)
        if not self.bits:
            return np.full(self.shape, marks[0])
        is_high = np.unpackbits(np.frombuffer(self.bits, dtype=np.uint8), count=self.shape[0] * self.shape[1])
        if marks.dtype == bool and marks[1] and not marks[0]:  # as nearly always
            return is_high.view(bool).reshape(self.shape)
        return np.where(is_high.view(bool), marks[1], marks[0]).reshape(self.shape)


@lru_cache(maxsize=256)
def _marks(values: tuple[int, int], lossy: bool, foreground: Foreground) -> np.ndarray:
    """(2,) what the smallest and the largest value of a mask mean; many masks have the same two."""
    return marked_values(np.array(values, dtype=np.uint8), lossy=lossy, foreground=foreground)


class SeenSource:
    """A source, some of whose masks are known already."""

    def __init__(self, source: Source) -> None:
        self.label, self.names, self.is_on_disk = source.label, source.names, source.is_on_disk
        self._source, self._known, self._left = source, dict[str, KnownMask](), _MOST_BYTES

    def keep(self, name: str, mask: KnownMask) -> None:
        """Keep a mask, while there is room."""
        if len(mask.bits) <= self._left:
            self._left -= len(mask.bits)
            self._known[name] = mask

    def known(self, name: str) -> KnownMask | None:
        """A mask by its name, if it was kept."""
        return self._known.get(name)

    def reopen(self) -> None:
        """As the wrapped source."""
        self._source.reopen()

    def read(self, name: str) -> bytes:
        """As the wrapped source."""
        return self._source.read(name)

    def head(self, name: str) -> bytes:
        """As the wrapped source."""
        return self._source.head(name)
