"""Labels that there are before a run asks for any: the names in a file become the ids of the first query."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

from alcore.data.collection import open_dataset
from alcore.data.patches import Patches, Split, items_of
from alcore.errors import ConfigError

_LABELLED = "labelled"


def with_first_labels(values: dict[str, Any], *, folder: Path = Path()) -> dict[str, Any]:
    """A config's keys, with `first_items` in the place of a `first_query` that names a file.

    Args:
        folder: where a relative name begins.
    Raises:
        ConfigError: the file cannot be read, or names what the training side does not have.
        DataError: there is no such data set.
    """
    named = values.get("first_query")
    if not isinstance(named, str):
        return values
    if named == _LABELLED:
        raise ConfigError(
            "first_query: in a run every image has a label; name a file of image names, or begin a campaign, "
            "whose first batch are the labels that are there"
        )
    try:
        lines = (folder / named).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"first_query: {named} cannot be read: {reason}") from None
    items = _items(open_dataset(str(values.get("dataset", ""))), [line.strip() for line in lines], named)
    return {key: one for key, one in values.items() if key != "first_query"} | {"first_items": items}


def _items(patches: Patches, lines: list[str], file: str) -> list[int]:
    """Ids of the patches that some lines name, each once, in their order."""
    known: dict[str, list[int]] = defaultdict(list)
    for item in items_of(patches, Split.TRAIN).tolist():
        described = patches.describe(item)
        for name in {described, described.partition(" at ")[0], PurePosixPath(described).name, str(item)}:
            known[name].append(item)
    found: list[int] = []
    for line in filter(None, lines):
        if line not in known:
            raise ConfigError(f"first_query: {file} names {line!r}, which the training side does not have")
        found += known[line]
    if not found:
        raise ConfigError(f"first_query: {file} names no image")
    return list(dict.fromkeys(found))
