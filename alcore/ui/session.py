"""What all tabs of a server share: the run manager, data sets, and runs as frames."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alcore.config import RunConfig
from alcore.data.library import open_dataset
from alcore.data.patches import Patches
from alcore.home import home
from alcore.runs.manager import RunManager
from alcore.runs.tables import RunTables


@st.cache_resource(show_spinner=False)
def manager() -> RunManager:
    """The server's one run manager."""
    return RunManager(home())


@st.cache_resource(max_entries=4, show_spinner=False)
def dataset(name: str) -> Patches:
    """An open data set."""
    return open_dataset(name)


@st.cache_resource(max_entries=8, show_spinner=False)
def run_tables(run_id: str) -> RunTables:
    """A run's records, each read once for all tabs."""
    return RunTables(manager().store(run_id))


@st.cache_data(max_entries=8, show_spinner=False)
def run_frames(run_id: str, records: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A run's metrics and selections. `records`, how many there are, tells the cache when to look again."""
    tables = run_tables(run_id)
    return tables.metrics(), tables.selections()


def record_count(run_id: str) -> int:
    """How many records of a run are committed."""
    return len(run_tables(run_id).refresh())


def run_config(run_id: str) -> RunConfig:
    """A run's config."""
    return run_tables(run_id).store.config


def shown_run() -> str | None:
    """The run that this tab shows: the one in its address, else the active, else the newest one, if any."""
    runs = manager()
    asked = st.query_params.get("run")
    rows = runs.index.rows()
    if asked is not None and any(row.id == asked for row in rows):
        return asked
    active = runs.active()
    if active is not None:
        return active.id
    return rows[0].id if rows else None
