"""The Data page's fourth part: logs of the paper's code, into Compare and Study."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from alcore.access.roles import Action
from alcore.errors import AlcoreError, DataError
from alcore.logs.imported import imported_logs
from alcore.logs.published import grouped, log_folders
from alcore.logs.reading import LogSettings
from alcore.logs.zipped import unpack_log
from alcore.ui import acting_on_data, problems
from alcore.ui.choices import TEST_PREVALENCE, widget_bounds
from alcore.ui.permitted import permission

_PROBLEM = "logs"
_POOLS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def show() -> None:
    """The logs so far, an uploader, and fields for what the logs do not contain."""
    if name := st.session_state.pop("logs_imported", None):
        st.success(f"The logs {name} can be chosen in Compare and in Study.")
        for note in st.session_state.pop("logs_notes", []):
            st.caption(note)
    st.markdown(
        "Zip files with `dict_STRATEGY.csv` and `selected_items_STRATEGY_CYCLE_REPETITION.csv`, semicolons "
        "between columns; one zip file for each π₀. Where its folders are named as the published code names "
        "them, π₀ and the pool's size come from the name instead of from the fields below. *Compare* shows "
        "logs beside runs, and *Study* reads them as a study."
    )
    files = st.file_uploader(
        "Zip files",
        type="zip",
        accept_multiple_files=True,
        key="logs_files",
        **permission(Action.IMPORT_LOGS),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pools = [
            st.number_input(
                f"π₀ of {file.name} (%)", 0.01, 100.0, _POOLS[index % len(_POOLS)], key=f"logs_pi0_{index}"
            )
            for index, file in enumerate(files)
        ]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", key="logs_name", max_chars=64, width=260)
        test_prevalence = st.number_input(
            f"{TEST_PREVALENCE} (%)",
            *(0.01, 100.0, 5.0),
            key="logs_pi1",
            width=220,
            help="Of the second test set.",
        )
        size = st.number_input("Pool size", *widget_bounds("pool_size"), 4300, key="logs_pool", width=160)
        may = permission(Action.IMPORT_LOGS, disabled=not files or not name)
        wants = st.button("Import logs", type="primary", **may)
    if wants:
        settings = [LogSettings(int(size), pool / 100, test_prevalence / 100) for pool in pools]
        if problems.attempt(_PROBLEM, _import, name, files, settings):
            st.session_state["logs_imported"] = name
            st.rerun()
        problems.show(_PROBLEM)
    there = ", ".join(f"{name} ({len(folders)})" for name, folders in imported_logs().items())
    st.caption(f"Imported so far: {there or 'none'}.")


def _import(name: str, files: list, settings: list[LogSettings]) -> None:
    with tempfile.TemporaryDirectory(prefix="alcore-logs-") as scratch:
        folders = [Path(scratch) / f"{index:03d}" for index in range(len(files))]
        try:
            for file, folder in zip(files, folders, strict=True):
                folder.mkdir()
                unpack_log(file, folder)
            places, read = [], []
            for folder, setting in zip(folders, settings, strict=True):
                for group, known in _groups(folder, setting):
                    places.append(group)
                    read.append(known)
            logs = acting_on_data.bring_in_logs(places, name, read, sum(file.size for file in files))
            st.session_state["logs_notes"] = [note for log in logs for note in log.notes]
        except AlcoreError as error:
            raise DataError(str(error).replace(scratch, "upload")) from None


def _groups(folder: Path, stated: LogSettings) -> list[tuple[tuple[Path, ...], LogSettings]]:
    """One upload's folders with their settings: from their names, or as stated where logs lie bare."""
    found = tuple(log_folders(folder))
    if not found or folder in found:
        return [(found or (folder,), stated)]
    return [
        (group.folders, LogSettings(group.pool_size, group.pool_prevalence, stated.test_prevalence))
        for group in grouped(found)
    ]
