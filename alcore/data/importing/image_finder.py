"""Finding the images that a table of annotations names."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath

from alcore.data.images import SUFFIXES
from alcore.data.importing.source_files import Source, base, shown, stem, suffix
from alcore.errors import DataError


class ImageFinder:
    """The images of a source, by the ends of their paths; tables name them from other folders."""

    def __init__(self, source: Source) -> None:
        self._places: dict[str, list[str]] = defaultdict(list)
        for name in source.names:
            if suffix(name) in SUFFIXES:
                file = base(name)
                self._places[file].append(name)
                self._places[stem(file)].append(name)

    def find(self, file: str, *, table: str, part: str = "") -> str | None:
        """The image that a table calls `file`, with or without its suffix; None where there is none.

        Args:
            table: names `file`, for messages.
            part: of several images that fit, the one within a folder of this name is meant.
        Raises:
            DataError: several images fit.
        """
        path = PurePosixPath(file.replace("\\", "/").lstrip("/"))
        has_suffix = suffix(path.name) in SUFFIXES
        fitting = {
            name if has_suffix else stem(name): name
            for name in self._places.get(path.name, ())
            if _share_an_end(name if has_suffix else stem(name), str(path))
        }
        for wanted in (f"{part}/{path}", f"images/{part}/{path}", f"{path}", f"images/{path}"):
            if wanted in fitting:
                return fitting[wanted]
        found = list(fitting.values())
        found = [name for name in found if part and part in PurePosixPath(name).parts] or found
        if len(found) > 1:
            raise DataError(
                f"{shown(table)} names {shown(file)}, which exists {len(found)} times; rename them"
            )
        return found[0] if found else None


def _share_an_end(one: str, other: str) -> bool:
    """Whether one of two paths is the end of the other."""
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")
