"""Data sets by name: the built-in one, and those imported or made under ALCORE_HOME/datasets/.

A set of made surfaces is a directory with only surface.json: its settings, from which all patches follow.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path

from alcore.data.patches import Patches
from alcore.data.stored import StoredPatches, read_info
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.errors import DataError, did_you_mean
from alcore.home import datasets_directory
from alcore.json_object import read_json_object

SYNTHETIC = "synthetic"
_IMPORTED, _MADE = "dataset.json", "surface.json"


def dataset_names() -> list[str]:
    """Names of all data sets, the built-in one first."""
    root = datasets_directory()
    found = [path.parent.name for file in (_IMPORTED, _MADE) for path in root.glob(f"[!.]*/{file}")]
    return [SYNTHETIC, *sorted(found)]


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
    return open_directory(datasets_directory() / name, name)


def open_directory(directory: Path, name: str) -> Patches:
    """Open the data set in a directory; DataError where it is damaged."""
    if (directory / _MADE).exists():
        return SyntheticPatches(_read_settings(directory / _MADE), name=name)
    return StoredPatches(directory)


def make_surfaces(name: str, settings: SurfaceSettings) -> None:
    """Make a data set of procedural surfaces; DataError for a name that is taken or cannot be one."""
    directory = dataset_path(name)
    if directory.exists():
        raise DataError(f"a data set called {name!r} exists; delete it first, or take another name")
    try:
        directory.mkdir(parents=True)
        (directory / _MADE).write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise DataError(f"{directory} cannot be written: {error.strerror or error}") from None


def _read_settings(file: Path) -> SurfaceSettings:
    try:
        return SurfaceSettings(**read_json_object(file, error=DataError))
    except (ValueError, TypeError) as error:
        raise DataError(f"{file} cannot be used ({error}); make the surfaces again") from None


def dataset_version(name: str) -> str:
    """A text that changes when a data set is imported anew; '' where there is none of that name."""
    files = [datasets_directory() / name / file for file in (_IMPORTED, _MADE)]
    there = [file for file in files if name != SYNTHETIC and file.exists()]
    return str(there[0].stat().st_mtime_ns) if there else ""


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
    if not (path / _MADE).exists():
        read_info_or_fail(path)
    shutil.rmtree(path)


def read_info_or_fail(path: Path) -> None:
    """Raise DataError unless `path` holds a data set."""
    try:
        read_info(path)
    except (OSError, ValueError, TypeError):
        raise DataError(f"there is no data set in {path}") from None
