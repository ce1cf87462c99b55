"""A run as the Compare page holds it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from alcore.config import RunConfig
from alcore.logs.imported import imported_logs, logs_directory, open_log
from alcore.server.index import RunRow
from alcore.statistics.estimands import AnyEvidence, Evidence
from alcore.ui.session import record_count, run_ceiling, run_config, run_evidence, run_store
from alcore.wording import percent


@dataclass(frozen=True)
class ComparedRun:
    """name: the letter that legends and tables use for the run; title: its full name.

    records: how many there are, which tells caches when to look again.
    """

    id: str
    name: str
    title: str
    records: int
    config: RunConfig
    evidence: AnyEvidence
    ceiling: Evidence | None
    has_counts: bool = True
    """Whether counts of each test patch are known, and so every number at any prevalence."""
    can_resume: bool = True
    """Whether a run stands behind it, with its settings and records, that can train further."""

    @property
    def is_whole(self) -> bool:
        """Whether all planned repetitions are finished; looks before that need an interval for any moment."""
        known = self.evidence
        is_all = known.repetitions == self.config.repetitions and len(known.cycles) == self.config.cycles
        return is_all or not self.can_resume


def choose_one(runs: list[ComparedRun], key: str) -> ComparedRun:
    """The run that the reader chooses, where a view shows one at a time."""
    if len(runs) == 1:
        return runs[0]
    names = {run.name: run for run in runs}
    chosen = st.segmented_control(
        "Run", list(names), default=runs[0].name, required=True, key=key, persist_state="page"
    )
    return names.get(chosen, runs[0])


def letter_of(position: int) -> str:
    """What the run at that position (from 0) is called: A, B, ..."""
    return chr(ord("A") + position)


def open_run(row: RunRow, position: int) -> ComparedRun | None:
    """A listed run as it stands now, at that position (from 0); None before its first cycle."""
    records = record_count(row.id)
    evidence = run_evidence(row.id, records)
    if evidence is None:
        return None
    return ComparedRun(
        row.id,
        letter_of(position),
        row.name,
        records,
        run_config(row.id),
        evidence,
        run_ceiling(row.id, len(run_store(row.id).ceilings())),
    )


def log_titles() -> dict[str, str]:
    """Titles of imported logs by the ids that stand for them among runs."""
    return {
        f"log/{name}/{folder.name}": f"logs {name}, {folder.name}"
        for name, folders in imported_logs().items()
        for folder in folders
    }


def open_logs(log_id: str, title: str, position: int) -> ComparedRun:
    """Imported logs in the place of a run; DataError where they are gone or damaged."""
    _, name, folder = log_id.split("/")
    log = open_log(logs_directory() / name / folder)
    title = f"{title}, π₀ {percent(log.settings.pool_prevalence)}"
    return ComparedRun(
        log_id,
        letter_of(position),
        title,
        0,
        log.config,
        log.evidence,
        None,
        has_counts=False,
        can_resume=False,
    )
