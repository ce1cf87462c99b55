"""Tables that come with masks and say what their values or colours mean: nnU-Net's, and a labelmap of VOC."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from alcore.data.importing.layout_table import Layout
from alcore.data.importing.options import Color, Foreground
from alcore.data.importing.source_files import Source, shown
from alcore.errors import DataError

_BACKGROUND, _UNKNOWN = "background", ("ignore", "ignored", "void", "__ignore__", "unlabeled", "unlabelled")
Table = tuple[Foreground, dict[str, Foreground]]
"""What counts by a table, and what each of its classes is, by name in lower case."""
_VOID: Color = (224, 224, 192)  # the edges of objects, as Pascal VOC paints them


def with_its_table(row: Layout, source: Source) -> tuple[Layout, str]:
    """A layout as a source's own table of classes has it, and that table's name; '' where there is none.

    Raises:
        DataError: a table that cannot be read.
    """
    if not row.table:
        return row, ""
    names = [name for name in source.names if f"/{name}".endswith(f"/{row.table}")]
    if not names:
        return row, ""
    foreground, named = _READERS[row.table](source, names[0])
    unknown = foreground.ignored if foreground.classes is not None else ()
    return replace(row, foreground=foreground, unknown=unknown, named=named), f"{shown(names[0])} says"


def _of_nnu_net(source: Source, name: str) -> Table:
    """dataset.json: labels by name, of one value each, or of several where they are regions; or by value.

    Every value that a region or class names is defective, in whatever order `regions_class_order` has them.
    """
    try:
        labels = json.loads(source.read(name))["labels"]
        if all(str(key).isdigit() for key in labels):  # the first version: value to name
            labels = {str(title): int(value) for value, title in labels.items()}
        values = {title.lower(): _numbers(value) for title, value in labels.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{shown(name)} cannot be read as a table of labels of nnU-Net ({error!r}); mend or remove it"
        ) from None
    ignored = {value for title, some in values.items() if title in _UNKNOWN for value in some}
    clean = {0, *values.get(_BACKGROUND, ())} | ignored
    marked = sorted({value for some in values.values() for value in some} - clean)
    named = {title: Foreground(classes=tuple(some)) for title, some in values.items()}
    return Foreground(classes=tuple(marked), ignored=tuple(sorted(ignored))), named


def _numbers(value: object) -> list[int]:
    found = cast(list[int], value if isinstance(value, list) else [value])
    if not all(type(number) is int and 0 <= number <= 65535 for number in found):
        raise ValueError(f"{value!r} is no label value")
    return found


def _of_labelmap(source: Source, name: str) -> Table:
    """labelmap.txt: a line per label, 'name:R,G,B:parts:actions', as CVAT and Datumaro write it to VOC.

    Datumaro leaves the colours out where they are Pascal VOC's own, in the order of the lines.
    """
    marked: dict[Color, str] = {}
    number = -1
    try:
        for line in source.read(name).decode("utf-8-sig").splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                title, color = line.split(":")[:2]
                number += 1
                red, green, blue = map(int, color.split(",")) if color.strip() else _pascal_color(number)
                if not 0 <= min(red, green, blue) <= max(red, green, blue) <= 255:
                    raise ValueError(f"{color} is no colour")
                marked[red, green, blue] = title.strip().lower()
    except ValueError as error:
        raise DataError(
            f"{shown(name)} cannot be read as a table of label:R,G,B lines ({error}); mend or remove it"
        ) from None
    unknown = {color for color, title in marked.items() if title in _UNKNOWN}
    if _VOID not in marked:
        unknown.add(_VOID)
    clean = {color for color, title in marked.items() if title == _BACKGROUND} | unknown
    colors = tuple(color for color in marked if color not in clean)
    if not colors:
        raise DataError(f"{shown(name)} names no label besides the background; mend or remove it")
    named = {title: Foreground(colors=(color,), tolerance=0) for color, title in marked.items()}
    return Foreground(colors=colors, tolerance=0, ignored_colors=tuple(sorted(unknown))), named


def _pascal_color(number: int) -> Color:
    """A label's colour in Pascal VOC: its bits, spread over the channels from the highest down."""
    channels = [0, 0, 0]
    for place in range(8):
        for channel in range(3):
            channels[channel] |= (number >> (3 * place + channel) & 1) << (7 - place)
    return channels[0], channels[1], channels[2]


_READERS: dict[str, Callable[[Source, str], Table]] = {
    "dataset.json": _of_nnu_net,
    "labelmap.txt": _of_labelmap,
}
"""By the file's name."""
