"""Taking labels in: what is new, what was changed, what is missing and what nobody asked for."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from alcore.campaign.batch_image import image_name
from alcore.campaign.campaign import Campaign
from alcore.campaign.returned_labels import read_labels
from alcore.data.importing.options import Foreground
from alcore.errors import StoreError
from alcore.wording import plural


class Taken(NamedTuple):
    """What an export brought: images labelled for the first time, labels that were changed, labels that were
    there already, names of images of the latest batch that still have none, and what was not used and why.
    """

    new: int
    changed: int
    unchanged: int
    missing: list[str]
    refused: dict[str, str]


def take_labels(
    campaign: Campaign, export: Path, *, format_name: str = "auto", foreground: Foreground | None = None
) -> Taken:
    """Read an export and keep its labels, all of them in one step or none.

    Labels may come in parts, late, and again where they were changed; the log keeps every version.

    Raises:
        StoreError: nobody was asked yet, or everything in it is there already. DataError: it cannot be used.
    """
    with campaign.held():
        history = campaign.log.read()
        if not history.known:
            raise StoreError(f"no image was asked for yet; begin with: alcore campaign next {campaign.name}")
        found = read_labels(
            export, campaign.base, history.known, format_name=format_name, foreground=foreground
        )
        before = history.labels
        fresh = {item: label for item, label in found.labels.items() if before.get(item) != label}
        new = sum(item not in before for item in fresh)
        if not fresh:
            raise StoreError(_nothing_new(export, len(found.labels), found.refused))
        campaign.log.append(
            "taken",
            file=export.name,
            digest=_digest(export),
            labels={str(item): asdict(label) for item, label in sorted(fresh.items())},
        )
        history = campaign.log.read()
        missing = [
            image_name(item, campaign.base.describe(item)) for item in history.missing(max(history.asked))
        ]
        return Taken(new, len(fresh) - new, len(found.labels) - len(fresh), missing, found.refused)


def _nothing_new(export: Path, count: int, refused: dict[str, str]) -> str:
    if count:
        there = "it is" if count == 1 else "they are"
        return f"{export.name} has {plural(count, 'label')}, and {there} here already; nothing was taken"
    why = f", since {next(iter(refused.values()))}" if refused else ""
    return f"{export.name} has no label of an image that was asked for{why}"


def _digest(export: Path) -> str:
    """The SHA-256 of a file's bytes; '' of a folder."""
    if not export.is_file():
        return ""
    with export.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
