"""A run as the Compare page holds it."""

from __future__ import annotations

from dataclasses import dataclass

from alcore.config import RunConfig
from alcore.runs.index import RunRow
from alcore.statistics import Evidence
from alcore.ui.session import record_count, run_ceiling, run_config, run_evidence, run_store


@dataclass(frozen=True)
class Chosen:
    """name: a letter, by which legends and tables call the run; title: its full name.

    records: how many there are, which tells caches when to look again.
    """

    id: str
    name: str
    title: str
    records: int
    config: RunConfig
    evidence: Evidence | None
    ceiling: Evidence | None


def open_run(row: RunRow, position: int) -> Chosen:
    """A listed run as it stands now, the position-th (from 0) of those compared."""
    records = record_count(row.id)
    return Chosen(
        row.id,
        chr(ord("A") + position),
        row.name,
        records,
        run_config(row.id),
        run_evidence(row.id, records),
        run_ceiling(row.id, len(run_store(row.id).ceilings())),
    )
