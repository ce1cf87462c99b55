"""Arrays, tables and databases of the home: what was written, or one error that names the file.

A disk may cut a file short, flip its bits, or return another one; a person may put anything in its place.
Whatever that does to the libraries that read such files, it ends as `DamagedFileError` here. JSON has
`alcore.json_object`. Nothing read here runs code: arrays of Python objects are refused.
"""

from __future__ import annotations

import io
import math
import sqlite3
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alcore.errors import AlcoreError, DamagedFileError, StoreError
from alcore.event_log import warn

if TYPE_CHECKING:
    import pandas as pd

_MOST_BYTES = 16 * 2**30
"""Of the arrays that are read at once; more would not fit into memory anyhow."""
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_ABOUT_THE_FILE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
_SHORT = (sqlite3.SQLITE_IOERR_SHORT_READ,)


@contextmanager
def damage_reported(file: Path, advice: str = "") -> Iterator[None]:
    """Around the reading of a file: whatever a library makes of wrong bytes is `DamagedFileError`."""
    try:
        yield
    except AlcoreError:
        raise
    except OSError as error:
        raise DamagedFileError(file, f"cannot be read: {error.strerror or error}", advice) from None
    except Exception as error:  # noqa: BLE001  libraries have dozens of ways to say that bytes are wrong
        raise DamagedFileError(file, f"is damaged ({type(error).__name__})", advice) from None


def read_npz(
    file: Path, wanted: Sequence[str] | Callable[[str], bool], *, advice: str = ""
) -> dict[str, np.ndarray]:
    """Arrays of an .npz file, checked against their checksums.

    Args:
        wanted: their names; or says of each name that is there whether it is wanted.
        advice: what to do where they cannot be had.
    Raises:
        DamagedFileError: the file is damaged, or lacks one of the names.
    """
    with damage_reported(file, advice), zipfile.ZipFile(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        names = [name for name in members if wanted(name)] if callable(wanted) else wanted
        missing = [name for name in names if name not in members]
        if missing:
            raise DamagedFileError(file, f"lacks {missing[0]!r}; an earlier version wrote it", advice)
        if sum(members[name].file_size for name in names) > _MOST_BYTES:
            raise DamagedFileError(file, "claims more than memory holds", advice)
        return {name: _array(archive.read(members[name])) for name in names}


def _array(content: bytes) -> np.ndarray:
    """The array of a .npy file's bytes, which must be as many as its header says."""
    shape, is_fortran, kind, start = _header(io.BytesIO(content))
    if math.prod(shape) * kind.itemsize != len(content) - start:
        raise ValueError("another size than the header says")
    flat = np.frombuffer(content, kind, offset=start) if len(content) > start else np.zeros(0, kind)
    return flat.reshape(shape, order="F" if is_fortran else "C").copy()


def _header(file: io.BufferedIOBase) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """shape, whether columns lie together, type, and where the numbers begin."""
    read_header = _HEADERS[np.lib.format.read_magic(file)]
    shape, is_fortran, kind = read_header(file)
    if kind.hasobject or min(shape, default=1) < 0:
        raise ValueError("no plain numbers")
    return shape, is_fortran, kind, file.tell()


def map_npy(file: Path, *, advice: str = "") -> np.ndarray:
    """The array of a .npy file, mapped into memory, for reading.

    Raises:
        DamagedFileError: no such file, or one whose size is not what its header says.
    """
    with damage_reported(file, advice):
        with file.open("rb") as opened:
            shape, is_fortran, kind, start = _header(opened)
        if math.prod(shape) * kind.itemsize != file.stat().st_size - start:
            raise DamagedFileError(file, "has another size than its header says", advice)
        return np.memmap(file, kind, "r", start, shape, "F" if is_fortran else "C")


def read_parquet(file: Path, columns: Sequence[str], *, advice: str = "") -> pd.DataFrame:
    """A table that has at least these columns.

    Raises:
        DamagedFileError: the file is damaged, or lacks one of the columns.
    """
    import pandas as pd

    with damage_reported(file, advice):
        table = pd.read_parquet(file)
        for name in columns:
            if name not in table.columns:
                raise DamagedFileError(file, f"has no column {name!r}", advice)
        return table


@contextmanager
def connected(file: Path, what: str, *, seconds: float = 10) -> Iterator[sqlite3.Connection]:
    """One transaction with an SQLite database, which is made if there is none.

    Args:
        what: the database is, for the sentence, such as "the list of runs".
        seconds: to wait for others who write.
    Raises:
        DamagedFileError: the file is no database, or a broken one.
        StoreError: it cannot be used now: locked, read-only, no space.
    """
    try:
        connection = sqlite3.connect(file, timeout=seconds)
        try:
            connection.text_factory = lambda text: text.decode("utf-8", "replace")
            with connection:
                yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        if _is_damage(error):
            raise DamagedFileError(file, f"({what}) is damaged: {error}") from None
        raise StoreError(f"{what} {file} cannot be used: {error}") from None
    except UnicodeDecodeError:  # in the names of tables and columns, and in what SQLite says of them
        raise DamagedFileError(file, f"({what}) is damaged: it holds no text where there was some") from None


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return not isinstance(error, sqlite3.OperationalError)
    return code in _SHORT or (code & 0xFF) in _ABOUT_THE_FILE


def put_aside(file: Path) -> Path:
    """Give a damaged database another name beside it, which is returned, so that a new one can be made."""
    aside = file.with_name(f"{file.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        file.replace(aside)
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{file} is damaged, and cannot be put aside: {error.strerror or error}") from None
    warn("damaged_file_set_aside", file=str(file), aside=aside.name)
    return aside
