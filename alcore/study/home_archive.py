"""A whole home as one zip file, and back: `alcore backup` and `alcore restore`; and what a home holds."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from alcore import __version__
from alcore.access.limits import bytes_of
from alcore.compute.capacity import visible_gpus
from alcore.data.collection import dataset_names
from alcore.errors import StoreError
from alcore.home_files import connected
from alcore.json_object import parse_json_object
from alcore.machine import usable_cores
from alcore.server.home_holder import HomeHolder, holder_in_words
from alcore.server.index import RunIndex
from alcore.storage.archive import beside, opened_zip, take_out, write_zip
from alcore.study.reader import studies_directory
from alcore.study.study_store import StudyStore

_MANIFEST = "manifest.json"
_LEFT_OUT = ("access.key", "server.json", "features", "uploads", "trash", "live")
"""A key would make the archive a secret; the others are temporary. Never written or restored."""
_ACCESS = ("access.json", "limits.json")
"""Access settings and limits: restored only on request, since an archive may be forged."""
_PRIVATE = (*_ACCESS, "audit.jsonl", "audit.jsonl.1")
_PRIVATE_MODE, _MODE, _FOLDER_MODE = 0o600, 0o644, 0o755
_MOST_BYTES = 2 * 10**12


def back_up(home: Path, file: Path) -> tuple[int, int]:
    """Write all of a home except its key; returns how many files, and the archive's bytes.

    Runs may go on meanwhile: records appear whole, and databases are copied as they stand at one moment.

    Raises:
        StoreError: there is no home, or the file cannot be written.
    """
    if not (home / "runs").is_dir():
        raise StoreError(f"there is no home in {home}")
    sums: dict[str, str] = {}

    def members(scratch: Path) -> Iterator[tuple[str, Path | bytes]]:
        for path in sorted(home.rglob("*")):
            name = path.relative_to(home).as_posix()
            if (
                not path.is_file()
                or path.is_symlink()
                or path.absolute() == file.absolute()
                or _is_left_out(name)
            ):
                continue
            source = _snapshot(path, scratch) if path.suffix == ".sqlite" else path
            content = source.read_bytes()
            sums[name] = hashlib.sha256(content).hexdigest()
            yield name, content
        yield _MANIFEST, json.dumps({"alcore": __version__, "files": sums}, indent=1).encode()

    with tempfile.TemporaryDirectory(prefix="alcore-backup-") as scratch:
        size = write_zip(file, members(Path(scratch)))
    return len(sums), size


class Restored(NamedTuple):
    """The outcome of a restore: the number of files, and the access files that were left in the backup."""

    files: int
    left: list[str]


def restore(file: Path, home: Path, *, with_access: bool = False) -> Restored:
    """Make a home from a backup, without the files that `back_up` leaves out, whatever the archive contains.

    Args:
        with_access: take access.json and limits.json too, which say who may come in and what they may have.
    Raises:
        AlcoreError: the archive is damaged or no backup, or there is a home already.
    """
    with opened_zip(file) as archive:
        if _MANIFEST not in archive.namelist():
            raise StoreError(f"{file} is no backup (no {_MANIFEST})")
        manifest = parse_json_object(archive.read(_MANIFEST), origin=_MANIFEST, error=StoreError)
        sums = manifest.get("files")
        if not isinstance(sums, dict):
            raise StoreError(f"{file} is no backup ({_MANIFEST} lists no files)")
        with beside(home) as scratch:
            kept = {name for name in sums if not _is_left_out(name)}
            left = [] if with_access else sorted(name for name in kept if _parts(name)[0] in _ACCESS)
            kept -= set(left)
            names = take_out(archive, scratch, kept.__contains__, most=_MOST_BYTES)
            for name in kept:
                if name not in names or _sum(scratch / name) != sums[name]:
                    raise StoreError(f"{file} is damaged: {name} is not what was backed up")
            for folder in ("runs", "datasets", "studies"):
                (scratch / folder).mkdir(exist_ok=True)
            _set_modes(scratch)
    return Restored(len(names), left)


def _parts(name: str) -> tuple[str, ...]:
    """A member's name as the file system reads it: `./access.key` is access.key, and some ignore case."""
    return PurePosixPath(name.casefold()).parts


def _set_modes(home: Path) -> None:
    """What a home's files may be read by, which no archive decides."""
    for path in home.rglob("*"):
        path.chmod(_FOLDER_MODE if path.is_dir() else _MODE)
    for name in _PRIVATE:
        if (home / name).exists():
            (home / name).chmod(_PRIVATE_MODE)


def _is_left_out(name: str) -> bool:
    parts = _parts(name)
    odd = not parts or parts[-1].startswith(".") or parts[-1].endswith(("-wal", "-shm"))
    return odd or parts[0] in _LEFT_OUT or any(part.startswith(".partial-") for part in parts)


def _snapshot(file: Path, scratch: Path) -> Path:
    """A copy of a database, as it stands at one moment."""
    copy = scratch / "copy.sqlite"
    copy.unlink(missing_ok=True)
    with connected(file, "a database") as source:
        target = sqlite3.connect(copy)
        try:
            source.backup(target)
        finally:
            target.close()
    return copy


def _sum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def status_of(home: Path) -> dict[str, object]:
    """version, home, holder (who works off its queue, or null), bytes, free, cores, gpus, runs by status,
    data_sets, studies, studies_running.

    Raises:
        StoreError: the home cannot be written, or its list of runs not be used.
    """
    rows = RunIndex(home).rows()
    claim = HomeHolder(home)
    is_free = claim.take()
    claim.leave()
    studies = [path.parent for path in studies_directory().glob("*/study.json")]
    return {
        "version": __version__,
        "home": str(home),
        "holder": None if is_free else holder_in_words(home),
        "bytes": bytes_of(home),
        "free": shutil.disk_usage(home).free,
        "cores": usable_cores(),
        "gpus": list(visible_gpus()),
        "runs": dict(sorted(Counter(row.status for row in rows).items())),
        "data_sets": len(dataset_names()),
        "studies": len(studies),
        "studies_running": sum(StudyStore(path).is_being_run() for path in studies),
    }
