"""Writing files whole: beside their place, then moved there, so that no reader sees half of one."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from alcore.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a file that takes the place of `path` in one step.

    Raises:
        StoreError: no space, or no right to write; `path` is then as it was.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot_write(path, error) from None
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """`write_whole` for bytes."""
    write_whole(path, lambda file: file.write(content))


def write_text(path: Path, text: str) -> None:
    """`write_whole` for UTF-8 text."""
    write_bytes(path, text.encode())


def csv_text(frame: pd.DataFrame, *, separator: str = ",", index: bool = False) -> str:
    """A table as CSV text, none of whose cells a spreadsheet takes for a formula."""
    table = frame.rename(columns=inert)
    if index:
        table.index = table.index.map(inert)
    texts = [name for name, kind in table.dtypes.items() if kind.kind not in "biufM"]
    for name in texts:
        table[name] = table[name].map(inert)
    return table.to_csv(sep=separator, index=index, lineterminator="\n")


def inert(cell: object) -> object:
    """A cell as it is, but text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA_STARTS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def make_directory(path: Path) -> None:
    """Make a directory with its parents; StoreError where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from None


def _cannot_write(path: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"no space left on the disk of {path.parent}; free some, then resume the run")
    return StoreError(f"{path} cannot be written: {error.strerror or error}")
