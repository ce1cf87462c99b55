"""Folders of this machine that pages may list: those below roots that the command line names, no others."""

from __future__ import annotations

import os
from pathlib import Path

from alcore.errors import DataError

VARIABLE = "ALCORE_DATA_ROOTS"
"""Names the roots for the server's process, with the separator of PATH between them."""
_MOST_LISTED = 500


def data_roots() -> dict[str, Path]:
    """The roots by their names; a second one of the same name has its parent's added."""
    found: dict[str, Path] = {}
    for text in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        root = Path(text).resolve()
        name = root.name or str(root)
        found[name if name not in found else f"{name} in {root.parent.name}"] = root
    return found


def place_below(root: Path, relative: str) -> Path:
    """The folder or file `relative` to a root, links resolved.

    Raises:
        DataError: it is not there, or lies outside of the root, be it by a link or by dots.
    """
    try:
        place = (root / relative).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise DataError(f"there is no {relative!r} below {root.name}") from None
    if not place.is_relative_to(root.resolve()):
        raise DataError(f"{relative!r} leads out of {root.name}; only what lies below it can be opened")
    return place


def listed_below(root: Path, relative: str) -> list[str]:
    """Names of the folders and zip files in a folder below a root, sorted; folders end with a slash.

    What leads out of the root is not listed; of very many, the first 500.
    """
    place = place_below(root, relative)
    found = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or (
                    entry.is_symlink() and not _is_inside(root, Path(entry.path))
                ):
                    continue
                if entry.is_dir():
                    found.append(f"{entry.name}/")
                elif entry.is_file() and entry.name.lower().endswith(".zip"):
                    found.append(entry.name)
    except OSError as error:
        raise DataError(f"{relative or root.name} cannot be listed: {error.strerror or error}") from None
    return sorted(found)[:_MOST_LISTED]


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False
