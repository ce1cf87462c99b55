"""A data set on one page: what it contains, its source, and what to know. As Markdown, with a mosaic."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alcore.data.cautions import cautions
from alcore.data.collection import About
from alcore.data.data_groups import kept_together, prevalence_by_group
from alcore.data.overview import Overview, describe
from alcore.data.patches import Patches, labelled_items
from alcore.data.stored import StoredPatches
from alcore.presentation.imaging import mosaic, outlined, png
from alcore.statistics.frames import each_row
from alcore.wording import percent, plural

_COLUMNS, _ROWS, _SIDE = 8, 4, 128
_MARKUP = "\\`*_[]<>|$&"
_QUARTILES = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class DataCard:
    """What a card says.

    groups: as `prevalence_by_group`; sizes: (5,) defect areas as shares of a patch, quartiles with both ends;
    warnings: what to know before a run, from `cautions`; facts: how it was made. Both are sentences.
    """

    name: str
    about: About
    overview: Overview
    shape: tuple[int, int, int]
    fingerprint: str
    groups: pd.DataFrame
    sizes: np.ndarray
    warnings: list[str]
    facts: list[str]


def make_card(patches: Patches, about: About) -> DataCard:
    """Count, measure and compare all that a card says."""
    overview = describe(patches)
    facts: list[str] = []
    warnings = overview.warnings
    if isinstance(patches, StoredPatches):
        groups, largest = kept_together(patches)
        facts = [
            f"layout: {patches.info.format}, {patches.info.how_cut}",
            *patches.info.notes,
            f"kept on one side of the split: {plural(groups, 'group')}, the largest of "
            f"{plural(largest, 'patch')}",
        ]
        warnings = cautions(patches, overview)
    sizes = (
        np.percentile(overview.area, _QUARTILES) if overview.area.size else np.full(len(_QUARTILES), np.nan)
    )
    return DataCard(
        patches.name,
        about,
        overview,
        patches.shape,
        patches.fingerprint,
        prevalence_by_group(patches),
        sizes,
        warnings,
        list(dict.fromkeys(facts)),
    )


def card_mosaic(patches: Patches) -> bytes:
    """A PNG of some patches, defective ones in the first half, with the outlines of their masks."""
    half = _COLUMNS * _ROWS // 2
    known = labelled_items(patches)
    parts = [known[patches.defective[known] == kind] for kind in (True, False)]
    spread = [part[np.linspace(0, part.size - 1, min(half, part.size)).astype(int)] for part in parts]
    items = np.concatenate(spread)
    pictures = [
        outlined(image, side=_SIDE, truth=mask)
        for image, mask in zip(patches.images(items), patches.masks(items), strict=True)
    ]
    nobody = np.zeros(items.size, dtype=bool)
    return png(mosaic(np.stack(pictures), nobody, columns=_COLUMNS, side=_SIDE))


def to_markdown(card: DataCard, *, picture: str = "") -> str:
    """The card as Markdown. picture: the mosaic's file name, for a link to it."""
    height, width, channels = card.shape
    about, overview = card.about, card.overview
    lines = [f"# {_one_line(card.name)}", ""]
    for title, text in (("Source", about.source), ("Licence", about.licence), ("Note", about.note)):
        lines += [f"**{title}:** {_one_line(text) or 'not noted'}", ""] if text or title != "Note" else []
    if about.former:
        lines += [f"Formerly {', '.join(map(_one_line, about.former))}.", ""]
    lines += [
        f"{overview.patches} patches of {height}x{width}, {'grey' if channels == 1 else 'RGB'}; "
        f"{overview.classes}.",
        "",
        *_table(
            ("side", "patches", "defective", "prevalence"),
            [
                (row.split, row.patches, row.defective, percent(row.prevalence))
                for row in each_row(overview.splits)
            ],
        ),
        "Area of a defect, as a share of its patch: "
        + ", ".join(
            f"{word} {percent(size)}"
            for word, size in zip(
                ("smallest", "lower quartile", "median", "upper quartile", "largest"), card.sizes, strict=True
            )
        )
        + ".",
        "",
        *_groups(card.groups),
        *_list("To know before a run", card.warnings),
        *_list("How it was made", card.facts),
        *([f"![Some patches, masks outlined]({picture})", ""] if picture else []),
        f"Fingerprint: `{card.fingerprint}`",
    ]
    return "\n".join(lines) + "\n"


def card_zip(card: DataCard, picture: bytes) -> bytes:
    """The card and its mosaic, for a download."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{card.name}.md", to_markdown(card, picture=f"{card.name}.png"))
        archive.writestr(f"{card.name}.png", picture)
    return buffer.getvalue()


def _groups(groups: pd.DataFrame) -> list[str]:
    if len(groups) < 2:
        return []
    rows = [
        (_one_line(row.group), row.patches, row.defective, percent(row.prevalence))
        for row in each_row(groups)
    ]
    return _table(("group", "patches", "defective", "prevalence"), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return [*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows), ""]


def _list(title: str, sentences: list[str]) -> list[str]:
    return [f"**{title}**", "", *(f"- {_one_line(line)}" for line in sentences), ""] if sentences else []


def _one_line(text: str) -> str:
    """Text that others wrote, on one line and never read as markup; a card is also read as plain text."""
    return "".join("\\" + sign if sign in _MARKUP else sign for sign in " ".join(text.split()))
