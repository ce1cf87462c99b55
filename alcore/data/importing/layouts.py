"""Sources read by a row of the layout table, or by patterns that the user wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from alcore.data.images import SUFFIXES
from alcore.data.importing.folder import Refuse, mask_file, no_mask, not_read
from alcore.data.importing.labelme import labelme
from alcore.data.importing.layout_table import Layout
from alcore.data.importing.matlab_masks import matlab
from alcore.data.importing.options import (
    Drawn,
    Foreground,
    ImportOptions,
    MaskReader,
    Sample,
    drawn_by,
    no_defect,
)
from alcore.data.importing.patterns import Words, words_in, words_of
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.data.importing.yolo import yolo
from alcore.errors import DataError

FileReader = Callable[[str, str], MaskReader]
"""Image and mask file -> the reader of that mask."""
READERS: dict[str, Callable[[Source, ImportOptions, Sequence[str]], FileReader]] = {
    "labelme": labelme,
    "yolo": yolo,
    "matlab": matlab,
}
"""Of mask files that are no pictures, by the name that a layout calls them; made once for all files."""


@dataclass
class Match:
    """How a layout reads the names of a source.

    images: those it reads, with the words of their names; masks: image -> its masks; unlabelled: images
    without a mask, in a layout where that means nothing is known; orphans: masks without an image;
    strangers: image files that are no part of the layout.
    """

    images: dict[str, Words] = field(default_factory=dict)
    masks: dict[str, list[str]] = field(default_factory=dict)
    unlabelled: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


def match(layout: Layout, names: Iterable[str]) -> Match:
    """Pair the names of a source as a layout says."""
    names = [name for name in names if suffix(name) in SUFFIXES or layout.reader != "image"]
    ignored = {name for name in names if _first(layout.ignored, name)}
    masks = {n: w for n in names if n not in ignored and _is_mask(layout, n) and (w := _all(layout.masks, n))}
    found = Match()
    pattern_of: dict[str, str] = {}
    for name in names:
        if name in masks or name in ignored or suffix(name) not in SUFFIXES:
            continue
        hit = _first(layout.images, name)
        if hit is None:
            found.strangers.append(name)
        else:
            pattern_of[name], found.images[name] = hit
    _join(layout, found, pattern_of, masks)
    return found


def pair(layout: Layout, source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """All images of a layout, each with the reader of its masks' union."""
    found = match(layout, source.names)
    masks_used = sorted({mask for masks in found.masks.values() for mask in masks})
    read = _file_reader(layout, source, options, masks_used)
    samples = []
    for image, words in found.images.items():
        masks = found.masks.get(image, [])
        if not masks and not (
            options.missing_mask_is_clean or layout.missing == "clean" or _first(layout.clean, image)
        ):
            refuse(image, no_mask(image, not_read(source) if layout.reader == "image" else ""))
            continue
        reader = _union([read(image, mask) for mask in masks]) if masks else no_defect
        group = layout.group.format(**words) if layout.group else ""
        samples.append(Sample(image, reader, tuple(masks) if layout.reader == "image" else (), group))
    for mask in found.orphans:
        refuse(mask, f"the mask {shown(mask)} has no image; add it, or remove the mask")
    return samples


def explained(layout: Layout, source: Source) -> tuple[int, list[str]]:
    """How many files a layout explains, and those that it does not; (0, all) where it finds no mask."""
    nothing = 0, [name for name in source.names if suffix(name) in SUFFIXES]
    if not any(_first(layout.masks, name) for name in source.names):
        return nothing  # as for most layouts; spares the rest of the work
    found = match(layout, source.names)
    if not found.masks:
        return nothing
    bare = [
        image
        for image in found.images
        if image not in found.masks and layout.missing != "clean" and not _first(layout.clean, image)
    ]
    used = {mask for masks in found.masks.values() for mask in masks}
    count = len(found.images) - len(bare) + len(used) + len(found.unlabelled)
    return count, [*bare, *found.orphans, *found.strangers]


