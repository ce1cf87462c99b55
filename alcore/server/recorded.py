"""Runs that came with the package: finished ones, which can be explored before anything has been trained.

Each is a run's directory without weights and tables: settings, environment and records, see
assets/recorded/README.md.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alcore.home import ASSETS
from alcore.server.index import RunRow, Status

_PREFIX = "run-"
DEMO = "recorded-demo"
"""The id of the run that a fresh install opens on."""


@cache
def recorded_rows() -> dict[str, RunRow]:
    """Recorded runs by id, the demo first."""
    found = sorted((ASSETS / "recorded").glob(f"{_PREFIX}*/config.json"))
    names = [file.parent.name.removeprefix(_PREFIX) for file in found]
    rows = [RunRow(f"recorded-{name}", f"recorded: {name}", 0.0, Status.FINISHED, "") for name in names]
    return {row.id: row for row in sorted(rows, key=lambda row: row.id != DEMO)}


def recorded_directory(run_id: str) -> Path | None:
    """Where a recorded run lies; None where the id is no recorded run's."""
    if run_id not in recorded_rows():
        return None
    return ASSETS / "recorded" / (_PREFIX + run_id.removeprefix("recorded-"))
