"""The Data page's fourth part: logs of the paper's code, into Compare and Study."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from alcore.errors import AlcoreError, DataError
from alcore.logs.reading import LogSettings, import_logs, imported_logs
from alcore.logs.zipped import unpack_log
from alcore.ui import problems
from alcore.ui.choices import TEST_PREVALENCE, widget_bounds

_PROBLEM = "logs"
_POOLS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def show() -> None:
    """What is there, an uploader, and what the logs do not say of themselves."""
    if name := st.session_state.pop("logs_imported", None):
        st.success(f"The logs {name} can be chosen in Compare and in Study.")
    st.markdown(
        "Zip files with `dict_STRATEGY.csv` and `selected_items_STRATEGY_CYCLE_REPETITION.csv`, semicolons "
        "between columns; one zip file for each π₀. *Compare* shows them beside runs, and *Study* reads them "
        "as a study."
    )
    files = st.file_uploader("Zip files", type="zip", accept_multiple_files=True, key="logs_files")
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
        wants = st.button("Import logs", type="primary", disabled=not files or not name)
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
            import_logs(folders, name, settings)
        except AlcoreError as error:
            raise DataError(str(error).replace(scratch, "upload")) from None
