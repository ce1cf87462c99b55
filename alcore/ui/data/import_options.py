"""How to cut and read images, and patterns for your own layout with the files that they find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from alcore.data.importing.formats import FORMATS
from alcore.data.importing.layouts import Pairs, first_pairs
from alcore.data.importing.option_texts import classes_in, color_in, size_in
from alcore.data.importing.options import Foreground, ImportOptions
from alcore.server.uploads import Content
from alcore.ui import problems
from alcore.ui.data.import_source import names_in
from alcore.wording import as_plain_markdown, plural

_TITLES = {"auto": "Detect automatically"} | {name: form.title for name, form in FORMATS.items()}
_FIRST = 8
_CUTTING = {"By the images": None, "Tiles": True, "Whole images": False}
"""Whether tiles are cut or whole images resized."""


@dataclass(frozen=True)
class Patterns:
    """What the user wrote of a layout of their own; '' and () for nothing."""

    images: str = ""
    masks: tuple[str, ...] = ()
    roi: str = ""


def choose_patterns() -> Patterns:
    """Patterns of a layout that no format describes."""
    images = st.text_input(
        "Images",
        key="import_images",
        placeholder="line {n}/{id}.jpg",
        help="{word} stands for any characters of a name, * for those that do not matter.",
    )
    masks = st.text_area(
        "Masks",
        key="import_masks",
        height=68,
        placeholder="marked/{n}_{id}.png",
        help="A mask belongs to the image with the same words. One pattern per line; several are joined.",
    )
    roi = st.text_input(
        "Regions of interest",
        key="import_roi",
        placeholder="fov/{id}.png",
        help="Files that mark the region of interest, such as a field of view. Pixels outside are unknown: "
        "they count neither in training nor in any metric. Works with any format, with the images' words.",
    )
    lines = tuple(line.strip() for line in masks.splitlines() if line.strip())
    return Patterns(images.strip(), lines, roi.strip())


def show_found(content: Content, patterns: Patterns) -> None:
    """The first pairs that patterns find in a source; without patterns, some of its files' names."""
    with problems.contained():
        names = names_in(content)
        if patterns.images and patterns.masks:
            options = ImportOptions(images=patterns.images, masks=patterns.masks)
            _show_pairs(first_pairs(options, names, _FIRST))
        else:
            _show_names(names)


