"""Whether whole images are resized or tiles are cut, where the user did not choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alcore.data.importing.options import ImportOptions
from alcore.data.importing.patch_choice import MOST_LOST, ImageCuts, Way
from alcore.wording import percent

CLEAN_TILES = 16
"""Tiles without a defect that are kept of an image, where tiles were not asked for: large images would bury
the defective ones under thousands."""
_SAME_SHAPE = 1.1
"""Most by which a patch may be wider or higher than the image, compared by their sides' ratio."""


def ways_to_try(options: ImportOptions) -> list[Way]:
    """What is tried on some images for `decided`."""
    return [(*options.patch, False)]


def decided(
    options: ImportOptions, cuts: Sequence[ImageCuts], *, usually_whole: str
) -> tuple[ImportOptions, str]:
    """The options with `tile` and `clean_tiles` decided, and a sentence that says why and how to undo it.

    Args:
        options: where `tile` is not None, somebody decided already, and nothing is said.
        cuts: what resizing would make of some images, spread evenly.
        usually_whole: the title of a format whose images are resized whole as a rule; '' for any other.
    """
    if options.tile is not None:
        return options, ""
    if options.resize_to is not None or options.overlap:
        return replace(options, tile=True), ""  # both are about tiles
    height, width = options.patch
    why_whole, why_tiles = _why_whole(options, cuts, usually_whole), _why_tiles(options, cuts)
    if why_whole or not why_tiles:
        why = why_whole or "as their aspect ratio is nearly that; --tile cuts tiles"
        is_said = any(one.shape != options.patch for one in cuts)
        text = f"whole images are resized to {height}x{width}, {why}" if is_said else ""
        return replace(options, tile=False), text
    most = CLEAN_TILES if options.clean_tiles is None else options.clean_tiles
    text = f"tiles of {height}x{width} are cut, as {why_tiles}; --no-tile resizes whole images instead"
    if most:
        text += f"; at most {most} clean ones of each image are kept (--clean-tiles 0 keeps all)"
    return replace(options, tile=True, clean_tiles=most), text


def _why_whole(options: ImportOptions, cuts: Sequence[ImageCuts], usually_whole: str) -> str:
    if usually_whole:
        return f"as is usual for {usually_whole}; --tile cuts tiles"
    height, width = options.patch
    if any(one.shape[0] < height or one.shape[1] < width for one in cuts):
        return "as some images are smaller than a tile"
    return ""


def _why_tiles(options: ImportOptions, cuts: Sequence[ImageCuts]) -> str:
    if not cuts:
        return ""
    height, width = options.patch
    high, wide = max({one.shape for one in cuts}, key=[one.shape for one in cuts].count)
    if sum(_is_of_another_shape(one.shape, options.patch) for one in cuts) > len(cuts) / 2:
        return f"resizing would change the shape of images such as {high}x{wide}"
    defective = [one for one in cuts if one.has_defect]
    lost = sum(int(one.counts[0, 1]) == 0 for one in defective)
    if lost > MOST_LOST * len(defective):
        share = percent(lost / len(defective))
        return (
            f"resizing to {height}x{width} loses {share} of the defects, {lost} of {len(defective)} examined"
        )
    return ""


def _is_of_another_shape(image: tuple[int, int], patch: tuple[int, int]) -> bool:
    """Whether resizing squeezes an image by more than a tenth, or at all where patches divide it."""
    ratio = (image[0] * patch[1]) / (image[1] * patch[0])
    divides = image[0] % patch[0] == 0 and image[1] % patch[1] == 0
    return max(ratio, 1 / ratio) > (1 if divides else _SAME_SHAPE)
