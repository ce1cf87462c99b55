"""Logs as zip files, which is how browsers pass folders on."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from alcore.errors import DataError
from alcore.logs.published import FolderName
from alcore.logs.writing import export_log
from alcore.storage.tables import RunTables

_IS_LOG = re.compile(r"(dict|selected_items)_[^/\\]+\.csv")
_MOST_BYTES = 200 * 2**20


def unpack_log(file: BinaryIO, folder: Path) -> None:
    """Write the logs in a zip file into a folder, everything else in it is left alone.

    They are written by their bare names, in a folder of their own where that folder's name holds settings.

    Raises:
        DataError: no zip file, two logs of one name, or more than 200 MB of them.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if _IS_LOG.fullmatch(PurePosixPath(m.filename).name)]
            if sum(member.file_size for member in members) > _MOST_BYTES:
                raise DataError("the zip file holds more than 200 MB of logs; import its folder instead")
            names = [_place(PurePosixPath(member.filename)) for member in members]
            if len(set(names)) < len(names):
                raise DataError("the zip file holds several folders of logs; give each a zip file of its own")
            for name, member in zip(names, members, strict=True):
                with archive.open(member) as opened:
                    content = opened.read(member.file_size + 1)
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(content[: member.file_size])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise DataError(f"the zip file cannot be read: {error}") from None


def _place(path: PurePosixPath) -> str:
    """Where a member goes, relative to the folder that is written; no part of it leads elsewhere."""
    return f"{path.parent.name}/{path.name}" if FolderName.parse(path.parent.name) else path.name


def zip_log(tables: RunTables) -> bytes:
    """A run's logs, see `alcore.logs.writing.export_log`, as the bytes of a zip file."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="alcore-logs-") as scratch:
        export_log(tables, Path(scratch))
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(scratch).rglob("*.csv")):
                archive.write(path, path.relative_to(scratch))
    return buffer.getvalue()
