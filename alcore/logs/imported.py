"""Imported logs: copied into ALCORE_HOME once they have been understood."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from alcore.errors import DataError
from alcore.home import home
from alcore.home_files import damage_reported
from alcore.json_object import read_json_object
from alcore.logs.published import log_folders
from alcore.logs.reading import Log, LogSettings, read_log
from alcore.storage.files import make_directory, write_text

_ADVICE = "import the logs again"


def logs_directory() -> Path:
    """ALCORE_HOME/logs: one folder per import, with one folder in it for each imported one."""
    return home() / "logs"


def import_logs(
    folders: Sequence[Path | Sequence[Path]],
    name: str,
    settings: Sequence[LogSettings],
    given: Mapping[str, str] | None = None,
) -> list[Log]:
    """Copy logs into ALCORE_HOME, once they have been understood.

    Args:
        folders: one per setting, or several that belong together; settings: of each.
    Raises:
        DataError: a name that is taken or cannot be one, or logs that cannot be understood.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise DataError(f"{name!r} cannot be the name of logs; use up to 64 letters, digits, dots, _ and -")
    place = logs_directory() / name
    if place.exists():
        raise DataError(f"logs called {name!r} exist; choose another name, or remove {place}")
    if len({setting.pool_prevalence for setting in settings}) < len(settings):
        raise DataError("two folders have the same π₀; import them under separate names")
    groups = [tuple(log_folders(folder)) if isinstance(folder, Path) else tuple(folder) for folder in folders]
    pairs = list(zip(groups, settings, strict=True))
    logs = [read_log(group, name, setting, given) for group, setting in pairs]
    for log in logs:
        _ = log.config, log.evidence  # both must be computable
    try:
        for number, (group, setting) in enumerate(pairs, start=1):
            copy = place / f"{number:03d}"
            make_directory(copy)
            for file in (file for folder in group for file in _log_files(folder)):
                shutil.copyfile(file, copy / file.name)
            source = ", ".join(map(str, group))
            about = {"settings": asdict(setting), "columns": dict(given or {}), "source": source}
            write_text(copy / "log.json", json.dumps(about, indent=2) + "\n")
    except OSError as error:
        shutil.rmtree(place, ignore_errors=True)
        raise DataError(f"{place} cannot be written: {error.strerror or error}") from None
    return logs


def _log_files(folder: Path) -> list[Path]:
    return [*folder.glob("dict_*.csv"), *folder.glob("selected_items_*.csv")]


def imported_logs() -> dict[str, list[Path]]:
    """Folders of all imported logs, by name."""
    found = {
        path.name: sorted(file.parent for file in path.glob("*/log.json"))
        for path in logs_directory().glob("*")
    }
    return {name: folders for name, folders in sorted(found.items()) if folders}


def open_log(folder: Path) -> Log:
    """One imported folder; DataError where it is damaged."""
    file = folder / "log.json"
    about = read_json_object(file, advice=_ADVICE)
    with damage_reported(file, _ADVICE):
        settings, columns = LogSettings(**about["settings"]), dict(about["columns"])
        settings.check()
        return read_log(folder, folder.parent.name, settings, columns)
