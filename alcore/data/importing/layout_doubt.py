"""A layout that explains a part of a source only is not taken without a yes."""

from __future__ import annotations

from alcore.data.images import SUFFIXES
from alcore.data.importing.file_families import Family, families_of, looks_like_mask
from alcore.data.importing.formats import Recognised
from alcore.data.importing.options import ImportOptions, Sample, no_defect
from alcore.data.importing.source_files import Source, shown, suffix
from alcore.errors import DataError
from alcore.wording import plural

_FEW = 0.1
"""Share of the pictures up to which those without a place are named one by one, such as one bare image."""
_LOOKED_AT = 5


class LayoutDoubtError(DataError):
    """No layout explains all files. families: what may be images and masks, each with ready patterns."""

    def __init__(self, reason: str, families: list[Family]) -> None:
        super().__init__(reason)
        self.families = families


def check_layout(chosen: Recognised, source: Source, options: ImportOptions) -> None:
    """Refuse the nearest layout where it leaves many files without a place.

    Args:
        chosen: what 'auto' found; a format that was named is a yes, and so are patterns.
        options: where a missing mask means clean, bare images have a place, unless they look like masks.
    Raises:
        LayoutDoubtError: with the families of files that were found.
    """
    unexplained = chosen.unexplained
    pictures = sum(suffix(name) in SUFFIXES for name in source.names)
    if len(unexplained) <= _FEW * pictures:
        return
    step = max(len(unexplained) // _LOOKED_AT, 1)
    has_masks = any(looks_like_mask(source, name) for name in unexplained[::step])
    if options.missing_mask_is_clean and not has_masks:
        return
    families = families_of(source)
    if families:
        some = "; ".join(family.as_options() for family in families[:2])
        raise LayoutDoubtError(
            f"{chosen.sentence()}, so say which files are the images and which their masks: {some}", families
        )
    if chosen.explained:
        raise LayoutDoubtError(
            f"{chosen.sentence()}; say --format {chosen.name} if that is right, or name images and masks "
            "with --images and --masks",
            [],
        )


def left_over(chosen: Recognised, samples: list[Sample], known: set[str]) -> dict[str, str]:
    """Files without a place in a layout that was found, and why; those in `known` are said already."""
    used = {sample.image for sample in samples}
    return {
        name: f"{shown(name)} has no place in the layout, {chosen.form.title}; leave such files out with "
        f"--skip-bad, or say --format {chosen.name} if the layout is right"
        for name in chosen.unexplained
        if name not in used and shown(name) not in known
    }


def without_truth(chosen: Recognised, source: Source, samples: list[Sample], skipped: set[str]) -> list[str]:
    """Sentences: images that are clean because they have no mask, and images that annotations never name.

    Args:
        skipped: images that are listed as left out already.
    """
    if chosen.form.shows is None or chosen.name == "reference":
        bare = [sample.image for sample in samples if sample.read_mask is no_defect]
        return [_counted(bare, "no mask", "and counts as clean", "and count as clean")] if bare else []
    used = {name for sample in samples for name in (sample.image, *sample.masks)}
    unnamed = [
        name
        for name in source.names
        if suffix(name) in SUFFIXES and name not in used and shown(name) not in skipped
    ]
    if not unnamed or chosen.form.chosen_by != "classes":
        return []
    return [_counted(unnamed, "no entry in the annotations", "and is left out", "and are left out")]


def _counted(names: list[str], lack: str, one: str, many: str) -> str:
    """'6 images have no mask and count as clean, such as a.png'."""
    verb, ending = ("has", one) if len(names) == 1 else ("have", many)
    return f"{plural(len(names), 'image')} {verb} {lack} {ending}, such as {shown(names[0])}"
