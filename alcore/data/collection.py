"""Data sets by name: the built-in one, and those imported under ALCORE_HOME/datasets/."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from alcore.data.patches import Patches
from alcore.data.store import StoredPatches, read_info
from alcore.data.synthetic import SyntheticPatches
from alcore.errors import DataError, did_you_mean
from alcore.home import datasets_directory

SYNTHETIC = "synthetic"


def dataset_names() -> list[str]:
    """Names of all data sets, the built-in one first."""
    root = datasets_directory()
    return [SYNTHETIC, *sorted(path.parent.name for path in root.glob("[!.]*/dataset.json"))]


def open_dataset(name: str) -> Patches:
    """Open a data set by name.

    Raises:
        DataError: there is none of that name (the nearest is suggested), or it is damaged.
    """
    if name == SYNTHETIC:
        return SyntheticPatches()
    if name not in dataset_names():
        known = dataset_names()
        raise DataError(
            f"unknown data set {name!r}{did_you_mean(name, known)} (known: {', '.join(known)}; "
            "import one with: python -m alcore data import SOURCE --name NAME)"
        )
    return StoredPatches(datasets_directory() / name)


def dataset_version(name: str) -> str:
    """A text that changes when a data set is imported anew; '' where there is none of that name."""
    file = datasets_directory() / name / "dataset.json"
    return str(file.stat().st_mtime_ns) if name != SYNTHETIC and file.exists() else ""


def dataset_path(name: str) -> Path:
    """The directory that a new data set of that name takes.

    Raises:
        DataError: a name that is taken by the built-in set, or that is more than letters, digits, . _ -.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise DataError(f"{name!r} cannot name a data set; take up to 64 letters, digits, dots, _ and -")
    if name == SYNTHETIC:
        raise DataError("'synthetic' is the built-in data set; take another name")
    return datasets_directory() / name


def delete_dataset(name: str) -> None:
    """Remove an imported data set; DataError where there is none of that name."""
    path = dataset_path(name)
    read_info_or_fail(path)
    shutil.rmtree(path)


def read_info_or_fail(path: Path) -> None:
    """Raise DataError unless `path` holds a data set."""
    try:
        read_info(path)
    except (OSError, ValueError, TypeError):
        raise DataError(f"there is no data set in {path}") from None
