"""All stores of kept features in a home: opened, listed, removed, and bounded.

Together they may use `feature_bytes` of limits.json. When another block does not fit, the store unused for
the longest time is removed, but never one in use.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from alcore.access.limits import limits_of
from alcore.data.feature_store import ABOUT, INDEX, ROWS, FeatureStore, is_in_use, kept_type
from alcore.data.features import FeatureKey
from alcore.errors import AlcoreError, DamagedFileError, DataError, did_you_mean
from alcore.event_log import tell
from alcore.home import features_directory, home
from alcore.home_files import connected
from alcore.json_object import read_json_object

_SPARE = 2**28  # bytes that stay free on the disk
_LOCK = ".lock"


@dataclass(frozen=True)
class KeptStore:
    """A store as a list shows it.

    name: of its directory; dataset, encoder, normalisation: what it was made from; fingerprint: of the data
    set; views: patches that are there, each flip counted; size: bytes; used: when it was last opened, in
    seconds since 1970; in_use: whether somebody has it open.
    """

    name: str
    dataset: str
    encoder: str
    normalisation: str
    fingerprint: str
    views: int
    size: int
    used: float
    in_use: bool


def open_store(key: FeatureKey, kind: np.dtype, *, patches: int, name: str) -> FeatureStore:
    """The store of that key, which is begun where there is none; a damaged one is begun again.

    Args:
        kind: of a row; patches, name: of the data set.
    Raises:
        StoreError: the home cannot be written.
    """
    directory = _directory(key)
    with _shelf_held():
        try:
            return FeatureStore(directory, key, kind, patches=patches, name=name)
        except DamagedFileError:
            if is_in_use(directory):
                raise
            shutil.rmtree(directory)
            return FeatureStore(directory, key, kind, patches=patches, name=name)


def kept_type_of(key: FeatureKey) -> np.dtype | None:
    """The type of a store's rows, where there is one that says so; then its encoder need not be asked."""
    return kept_type(_directory(key))


def _directory(key: FeatureKey) -> Path:
    return features_directory() / key.digest


def kept_stores() -> list[KeptStore]:
    """All stores, the last used first; those that cannot be read are listed with nothing in them."""
    found = [_described(file.parent) for file in features_directory().glob(f"*/{ABOUT}")]
    return sorted(found, key=lambda store: (-store.used, store.name))


def remove_store(name: str) -> None:
    """Remove a store; DataError where there is none of that name, or it is in use."""
    names = [store.name for store in kept_stores()]
    if name not in names:
        raise DataError(f"there are no kept features {name!r}{did_you_mean(name, names)}")
    with _shelf_held():
        if is_in_use(features_directory() / name):
            raise DataError(f"the kept features {name} are in use; stop the runs that read them first")
        shutil.rmtree(features_directory() / name)


def remove_features_of(fingerprint: str) -> None:
    """Remove what was kept of a data set, but for what a run reads now."""
    for store in kept_stores():
        if store.fingerprint == fingerprint:
            with suppress(DataError):  # in use
                remove_store(store.name)


def bytes_allowed() -> int:
    """How much all stores together may take."""
    return limits_of(home()).feature_bytes


def has_room(more: int) -> bool:
    """Whether that many bytes more may be kept, after stores not in use made room for them."""
    limit = bytes_allowed()
    if _fits(more, limit):
        return True
    for store in reversed(kept_stores()):
        if store.in_use:
            continue
        with _shelf_held():
            if not is_in_use(features_directory() / store.name):
                shutil.rmtree(features_directory() / store.name, ignore_errors=True)
                tell("kept_features_removed", store=store.name, dataset=store.dataset, bytes=store.size)
        if _fits(more, limit):
            return True
    return False


def _fits(more: int, limit: int) -> bool:
    root = features_directory()
    total = sum(file.stat().st_size for file in root.glob(f"*/{ROWS}"))
    return total + more <= limit and shutil.disk_usage(root).free >= more + _SPARE


def _described(directory: Path) -> KeptStore:
    about: dict[str, object] = {}
    views = 0
    with suppress(AlcoreError, sqlite3.Error):  # a damaged store is listed too, so that it can be removed
        about = read_json_object(directory / ABOUT)
        with connected(directory / INDEX, "the index of kept features") as index:
            views = (
                index.execute("SELECT sum(length(views)) FROM blocks WHERE crc32 NOT NULL").fetchone()[0] or 0
            )
    files = [file.stat() for file in directory.glob("*") if file.is_file()]
    return KeptStore(
        name=directory.name,
        dataset=str(about.get("dataset", "")),
        encoder=str(about.get("encoder", "")),
        normalisation=str(about.get("normalisation", "")),
        fingerprint=str(about.get("data", "")),
        views=views // np.dtype(np.int64).itemsize,
        size=sum(file.st_size for file in files),
        used=(directory / ABOUT).stat().st_mtime,
        in_use=is_in_use(directory),
    )


@contextmanager
def _shelf_held() -> Iterator[None]:
    """Inside the block, no store of the home is opened or removed elsewhere."""
    root = features_directory()
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / _LOCK)
        lock.acquire()
    except OSError as error:
        raise DataError(f"{root} cannot be written: {error.strerror or error}") from None
    try:
        yield
    finally:
        lock.release()
