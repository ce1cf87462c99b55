"""What an import is given -> a source of files: a folder, a zip file, or a folder that a browser sent."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from alcore.data.importing.source_files import (
    HEAD,
    IGNORED,
    FolderSource,
    Source,
    ZipSource,
    base,
    checked_names,
    relative_name,
    shown,
    without_common_folder,
)
from alcore.errors import DataError

_UPLOADED = "uploaded-folder.json"


def open_source(path: Path) -> Source:
    """A folder, a zip file or an uploaded folder by its path."""
    if path.name == _UPLOADED:
        return UploadedFolder(path)
    if path.is_file() and zipfile.is_zipfile(path):
        return ZipSource(path, path.name)
    if path.is_file():
        raise DataError(f"{path.name} is not a folder or a zip file; give one that holds the images")
    return FolderSource(path)


class UploadedFolder:
    """A folder that a browser sent, as `store_folder` keeps it: all its files one after the other in one."""

    label, is_on_disk = "the upload", True

    def __init__(self, table: Path) -> None:
        """Check the names in the table; DataError where one leaves the folder, or it is no such table."""
        try:
            found = {relative_name(name, "upload"): (start, size) for name, start, size in _rows(table)}
            are_numbers = all(type(number) is int for place in found.values() for number in place)
        except (OSError, ValueError, TypeError, AttributeError):
            are_numbers = False
        if not are_numbers:
            raise DataError("the upload cannot be read; upload the folder again")
        if len(found) < len(_rows(table)):
            raise DataError("two files of the upload have the same name; rename one")
        kept = {name: place for name, place in found.items() if base(name) not in IGNORED}
        self._file, self._places = table.with_suffix(".bin"), without_common_folder(kept)
        self.names = checked_names(self._places)

    def reopen(self) -> None:
        """It is opened again each time."""

    def read(self, name: str) -> bytes:
        """A file's content."""
        return self._part(name, self._places[name][1])

    def head(self, name: str) -> bytes:
        """A file's first bytes."""
        return self._part(name, min(self._places[name][1], HEAD))

    def _part(self, name: str, size: int) -> bytes:
        try:
            with self._file.open("rb") as file:
                file.seek(self._places[name][0])
                return file.read(size)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{shown(name)} cannot be read: {reason}") from None


def store_folder(files: Mapping[str, BinaryIO], folder: Path) -> Path:
    """Write an uploaded folder as one file, so that no name it has becomes a path here, and a table of names.

    Thousands of small files would take ten times as long to write.

    Returns:
        The table, which `open_source` opens.
    """
    table, rows = folder / _UPLOADED, []
    with table.with_suffix(".bin").open("wb") as target:
        for name, content in files.items():
            start = target.tell()
            shutil.copyfileobj(content, target, 1 << 20)
            rows.append((name, start, target.tell() - start))
    table.write_text(json.dumps(rows), encoding="utf-8")
    return table


def _rows(table: Path) -> list[tuple[str, int, int]]:
    """Name, start and size of each file, as `store_folder` wrote them."""
    rows: list[tuple[str, int, int]] = json.loads(table.read_bytes())
    return rows
