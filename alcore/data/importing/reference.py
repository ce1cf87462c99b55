"""The patch folders that the code of the paper's authors makes: data/ and labels/."""

from __future__ import annotations

from alcore.data.images import SUFFIXES
from alcore.data.importing.folder import Refuse, mask_file
from alcore.data.importing.options import ImportOptions, Sample, no_defect
from alcore.data.importing.source_files import Source, shown, stem, suffix

_IMAGES, _MASKS = "data/", "labels/"


def is_reference(source: Source) -> bool:
    """Whether there are both data/ and labels/."""
    return all(any(name.startswith(root) for name in source.names) for root in (_IMAGES, _MASKS))


def reference(source: Source, options: ImportOptions, refuse: Refuse) -> list[Sample]:
    """data/<stem>.<any> with labels/<stem>.<any>; a patch without a mask file is clean.

    A patch is named <image>_<number>, so those of one image are a group.
    """
    images, masks = (
        {stem(n.removeprefix(r)): n for n in source.names if n.startswith(r) and suffix(n) in SUFFIXES}
        for r in (_IMAGES, _MASKS)
    )
    for key in sorted(masks.keys() - images.keys()):
        refuse(masks[key], f"the mask {shown(masks[key])} has no image; add it, or remove the mask")
    return [
        Sample(
            image,
            mask_file(source, image, masks[key], options.foreground) if key in masks else no_defect,
            (masks[key],) if key in masks else (),
            _image_of(key),
        )
        for key, image in images.items()
    ]


def _image_of(key: str) -> str:
    """The image that a patch was cut from; '' where the name does not tell."""
    image, _, number = key.rpartition("_")
    return image if number.isdecimal() else ""