def _show_names(names: list[str]) -> None:
    step = max(len(names) // _FIRST, 1)
    st.dataframe({f"Some of the {plural(len(names), 'file')}": names[::step][:_FIRST]}, hide_index=True)


def _show_pairs(found: Pairs) -> None:
    """The first pairs as a table, and what is left over."""
    parts = [f"{plural(found.paired, 'image')} with masks"]
    for files, words in (
        (found.bare, "without a mask"),
        (found.orphans, "masks without an image"),
        (found.strangers, "other image files"),
    ):
        if files:
            parts.append(f"{len(files)} {words}, such as {as_plain_markdown(files[0])}")
    st.caption("; ".join(parts) + ".")
    if found.rows:
        rows = {"Image": [image for image, _ in found.rows], "Masks": [masks for _, masks in found.rows]}
        st.dataframe(rows, hide_index=True, column_config={"Masks": st.column_config.ListColumn()})


@dataclass(frozen=True)
class Cutting:
    """Layout, size as it was written, and whether to cut tiles (None: the images decide)."""

    format: str
    patch: str
    tile: bool | None


def choose_cutting() -> Cutting:
    """Layout, size, and whether to cut or to resize."""
    form = st.selectbox("Format", list(_TITLES), format_func=_TITLES.get, key="import_format")
    left, right = st.columns(2)
    patch = left.text_input("Patch size", "64x64", key="import_patch", help="HEIGHTxWIDTH in pixels.")
    cutting = right.selectbox(
        "Cutting",
        list(_CUTTING),
        key="import_cutting",
        help=(
            "By default, an import cuts tiles if resizing would change the shape of images by more than a "
            "tenth or lose more than 5 % of the defects, and says so."
        ),
    )
    return Cutting(form, patch, _CUTTING[cutting])


Reading = Callable[[Cutting, Patterns], ImportOptions]
"""Makes options of all fields of the form; DataError where one of them cannot be understood."""


def choose_reading() -> Reading:
    """How to read images and masks. The fields are only understood when an import is asked for."""
    simple = _toggles() | _together()
    left, right = st.columns(2)
    overlap = left.number_input("Overlap of tiles (px)", 0, 1000, 0, key="import_overlap")
    area = right.number_input(
        "Smallest defect (px)",
        1,
        100_000,
        1,
        key="import_area",
        help="A patch with fewer defective pixels is clean.",
    )
    most = left.number_input(
        "Clean tiles per image",
        0,
        None,
        None,
        key="import_clean_tiles",
        placeholder="auto",
        help="Empty: all if you chose tiles, 16 if the import did. 0 keeps all.",
    )
    foreground = _values(left, right)

    def read(cutting: Cutting, patterns: Patterns) -> ImportOptions:
        return ImportOptions(
            patch=size_in(cutting.patch, "patch size"),
            tile=cutting.tile,
            overlap=overlap,
            clean_tiles=most,
            foreground=foreground(),
            min_area=area,
            images=patterns.images,
            masks=patterns.masks,
            roi=patterns.roi,
            **simple,
        )

    return read


def _toggles() -> dict[str, Any]:
    """Options that are on or off, by the names of `ImportOptions`."""
    rgb = st.toggle("Keep colours", key="import_rgb")
    clean = st.toggle("A missing mask means clean", key="import_clean")
    skip = st.toggle("Skip files that cannot be used", key="import_skip", help="They are listed afterwards.")
    boxes = st.toggle(
        "Boxes are masks", key="import_boxes", help="Fill boxes that have no outline, as some tools write."
    )
    border = st.toggle("Leave out black borders", key="import_border", help="Images, as the paper does.")
    vanished = st.toggle(
        "Defects that vanish are clean", key="import_vanished", help="Else such images are left out."
    )
    return {
        "channels": 3 if rgb else 1,
        "missing_mask_is_clean": clean,
        "skip_bad": skip,
        "boxes_are_masks": boxes,
        "drop_black_border": border,
        "vanished_are_clean": vanished,
    }


def _together() -> dict[str, Any]:
    """What stays on one side of the split, by the names of `ImportOptions`."""
    group = st.text_input(
        "Keep together",
        key="import_group",
        placeholder="**/{stem}_patch*",
        help="A pattern of image names: those with the same words in braces stay on one side of the split. "
        "{n//12} is a number, of which twelve successive ones are the same.",
    )
    alike = st.toggle(
        "Near-duplicates on one side",
        key="import_alike",
        help="Images with nearly the same pixels stay on one side of the split.",
    )
    return {"group": group.strip(), "keep_alike": alike}


def _values(left: DeltaGenerator, right: DeltaGenerator) -> Callable[[], Foreground]:
    """Which mask values mean what, to be understood when an import is asked for."""
    threshold = left.number_input(
        "Mask threshold",
        0,
        254,
        None,
        key="import_threshold",
        placeholder="auto",
        help="Mask values above it are defective. If it is empty, the values of the masks decide.",
    )
    colors = right.text_input(
        "Mask colours",
        key="import_color",
        placeholder="R,G,B; R,G,B",
        help="In colour masks, what is defective: one colour, or several separated by semicolons.",
    )
    classes = left.text_input(
        "Classes",
        key="import_classes",
        placeholder="all",
        help="What is defective: mask values, or classes by number or name, such as 1,3 or crack.",
    )
    ignored = right.text_input(
        "Ignored values",
        key="import_ignored",
        placeholder="none",
        help="Mask values, or classes by number or name, that mean unknown, such as 255: they "
        "count neither in training nor in any metric.",
    )

    def read() -> Foreground:
        numbers, names = classes_in(classes)
        unknown, unknown_names = classes_in(ignored)
        return Foreground(
            threshold=threshold,
            classes=numbers or None,
            names=names,
            colors=tuple(color_in(color) for color in colors.split(";") if color.strip()),
            ignored=unknown,
            ignored_names=unknown_names,
        )

    return read
