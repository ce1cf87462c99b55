"""How a source becomes patches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

Color = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True)
class Foreground:
    """Which mask pixels are defective; where none is given, the values of the masks themselves decide.

    classes: pixel values, as in an indexed mask; colors: any of them, with `tolerance` in each channel;
    threshold: grey levels above it. The first of colors, classes, threshold that is given counts.
    ignored, ignored_colors: what means 'unknown': such pixels count neither in training nor in any
    metric. names, ignored_names: classes by name, in formats that name them; there, `classes` and `ignored`
    are their numbers.
    """

    threshold: int | None = None
    classes: tuple[int, ...] | None = None
    colors: tuple[Color, ...] = ()
    tolerance: int = 10
    ignored: tuple[int, ...] = ()
    ignored_colors: tuple[Color, ...] = ()
    names: tuple[str, ...] = ()
    ignored_names: tuple[str, ...] = ()

    @property
    def is_chosen(self) -> bool:
        """Whether someone said what is defective."""
        return not (self.threshold is None and self.classes is None and not self.colors and not self.names)

    @property
    def has_classes(self) -> bool:
        """Whether someone named classes, as defective or ignored."""
        return bool(self.classes or self.names or self.ignored or self.ignored_names)

    def in_words(self) -> str:
        """The rule, for people: 'above 0'."""
        if self.colors:
            about = f" within {self.tolerance}" if self.tolerance else ""
            return colors_in_words(self.colors) + about
        if self.names:
            return classes_in_words([*map(str, self.classes or ()), *self.names])
        if self.classes is not None:
            return values_in_words(self.classes)
        return f"above {127 if self.threshold is None else self.threshold}"


def classes_in_words(names: Sequence[str]) -> str:
    """'the classes dent, dirt'."""
    return f"the class{'es' * (len(names) > 1)} {', '.join(names)}"


def values_in_words(values: Sequence[int]) -> str:
    """'the values 1, 3'; of many, the first and the last."""
    if len(values) > 9:
        return f"the values {values[0]} to {values[-1]}"
    return f"the value{'s' * (len(values) > 1)} {', '.join(map(str, values))}"


def colors_in_words(colors: tuple[Color, ...]) -> str:
    """'the colours 255,0,0 or 0,0,255'."""
    listed = [",".join(map(str, color)) for color in colors]
    return f"the colour{'s' * (len(listed) > 1)} {' or '.join(listed)}"


@dataclass(frozen=True)
class ImportOptions:
    """How a source becomes patches.

    patch: (height, width); tile: cut tiles of that size instead of resizing whole images, after shrinking
    them to `resize_to` where that is given, None lets the images decide, see `cutting_choice`; overlap:
    pixels that neighbouring tiles share; clean_tiles: how many tiles without a defect are kept of an image, 0
    for all, None for all where tiles are asked for; channels: 1 (grey) or 3; foreground: which mask pixels
    are defective; min_area: a patch with fewer of them is clean; vanished_are_clean: an image whose defect
    is lost by resizing is clean instead of left out;
    drop_black_border: leave out images whose border is black, as the paper does; skip_bad: leave out files
    that cannot be used and list them; missing_mask_is_clean: an image without a mask is clean instead of an
    error; roi: a pattern of files that mark the region of interest, see `regions`; images, masks:
    patterns of the user's own layout, see `patterns`; levels: the brightest level of
    images with more than 8 bits, by default that of the set; group: a pattern of image names, whose words are
    the same for images that stay on one side of the split; keep_alike: near-duplicates stay on one side too;
    boxes_are_masks: where an annotation has a box and no outline, the box is filled.
    """

    patch: tuple[int, int] = (64, 64)
    tile: bool | None = False
    overlap: int = 0
    clean_tiles: int | None = None
    resize_to: tuple[int, int] | None = None
    channels: int = 1
    foreground: Foreground = Foreground()
    min_area: int = 1
    vanished_are_clean: bool = False
    drop_black_border: bool = False
    skip_bad: bool = False
    missing_mask_is_clean: bool = False
    images: str = ""
    masks: tuple[str, ...] = ()
    roi: str = ""
    levels: int | None = None
    group: str = ""
    keep_alike: bool = False
    boxes_are_masks: bool = False


@dataclass(frozen=True)
class Drawn:
    """What is known of an image's pixels, with an account of the marks that it was drawn from.

    truth: (height, width) bool mask, or uint8 of CLEAN, DEFECTIVE and IGNORED; marks: kind of mark -> how
    many were drawn; left_out: what was not drawn -> how many, such as 'polygon of two points'.
    """

    truth: np.ndarray
    marks: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Sequence[Drawn]) -> Drawn:
        """Several of one image: the union; where one does not know a pixel, nobody does."""
        marks, left_out = Counter[str](), Counter[str]()
        for part in parts:
            marks.update(part.marks)
            left_out.update(part.left_out)
        truth = np.maximum.reduce([part.truth for part in parts])  # see CLEAN, DEFECTIVE, IGNORED
        return cls(truth, dict(marks), dict(left_out))


MaskReader = Callable[[tuple[int, int]], np.ndarray | Drawn]
"""(height, width) of the image -> (height, width) bool mask, or uint8 of CLEAN, DEFECTIVE and IGNORED, or
either with an account of its marks; DataError where none can be read."""


def drawn_by(reader: MaskReader, shape: tuple[int, int]) -> Drawn:
    """What a reader finds, with or without an account."""
    found = reader(shape)
    return found if isinstance(found, Drawn) else Drawn(found)


@dataclass(frozen=True)
class Sample:
    """One image of a source: its name there, and how to get its mask once its size is known.

    masks: its mask files that are pictures whose values mean something; group: images with the
    same one stay on one side of the split; '' for an image by itself.
    """

    image: str
    read_mask: MaskReader
    masks: tuple[str, ...] = ()
    group: str = ""


def no_defect(shape: tuple[int, int]) -> np.ndarray:
    """The mask of a clean image."""
    return np.zeros(shape, dtype=bool)
