"""Data sets by name: the built-in one, and those imported or made under ALCORE_HOME/datasets/.

A set of made surfaces is a directory with only surface.json: its settings, from which all patches follow.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from alcore.data.feature_shelf import remove_features_of
from alcore.data.patches import Patches
from alcore.data.stored import StoredPatches
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.errors import DataError, did_you_mean
from alcore.home import datasets_directory
from alcore.home_files import damage_reported
from alcore.json_object import read_json_object

SYNTHETIC = "synthetic"
_IMPORTED, _MADE, _ABOUT = "dataset.json", "surface.json", "about.json"
_MOST_NOTED = 4000
_ADVICE = "make the surfaces again"


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
    place = place_of(name)
    if place is None:
        known = dataset_names()
        raise DataError(
            f"unknown data set {name!r}{did_you_mean(name, known)} (known: {', '.join(known)}; "
            "import one with: python -m alcore data import SOURCE --name NAME)"
        )
    return open_directory(place, name)


def open_directory(directory: Path, name: str) -> Patches:
    """Open the data set in a directory; DataError where it is damaged."""
    if (directory / _MADE).exists():
        return SyntheticPatches(_read_settings(directory / _MADE), name=name)
    return StoredPatches(directory, name=name)


def place_of(name: str) -> Path | None:
    """The directory of a data set, also by a name that it had before; None without one, as if built in.

    Runs, studies and links go on naming a data set as it was called when they were made.
    """
    root = datasets_directory()
    if name in dataset_names():
        return root / name if name != SYNTHETIC else None
    renamed = (file.parent for file in sorted(root.glob(f"[!.]*/{_ABOUT}")))
    return next((place for place in renamed if name in _read_about(place).former), None)


@dataclass(frozen=True)
class About:
    """What people know of a data set.

    source: where it is from; licence: under which it may be used; note: anything else; former: names that it
    had before.
    """

    source: str = ""
    licence: str = ""
    note: str = ""
    former: tuple[str, ...] = ()


def read_about(name: str) -> About:
    """What was noted of a data set."""
    place = place_of(name)
    return About() if place is None else _read_about(place)


def note_about(name: str, *, source: str, licence: str, note: str) -> None:
    """Note a data set's source and licence, and anything else; DataError where that cannot be written."""
    place = place_of(name)
    if place is None:
        raise DataError(f"notes cannot be kept for {name!r}, only for data sets that were imported or made")
    if max(map(len, (source, licence, note))) > _MOST_NOTED:
        raise DataError(f"a note may have up to {_MOST_NOTED} characters")
    _write_about(place, replace(_read_about(place), source=source, licence=licence, note=note))


def rename_dataset(old: str, new: str) -> None:
    """Call a data set otherwise. What names it as before, such as runs, still finds it.

    Raises:
        DataError: there is none of that name, or the new one is taken or cannot be one.
    """
    place, target = place_of(old), dataset_path(new)
    if place is None:
        raise DataError(f"there is no imported or generated data set {old!r}")
    if target.exists():
        raise DataError(f"a data set called {new!r} exists; choose another name")
    about = _read_about(place)
    former = [name for name in (*about.former, place.name) if name != new]
    _write_about(place, replace(about, former=tuple(dict.fromkeys(former))))
    try:
        place.rename(target)
    except OSError as error:
        raise DataError(f"{old} cannot be renamed: {error.strerror or error}") from None


def _read_about(place: Path) -> About:
    file = place / _ABOUT
    if not file.exists():
        return About()
    try:
        values = read_json_object(file, error=DataError)
        former = tuple(name for name in values.pop("former", ()) if isinstance(name, str))
        return About(**{key: str(text) for key, text in values.items()}, former=former)
    except (DataError, TypeError):  # a note is never worth a data set that cannot be opened
        return About()


def _write_about(place: Path, about: About) -> None:
    partial = place / f".{_ABOUT}"
    try:
        partial.write_text(json.dumps(asdict(about), indent=2) + "\n", encoding="utf-8")
        partial.replace(place / _ABOUT)
    except OSError as error:
        raise DataError(f"{place / _ABOUT} cannot be written: {error.strerror or error}") from None


def make_surfaces(name: str, settings: SurfaceSettings) -> None:
    """Make a data set of procedural surfaces; DataError for a name that is taken or cannot be one."""
    directory = dataset_path(name)
    if directory.exists():
        raise DataError(f"a data set called {name!r} exists; delete it first, or choose another name")
    try:
        directory.mkdir(parents=True)
        (directory / _MADE).write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise DataError(f"{directory} cannot be written: {error.strerror or error}") from None


def _read_settings(file: Path) -> SurfaceSettings:
    values = read_json_object(file, advice=_ADVICE)
    with damage_reported(file, _ADVICE):
        return SurfaceSettings(**values)


def dataset_version(name: str) -> str:
    """A text that changes when a data set is imported again; '' if there is none of that name."""
    place = place_of(name)
    there = [place / file for file in (_IMPORTED, _MADE) if (place / file).exists()] if place else []
    return f"{there[0].stat().st_mtime_ns} {place}" if there else ""


def dataset_path(name: str) -> Path:
    """The directory that a new data set of that name takes.

    Raises:
        DataError: a name that is taken by the built-in set, or that is more than letters, digits, . _ -.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise DataError(
            f"{name!r} cannot be the name of a data set; use up to 64 letters, digits, dots, _ and -"
        )
    if name == SYNTHETIC:
        raise DataError("'synthetic' is the built-in data set; choose another name")
    return datasets_directory() / name


def delete_dataset(name: str) -> None:
    """Remove an imported data set, damaged or not, and what was kept of it; DataError where there is none."""
    path = dataset_path(name)
    if not any((path / file).exists() for file in (_MADE, _IMPORTED)):
        raise DataError(f"there is no data set in {path}")
    with suppress(
        DataError
    ):  # of a damaged set nobody knows what was kept of it; room is made for others later
        remove_features_of(open_directory(path, name).fingerprint)
    shutil.rmtree(path)
