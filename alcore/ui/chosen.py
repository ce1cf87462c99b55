"""A run as the Compare page holds it."""

from __future__ import annotations

from dataclasses import dataclass

from alcore.config import RunConfig
from alcore.runs.index import RunRow
from alcore.statistics import Evidence
from alcore.ui.session import record_count, run_ceiling, run_config, run_evidence, run_store


@dataclass(frozen=True)
class Chosen:
    """name: a letter, by which legends and tables call the run; title: its full name."""

    id: str
    name: str
    title: str
    config: RunConfig
    evidence: Evidence | None
    ceiling: Evidence | None


def open_run(row: RunRow, position: int) -> Chosen:
    """A listed run as it stands now, the position-th (from 0) of those compared."""
    return Chosen(
        row.id,
        chr(ord("A") + position),
        row.name,
        run_config(row.id),
        run_evidence(row.id, record_count(row.id)),
        run_ceiling(row.id, len(run_store(row.id).ceilings())),
    )
