"""What the values of a set's masks suggest: how many masks hold which, and what counts as defective."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from alcore.data.images import MOST_INDICES, MaskValues, read_mask_values
from alcore.data.importing.known_masks import KnownMask
from alcore.data.importing.mask_colors import Colors, MaskColorsError, counted, hues, of_palette
from alcore.data.importing.options import Foreground
from alcore.data.importing.source_files import Source
from alcore.errors import DataError
from alcore.wording import percent, plural

_BRIGHT, _MOST_SOFT = 224, 0.25
"""Two levels with soft edges: fewer pixels between dark and bright than this share of the bright ones."""

_LEAST_INDEXED = 0.02
"""Fewer pixels of small values than this share of the white ones are strays of a mask of two levels."""
_MOST_STRAY = 4
"""Masks of small values are taken for noise where they are fewer than one in so many of all that mark."""


@dataclass(frozen=True)
class SeenMask:
    """What one mask holds.

    name: of its file; pattern: in words; indices_and_white: whether its values are small indices and 255;
    kind, lossy: as `MaskValues` has them; counts: (256,) pixels by value; colors: pixels by colour, of a mask
    in colours or of a palette; known: all of it, where that is little.
    """

    name: str
    pattern: str
    indices_and_white: bool
    kind: str
    lossy: bool
    counts: np.ndarray
    colors: Colors
    known: KnownMask | None


@dataclass
class MaskCensus:
    """The values of all masks of a source.

    patterns: what a mask holds -> masks; counts: (256,) pixels by value, of masks that are no palettes.
    indexed, bright: masks that hold nothing but small indices above 1, and masks with bright pixels.
    void: masks of small indices and white, and nothing else, so that white may mean unknown.
    palettes, binary, others: masks that mark anything, by how their values are read where nobody chose what
    is defective: indices of a palette, nothing but 0 and 1, and all others. tops: those that are no
    palettes, by their greatest value. colored: masks in colours; colors: what these hold; in_palettes: the
    same of palettes. held: (256,) bool, values that any mask has.
    """

    patterns: Counter[str] = field(default_factory=Counter)
    counts: np.ndarray = field(default_factory=lambda: np.zeros(256, dtype=np.int64))
    indexed: int = 0
    bright: int = 0
    void: int = 0
    palettes: int = 0
    binary: int = 0
    others: int = 0
    tops: Counter[int] = field(default_factory=Counter)
    colored: int = 0
    colors: Colors = field(default_factory=Counter)
    in_palettes: Colors = field(default_factory=Counter)
    held: np.ndarray = field(default_factory=lambda: np.zeros(256, dtype=bool))

    def add(self, seen: SeenMask, ignored: tuple[int, ...]) -> None:
        """Count a mask. ignored: values that mean 'unknown', which say nothing about what is defective."""
        counts = seen.counts
        self.held |= counts > 0
        if ignored:
            counts = counts.copy()
            counts[list(ignored)] = 0
        top = int(np.flatnonzero(counts).max(initial=0))
        self.patterns[seen.pattern] += 1
        indices = counts[1 : MOST_INDICES + 1].sum()
        has_both = seen.indices_and_white and top == 255
        self.void += has_both and bool(indices > _LEAST_INDEXED * counts[255])
        if seen.kind == "palette":
            self.palettes += top > 0
            self.in_palettes.update(seen.colors)
            return
        self.colored += seen.kind == "colour"
        if seen.colors:
            self.colors.update(seen.colors)
        is_binary = top == 1 and not seen.lossy
        self.binary += is_binary
        self.others += top > 0 and not is_binary
        self.tops[top] += 1
        self.counts += counts
        self.indexed += 1 < top <= MOST_INDICES
        self.bright += top >= _BRIGHT

    def absent(self, values: Iterable[int]) -> list[int]:
        """Those of some values that no mask holds."""
        return [value for value in values if value >= self.held.size or not self.held[value]]

    def sentence(self) -> str:
        """'masks read: 20 with 0 and 255, 10 empty'."""
        return "masks read: " + ", ".join(f"{count} {what}" for what, count in self.patterns.most_common())


def suggest(census: MaskCensus) -> Foreground:
    """The rule that the values suggest: above 0 for indices, above 127 for two levels.

    Raises:
        DataError: values that suggest neither; the message has their histogram.
        MaskColorsError: several colours, which brightness cannot tell apart.
    """
    if len(hues(census.colors)) > 1:
        raise MaskColorsError(
            "the masks are coded in several colours", census.colors, "name what is defective"
        )
    counts = census.counts
    if census.bright and _MOST_STRAY * census.indexed >= census.indexed + census.bright:
        raise DataError(
            f"{census.indexed} masks hold indices and {census.bright} grey levels up to white, so no one "
            "rule fits; name what is defective by threshold or classes, or import them apart"
        )
    if census.void:
        raise DataError(
            f"{census.void} masks hold indices and 255, which often means unknown; say so with "
            "--ignore 255 (in the page: ignored values), or name what is defective by threshold or classes"
        )
    top = int(np.flatnonzero(counts).max(initial=0))
    if top == 0:
        return Foreground()
    if top <= MOST_INDICES:
        return Foreground(threshold=0)
    bright, between = counts[_BRIGHT:].sum(), counts[MOST_INDICES + 1 : _BRIGHT].sum()
    if between <= _MOST_SOFT * bright:
        return Foreground()
    if census.colored:
        raise MaskColorsError("the masks are coded in colours", census.colors, "name what is defective")
    raise DataError(
        f"the masks hold the values {_histogram(counts)}, which do not tell what is defective; "
        "name it by threshold, classes or colour"
    )


def see_mask(source: Source, name: str) -> SeenMask | None:
    """Look at a mask; None for one that cannot be read, which the import itself will name."""
    try:
        found = read_mask_values(source.read(name), name=name)
    except DataError:
        return None
    counts = np.bincount(found.values.ravel(), minlength=256)
    held = np.flatnonzero(counts)
    pattern = _pattern(found, held)
    colors: Colors = Counter()
    if found.colours is not None:
        colors = counted(found.colours)
    elif found.table is not None:
        colors = of_palette(found.table, counts)
    return SeenMask(
        name,
        pattern,
        _has_indices_and_white(found, held),
        found.kind,
        found.lossy,
        counts,
        colors,
        KnownMask.of(found, counts),
    )


def _pattern(found: MaskValues, values: np.ndarray) -> str:
    """The values of one mask in words, by which masks are counted."""
    kind = {"grey": "", "palette": " in a palette", "colour": " in colours", "alpha": " in transparency"}
    top = int(values.max())
    if top == 0:
        return "empty"
    if top <= 1:
        held = "with 0 and 1"
    elif set(values.tolist()) <= {0, 255}:
        held = "with 0 and 255"
    elif _has_indices_and_white(found, values):
        held = "with indices and 255"
    elif top <= MOST_INDICES:
        held = f"with indices up to {top}"
    else:
        held = "with grey levels" if found.kind == "grey" else "with many values"
    return held + kind[found.kind]


def _has_indices_and_white(found: MaskValues, values: np.ndarray) -> bool:
    """Whether the values of a mask, in order, are small indices and 255."""
    is_white = not found.lossy and values.size > 1 and values[-1] == 255
    return bool(is_white and 0 < values[-2] <= MOST_INDICES)


def _histogram(counts: np.ndarray) -> str:
    largest = np.sort(np.argsort(counts)[::-1][:6])
    listed = [f"{value} ({percent(counts[value] / counts.sum())})" for value in largest if counts[value]]
    more = int(np.count_nonzero(counts)) - len(listed)
    return ", ".join(listed) + (f" and {plural(more, 'other')}" if more else "")
