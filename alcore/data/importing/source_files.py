"""Where an import reads from: a folder or a zip file, as names and bytes.

Importers know files by names relative to the source, with forward slashes, in sorted order. A zip is never
unpacked: its members are read one by one, so that no name in it ever becomes a path on this machine.
"""

from __future__ import annotations

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from alcore.errors import DataError

MOST_FILES = 1_000_000
MOST_BYTES = 200 * 2**30  # of a zip's members together
MOST_BYTES_A_FILE = 2 * 2**30
MOST_RATIO = 200  # of unpacked to packed bytes; images hardly shrink, bombs do a thousandfold
HEAD = 64
IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

T = TypeVar("T")


class Source(Protocol):
    """Files to import from."""

    label: str
    """What messages call it."""
    names: list[str]
    """Relative names of all files, sorted."""
    is_on_disk: bool
    """Whether another process can open it again."""

    def reopen(self) -> None:
        """In a process that was forked: share no open file with the others."""
        ...

    def read(self, name: str) -> bytes:
        """A file's content; DataError where it cannot be read."""
        ...

    def head(self, name: str) -> bytes:
        """A file's first 64 bytes, or fewer; b'' where it cannot be read."""
        ...


class FolderSource:
    """A folder on this machine. Links are not followed."""

    is_on_disk = True

    def __init__(self, root: Path) -> None:
        """List all files below `root`; DataError where it is no folder, or two names differ in case only."""
        if not root.is_dir():
            raise DataError(f"{root} is not a folder or a zip file; give one that holds the images")
        self.label = root.name
        self._paths = without_common_folder(dict(_files_below(str(root))))
        self.names = checked_names(self._paths)

    def reopen(self) -> None:
        """The same folder: files are opened one by one, so nothing is shared."""

    def read(self, name: str) -> bytes:
        """A file's content."""
        try:
            with open(self._paths[name], "rb", buffering=0) as file:  # noqa: PTH123  many paths are slow
                if os.fstat(file.fileno()).st_size > MOST_BYTES_A_FILE:
                    raise DataError(f"{shown(name)} is larger than {MOST_BYTES_A_FILE >> 30} GB")
                return file.read()
        except OSError as error:
            raise DataError(f"{shown(name)} cannot be read: {error.strerror or error}") from None

    def head(self, name: str) -> bytes:
        """A file's first bytes."""
        try:
            with open(self._paths[name], "rb", buffering=0) as file:  # noqa: PTH123  as above
                return file.read(HEAD)
        except OSError:
            return b""


class ZipSource:
    """A zip file, on disk or uploaded. What does not look like honest images is refused before it is read."""

    def __init__(self, file: Path | BinaryIO, label: str) -> None:
        """Open a zip and check its table of contents.

        Raises:
            DataError: not a zip, cut short, encrypted, holding links, nested zips or paths that leave it, too
                many or too large members, or members that unpack to far more than their size.
        """
        self.label, self._file, self.is_on_disk = label, file, isinstance(file, Path)
        try:
            self._zip = zipfile.ZipFile(file)
            members = [member for member in self._zip.infolist() if not member.is_dir()]
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError) as error:
            raise DataError(f"{label} cannot be opened as a zip file ({error}); upload it again") from None
        _check_totals(members, label)
        found: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            name = _member_name(member)
            if any(part in name for part in IGNORED):
                continue
            if name in found:
                raise DataError(f"{label} holds {shown(name)} twice")
            found[name] = member
        self._members = without_common_folder(found)
        self.names = checked_names(self._members)

    def reopen(self) -> None:
        """Open the file once more: forked processes that share one also share the place where they read."""
        try:
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(f"{self.label} cannot be opened once more ({error})") from None

    def read(self, name: str) -> bytes:
        """A member's content; no more of it is unpacked than its table of contents said."""
        member = self._members[name]
        try:
            with self._zip.open(member) as file:
                content = file.read(member.file_size + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise DataError(f"{shown(name)} in {self.label} cannot be unpacked ({error})") from None
        if len(content) != member.file_size:
            raise DataError(f"{shown(name)} in {self.label} is not as large as the zip says; it is damaged")
        return content

    def head(self, name: str) -> bytes:
        """A member's first bytes."""
        try:
            with self._zip.open(self._members[name]) as file:
                return file.read(HEAD)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError):
            return b""


