"""Uploads of a page, as files that a child process can read."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from alcore.data.importing.opened_source import store_folder
from alcore.errors import DataError
from alcore.event_log import tell
from alcore.storage.files import make_directory

_CLAIM = ".lock"

Content = BinaryIO | Mapping[str, BinaryIO] | Path
"""A zip file, files by their names in a folder, or what is on this machine already."""

_claims: dict[Path, FileLock] = {}
"""Of this process, by folder."""


def open_folder(folder: Path) -> None:
    """Make a folder for one upload, claimed for as long as this process lives; see `sweep_uploads`.

    Raises:
        StoreError: it cannot be made.
    """
    make_directory(folder)
    claim = _claims[folder] = FileLock(folder / _CLAIM, thread_local=False)
    with suppress(OSError):  # where files cannot be locked, nothing is swept either
        claim.acquire(timeout=0)


def drop_folder(folder: Path) -> None:
    """Remove a folder with all that lies in it. Idempotent."""
    shutil.rmtree(folder, ignore_errors=True)
    if (claim := _claims.pop(folder, None)) is not None:
        claim.release()


def sweep_uploads(home: Path) -> None:
    """Remove the unfinished uploads of killed servers.

    To be called by the server that holds the home. A folder that a living server works in is claimed, and
    stays.
    """
    for folder in (home / "uploads").glob("*"):
        claim = FileLock(folder / _CLAIM)
        with suppress(OSError):  # such as a Timeout: somebody works in it
            claim.acquire(timeout=0)
            shutil.rmtree(folder, ignore_errors=True)
            claim.release()
            tell("upload_swept", folder=folder.name)


def store_upload(content: Content, folder: Path) -> Path:
    """The path of a source; an upload becomes files in the folder, under generated names.

    The names of an uploaded folder's files are checked when it is read.

    Raises:
        DataError: the disk does not take it.
    """
    if isinstance(content, Path):
        return content
    try:
        if isinstance(content, Mapping):
            return store_folder(content, folder)
        file = folder / "upload.zip"
        with file.open("wb") as target:
            shutil.copyfileobj(content, target, 1 << 20)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"the upload cannot be stored: {reason}") from None
    return file