@dataclass(frozen=True)
class Pairs:
    """What patterns find among names: the first pairs, and counts of all.

    rows: image and its masks; paired, bare: images with and without one; orphans: masks without an image;
    strangers: image files that no pattern fits.
    """

    rows: list[tuple[str, list[str]]]
    paired: int
    bare: list[str]
    orphans: list[str]
    strangers: list[str]


def first_pairs(options: ImportOptions, names: Iterable[str], count: int) -> Pairs:
    """Try the user's patterns on the names of a source; raises as `own_layout`."""
    found = match(own_layout(options), names)
    bare = [image for image in found.images if image not in found.masks]
    rows = [(image, found.masks[image]) for image in found.images if image in found.masks]
    return Pairs(rows[:count], len(rows), bare, found.orphans, found.strangers)


def own_layout(options: ImportOptions) -> Layout:
    """The layout that the user's patterns describe.

    Raises:
        DataError: a pattern without `{words}`, or a mask pattern that shares no word with the image's.
    """
    image, words = options.images, words_in(options.images)
    if not words:
        raise DataError(f"the image pattern {image!r} names nothing to pair by; write {{id}} in it")
    for mask in options.masks:
        if not words & words_in(mask):
            raise DataError(f"the mask pattern {mask!r} shares no word in braces with {image!r}; add {{id}}")
    if not options.masks:
        raise DataError("the image pattern needs a mask pattern beside it; give --masks too")
    return Layout("your patterns", (image,), options.masks)


def _foreground(layout: Layout, chosen: Foreground) -> Foreground:
    """What the user chose, and else what the layout says; the same of values that mean 'unknown'."""
    found = chosen if chosen.is_chosen or layout.foreground is None else layout.foreground
    unknown = tuple(value for value in layout.unknown if value not in (chosen.classes or ()))
    colors = () if layout.foreground is None else layout.foreground.ignored_colors
    return replace(found, ignored=chosen.ignored or unknown, ignored_colors=colors + chosen.ignored_colors)


def _first(patterns: tuple[str, ...], name: str) -> tuple[str, Words] | None:
    for pattern in patterns:
        words = words_of(pattern, name)
        if words is not None:
            return pattern, words
    return None


def _all(patterns: tuple[str, ...], name: str) -> list[tuple[str, Words]]:
    return [(pattern, words) for pattern in patterns if (words := words_of(pattern, name)) is not None]


def _is_mask(layout: Layout, name: str) -> bool:
    return layout.reader != "image" or suffix(name) in SUFFIXES


def _join(
    layout: Layout, found: Match, pattern_of: dict[str, str], masks: dict[str, list[tuple[str, Words]]]
) -> None:
    """Fill in masks, unlabelled and orphans: masks belong to the images whose shared words are equal."""
    shared = {
        (image, mask): tuple(sorted(words_in(image) & words_in(mask)))
        for image in layout.images
        for mask in layout.masks
    }
    by_key: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for name, hits in masks.items():
        for pattern, words in hits:
            for keys in {shared[image, pattern] for image in layout.images}:
                by_key[pattern, keys, tuple(words[key] for key in keys)].append(name)
    used: set[str] = set()
    for image, words in list(found.images.items()):
        mine: set[str] = set()
        for mask in layout.masks:
            keys = shared[pattern_of[image], mask]
            mine.update(by_key.get((mask, keys, tuple(words[key] for key in keys)), ()))
        if mine:
            found.masks[image] = sorted(mine)
            used |= mine
        elif layout.missing == "unlabelled":
            found.unlabelled.append(image)
            del found.images[image]
    found.orphans = [name for name in masks if name not in used]


def _file_reader(layout: Layout, source: Source, options: ImportOptions, files: Sequence[str]) -> FileReader:
    if layout.reader != "image":
        return READERS[layout.reader](source, options, files)
    foreground = _foreground(layout, options.foreground)
    return lambda image, mask: mask_file(source, image, mask, foreground)


def _union(readers: list[MaskReader]) -> MaskReader:
    if len(readers) == 1:
        return readers[0]

    def read(shape: tuple[int, int]) -> Drawn:
        return Drawn.joined([drawn_by(reader, shape) for reader in readers])

    return read
