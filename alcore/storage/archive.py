"""Zip files of runs and homes, from machines that are not trusted.

Only files with the wanted names and permitted sizes are extracted, and nothing outside their folder. Links,
devices, absolute names and names with '..' are refused.
"""

from __future__ import annotations

import io
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from alcore.errors import StoreError
from alcore.home_files import damage_reported
from alcore.storage.files import make_directory
from alcore.wording import shortened, size_in_words

_MOST_MEMBERS = 1_000_000
_PART = 1 << 20
_MOST_GROWTH = 1100
"""Bytes out of one byte in: more than deflate can, so a bomb of another kind."""


@contextmanager
def opened_zip(file: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file; whatever is wrong with it while it is read is DamagedFileError."""
    with damage_reported(file, "make it again"), zipfile.ZipFile(file) as archive:
        yield archive


class Readable(Protocol):
    """What bytes can be read from, part by part."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""


def write_zip(file: Path, members: Iterable[tuple[str, Readable | bytes]]) -> int:
    """Write a zip file whole, from names with contents; returns its size in bytes.

    What is read goes through memory a megabyte at a time; the one who opened it closes it.

    Raises:
        StoreError: it exists, or cannot be written.
    """
    if file.exists():
        raise StoreError(f"{file} exists; give another name")
    make_directory(file.absolute().parent)
    partial = file.with_name(f".partial-{file.name}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, source in members:
                with archive.open(name, "w", force_zip64=True) as member:
                    reader = io.BytesIO(source) if isinstance(source, bytes) else source
                    shutil.copyfileobj(reader, member, _PART)
        partial.replace(file)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def take_out(
    archive: zipfile.ZipFile, target: Path, wanted: Callable[[str], bool], *, most: int
) -> list[str]:
    """Write the wanted members into a folder; returns their names.

    Args:
        most: bytes of all of them together.
    Raises:
        StoreError: a member that no honest archive has, or more than may be.
    """
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise StoreError(f"the archive has {len(members):,} files, more than any run or home")
    for member in members:
        _check_member(member)
    chosen = [member for member in members if not member.is_dir() and wanted(member.filename)]
    if len({member.filename for member in chosen}) < len(chosen):
        raise StoreError("the archive holds a file twice")
    _check_room(sum(member.file_size for member in chosen), target, most)
    for member in chosen:
        place = target / member.filename
        make_directory(place.parent)
        with archive.open(member) as source, place.open("xb") as copy:
            shutil.copyfileobj(source, copy, _PART)  # which ends at the size that was claimed
    return [member.filename for member in chosen]


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = PurePosixPath(name).parts
    is_odd = not parts or name.startswith("/") or ".." in parts or any(sign in name for sign in "\\:\0")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if is_odd or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise StoreError(f"the archive holds {shortened(name)!r}, which is no plain file of a run or home")
    if member.file_size > _MOST_GROWTH * (member.compress_size + 64):
        raise StoreError(f"the archive claims absurd sizes, such as of {shortened(name)!r}")


def _check_room(size: int, target: Path, most: int) -> None:
    if size > most:
        raise StoreError(f"the archive holds {size_in_words(size)}; at most {size_in_words(most)} are taken")
    free = shutil.disk_usage(target).free
    if size > free:
        raise StoreError(f"the archive holds {size_in_words(size)}, and {size_in_words(free)} are free")


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A new folder that becomes `target` if the block succeeds, and vanishes if not; StoreError if taken."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreError(f"{target} is not empty; give a new directory")
    make_directory(target.parent)
    scratch = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
    try:
        yield scratch
        if target.exists():
            target.rmdir()
        scratch.chmod(0o755)
        scratch.rename(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
