"""What all tabs of a server share: the run manager, data sets, and runs as frames."""

from __future__ import annotations

import contextlib

import pandas as pd
import streamlit as st

from alcore.config import RunConfig
from alcore.data.collection import dataset_version, open_dataset
from alcore.data.patches import Patches
from alcore.errors import AlcoreError, DataError
from alcore.home import home
from alcore.server.index import RunRow
from alcore.server.manager import RunManager
from alcore.server.recorded import recorded_directory, recorded_rows
from alcore.statistics.estimands import Evidence
from alcore.storage.evidence import gather, gather_ceiling
from alcore.storage.run_records import RunRecords
from alcore.storage.run_store import RunStore
from alcore.storage.tables import RunTables
from alcore.wording import as_plain_markdown

_SHOWN, _GONE, _NAMES = "shown_run", "gone_run", "names_of_shown"
REPLAY = "replay"
"""In the page's address: that the shown run is played again."""


@st.cache_resource(show_spinner=False)
def manager() -> RunManager:
    """The server's one run manager."""
    return RunManager(home())


def dataset(name: str) -> Patches:
    """An open data set, opened again when another was imported under its name."""
    return _dataset(name, dataset_version(name))


@st.cache_resource(max_entries=4, show_spinner=False)
def _dataset(name: str, version: str) -> Patches:
    return open_dataset(name)


@st.cache_resource(max_entries=500, show_spinner=False)
def run_store(run_id: str) -> RunStore:
    """The directory of a run, opened once for all tabs."""
    recorded = recorded_directory(run_id)
    return manager().store(run_id) if recorded is None else RunStore(recorded)


def run_row(run_id: str) -> RunRow | None:
    """A run as it is listed, a live one, or one that came with the package; None where there is none."""
    return recorded_rows().get(run_id) or manager().row(run_id)


@st.cache_resource(max_entries=8, show_spinner=False)
def run_tables(run_id: str) -> RunTables:
    """A run's records, each read once for all tabs."""
    return RunTables(run_store(run_id))


def run_records(run_id: str) -> RunRecords:
    """A run's records, to be read by key."""
    return run_tables(run_id).records


def run_dataset(run_id: str) -> Patches:
    """The data set that a run was made with.

    Raises:
        DataError: it was deleted, or replaced by another of the same name.
    """
    patches = dataset(run_config(run_id).dataset)
    made_with = run_store(run_id).data_fingerprint()
    if made_with not in (None, patches.fingerprint):
        raise DataError(
            f"the data set {patches.name!r} has been replaced since this run: its images are gone"
        )
    return patches


def data_of_run(run_id: str) -> str:
    """The fingerprint of the data set that a run was made with; DataError as `run_dataset`.

    Whatever is made of a run's images is cached by it: images that are gone are not shown from a cache.
    """
    return run_dataset(run_id).fingerprint


@st.cache_data(max_entries=8, show_spinner=False)
def run_selections(run_id: str, records: int) -> pd.DataFrame:
    """A run's selections. `records`, how many there are, tells the cache when to look again."""
    return run_tables(run_id).selections()


@st.cache_resource(max_entries=16, show_spinner=False)
def run_evidence(run_id: str, records: int) -> Evidence | None:
    """What a run's statistics are computed from; None before its first cycle. `records` as above."""
    return gather(run_records(run_id))


@st.cache_resource(max_entries=16, show_spinner=False)
def run_ceiling(run_id: str, ceilings: int) -> Evidence | None:
    """The same of a run's full-pool models. `ceilings`, how many there are, tells when to look again."""
    return gather_ceiling(run_records(run_id))


def runs_with_records() -> dict[str, RunRow]:
    """Runs that can be shown and have at least one finished cycle, by id: the newest first, recorded last."""
    found = {}
    for row in manager().index.rows():
        with contextlib.suppress(AlcoreError):  # such as a directory that someone removed
            if record_count(row.id):
                found[row.id] = row
    return found | recorded_rows()


def record_count(run_id: str) -> int:
    """How many records of a run are committed."""
    return len(run_store(run_id).committed())


def run_config(run_id: str) -> RunConfig:
    """The config of a run."""
    return run_store(run_id).config


def readable(run_id: str) -> str:
    """Why a run cannot be shown, such as a directory that someone removed; '' where it can."""
    try:
        record_count(run_id)
    except AlcoreError as error:
        return str(error)
    return ""


def shown_run() -> str | None:
    """The run that this tab shows, if any.

    The one in its address; else the one that it showed last, on whatever page; else the active one; else the
    newest; else the recorded demo. So a tab stays with its run when another one starts.
    """
    rows = manager().index.rows()
    names = {row.id: row.name for row in [*rows, *recorded_rows().values()]}
    wanted = [run_id for run_id in (st.query_params.get("run"), st.session_state.get(_SHOWN)) if run_id]
    found = next((run_id for run_id in wanted if run_id in names), None)
    if found is None:
        active = manager().active()
        found = active.id if active is not None else rows[0].id if rows else next(iter(recorded_rows()), None)
    if wanted and wanted[0] not in names:
        st.session_state[_GONE] = (st.session_state.get(_NAMES, {}).get(wanted[0], wanted[0]), found)
    if found is not None:
        st.session_state[_NAMES] = {found: names[found]}
    st.session_state[_SHOWN] = found
    return found


def tell_gone(run_id: str | None) -> None:
    """Where this run stands in for another that a link or this tab meant: say that the other is gone."""
    gone, stands_in = st.session_state.get(_GONE, ("", None))
    if gone and stands_in == run_id:
        st.info(
            f"The run *{as_plain_markdown(gone)}* is not here: it was deleted, or never was on this server. "
            "This is another one; *Runs* lists all."
        )


def show_run(run_id: str) -> None:
    """Turn this tab to a run, as it is now: a step that Back undoes. For callbacks."""
    st.query_params.pop(REPLAY, None)
    st.query_params["run"] = run_id
    st.session_state[_SHOWN] = run_id
    st.session_state.pop(_GONE, None)


def is_recorded(run_id: str) -> bool:
    """Whether a run came with the package, so that it can be looked at and nothing else."""
    return run_id in recorded_rows()


def is_replayed(row: RunRow) -> bool:
    """Whether this tab plays a finished run again: recorded ones always, others where it is asked for."""
    return row.is_finished and (is_recorded(row.id) or st.query_params.get(REPLAY) == "1")
