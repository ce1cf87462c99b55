"""Checksums of a data set's files, block by block: a few are looked at whenever it is opened, all on demand.

The fingerprint tells whether anything differs, but takes reading everything; blocks tell at once of most
damage, and where it lies. Sets from before these checksums open as they did.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from pathlib import Path

from alcore.errors import DamagedFileError
from alcore.home_files import damage_reported
from alcore.json_object import read_json_object

_FILES = ("images.npy", "masks.npy", "items.parquet")
_IF_THERE = "ignored.npy"
_NAME, _ADVICE = "checksums.json", "import it again"
_BLOCK = 1 << 16  # bytes
_MOST_BLOCKS, _SAMPLE = 1024, 8


def _files_of(directory: Path) -> list[str]:
    return [*_FILES, *[_IF_THERE] * (directory / _IF_THERE).exists()]


def fingerprint_of(directory: Path) -> str:
    """What dataset.json says of the other files, computed from all their bytes; OSError where one is gone."""
    digest = hashlib.sha256()
    for name in _files_of(directory):
        with (directory / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def write_checksums(directory: Path) -> None:
    """Write the checksums of a new data set: all blocks of small files, some of large ones."""
    about = {}
    for name in _files_of(directory):
        size = (directory / name).stat().st_size
        step = max(_BLOCK, -(-size // _MOST_BLOCKS))
        starts = range(0, size, step)
        about[name] = {"size": size, "step": step, "crc32": list(_sums(directory / name, starts))}
    (directory / _NAME).write_text(json.dumps(about) + "\n", encoding="utf-8")


def check_blocks(directory: Path, *, all_of_them: bool = False) -> None:
    """Compare blocks with their checksums, where there are any.

    Args:
        all_of_them: by default the first, the last, and a few between.
    Raises:
        DamagedFileError: a file is not as it was written.
    """
    if not (directory / _NAME).exists():
        return
    about = read_json_object(directory / _NAME, advice=_ADVICE)
    for name in _files_of(directory):
        file = directory / name
        with damage_reported(directory / _NAME, _ADVICE):
            size, step, sums = (about[name][key] for key in ("size", "step", "crc32"))
            starts = list(zip(range(0, size, step), sums, strict=True))
        if not all_of_them and len(starts) > _SAMPLE:
            starts = [starts[round(at * (len(starts) - 1) / (_SAMPLE - 1))] for at in range(_SAMPLE)]
        with damage_reported(file, _ADVICE):
            found = list(_sums(file, [start for start, _ in starts]))
            if file.stat().st_size != size or found != [known for _, known in starts]:
                raise DamagedFileError(file, "is damaged: it is not what was imported", _ADVICE)


def _sums(file: Path, starts: Iterable[int]) -> Iterable[int]:
    with file.open("rb") as opened:
        for start in starts:
            opened.seek(start)
            yield zlib.crc32(opened.read(_BLOCK))