def shown(name: str) -> str:
    """A file's name for a message: no control characters, no markup, not endless."""
    plain = name if name.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in name)
    return plain if len(plain) <= 120 else f"{plain[:60]}…{plain[-50:]}"


def relative_names(names: Collection[str]) -> list[str]:
    """Names of a folder's files as a source has them: sorted, without folders that all share.

    Raises:
        DataError: two differ in case only, or there are too many.
    """
    return checked_names(without_common_folder({name: name for name in names}))


def stem(name: str) -> str:
    """A relative name without its suffix."""
    return name[: len(name) - len(suffix(name))]


def base(name: str) -> str:
    """A relative name without its folders."""
    return name[name.rfind("/") + 1 :]


def suffix(name: str) -> str:
    """A name's suffix in lower case, with its dot; '' where a file's name only begins or ends with one."""
    before, _, after = name.rpartition(".")
    if not before or not after or "/" in after or before[-1] == "/":
        return ""
    return f".{after}".lower()


def _files_below(root: str, within: str = "") -> Iterator[tuple[str, str]]:
    """Relative names and paths of all plain files; folders that cannot be opened are passed over."""
    folders = []
    try:
        with os.scandir(f"{root}/{within}") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{within}{entry.name}/")
                elif entry.is_file(follow_symlinks=False) and entry.name not in IGNORED:
                    yield within + entry.name, entry.path
    except OSError:
        return
    for folder in folders:
        yield from _files_below(root, folder)


def _check_totals(members: list[zipfile.ZipInfo], label: str) -> None:
    if len(members) > MOST_FILES:
        raise DataError(f"{label} holds more than {MOST_FILES} files; split it up")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MOST_BYTES:
        raise DataError(f"{label} would unpack to more than {MOST_BYTES >> 30} GB; split it up")
    if unpacked > MOST_RATIO * max(packed, 1) and unpacked > 2**20:
        raise DataError(
            f"{label} unpacks to {unpacked // max(packed, 1)} times its size: it may be a zip bomb"
        )


def _member_name(member: zipfile.ZipInfo) -> str:
    """The member's relative name, after checks that do not need its content."""
    name = relative_name(member.filename, "zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DataError(f"the zip holds {shown(name)}, a link; put the file itself into it")
    if member.flag_bits & 1:
        raise DataError(f"{shown(name)} in the zip is encrypted; make one without a password")
    if name.lower().endswith(".zip"):
        raise DataError(f"the zip holds another one, {shown(name)}; unpack it first")
    if member.file_size > MOST_BYTES_A_FILE:
        raise DataError(f"{shown(name)} in the zip is larger than {MOST_BYTES_A_FILE >> 30} GB")
    return name


def relative_name(name: str, what: str) -> str:
    """A name in plain form; DataError where it points out of what holds it."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        raise DataError(
            f"the {what} holds {shown(name)}, a path that leaves it; that is not an honest {what}"
        )
    return "/".join(part for part in parts if part not in ("", "."))


def without_common_folder(files: dict[str, T]) -> dict[str, T]:
    """Drop leading folders that all names share, so that a folder and its zip have the same names."""
    while files:
        first = next(iter(files)).split("/")[0] + "/"
        if not all(name.startswith(first) for name in files):
            break
        files = {name.removeprefix(first): file for name, file in files.items()}
    return files


def checked_names(names: Collection[str]) -> list[str]:
    """Sorted names; DataError where two differ in case only, which not every file system can hold."""
    if len(names) > MOST_FILES:
        raise DataError(f"there are more than {MOST_FILES} files; import them in parts")
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise DataError(f"{shown(other)} and {shown(name)} differ in case only; rename one")
    return sorted(names)
